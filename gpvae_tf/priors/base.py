"""The prior over latents: a density, and draws from it."""

import abc

import tensorflow as tf

from gpvae_tf.checks import at_least_one
from gpvae_tf.saving import Configurable


class Prior(Configurable, tf.Module, abc.ABC):
    """p(z) over vectors z of length `latent_dim`, with parameters that may be learned.

    Attributes:
      latent_dim: L.
    """

    def __init__(self, latent_dim: int, name: str):
        super().__init__(name=name)
        self.latent_dim = at_least_one("latent_dim", latent_dim)

    def check_posterior(self, posterior: object) -> None:  # noqa: B027 (most priors go with any)
        """Refuses the posterior of a model that the prior is no prior of."""

    @abc.abstractmethod
    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """log p(z) of latents [..., L]; [...], nats."""

    @abc.abstractmethod
    def sample(self, num: int, seed: tf.Tensor) -> tf.Tensor:
        """`num` draws [num, L] from a stateless seed [2]."""
