"""K diagonal Gaussians with learned means and variances, which mixtures and conditional priors are made of."""

import tensorflow as tf

from gpvae_tf.saving import Configurable
from gpvae_tf.types import Gaussian


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
        for name, value in (("num_components", num_components), ("latent_dim", latent_dim)):
            if value < 1:
                raise ValueError(f"{name} must be >= 1, got {value}")
        if not mean_scale >= 0:
            raise ValueError(f"mean_scale must be >= 0, got {mean_scale}")
        self.num_components, self.latent_dim = num_components, latent_dim
        means = mean_scale * tf.random.stateless_normal([num_components, latent_dim], (seed, 0))
        self.means = tf.Variable(means, trainable=trainable, name="means")
        self.log_variances = tf.Variable(tf.zeros_like(means), trainable=trainable, name="log_variances")

    def __call__(self, dtype: tf.DType = tf.float32) -> Gaussian:
        """Means and variances, [K, L]."""
        return Gaussian(tf.cast(self.means, dtype), tf.exp(tf.cast(self.log_variances, dtype)))

    def for_sampling(self) -> Gaussian:
        """Components that draws are made from: those of the density, which variants as coded override."""
        return self()
