"""Posterior families q(z | y) of plain VAEs: draws with their exact log-density, given a batch of images.

One bound (`models.ImageVAE`) and one importance-weighted estimator (`evaluation.importance`) serve every family.
Latents have shape [S, B, L] here: draws, images, latent dimensions.
"""

import abc
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import tensorflow as tf

from gpvae_tf._keras import Network, call, widened
from gpvae_tf.checks import at_least_one, check_shape
from gpvae_tf.saving import Configurable


class Draws(NamedTuple):
    """Draws from q(z | y).

    Attributes:
      z: [S, B, L].
      log_prob: log q(z | y), [S, B], nats.
    """

    z: tf.Tensor
    log_prob: tf.Tensor


class WeightedDraws(NamedTuple):
    """Draws for expectations: sum_s weight_s f(z_s) has the mean E_q[f(z)], with gradients to q's parameters.

    Attributes:
      z, log_prob: see `Draws`.
      weight: [S, B], sums to 1 over the draws of an image.
    """

    z: tf.Tensor
    log_prob: tf.Tensor
    weight: tf.Tensor

    def mean(self, values: tf.Tensor) -> tf.Tensor:
        """sum_s weight_s values_s, [B], of values [S, B]."""
        return tf.reduce_sum(self.weight * values, axis=0)


class PosteriorDistribution(abc.ABC):
    """q(z | y) of a batch of B images: the encoder has run once."""

    @abc.abstractmethod
    def sample(self, num_samples: int, seed: tf.Tensor) -> Draws:
        """Independent draws [S, B, L] from a stateless seed [2]."""

    @abc.abstractmethod
    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """log q(z | y) of latents [S, B, L]; [S, B], nats."""

    @property
    @abc.abstractmethod
    def mean(self) -> tf.Tensor:
        """The point [B, L] that stands for q: its mean, or what the family's docstring says where that is not known."""

    def weighted(self, num_samples: int, seed: tf.Tensor) -> WeightedDraws:
        """Draws for the bound; independent ones of equal weight by default.

        A mixture overrides this: `num_samples` draws from every component, weighted by its probability.
        """
        z, log_prob = self.sample(num_samples, seed)
        return WeightedDraws(z, log_prob, tf.ones_like(log_prob) / num_samples)

    def kl_standard_normal(self) -> tf.Tensor | None:
        """KL(q || N(0, I)), [B], nats, where it has a closed form; None by default."""
        return None

    def kl_in_bound(self, seed: tf.Tensor) -> tf.Tensor | None:
        """The term that a bound under the prior N(0, I) subtracts, [B], nats: `kl_standard_normal` by default."""
        return self.kl_standard_normal()


class Joint(Protocol):
    """The generative model p(y | z) p(z), for families whose inference needs it.

    Attributes:
      decoder, likelihood, prior: its parts.
      steps: training steps taken, for families with a schedule.
      observed: boolean [B, H, W, C], which entries of the images that it is asked about were observed; None for all.
    """

    decoder: Any
    likelihood: Any
    prior: Any
    steps: Any
    observed: tf.Tensor | None

    def log_prob(self, images: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        """log p(y, z) of images [B, H, W, C] and latents [S, B, L]; [S, B], nats."""

    def terms(self, q: PosteriorDistribution, images: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """E_q[log p(y | z)] and the term the bound subtracts, both [B], nats."""


class Posterior(Configurable, tf.Module, abc.ABC):
    """A family q(z | y) with its networks.

    Args:
      latent_dim: L, >= 1.
      name: the module's name.
    """

    def __init__(self, latent_dim: int, name: str):
        super().__init__(name=name)
        self.latent_dim = at_least_one("latent_dim", latent_dim)

    @abc.abstractmethod
    def condition(
        self, images: tf.Tensor, joint: Joint | None = None, seed: tf.Tensor | None = None
    ) -> PosteriorDistribution:
        """q(z | y) of images [B, H, W, C].

        Args:
          images: the images, in the dtype of the networks, 0 where nothing was observed.
          joint: the generative model; most families ignore it.
          seed: stateless seed [2] of what inference itself draws; most families draw nothing.
        """

    def regularizer(self) -> tf.Tensor | None:
        """KL of random encoder weights, subtracted once per data set, a scalar in nats; None if there are none."""
        return None

    def check_joint(self, joint: Joint) -> None:
        """Refuses, with an error that says why, a generative model that the family cannot work with."""


def encode(network: Network, images: tf.Tensor, sizes: Sequence[int]) -> list[tf.Tensor]:
    """The outputs [B, size] of an encoder whose last layer has sum(sizes) units.

    Raises:
      ValueError: if it has another number.
    """
    output = call(network, images)
    check_shape("the encoder's output", output, ("B", sum(sizes)))
    return tf.split(widened(output), sizes, axis=-1)
