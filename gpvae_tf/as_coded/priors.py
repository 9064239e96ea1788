"""The priors of the authors' CP-VAE code (docs/deviations.md, C1, C2 and C4): never trained, and inconsistent.

The code is macio232/cp-vae at commit 0ceb836.
"""

import tensorflow as tf

from gpvae_tf.checks import check_shape
from gpvae_tf.gp import diagonal_gaussians
from gpvae_tf.priors.components import GaussianComponents
from gpvae_tf.priors.gaussian_mixture import MixtureOfGaussians
from gpvae_tf.types import Gaussian


class AsCodedComponents(GaussianComponents):
    """Means and raw variances r drawn from U[0, 1) that no step changes: they never reach the authors' optimizer.

    The bound has log v = 2 log(1 + e^(r/2)), so v lies in [4, 7.02); generation takes e^r for the standard deviation,
    in [1, 2.72). With `fixed_variance` (--fixed_var) every r is 1.

    Args:
      num_components: K.
      latent_dim: L.
      seed: random seed of the draws.
      fixed_variance: whether r is 1.
    """

    def __init__(self, num_components: int, latent_dim: int, *, seed: int = 0, fixed_variance: bool = False):
        super().__init__(num_components, latent_dim, trainable=False)
        uniform = tf.random.stateless_uniform([2, num_components, latent_dim], (seed, 0))
        raw = tf.ones_like(uniform[1]) if fixed_variance else uniform[1]
        self.raw = tf.Variable(raw, trainable=False, name="raw")
        self.means.assign(uniform[0])
        self.log_variances.assign(2.0 * tf.nn.softplus(0.5 * raw))

    def for_sampling(self) -> Gaussian:
        """The same means with another variance, (e^r)^2."""
        return Gaussian(tf.convert_to_tensor(self.means), tf.exp(2.0 * self.raw))


class AsCodedMixture(MixtureOfGaussians):
    """The authors' MG: 1/K sum_k log N(z | m_k, v_k), by Jensen's inequality a lower bound on the mixture's density.

    It is not normalised: up to a constant it is the log-density of one Gaussian, the components' product to the 1/K.
    """

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        check_shape("z", z, ("...", self.latent_dim))
        return tf.reduce_mean(diagonal_gaussians.component_log_densities(z, self.components()), axis=-1)
