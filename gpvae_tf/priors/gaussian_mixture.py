"""A mixture of Gaussians with equal weights, trained with the model: the baseline MG of CP-VAE."""

import math

import tensorflow as tf

from gpvae_tf.gp import diagonal_gaussians
from gpvae_tf.priors.base import Prior
from gpvae_tf.priors.components import GaussianComponents
from gpvae_tf.shapes import check_shape
from gpvae_tf.types import Gaussian


class MixtureOfGaussians(Prior):
    """p(z) = 1/K sum_k N(z | m_k, diag(v_k)), with learned m_k and v_k (CP-VAE Section 5, MG).

    The authors' code has the mean of the log-densities in the place of the log of their mean; that is
    `as_coded.AsCodedMixture`.

    Args:
      components: the K Gaussians.
    """

    def __init__(self, components: GaussianComponents):
        super().__init__(components.latent_dim, name="mixture_of_gaussians")
        self.components = components

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        check_shape("z", z, ("...", self.latent_dim))
        return log_of_mean(diagonal_gaussians.component_log_densities(z, self.components()))

    def sample(self, num: int, seed: tf.Tensor) -> tf.Tensor:
        return draw_from_any(self.components.for_sampling(), num, seed)


def log_of_mean(log_densities: tf.Tensor) -> tf.Tensor:
    """log 1/K sum_k exp(log_densities_k) over the last axis, of size K."""
    return tf.reduce_logsumexp(log_densities, axis=-1) - math.log(log_densities.shape[-1])


def draw_from_any(components: Gaussian, num: int, seed: tf.Tensor) -> tf.Tensor:
    """`num` draws [num, L] from components [K, L], each from one picked with probability 1/K."""
    which, noise = tf.unstack(tf.random.split(seed))
    picked = tf.random.stateless_uniform([num], which, maxval=components.mean.shape[0], dtype=tf.int32)
    chosen = Gaussian(*(tf.gather(part, picked) for part in components))
    eps = tf.random.stateless_normal(tf.shape(chosen.mean), noise, dtype=chosen.mean.dtype)
    return diagonal_gaussians.draw(chosen, eps)
