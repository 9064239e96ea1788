"""p(z_1, z_2) = p(z_1 | z_2) p(z_2): the prior of two-level VAEs, with any prior on top."""

import tensorflow as tf

from gpvae_tf._keras import Network, apply_flat, build, check_network
from gpvae_tf.checks import check_shape
from gpvae_tf.gp import diagonal_gaussians
from gpvae_tf.priors.base import Prior
from gpvae_tf.types import Gaussian


class TwoLevelPrior(Prior):
    """log p(z_1 | z_2) + log p(z_2) of latents [z_1, z_2] (Tomczak & Welling, 2018, Section 4).

    Args:
      top: p(z_2): `StandardNormal` in HVAE, `VampPrior` in HVP.
      conditional: z_2 [N, L_2] -> means and log variances of z_1, [N, 2 L_1].
      latent_dim: L_1.

    Attributes:
      latent_dim: L_1 + L_2.
    """

    def __init__(self, top: Prior, conditional: Network, latent_dim: int):
        build(check_network(conditional, "conditional"), "conditional", [top.latent_dim])
        super().__init__(latent_dim + top.latent_dim, name="two_level")
        self.top, self.conditional, self._size = top, conditional, latent_dim

    def check_posterior(self, posterior: object) -> None:
        self.top.check_posterior(getattr(posterior, "top", None))

    def given(self, top: tf.Tensor) -> Gaussian:
        """p(z_1 | z_2) for z_2 [..., L_2]: mean and variance [..., L_1]."""
        output = apply_flat(self.conditional, top, event_ndims=1)
        check_shape("conditional's output", output, ("...", 2 * self._size))
        return Gaussian.from_log_variance(tf.cast(output, top.dtype))  # which a network may end below

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        check_shape("z", z, ("...", self.latent_dim))
        first, top = z[..., : self._size], z[..., self._size :]
        return diagonal_gaussians.log_density(first, self.given(top)) + self.top.log_prob(top)

    def sample(self, num: int, seed: tf.Tensor) -> tf.Tensor:
        top_seed, noise_seed = tf.unstack(tf.random.split(seed))
        top = self.top.sample(num, top_seed)
        given = self.given(top)
        noise = tf.random.stateless_normal([num, self._size], noise_seed, dtype=given.mean.dtype)
        return tf.concat([diagonal_gaussians.draw(given, noise), tf.cast(top, noise.dtype)], axis=-1)
