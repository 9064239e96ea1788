"""Likelihoods of counts: Poisson, and the negative binomial for counts that vary more than their mean."""

import math

import numpy as np
import tensorflow as tf

from gpvae_tf.kernels import Value, positive
from gpvae_tf.likelihoods.base import Distribution, Likelihood, check_channels, check_range, observed_values, tfd


class _Counts(Likelihood):
    """Observations are whole numbers from 0."""

    support = (0.0, math.inf)
    takes_any_value = False
    takes_counts = True

    def check(self, observations: np.ndarray, mask: np.ndarray | None = None) -> None:
        values = observed_values(observations, mask)
        kind = type(self).__name__.removesuffix("Likelihood")
        check_range(values, (values >= 0) & (values == np.floor(values)), f"{kind} needs whole numbers from 0")


class PoissonLikelihood(_Counts):
    """p(y | z) = prod Poisson(y_j; exp(output_j)); the decoder gives log rates."""

    def entries(self, output: tf.Tensor) -> Distribution:
        return tfd.Poisson(log_rate=output)


class NegativeBinomialLikelihood(_Counts):
    """p(y | z) = prod NegativeBinomial with mean mu = exp(output_j) and variance mu + mu^2 / dispersion.

    With a large dispersion it is the Poisson distribution.

    Args:
      dispersion: r, initial or fixed, > 0: one number, or one per channel, the entries of the last axis.
      trainable: whether it is learned.

    Raises:
      ValueError: if it is not positive and finite.
    """

    def __init__(self, dispersion: Value = 1.0, *, trainable: bool = False):
        super().__init__(name="negative_binomial_likelihood")
        self._dispersion = positive(dispersion, trainable=trainable, name="dispersion", dtype="float64")

    def output_shape(self, event_shape: tuple[int, ...]) -> tuple[int, ...]:
        check_channels("dispersion", self._dispersion, event_shape)
        return super().output_shape(event_shape)

    def entries(self, output: tf.Tensor) -> Distribution:
        r = tf.cast(self._dispersion, output.dtype)
        return tfd.NegativeBinomial(total_count=r, logits=output - tf.math.log(r))  # odds mu / r
