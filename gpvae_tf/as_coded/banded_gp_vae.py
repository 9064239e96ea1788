"""The posterior of ratschlab/GP-VAE as its code has it (docs/deviations.md, I1), for comparison only."""

import tensorflow as tf

from gpvae_tf.models import BandedGPVAE


class AsCodedBandedGPVAE(BandedGPVAE):
    """`BandedGPVAE` with b_i = 1 + softplus(raw) and u_i = softplus(raw), so that neighbours are never alike."""

    def factor_of(
        self, mean: tf.Tensor, log_variance: tf.Tensor, weight: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """m_i, 1 / b_i^2 and u_i from the encoder's three numbers."""
        return mean, tf.square(1.0 / (1.0 + tf.nn.softplus(log_variance))), tf.nn.softplus(weight)
