"""Gaussian likelihoods: one variance, one per channel, or one per entry from the decoder."""

import math
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf.gp.linalg import LOG_2PI
from gpvae_tf.likelihoods.base import Distribution, Likelihood, tfd
from gpvae_tf.likelihoods.parameters import check_channels, learned_exponential, positive_numbers


class GaussianLikelihood(Likelihood):
    """p(y | z) = prod N(y_j; output_j, variance).

    Args:
      variance: initial or fixed variance of an observation's entries, > 0: one number, or one per channel, the entries
        of the last axis.
      trainable: whether it is learned.
      gain: g > 0 learns variance = exp(g raw), so that a step of Adam, which moves raw by about its learning
        rate r, changes the variance by g r of itself, however small it is; None learns softplus(raw), where a thousand
        steps of 0.001 move the variance by one at most.

    Raises:
      ValueError: if a variance is not positive and finite.
    """

    takes_errors = True

    def __init__(
        self,
        variance: float | Sequence[float] | np.ndarray = 1.0,
        *,
        trainable: bool = False,
        gain: float | None = None,
    ):
        super().__init__(name="gaussian_likelihood")
        self._initial = positive_numbers("variance", variance)
        self._variance = self._initial
        if trainable and gain is not None:
            self._variance = learned_exponential("variance", self._initial, gain)
        elif trainable:
            initial = tf.constant(self._initial, tf.float32)
            self._variance = tfp.util.TransformedVariable(initial, tfp.bijectors.Softplus(), name="variance")

    def output_shape(self, event_shape: tuple[int, ...]) -> tuple[int, ...]:
        check_channels("variance", self._initial, event_shape)
        return super().output_shape(event_shape)

    def _variance_in(self, dtype: tf.DType) -> tf.Tensor:
        fixed = isinstance(self._variance, np.ndarray)
        return tf.constant(self._variance, dtype) if fixed else tf.cast(self._variance, dtype)

    def nats_at(self, mean_squared_error: float, num_values: int) -> float:
        """log p(y | z) of an observation of `num_values` entries with a mean squared error, at the initial variance.

        Raises:
          ValueError: if every channel has a variance of its own, so that one error does not determine it.
        """
        if self._initial.ndim:
            raise ValueError(f"variance has {self._initial.size} values; one mean squared error needs one variance")
        variance = float(self._initial)
        return -0.5 * num_values * (LOG_2PI + math.log(variance) + mean_squared_error / variance)

    def entries(self, output: tf.Tensor) -> Distribution:
        return tfd.Normal(output, tf.sqrt(self._variance_in(output.dtype)))

    def log_prob_entries(self, output: tf.Tensor, observations: tf.Tensor) -> tf.Tensor:
        variance = self._variance_in(output.dtype)
        nats = LOG_2PI + tf.math.log(variance) + tf.square(tf.cast(observations, output.dtype) - output) / variance
        return -0.5 * nats


class HeteroscedasticGaussianLikelihood(Likelihood):
    """p(y | z) = prod N(y_j; mean_j, variance_j), both from the decoder, whose output is [..., *event, 2].

    The first number is the mean, the second s gives variance = min_variance + softplus(s), which is softplus(0) = 0.69
    where the decoder starts at 0.

    Under the likelihood the gradient of a mean is the error divided by the variance, so that entries that were found
    hard once are hardly learned any more. With beta > 0 every entry's gradient is multiplied by its variance^beta
    (Seitzer et al., 2022, "On the pitfalls of heteroscedastic uncertainty estimation", the loss beta-NLL): 1 trains
    means as least squares do, 0.5 lies in between. Values stay log p, so bounds remain what they are; the gradient that
    training follows is no longer theirs. Beside errors of known size (`measured`) beta has to be 0.

    Args:
      min_variance: the least variance, > 0; it keeps a perfectly reconstructed entry from an infinite density.
      beta: in [0, 1].

    Raises:
      ValueError: if the variance is not positive and finite, or beta outside its range.
    """

    def __init__(self, min_variance: float = 1e-4, *, beta: float = 0.0):
        super().__init__(name="heteroscedastic_gaussian_likelihood")
        if not 0.0 <= beta <= 1.0:
            raise ValueError(f"beta must lie in [0, 1], got {beta}")
        if not 0 < min_variance < math.inf:
            raise ValueError(f"min_variance must be positive and finite, got {min_variance}")
        self.min_variance, self.beta = float(min_variance), float(beta)
        self.takes_errors = not beta

    def output_shape(self, event_shape: tuple[int, ...]) -> tuple[int, ...]:
        return (*event_shape, 2)

    def log_prob_entries(self, output: tf.Tensor, observations: tf.Tensor) -> tf.Tensor:
        nats = super().log_prob_entries(output, observations)
        if not self.beta:
            return nats
        weight = tf.stop_gradient(tf.pow(self.variance(output), self.beta))
        return weight * nats + tf.stop_gradient(nats - weight * nats)

    def entries(self, output: tf.Tensor) -> Distribution:
        mean, raw = output[..., 0], output[..., 1]
        return tfd.Normal(mean, tf.sqrt(self.min_variance + tf.nn.softplus(raw)))
