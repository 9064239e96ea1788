"""VampPrior (Tomczak & Welling, 2018): the mixture of the posteriors of learned pseudo-inputs."""

from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import check_shape
from gpvae_tf.gp import diagonal_gaussians
from gpvae_tf.priors.base import Prior
from gpvae_tf.priors.components import draw_from_any
from gpvae_tf.priors.gaussian_mixture import log_of_mean
from gpvae_tf.saving import Configurable
from gpvae_tf.types import Gaussian


class PseudoInputs(Configurable, tf.Module):
    """K trained images u_k, clipped to [0, 1]; outside, a pixel has no gradient (jmtomczak/vae_vampprior).

    Args:
      initial: [K, H, W, C], finite; `normal` and `from_images` make them as that code does.

    Raises:
      ValueError: if the rank is another, there is no image, or a value is not finite.
    """

    def __init__(self, initial: np.ndarray):
        super().__init__(name="pseudo_inputs")
        initial = np.asarray(initial, np.float32)
        if initial.ndim != 4 or not len(initial):
            raise ValueError(f"initial has shape {initial.shape}; expected [K, H, W, C] with K >= 1")
        if not np.all(np.isfinite(initial)):
            raise ValueError("initial has values that are not finite")
        self.pixels = tf.Variable(initial, name="pixels")

    @classmethod
    def normal(
        cls,
        num: int,
        event_shape: tuple[int, int, int],
        *,
        mean: float = 0.05,
        deviation: float = 0.01,
        seed: int = 0,
    ) -> "PseudoInputs":
        """Draws of N(mean, deviation^2) for every pixel; 0.05 and 0.01 are the code's for MNIST and OMNIGLOT."""
        return cls(np.random.default_rng(seed).normal(mean, deviation, (num, *event_shape)))

    @classmethod
    def from_images(cls, images: np.ndarray, num: int, *, deviation: float = 0.01, seed: int = 0) -> "PseudoInputs":
        """The first `num` training images plus noise of N(0, deviation^2) (--use_training_data_init).

        Raises:
          ValueError: if there are fewer images.
        """
        if len(images) < num:
            raise ValueError(f"images has {len(images)} images; expected at least {num}, one per pseudo-input")
        first = np.asarray(images[:num], np.float64)
        return cls(first + np.random.default_rng(seed).normal(0.0, deviation, first.shape))

    def __call__(self) -> tf.Tensor:
        """The images [K, H, W, C] in [0, 1], float32."""
        return tf.clip_by_value(self.pixels, 0.0, 1.0)


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

    def components(self) -> Gaussian:
        """q(z | u_k), means and variances [K, L]."""
        return self.posterior.condition(self.pseudo_inputs()).gaussian

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        check_shape("z", z, ("...", self.latent_dim))
        return log_of_mean(diagonal_gaussians.component_log_densities(z, self.components()))

    def sample(self, num: int, seed: tf.Tensor) -> tf.Tensor:
        return draw_from_any(self.components(), num, seed)
