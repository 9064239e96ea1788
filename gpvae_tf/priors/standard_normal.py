"""N(0, I), the prior of the plain VAE."""

import tensorflow as tf

from gpvae_tf.checks import check_shape
from gpvae_tf.gp.linalg import LOG_2PI
from gpvae_tf.priors.base import Prior


class StandardNormal(Prior):
    """p(z) = N(z | 0, I) (Kingma & Welling, 2014).

    Args:
      latent_dim: L.
    """

    def __init__(self, latent_dim: int):
        super().__init__(latent_dim, name="standard_normal")

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        check_shape("z", z, ("...", self.latent_dim))
        return -0.5 * tf.reduce_sum(LOG_2PI + tf.math.square(z), axis=-1)

    def sample(self, num: int, seed: tf.Tensor) -> tf.Tensor:
        return tf.random.stateless_normal([num, self.latent_dim], seed)
