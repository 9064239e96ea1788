"""Student-t scaling: t distributions about the predicted means, their scale and tails from held-out values."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.optimize
import scipy.special
import scipy.stats
import tensorflow as tf

from gpvae_tf.recalibration.base import LEAST_SHARE, Recalibration, fitting, pooled_axes, shrunk_logs
from gpvae_tf.recalibration.hidden_values import HeldOut
from gpvae_tf.types import Imputation, Predictive

LEAST_DF, MOST_DF = 2.1, 100.0  # finite variance, and as good as normal
ITERATIONS = 100  # of EM


class StudentTScaling(Recalibration):
    """y = mean + f stddev t, t of Student's distribution with nu degrees of freedom: for errors with outliers.

    f and nu have the greatest likelihood on the held-out values. Where `VarianceScaling` takes the size of the errors
    from their squares, which a few large ones make, the scale here is that of most errors, and the tails are what they
    are. One nu serves all groups; their f lean on each other as in `shrunk_scales`.

    It is a distribution of every entry by itself: what is recalibrated has no draws.

    Args:
      factors: f, [N or 1, 1, ..., C or 1].
      df: nu > 2.
      per: see `Recalibration`.

    Raises:
      ValueError: if a factor is not positive and finite, or nu not above 2.
    """

    def __init__(self, factors: np.ndarray | Sequence, df: float, per: Sequence[str] = ()):
        self.factors, self.df, self.per = np.asarray(factors, np.float64), float(df), tuple(per)
        if not np.all(np.isfinite(self.factors) & (self.factors > 0)):
            raise ValueError(f"factors must be positive and finite, got {self.factors}")
        if not 2.0 < self.df < math.inf:
            raise ValueError(f"df must be above 2 and finite, got {df}")

    @classmethod
    def fit(cls, held_out: HeldOut, per: Sequence[str] = ()) -> "StudentTScaling":
        """Factors and degrees of freedom of the greatest likelihood of held-out values.

        Args:
          held_out: see `recalibration.held_out`.
          per: see `Recalibration`.

        Raises:
          ValueError: if nothing was held out, an error is not finite, or all errors are 0.
        """
        held_out = held_out.of_numbers()
        errors, where = held_out.standardized(), held_out.where
        over = pooled_axes(per, errors.ndim)
        if not np.any(errors):
            raise ValueError("held_out has no errors at all: there is no scale to fit")

        def cost(log_df: float) -> float:
            df = math.exp(log_df)
            factors = shrunk_scales(errors, where, over, df)
            return -float(np.sum(scipy.stats.t.logpdf(errors / factors, df) - np.log(factors), where=where))

        bounds = math.log(LEAST_DF), math.log(MOST_DF)
        df = math.exp(scipy.optimize.minimize_scalar(cost, bounds=bounds, method="bounded", options={"xatol": 0.02}).x)
        return cls(shrunk_scales(errors, where, over, df), df, per).within(held_out.support, held_out.classes)

    def scales(self, predicted: Imputation | Predictive) -> tf.Tensor:
        """f stddev, the scale of the t distribution of every entry [N, s, *event]."""
        return fitting("the Student-t scaling", self.factors, predicted.mean) * predicted.stddev

    def _imputation(self, filled: Imputation, interval: float) -> Imputation:
        scale = self.scales(filled)
        half = tf.cast(scipy.stats.t.ppf(0.5 + interval / 2.0, self.df), scale.dtype) * scale
        stddev = math.sqrt(self.df / (self.df - 2.0)) * scale
        return filled._replace(stddev=stddev, lower=filled.mean - half, upper=filled.mean + half)

    def _predictive(self, predicted: Predictive, quantiles: Sequence[float]) -> Predictive:
        scale = self.scales(predicted)
        stretch = tf.square(scale / predicted.stddev) * (self.df / (self.df - 2.0))
        ends = [predicted.mean + tf.cast(scipy.stats.t.ppf(p, self.df), scale.dtype) * scale for p in quantiles]
        return predicted._replace(
            latent_variance=stretch * predicted.latent_variance,
            noise_variance=stretch * predicted.noise_variance,
            quantiles=tf.stack(ends) if ends else predicted.quantiles[:0],
            samples=None,
        )

    def numbers(self) -> dict[str, Any]:
        return {"factors": self.factors.tolist(), "df": self.df, "per": list(self.per)}


def shrunk_scales(errors: np.ndarray, where: np.ndarray, over: tuple[int, ...], df: float) -> np.ndarray:
    """Scales of groups of errors of Student's t with nu degrees of freedom, by EM, then empirical Bayes.

    EM repeats s^2 = mean of w e^2, w = (nu + 1) / (nu + e^2 / s^2). By Fisher's information, log s^2 of n errors is as
    uncertain as that of m = n nu / (nu + 3) normal ones, whose mean and variance `variance_scaling.shrunk` states;
    `shrunk_logs` does the rest. A single group has the scale that EM finds, that of the greatest likelihood.

    Args:
      errors: [N, n, *event].
      where: boolean, which of them count.
      over: axes of a group.
      df: nu.
    """
    count = np.sum(where, axis=over, keepdims=True)
    squares = np.where(where, np.square(errors), 0.0)
    overall = np.sum(squares) / np.sum(count)
    least = LEAST_SHARE * overall
    scale = np.maximum(np.sum(squares, axis=over, keepdims=True) / np.maximum(count, 1), least)
    for _ in range(ITERATIONS):
        weighted = squares * (df + 1.0) / (df + squares / scale)
        scale = np.maximum(np.sum(weighted, axis=over, keepdims=True) / np.maximum(count, 1), least)
    if np.count_nonzero(count) < 2:
        return np.full(count.shape, np.sqrt(scale[count > 0]))
    half = np.maximum(count, 1) * df / (df + 3.0) / 2.0
    logs = np.log(scale) - scipy.special.digamma(half) + np.log(half)
    return np.sqrt(np.exp(shrunk_logs(logs, scipy.special.polygamma(1, half), count > 0)))
