"""Likelihoods of counts: Poisson, and the negative binomial for counts that vary more than their mean."""

import inspect
import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf.kernels import Value, positive
from gpvae_tf.likelihoods.base import Distribution, Likelihood, tfd
from gpvae_tf.likelihoods.parameters import check_channels, learned_exponential, positive_numbers
from gpvae_tf.saving.configurable import arguments_of

Level: TypeAlias = float | Sequence[float] | np.ndarray | None


class _Counts(Likelihood):
    """Observations are whole numbers from 0, whose mean is level exp(output).

    Args:
      level: see the classes.
      name: of the module.
    """

    support = (0.0, math.inf)
    whole_numbers = True
    has_density = False
    takes_counts = True

    def __init__(self, level: Level, name: str):
        super().__init__(name=name)
        self._log_level = None if level is None else np.log(positive_numbers("level", level))

    def at_level(self, means: np.ndarray) -> Likelihood:
        if self._log_level is not None or "level" not in inspect.signature(type(self)).parameters:
            return self
        positional, named = arguments_of(self)
        made = type(self)(*positional, **named | {"level": np.where(means > 0, means, 1.0)})
        for own, learned in zip(made.variables, self.variables, strict=True):
            own.assign(learned)
        return made

    def output_shape(self, event_shape: tuple[int, ...]) -> tuple[int, ...]:
        if self._log_level is not None:
            check_channels("level", self._log_level, event_shape)
        return super().output_shape(event_shape)

    def at_exposure(self, output: tf.Tensor, exposure: tf.Tensor) -> tf.Tensor:
        return output + tf.math.log(exposure)

    def _log_mean(self, output: tf.Tensor) -> tf.Tensor:
        return output if self._log_level is None else output + tf.constant(self._log_level, output.dtype)


def _poisson_draws(rate: tf.Tensor, seed: Any, n: tf.Tensor | None = None) -> tf.Tensor:
    """A draw of every Poisson variable, or `n`; NaN where its rate is, for which TensorFlow would look for ever."""
    is_nan = tf.math.is_nan(rate)
    draws = tfd.Poisson(tf.where(is_nan, tf.ones_like(rate), rate)).sample(() if n is None else n, seed)
    return tf.where(is_nan, tf.constant(math.nan, draws.dtype), draws)


_MANY = 100.0  # from here on Stirling's series has an error below 1e-13
_TIMES = 300.0  # what a count may be of a large dispersion; above that TFP has the digits


def _stirling(x: tf.Tensor) -> tf.Tensor:
    """Stirling's series of log Gamma(x) - (x - 1/2) log x + x - log(2 pi) / 2."""
    return 1 / (12 * x) - 1 / (360 * x**3)


class PoissonLikelihood(_Counts):
    """p(y | z) = prod Poisson(y_j; level exp(output_j)); the decoder gives log rates, in units of the level.

    Args:
      level: what counts are about, > 0, one number or one per channel, the entries of the last axis: a decoder starts
        at an output of 0, from where it is a long way to the logarithm of a million. None is 1 until `from_data` knows.

    Raises:
      ValueError: if a level is not positive and finite.
    """

    def __init__(self, level: Level = None):
        super().__init__(level, "poisson_likelihood")

    def entries(self, output: tf.Tensor) -> Distribution:
        return _Poisson(log_rate=self._log_mean(output))


class _Poisson(tfd.Poisson):
    """TFP adds up log p(y) = y log mu - mu - log y! of terms that are millions for counts of millions, where float32
    has no digits left for the sum. By Stirling's series s it is, for y >= 100,

        y (d - (e^d - 1)) - log(2 pi y) / 2 - s(y),   d = log mu - log y.
    """

    def _sample_n(self, n: tf.Tensor, seed: Any = None) -> tf.Tensor:
        return _poisson_draws(tf.exp(self.log_rate), seed, n)

    def _log_prob(self, value: tf.Tensor) -> tf.Tensor:
        y = tf.maximum(value, _MANY)
        d = self.log_rate - tf.math.log(y)
        series = y * (d - tf.math.expm1(d)) - 0.5 * tf.math.log(2.0 * math.pi * y) - _stirling(y)
        return tf.where(value < _MANY, super()._log_prob(value), series)


class NegativeBinomialLikelihood(_Counts):
    """p(y | z) = prod NegativeBinomial with mean mu = level exp(output_j) and variance mu + mu^2 / dispersion.

    With a large dispersion it is the Poisson distribution.

    Args:
      dispersion: r, initial or fixed, > 0: one number, or one per channel, the entries of the last axis.
      trainable: whether it is learned.
      gain: g > 0 learns r = exp(g raw), see `GaussianLikelihood`; None learns softplus(raw), where a thousand steps of
        0.001 move r by one at most.
      level: see `PoissonLikelihood`.

    Raises:
      ValueError: if a dispersion or a level is not positive and finite.
    """

    def __init__(
        self,
        dispersion: Value = 1.0,
        *,
        trainable: bool = False,
        gain: float | None = None,
        level: Level = None,
    ):
        super().__init__(level, "negative_binomial_likelihood")
        if trainable and gain is not None:
            self._dispersion = learned_exponential("dispersion", positive_numbers("dispersion", dispersion), gain)
        else:
            self._dispersion = positive(dispersion, trainable=trainable, name="dispersion", dtype="float64")

    def output_shape(self, event_shape: tuple[int, ...]) -> tuple[int, ...]:
        check_channels("dispersion", self._dispersion, event_shape)
        return super().output_shape(event_shape)

    def entries(self, output: tf.Tensor) -> Distribution:
        r, output = tf.cast(self._dispersion, output.dtype), self._log_mean(output)
        return _NegativeBinomial(total_count=r, logits=output - tf.math.log(r))  # odds mu / r


class _NegativeBinomial(tfd.NegativeBinomial):
    """TFP's log p(y) as that of `_Poisson`, for a dispersion r that is large as well:

        y d - (y + r) log(1 + w (e^d - 1)) - log(2 pi y (y + r) / r) / 2 + s(y + r) - s(y) - s(r),   w = y / (y + r).

    The first two are -r w d^2 / 2 to second order in d. Where r is small beside y TFP's has digits enough.
    """

    def _sample_n(self, n: tf.Tensor, seed: Any = None) -> tf.Tensor:
        """Poisson variables whose rate is a Gamma variable of shape r times mu / r."""
        gamma_seed, poisson_seed = tfp.random.split_seed(seed, salt="counts")
        r = self.total_count + tf.zeros_like(self.logits)
        known = tf.math.is_finite(r)
        gamma = tfd.Gamma(tf.where(known, r, tf.ones_like(r)), tf.ones_like(r)).sample(n, gamma_seed)
        return _poisson_draws(tf.where(known, gamma * tf.exp(self.logits), math.nan), poisson_seed)

    def _log_prob(self, value: tf.Tensor) -> tf.Tensor:
        y, r = tf.maximum(value, _MANY), tf.maximum(self.total_count, _MANY)
        r = tf.maximum(r, y / _TIMES)
        d, w = self.logits + tf.math.log(r) - tf.math.log(y), y / (y + r)
        core = y * d - (y + r) * tf.math.log1p(w * tf.math.expm1(d))
        corrections = _stirling(y + r) - _stirling(y) - _stirling(r)
        series = core - 0.5 * (tf.math.log(2.0 * math.pi * y) + tf.math.log1p(y / r)) + corrections
        return tf.where((value >= _MANY) & (self.total_count >= r), series, super()._log_prob(value))
