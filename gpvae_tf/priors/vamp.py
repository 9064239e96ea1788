"""VampPrior (Tomczak & Welling, 2018): the mixture of the posteriors of learned pseudo-inputs."""

from typing import Any, Protocol, TypeAlias

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import check_shape
from gpvae_tf.gp import diagonal_gaussians
from gpvae_tf.priors.base import Prior
from gpvae_tf.priors.components import draw_from_any
from gpvae_tf.priors.gaussian_mixture import log_of_mean
from gpvae_tf.saving import Configurable
from gpvae_tf.types import Gaussian

Support: TypeAlias = tuple[float | np.ndarray, float | np.ndarray]
UNIT = (0.0, 1.0)


class PseudoInputs(Configurable, tf.Module):
    """K trained images u_k, clipped to values that images can have; outside, a pixel has no gradient.

    Args:
      initial: [K, H, W, C], or [K, C] of vectors, finite; `normal` and `from_images` make them as
        jmtomczak/vae_vampprior does, with noise that may leave the support, and refuse what lies outside without it.
      support: the least and the greatest value of an image, each one number or [C]; the likelihood's `support`. That
        of a Bernoulli likelihood, [0, 1], is the code's.

    Raises:
      ValueError: if the rank is another, there is no image, a value is not finite, or the support has not two ends.
    """

    def __init__(self, initial: np.ndarray, *, support: Support = UNIT):
        super().__init__(name="pseudo_inputs")
        initial = np.asarray(initial, np.float32)
        if initial.ndim < 2 or not len(initial):
            raise ValueError(f"initial has shape {initial.shape}; expected [K, H, W, C] or [K, C] with K >= 1")
        if not np.all(np.isfinite(initial)):
            raise ValueError("initial has values that are not finite")
        self._ends = _ends(support)
        self.pixels = tf.Variable(initial, name="pixels")

    @classmethod
    def normal(
        cls,
        num: int,
        event_shape: tuple[int, ...],
        *,
        mean: float = 0.05,
        deviation: float = 0.01,
        seed: int = 0,
        support: Support = UNIT,
    ) -> "PseudoInputs":
        """Draws of N(mean, deviation^2) for every pixel; 0.05 and 0.01 are the code's for MNIST and OMNIGLOT.

        Raises:
          ValueError: if the mean lies outside the support.
        """
        _check_within("mean", mean, support)
        return cls(np.random.default_rng(seed).normal(mean, deviation, (num, *event_shape)), support=support)

    @classmethod
    def from_images(
        cls, images: np.ndarray, num: int, *, deviation: float = 0.01, seed: int = 0, support: Support = UNIT
    ) -> "PseudoInputs":
        """The first `num` training images plus noise of N(0, deviation^2) (--use_training_data_init).

        Raises:
          ValueError: if there are fewer images, or one of them has a value outside the support.
        """
        if len(images) < num:
            raise ValueError(f"images has {len(images)} images; expected at least {num}, one per pseudo-input")
        first = np.asarray(images[:num], np.float64)
        _check_within("images", first, support)
        return cls(first + np.random.default_rng(seed).normal(0.0, deviation, first.shape), support=support)

    def __call__(self) -> tf.Tensor:
        """The images [K, H, W, C] within the support, float32."""
        return tf.clip_by_value(self.pixels, *self._ends)


def _ends(support: Support) -> list[np.ndarray]:
    """The least and the greatest value, [] or [C] each, float32."""
    if len(support) != 2 or not np.all(np.asarray(support[0]) < np.asarray(support[1])):
        raise ValueError(f"support must be a least and a greatest value, got {support}")
    return [np.asarray(end, np.float32) for end in support]


def _check_within(name: str, values: np.ndarray | float, support: Support) -> None:
    """Refuses values that would be clipped, and so lost."""
    least, most = _ends(support)
    if np.any(values < least) or np.any(values > most):
        raise ValueError(
            f"{name} has values from {np.min(values):.6g} to {np.max(values):.6g}, and pseudo-inputs are clipped to "
            f"{least} to {most}: say support=likelihood.support, what images of the model's likelihood can be"
        )


class GaussianFamily(Protocol):
    """A posterior family whose q(z | y) has a `.gaussian`, means and variances [B, L]: `posteriors.MeanField`, say."""

    latent_dim: int

    def condition(self, images: tf.Tensor) -> Any:
        """q(z | y) of images [B, H, W, C]."""


class VampPrior(Prior):
    """p(z) = 1/K sum_k q(z | u_k), q the model's own posterior: its gradient reaches the encoder too.

    Draws come from all K components; the code generates from the first ones only.

    Args:
      posterior: the encoder's Gaussians over z (in a two-level model, over the upper latents).
      pseudo_inputs: the u_k.

    Raises:
      TypeError: if the posterior of an image is no Gaussian.
    """

    def __init__(self, posterior: GaussianFamily, pseudo_inputs: PseudoInputs):
        if not hasattr(posterior.condition(pseudo_inputs()[:1]), "gaussian"):
            raise TypeError(f"posterior must give Gaussians, as MeanField does; got {type(posterior).__name__}")
        super().__init__(posterior.latent_dim, name="vamp_prior")
        self.posterior, self.pseudo_inputs = posterior, pseudo_inputs

    def check_posterior(self, posterior: object) -> None:
        """Refuses a model whose posterior is another one, around which this prior is no mixture of the model's.

        Raises:
          ValueError: saying so.
        """
        if posterior is not self.posterior:
            raise ValueError(
                "prior is a VampPrior of another posterior than the model's: its components are to be the model's own "
                "q(z | u), VampPrior(posterior, ...) with the same object"
            )

    def components(self) -> Gaussian:
        """q(z | u_k), means and variances [K, L]."""
        return self.posterior.condition(self.pseudo_inputs()).gaussian

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        check_shape("z", z, ("...", self.latent_dim))
        return log_of_mean(diagonal_gaussians.component_log_densities(z, self.components()))

    def sample(self, num: int, seed: tf.Tensor) -> tf.Tensor:
        return draw_from_any(self.components(), num, seed)
