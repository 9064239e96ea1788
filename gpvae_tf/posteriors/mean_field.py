"""The posterior of the plain VAE: a Gaussian with diagonal covariance (Kingma & Welling, 2014)."""

import tensorflow as tf

from gpvae_tf._keras import check_network
from gpvae_tf.gp import diagonal_gaussians
from gpvae_tf.gp.gaussians import kl_standard_normal
from gpvae_tf.posteriors.base import Draws, Joint, Network, Posterior, PosteriorDistribution, encode
from gpvae_tf.replicas import draws
from gpvae_tf.types import Gaussian


class DiagonalDistribution(PosteriorDistribution):
    """q(z | y) = N(z; mean, diag(variance)).

    Args:
      mean, variance: [B, L].

    Attributes:
      gaussian: mean and variance as a pair.
    """

    def __init__(self, mean: tf.Tensor, variance: tf.Tensor):
        self.gaussian = Gaussian(mean, variance)

    def sample(self, num_samples: int, seed: tf.Tensor) -> Draws:
        mean = self.gaussian.mean
        shape = tf.concat([[num_samples], tf.shape(mean)], axis=0)
        noise = draws.normal(shape, seed, mean.dtype, lead=mean.shape.rank - 1)
        z = diagonal_gaussians.draw(self.gaussian, noise)
        return Draws(z, self.log_prob(z))

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        return diagonal_gaussians.log_density(z, self.gaussian)

    @property
    def mean(self) -> tf.Tensor:
        return self.gaussian.mean

    def kl_standard_normal(self) -> tf.Tensor:
        return kl_standard_normal(self.gaussian)


class MeanField(Posterior):
    """q(z | y) = N(z; mu(y), diag(exp(log variance(y)))).

    Args:
      encoder: images [B, H, W, C] -> [B, 2L], means and log variances.
      latent_dim: L.
    """

    def __init__(self, encoder: Network, latent_dim: int):
        super().__init__(latent_dim, name="mean_field")
        self.encoder = check_network(encoder, "encoder")

    def condition(
        self, images: tf.Tensor, joint: Joint | None = None, seed: tf.Tensor | None = None
    ) -> DiagonalDistribution:
        mean, log_variance = encode(self.encoder, images, 2 * [self.latent_dim])
        return DiagonalDistribution(mean, tf.exp(log_variance))
