"""q(z_1, z_2 | y) = q(z_2 | y) q(z_1 | y, z_2): the posterior of two-level VAEs (Tomczak & Welling, 2018)."""

from collections.abc import Callable

import tensorflow as tf

from gpvae_tf._keras import call, check_network, widened
from gpvae_tf.checks import at_least_one, check_shape
from gpvae_tf.gp import diagonal_gaussians
from gpvae_tf.posteriors.base import Draws, Joint, Network, Posterior, PosteriorDistribution
from gpvae_tf.posteriors.mean_field import DiagonalDistribution, MeanField
from gpvae_tf.replicas import draws
from gpvae_tf.types import Gaussian


class TwoLevelDistribution(PosteriorDistribution):
    """q(z_1, z_2 | y) of a batch; latents are vectors [z_1, z_2].

    Args:
      top: q(z_2 | y).
      given: upper latents [S, B, L_2] -> q(z_1 | y, z_2), mean and variance [S, B, L_1].
      size: L_1.
    """

    def __init__(self, top: DiagonalDistribution, given: Callable[[tf.Tensor], Gaussian], size: int):
        self.top, self.given, self._size = top, given, size

    def sample(self, num_samples: int, seed: tf.Tensor) -> Draws:
        top_seed, noise_seed = tf.unstack(tf.random.split(seed))
        top, log_top = self.top.sample(num_samples, top_seed)
        q = self.given(top)
        first = diagonal_gaussians.draw(q, draws.normal(tf.shape(q.mean), noise_seed, q.mean.dtype, lead=1))
        return Draws(tf.concat([first, top], axis=-1), log_top + diagonal_gaussians.log_density(first, q))

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        first, top = z[..., : self._size], z[..., self._size :]
        return self.top.log_prob(top) + diagonal_gaussians.log_density(first, self.given(top))

    @property
    def mean(self) -> tf.Tensor:
        """The mean of z_1 given that of z_2, and that; not the mean of q where z_1 depends on z_2 nonlinearly."""
        top = self.top.mean
        return tf.concat([self.given(top[tf.newaxis]).mean[0], top], axis=-1)


class TwoLevelPosterior(Posterior):
    """q(z_2 | y) and q(z_1 | y, z_2), Gaussians with diagonal covariance.

    Args:
      top: q(z_2 | y); a VampPrior over z_2 shares it.
      encoder: [images [N, H, W, C], z_2 [N, L_2]] -> means and log variances of z_1, [N, 2 L_1].
      latent_dim: L_1.

    Attributes:
      latent_dim: L_1 + L_2.
    """

    def __init__(self, top: MeanField, encoder: Network, latent_dim: int):
        super().__init__(at_least_one("latent_dim", latent_dim) + top.latent_dim, name="two_level")
        self.top, self.encoder, self._size = top, check_network(encoder, "encoder"), latent_dim

    def condition(
        self, images: tf.Tensor, joint: Joint | None = None, seed: tf.Tensor | None = None
    ) -> TwoLevelDistribution:
        def given(top: tf.Tensor) -> Gaussian:
            repeats = tf.concat([tf.shape(top)[:1], tf.ones_like(tf.shape(images))], axis=0)
            tiled = tf.tile(images[tf.newaxis], repeats)  # the encoder takes pairs of an image and a z_2
            flat = [tf.reshape(tiled, [-1, *images.shape[1:]]), tf.reshape(top, [-1, self.top.latent_dim])]
            output = widened(call(self.encoder, flat))
            check_shape("the encoder's output", output, ("N", 2 * self._size))
            shape = tf.concat([tf.shape(top)[:-1], [2 * self._size]], axis=0)
            return Gaussian.from_log_variance(tf.reshape(output, shape))

        return TwoLevelDistribution(self.top.condition(images), given, self._size)
