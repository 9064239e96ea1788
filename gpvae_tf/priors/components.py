"""K diagonal Gaussians with learned means and variances, which mixtures and conditional priors are made of."""

from typing import Protocol

import tensorflow as tf

from gpvae_tf.checks import at_least_one, check_not_negative
from gpvae_tf.gp import diagonal_gaussians
from gpvae_tf.saving import Configurable
from gpvae_tf.types import Gaussian


class EveryCategory(Protocol):
    """The Gaussians q(z | y, c_k) of a batch (`posteriors.CategoricalGaussianDistribution`)."""

    logits: tf.Tensor

    def every(self) -> Gaussian:
        """Means and variances [B, K, D]."""

    def kl_to(self, components: Gaussian) -> tf.Tensor:
        """KL(q(z | y, c_k) || N(m_k, diag(v_k))) for all k, [B, K], nats."""


class GaussianComponents(Configurable, tf.Module):
    """N(m_k, diag(v_k)), k = 1, ..., K, trained with the model.

    Means start at draws of N(0, mean_scale^2) and variances at 1. A small scale matters to CP-VAE: 40-dimensional
    means from N(0, 1) differ by several nats in their KL from the start, and every image ends in one category
    whatever the estimator, while N(0, 0.1^2) leaves room for all of them.

    Args:
      num_components: K.
      latent_dim: L.
      mean_scale: standard deviation of the initial means, >= 0; at 0 every component starts as N(0, I).
      seed: seed of the initial means.
      trainable: whether means and variances are learned.

    Raises:
      ValueError: if num_components or latent_dim is below 1, or mean_scale is negative.
    """

    def __init__(
        self, num_components: int, latent_dim: int, *, mean_scale: float = 0.1, seed: int = 0, trainable: bool = True
    ):
        super().__init__(name="gaussian_components")
        self.num_components = at_least_one("num_components", num_components)
        self.latent_dim = at_least_one("latent_dim", latent_dim)
        check_not_negative(mean_scale=mean_scale)
        means = mean_scale * tf.random.stateless_normal([num_components, latent_dim], (seed, 0))
        self.means = tf.Variable(means, trainable=trainable, name="means")
        self.log_variances = tf.Variable(tf.zeros_like(means), trainable=trainable, name="log_variances")

    def __call__(self, dtype: tf.DType = tf.float32) -> Gaussian:
        """Means and variances, [K, L]."""
        return Gaussian(tf.cast(self.means, dtype), tf.exp(tf.cast(self.log_variances, dtype)))

    def assign_moments(self, means: tf.Tensor, covariances: tf.Tensor) -> None:
        """Sets the components' means to [K, L] and their variances to the diagonals of covariances [K, L, L]."""
        self.means.assign(tf.cast(means, self.means.dtype))
        variances = tf.linalg.diag_part(covariances)
        self.log_variances.assign(tf.cast(tf.math.log(variances), self.log_variances.dtype))

    def for_sampling(self) -> Gaussian:
        """Components that draws are made from: those of the density, which variants as coded override."""
        return self()

    def marginals(self, dtype: tf.DType = tf.float32) -> Gaussian:
        """Means and variances of every entry, [K, L]."""
        return self(dtype)

    def log_densities(self, z: tf.Tensor) -> tf.Tensor:
        """log N(z | k) of latents [..., L] under every component, [..., K], nats."""
        return diagonal_gaussians.component_log_densities(z, self())

    def log_density_given(self, z: tf.Tensor, categories: tf.Tensor) -> tf.Tensor:
        """log N(z | k) of latents [..., L] under the components of one-hot vectors [..., K]; [...], nats."""
        return diagonal_gaussians.log_density(z, picked(self(categories.dtype), categories))

    def kls_from(self, q: EveryCategory) -> tf.Tensor:
        """KL(q(z | y, c_k) || N(k)) for all k, [B, K], nats."""
        return q.kl_to(self(q.logits.dtype))

    def draw_given(self, categories: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """A draw [..., L] from the component of every one-hot vector [..., K]."""
        categories = tf.convert_to_tensor(categories)
        chosen = picked(Gaussian(*(tf.cast(part, categories.dtype) for part in self.for_sampling())), categories)
        eps = tf.random.stateless_normal(tf.shape(chosen.mean), seed, dtype=chosen.mean.dtype)
        return diagonal_gaussians.draw(chosen, eps)

    def draw_from_any(self, num: int, seed: tf.Tensor) -> tf.Tensor:
        """`num` draws [num, L], each from a component picked with probability 1/K."""
        return draw_from_any(self.for_sampling(), num, seed)


def picked(components: Gaussian, categories: tf.Tensor) -> Gaussian:
    """The component of each one-hot vector [..., K], as a matrix product."""
    return Gaussian(*(tf.tensordot(categories, part, axes=1) for part in components))


def pick_any(num_components: int, num: int, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """`num` of K numbers, each with probability 1/K, and the seed of what is drawn from them."""
    which, noise = tf.unstack(tf.random.split(seed))
    return tf.random.stateless_uniform([num], which, maxval=num_components, dtype=tf.int32), noise


def draw_from_any(components: Gaussian, num: int, seed: tf.Tensor) -> tf.Tensor:
    """`num` draws [num, L] from components [K, L], each from one picked with probability 1/K."""
    numbers, noise = pick_any(components.mean.shape[0], num, seed)
    chosen = Gaussian(*(tf.gather(part, numbers) for part in components))
    eps = tf.random.stateless_normal(tf.shape(chosen.mean), noise, dtype=chosen.mean.dtype)
    return diagonal_gaussians.draw(chosen, eps)
