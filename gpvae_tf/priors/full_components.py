"""K Gaussians with full covariances, which the conditionals of CP-VAE may have too (its footnote 3)."""

import tensorflow as tf

from gpvae_tf.gp import factorization, full_gaussians
from gpvae_tf.priors.components import EveryCategory, GaussianComponents, pick_any
from gpvae_tf.types import Gaussian


class FullCovarianceComponents(GaussianComponents):
    """N(m_k, L_k L_k^T), k = 1, ..., K, with all D (D + 1) / 2 entries of L_k trained.

    The diagonal of L_k is exp(log_variances / 2), what is below it free and 0 at the start, which is then that of
    `GaussianComponents`. A density costs O(K D^2), not O(K D); the posterior's Gaussians stay diagonal.

    Args:
      num_components, latent_dim, and further keywords: see `GaussianComponents`.
    """

    def __init__(self, num_components: int, latent_dim: int, *, trainable: bool = True, **options):
        super().__init__(num_components, latent_dim, trainable=trainable, **options)
        zeros = tf.zeros([num_components, latent_dim, latent_dim])
        self.lower = tf.Variable(zeros, trainable=trainable, name="lower")  # whose other entries are not used

    def __call__(self, dtype: tf.DType = tf.float32) -> Gaussian:
        """Refuses to be taken for Gaussians with independent entries; see `marginals`.

        Raises:
          TypeError: always.
        """
        raise TypeError("components are FullCovarianceComponents, and this takes Gaussians with diagonal covariances")

    def factors(self, dtype: tf.DType = tf.float32) -> tf.Tensor:
        """L_k, lower triangular with a positive diagonal, [K, D, D]."""
        lower, log_variances = tf.cast(self.lower, dtype), tf.cast(self.log_variances, dtype)
        return tf.linalg.set_diag(tf.linalg.band_part(lower, -1, 0), tf.exp(0.5 * log_variances))

    def assign_moments(self, means: tf.Tensor, covariances: tf.Tensor) -> None:
        factors = factorization.cholesky(covariances, name="covariances of the components")
        super().assign_moments(means, tf.square(factors))
        self.lower.assign(tf.cast(factors, self.lower.dtype))

    def marginals(self, dtype: tf.DType = tf.float32) -> Gaussian:
        return Gaussian(tf.cast(self.means, dtype), tf.reduce_sum(tf.square(self.factors(dtype)), axis=-1))

    def log_densities(self, z: tf.Tensor) -> tf.Tensor:
        return full_gaussians.component_log_densities(z, tf.cast(self.means, z.dtype), self.factors(z.dtype))

    def log_density_given(self, z: tf.Tensor, categories: tf.Tensor) -> tf.Tensor:
        return tf.reduce_sum(self.log_densities(z) * categories, axis=-1)

    def kls_from(self, q: EveryCategory) -> tf.Tensor:
        every = q.every()
        dtype = every.mean.dtype
        return full_gaussians.kl_to_components(every, tf.cast(self.means, dtype), self.factors(dtype))

    def draw_given(self, categories: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        mean = tf.tensordot(categories, tf.cast(self.means, categories.dtype), axes=1)
        noise = tf.random.stateless_normal(tf.shape(mean), seed, dtype=mean.dtype)
        return mean + tf.linalg.matvec(tf.tensordot(categories, self.factors(mean.dtype), axes=1), noise)

    def draw_from_any(self, num: int, seed: tf.Tensor) -> tf.Tensor:
        picked, noise_seed = pick_any(self.num_components, num, seed)
        return self.draw_given(tf.one_hot(picked, self.num_components), noise_seed)
