"""Variance scaling: one factor for the predictive standard deviation, or one for every series or channel."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.special
import tensorflow as tf

from gpvae_tf.recalibration.base import LEAST_SHARE, Recalibration, fitting, pooled_axes, shrunk_logs
from gpvae_tf.recalibration.hidden_values import HeldOut
from gpvae_tf.types import Imputation, Predictive


class VarianceScaling(Recalibration):
    """Distributions stretched about their means: y -> mean + f (y - mean).

    The factor is that of the greatest likelihood of the held-out values under N(mean, f^2 stddev^2),

        f^2 = mean of ((truth - mean) / stddev)^2

    (Laves et al., 2020, "Well-calibrated regression uncertainty in medical imaging with deep learning"). It mends the
    size of the errors, and not the shape of the distribution: coverage is right at every level if the standardised
    errors have the distribution that the model says. A factor for every series sees how noisy each of them is.

    Args:
      factors: f, [N or 1, 1, ..., C or 1] for predictions [N, s, *event].
      per: see `Recalibration`.

    Raises:
      ValueError: if a factor is not positive and finite.
    """

    def __init__(self, factors: np.ndarray | Sequence, per: Sequence[str] = ()):
        self.factors, self.per = np.asarray(factors, np.float64), tuple(per)
        if not np.all(np.isfinite(self.factors) & (self.factors > 0)):
            raise ValueError(f"factors must be positive and finite, got {self.factors}")

    @classmethod
    def fit(cls, held_out: HeldOut, per: Sequence[str] = ()) -> "VarianceScaling":
        """The factors that held-out values ask for; those of groups with few values lean on the others' (`shrunk`).

        Args:
          held_out: see `recalibration.held_out`.
          per: see `Recalibration`.

        Raises:
          ValueError: if nothing was held out, an error is not finite, or all errors are 0.
        """
        squares, where = np.square(held_out.standardized()), held_out.where
        over = pooled_axes(per, squares.ndim)
        total, count = (np.sum(values, axis=over, keepdims=True) for values in (squares, where))
        if not np.any(total):
            raise ValueError("held_out has no errors at all: there is no variance to scale to")
        return cls(np.sqrt(shrunk(total, count)), per).within(held_out.support)

    def _imputation(self, filled: Imputation, interval: float) -> Imputation:
        factors, stretched = self._on(filled.mean)
        return filled._replace(
            stddev=factors * filled.stddev, lower=stretched(filled.lower), upper=stretched(filled.upper)
        )

    def _predictive(self, predicted: Predictive, quantiles: Sequence[float]) -> Predictive:
        factors, stretched = self._on(predicted.mean)
        return predicted._replace(
            latent_variance=tf.square(factors) * predicted.latent_variance,
            noise_variance=tf.square(factors) * predicted.noise_variance,
            quantiles=stretched(predicted.quantiles),
            samples=None if predicted.samples is None else stretched(predicted.samples),
        )

    def log_density(
        self, density: Callable[[tf.Tensor], tf.Tensor], observations: tf.Tensor, mean: tf.Tensor
    ) -> tf.Tensor:
        """log p(y) = log q(mean + (y - mean) / f) - log f of every entry, nats, for the model's own density q.

        Args:
          density: log q of observations [N, s, *event], such as `predict_log_density` at the inputs in question.
          observations: y.
          mean: the predictive means.
        """
        mean = tf.convert_to_tensor(mean)
        factors, observations = self._on(mean)[0], tf.cast(observations, mean.dtype)
        return density(mean + (observations - mean) / factors) - tf.math.log(factors)

    def numbers(self) -> dict[str, Any]:
        return {"factors": self.factors.tolist(), "per": list(self.per)}

    def _on(self, mean: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        """The factors, and the map from values [..., *mean.shape] to stretched ones."""
        factors = fitting("the variance scaling", self.factors, mean)
        return factors, lambda values: mean + factors * (values - mean)


def shrunk(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Scales v of groups whose n squares sum to v chi^2_n, by empirical Bayes on log v.

    log of a group's mean square has the mean log v + digamma(n / 2) - log(n / 2) and the variance trigamma(n / 2);
    `shrunk_logs` does the rest. A single group has its mean square.

    Args:
      total: sum of squares of every group.
      count: n of every group, of the same shape; some n > 0.
    """
    if np.count_nonzero(count) < 2:
        return np.full(total.shape, np.sum(total) / np.sum(count))
    half = np.maximum(count, 1) / 2.0
    least = LEAST_SHARE * np.sum(total) / np.sum(count)
    logs = np.log(np.maximum(total / (2.0 * half), least)) - scipy.special.digamma(half) + np.log(half)
    return np.exp(shrunk_logs(logs, scipy.special.polygamma(1, half), count > 0))
