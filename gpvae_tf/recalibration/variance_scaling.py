"""Variance scaling: one factor for the predictive standard deviation, or one for every series or channel."""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.special
import tensorflow as tf

from gpvae_tf.recalibration.base import LEAST_SHARE, Recalibration, fitting, pooled_axes, shrunk_logs
from gpvae_tf.recalibration.hidden_values import HeldOut
from gpvae_tf.types import Imputation, Predictive

ITERATIONS = 300  # which shrink the distance to the fixed point by the share that errors have in the residuals
LEAST_SCALE = 0.01  # of a group whose errors of measurement explain its residuals: a tenth of the stddev
TINY = np.finfo(np.float64).tiny


class VarianceScaling(Recalibration):
    """Distributions stretched about their means: y -> mean + f (y - mean).

    The factor is that of the greatest likelihood of the held-out values under N(mean, f^2 stddev^2),

        f^2 = mean of ((truth - mean) / stddev)^2

    (Laves et al., 2020, "Well-calibrated regression uncertainty in medical imaging with deep learning"). It mends the
    size of the errors, and not the shape of the distribution: coverage is right at every level if the standardised
    errors have the distribution that the model says. A factor for every series sees how noisy each of them is.

    Where the held-out values were measured with errors e of known size, they are N(mean, f^2 stddev^2 + e^2), and f is
    of what was measured: the errors are what they are.

    Args:
      factors: f, [N or 1, 1, ..., C or 1] for predictions [N, s, *event].
      per: see `Recalibration`.

    Raises:
      ValueError: if a factor is not positive and finite.
    """

    takes_errors = True
    _errors: np.ndarray | None = None

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
        held_out = held_out.of_numbers()
        residuals, stddev = held_out.residuals()
        if not np.any(residuals):
            raise ValueError("held_out has no errors at all: there is no variance to scale to")
        squares, own = np.square(residuals), np.where(held_out.where, np.square(stddev), 0.0)
        over = pooled_axes(per, squares.ndim)
        return cls(np.sqrt(shrunk(*scales(squares, own, held_out.noise, over))), per).within(
            held_out.support, held_out.classes
        )

    def measured_with(self, errors: np.ndarray) -> "VarianceScaling":
        other = copy.copy(self)
        other._errors = np.asarray(errors)
        return other

    def _imputation(self, filled: Imputation, interval: float) -> Imputation:
        factors, stretched = self._on(filled.mean, filled.stddev)
        return filled._replace(
            stddev=factors * filled.stddev, lower=stretched(filled.lower), upper=stretched(filled.upper)
        )

    def _predictive(self, predicted: Predictive, quantiles: Sequence[float]) -> Predictive:
        factors, stretched = self._on(predicted.mean, predicted.stddev)
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

        Raises:
          ValueError: of values as they are measured.
        """
        if self._errors is not None:
            raise ValueError("log_density is of what is measured, not of values with errors (measured_with)")
        mean = tf.convert_to_tensor(mean)
        factors, observations = self._of_groups(mean), tf.cast(observations, mean.dtype)
        factors = tf.where(np.isin(np.arange(mean.shape[-1]), self.classes), tf.ones_like(factors), factors)
        return density(mean + (observations - mean) / factors) - tf.math.log(factors)

    def numbers(self) -> dict[str, Any]:
        return {"factors": self.factors.tolist(), "per": list(self.per)}

    def _of_groups(self, mean: tf.Tensor) -> tf.Tensor:
        return fitting("the variance scaling", self.factors, mean)

    def _on(self, mean: tf.Tensor, stddev: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        """What standard deviations are multiplied by, and the map from values [..., *mean.shape] to stretched ones.

        Of measured values it is sqrt(f^2 (stddev^2 - e^2) + e^2) / stddev: the errors' part is what it is.
        """
        mean, factors = tf.convert_to_tensor(mean), self._of_groups(mean)
        if self._errors is not None:
            noise, total = (tf.square(tf.cast(part, mean.dtype)) for part in (self._errors, stddev))
            factors = tf.sqrt((tf.square(factors) * tf.maximum(total - noise, 0.0) + noise) / total)
        return factors, lambda values: mean + factors * (values - mean)


def scales(
    squares: np.ndarray, own: np.ndarray, noise: np.ndarray, over: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """The scale v of every group whose residuals r are N(0, v own + noise), that of the greatest likelihood.

    There sum(own w^2 r^2) = sum(own w) with w = 1 / (v own + noise), and v <- v sum(own w^2 r^2) / sum(own w) leads to
    it; without noise that is one step to the mean square. By Fisher's information, log v is as uncertain as that of
    m = sum (v own w)^2 residuals without noise.

    Args:
      squares: r^2, [N, n, *event].
      own: variances of the predictions; 0 where there is no residual.
      noise: variances of the errors that the residuals have beside.
      over: axes of a group.

    Returns:
      v m and m of every group, as `shrunk` takes them.
    """
    where = own > 0
    summed = lambda values: np.sum(values, axis=over, keepdims=True, where=where)
    count = summed(np.ones_like(own))
    scale = np.ones_like(count)
    has_noise = bool(np.any(noise))
    for _ in range(ITERATIONS if has_noise else 1):
        weight = 1.0 / np.where(where, scale * own + noise, 1.0)
        scale = scale * summed(own * np.square(weight) * squares) / np.maximum(summed(own * weight), TINY)
        scale = np.maximum(scale, LEAST_SCALE if has_noise else 0.0)
    if has_noise:
        count = np.where(count > 0, np.maximum(summed(np.square(scale * own * weight)), 1.0), 0.0)
    return scale * count, count


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
