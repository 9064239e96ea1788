"""Likelihoods p(y | z): what the decoder's output means."""

import abc
import math
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf.gp.linalg import LOG_2PI
from gpvae_tf.shapes import check_probabilities

tfd = tfp.distributions
Distribution: TypeAlias = Any  # a tfd.Distribution; TFP has no type stubs


class Likelihood(tf.Module, abc.ABC):
    """A pixel-wise likelihood; images are [..., H, W, C]."""

    @abc.abstractmethod
    def distribution(self, output: tf.Tensor) -> Distribution:
        """p(y | z) with event shape [H, W, C], from the decoder's output."""

    @abc.abstractmethod
    def log_prob(self, output: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
        """log p(y | z), summed over an image's pixels, [...], nats."""

    def check(self, images: np.ndarray) -> None:  # noqa: B027 (most take any real number)
        """Refuses images that have no likelihood of this kind.

        Raises:
          ValueError: if a value is outside its range.
        """

    def mean(self, output: tf.Tensor) -> tf.Tensor:
        """E[y | z], [..., H, W, C]."""
        return self.distribution(output).mean()


class BernoulliLikelihood(Likelihood):
    """p(y | z) = prod Bernoulli(y_j; sigmoid(output_j)); the decoder gives logits, pixels lie in [0, 1]."""

    def distribution(self, output: tf.Tensor) -> Distribution:
        return tfd.Independent(tfd.Bernoulli(logits=output, dtype=output.dtype), 3)

    def log_prob(self, output: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
        """y output - softplus(output): equal to `distribution(output).log_prob(images)`, in a sixth of TFP's time."""
        nats = tf.cast(images, output.dtype) * output - tf.nn.softplus(output)
        return tf.reduce_sum(nats, axis=[-3, -2, -1])

    def check(self, images: np.ndarray) -> None:
        check_probabilities("images", images)


class GaussianLikelihood(Likelihood):
    """p(y | z) = prod N(y_j; output_j, variance).

    Args:
      variance: initial or fixed pixel variance, > 0.
      trainable: whether one variance, shared by all pixels, is learned.

    Raises:
      ValueError: if the variance is not positive.
    """

    def __init__(self, variance: float = 1.0, *, trainable: bool = False):
        super().__init__(name="gaussian_likelihood")
        if not variance > 0:
            raise ValueError(f"variance must be positive, got {variance}")
        self._initial = float(variance)
        self._variance = (
            tfp.util.TransformedVariable(tf.constant(variance, tf.float32), tfp.bijectors.Softplus(), name="variance")
            if trainable
            else self._initial
        )

    def _variance_in(self, dtype: tf.DType) -> tf.Tensor:
        return (
            tf.constant(self._variance, dtype) if isinstance(self._variance, float) else tf.cast(self._variance, dtype)
        )

    def nats_at(self, mean_squared_error: float, num_values: int) -> float:
        """log p(y | z) of an image of `num_values` pixels with a given mean squared error, at the initial variance."""
        variance = self._initial
        return -0.5 * num_values * (LOG_2PI + math.log(variance) + mean_squared_error / variance)

    def distribution(self, output: tf.Tensor) -> Distribution:
        return tfd.Independent(tfd.Normal(output, tf.sqrt(self._variance_in(output.dtype))), 3)

    def log_prob(self, output: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
        variance = self._variance_in(output.dtype)
        nats = LOG_2PI + tf.math.log(variance) + tf.square(tf.cast(images, output.dtype) - output) / variance
        return -0.5 * tf.reduce_sum(nats, axis=[-3, -2, -1])
