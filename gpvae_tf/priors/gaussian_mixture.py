"""A mixture of Gaussians with equal weights, trained with the model: the baseline MG of CP-VAE."""

import math

import tensorflow as tf

from gpvae_tf.checks import check_shape
from gpvae_tf.priors.base import Prior
from gpvae_tf.priors.components import GaussianComponents


class MixtureOfGaussians(Prior):
    """p(z) = 1/K sum_k N(z | m_k, diag(v_k)), with learned m_k and v_k (CP-VAE Section 5, MG).

    The authors' code has the mean of the log-densities in the place of the log of their mean; that is
    `as_coded.AsCodedMixture`.

    Args:
      components: the K Gaussians, with diagonal covariances or, `FullCovarianceComponents`, with full ones.
    """

    def __init__(self, components: GaussianComponents):
        super().__init__(components.latent_dim, name="mixture_of_gaussians")
        self.components = components

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        check_shape("z", z, ("...", self.latent_dim))
        return log_of_mean(self.components.log_densities(z))

    def sample(self, num: int, seed: tf.Tensor) -> tf.Tensor:
        return self.components.draw_from_any(num, seed)


def log_of_mean(log_densities: tf.Tensor) -> tf.Tensor:
    """log 1/K sum_k exp(log_densities_k) over the last axis, of size K."""
    return tf.reduce_logsumexp(log_densities, axis=-1) - math.log(log_densities.shape[-1])
