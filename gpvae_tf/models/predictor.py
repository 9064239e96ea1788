"""A latent-GP model that has seen data: latents and images at any inputs."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

import tensorflow as tf

from gpvae_tf.gp.linalg import cholesky
from gpvae_tf.latent_gps import LatentPredictor
from gpvae_tf.types import Gaussian

Statistics = TypeVar("Statistics", bound=tuple)


class FeaturesAndDecoder(Protocol):
    """The parts of a latent-GP model that predictions need."""

    def features(self, inputs: tf.Tensor) -> tf.Tensor:
        """Features of inputs [..., s, D] that the kernel takes."""

    def decode(self, latents: tf.Tensor, inputs: tf.Tensor | None = None) -> tf.Tensor:
        """E[y | z] of latents [..., L] at inputs [..., D]."""


class Predictor:
    """The latents of a model given data, as `LatentGPVAE.condition_on` makes it.

    It holds what the data say of the latents, not the images; changes of the model's kernel or networks after
    `condition_on` do not reach it.

    Attributes:
      latent: the same on features [..., s, D], channel first: a sparse GP's q(f_m), an exact GP's posterior, ...
    """

    def __init__(self, model: FeaturesAndDecoder, latent: LatentPredictor):
        self._model, self.latent = model, latent

    def predict_f(self, inputs: tf.Tensor) -> Gaussian:
        """Marginal means and variances of the latents, [B, s, L], at inputs [B, s, D]."""
        marginals = self.latent.predict(self._model.features(inputs))
        return Gaussian(*(tf.linalg.matrix_transpose(part) for part in marginals))

    def generate(self, inputs: tf.Tensor, seed: tf.Tensor | None = None) -> tf.Tensor:
        """Images [B, s, H, W, C] at inputs [B, s, D]: E[y | z] at the latents' means, or at one joint draw of them.

        Args:
          inputs: where.
          seed: stateless seed [2] of the draw; None for the means.
        """
        if seed is None:
            return self._model.decode(self.predict_f(inputs).mean, inputs)
        mean, covariance = self.latent.predict_joint(self._model.features(inputs))
        return self._model.decode(draw_jointly(mean, covariance, seed), inputs)


def draw_jointly(mean: tf.Tensor, covariance: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """One draw [..., s, L] of Gaussians with mean [..., L, s] and covariance [..., L or 1, s, s].

    The jitter of 1e-6, relative, only makes a singular covariance factor.
    """
    factor = cholesky(covariance, name="the covariance of a joint draw", jitter=1e-6)
    noise = tf.random.stateless_normal(tf.shape(mean), seed, dtype=mean.dtype)
    return tf.linalg.matrix_transpose(mean + tf.linalg.matvec(factor, noise))


def summed(statistics: Iterable[Statistics]) -> Statistics:
    """The sum of sufficient statistics, named tuples of tensors, term by term.

    Raises:
      ValueError: if there are none.
    """
    total: Statistics | None = None
    for stats in statistics:
        total = stats if total is None else type(stats)(*(a + b for a, b in zip(total, stats)))
    if total is None:
        raise ValueError("batches is empty: there is nothing to condition on")
    return total
