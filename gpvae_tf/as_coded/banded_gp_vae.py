"""The posterior of ratschlab/GP-VAE as its code has it (docs/deviations.md, I1), for comparison only."""

import tensorflow as tf

from gpvae_tf.models import BandedGPVAE


class AsCodedBandedGPVAE(BandedGPVAE):
    """`BandedGPVAE` with b_i = 1 + softplus(raw) and u_i = softplus(raw), so that neighbours are never alike.

    Without couplings softplus(raw) is the standard deviation.
    """

    def factor_of(self, log_variance: tf.Tensor, *correlation: tf.Tensor) -> list[tf.Tensor]:
        """1 / b_i^2 and u_i from what the encoder gives behind the means."""
        positive = tf.nn.softplus(log_variance)
        if not correlation:
            return [self.clip_noise(tf.square(positive))]
        return [self.clip_noise(tf.square(1.0 / (1.0 + positive))), *map(tf.nn.softplus, correlation)]
