"""Regression kriging: the errors that a model makes in a series are predicted by a GP of their inputs."""

import copy
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import scipy.stats
import tensorflow as tf

from gpvae_tf.entry_masks import over_events
from gpvae_tf.recalibration.base import PER, Recalibration
from gpvae_tf.recalibration.hidden_values import HeldOut
from gpvae_tf.recalibration.series_errors import Moments, SeriesErrors
from gpvae_tf.types import Imputation, Predictive

MOST_POINTS = 5_000  # of a series; the eigendecompositions of [n, n], six or of forecasts twelve, take minutes there


class ResidualGP(Recalibration):
    """y = m + stddev g, g a GP of the inputs for every channel of every series, given held-out (y - m) / stddev.

    A model that has learned from many series is wrong about one of them in a way that lasts: its level, or how much it
    moves. What was held out of this series says how, and moves the mean; the other recalibrations leave that as it is.
    m is the model's mean, or, in series of which the model knows nothing, the mean of what is known. Both, the GP's
    length scales and its noise are averaged by their evidence (`kriging.regressions`), so that nothing is fitted by an
    optimiser. Where errors are noise, it is a `VarianceScaling` per series and channel.

    Errors of forecasts grow with the time since the last observation, and begin anew with every forecast: as a function
    of the inputs a model's next forecast would be moved by errors that what it was given has corrected. So about m each
    forecast has a function of its own, and what moves the next one is the level that they have in common; about the
    mean of what is known there is one function, of the values. Series of fewer than three forecasts keep their means.

    It serves predictions of the very series that it was fitted on, in their order. Distributions are normal with the
    variances of Student's, whose tails differ little from five values on;
    `StudentTScaling.fit(residual.left_out(), ...)` fits the tails of what is left. Probabilities of classes, whose
    channels have a GP each, are divided by their sum.

    O(n^3) for every series, channel and length scale.

    Args:
      truth, mean, stddev, where: see `HeldOut`, [N, n, *event].
      inputs: those of the held-out values, [N, n, D].
      per: always ("series", "channel").
      first_channels, forecasts, columns: see `HeldOut`.

    Raises:
      ValueError: if the shapes differ, an error is not finite, a standard deviation not positive, or the series have
        more than 5,000 points.
    """

    def __init__(
        self,
        truth: np.ndarray | Sequence,
        mean: np.ndarray | Sequence,
        stddev: np.ndarray | Sequence,
        where: np.ndarray | Sequence,
        inputs: np.ndarray | Sequence,
        per: Sequence[str] = PER,
        first_channels: np.ndarray | Sequence[int] | None = None,
        forecasts: np.ndarray | Sequence | None = None,
        columns: Sequence[int] | None = None,
    ):
        if per and set(per) != set(PER):
            raise ValueError(f"per must be {PER}, or nothing: every channel of every series has a GP, got {tuple(per)}")
        self.per = PER
        truth, mean, stddev, inputs = (np.asarray(part, np.float64) for part in (truth, mean, stddev, inputs))
        numbered = None if forecasts is None else np.asarray(forecasts, int)
        first = None if first_channels is None else np.asarray(first_channels, int)
        known = HeldOut(truth, mean, stddev, np.asarray(where, bool), forecasts=numbered, first_channels=first)
        known.standardized()
        if known.truth.shape[1] > MOST_POINTS:
            raise ValueError(
                f"the series have {known.truth.shape[1]:,} points, and a residual GP of n points takes O(n^3): "
                f"{MOST_POINTS:,} at the most. VarianceScaling and StudentTScaling take any number, and data.windows "
                "cuts series"
            )
        self._known, self._inputs = known, inputs
        if self._inputs.ndim != 3 or self._inputs.shape[:2] != known.truth.shape[:2]:
            num, points = known.truth.shape[:2]
            raise ValueError(f"inputs has shape {list(self._inputs.shape)}; expected [{num}, {points}, D]")
        self._queries = self._inputs
        self._columns = list(range(inputs.shape[-1]) if columns is None else columns)
        first = np.asarray([] if first is None else first)
        self._classes = [own for one in np.unique(first) if len(own := np.flatnonzero(first == one)) > 1]

    @classmethod
    def fit(cls, held_out: HeldOut, per: Sequence[str] = PER) -> "ResidualGP":
        """The GPs given held-out values.

        Args:
          held_out: see `recalibration.held_out`, with `inputs`.
          per: see the class.

        Raises:
          ValueError: if nothing was held out, an error is not finite, or there are no inputs.
        """
        if held_out.inputs is None:
            raise ValueError("held_out has no inputs, of which the errors are a function; expected [N, n, D]")
        held_out.standardized()  # refuses errors of measurement, which are no function of inputs
        more = {name: getattr(held_out, name) for name in ("first_channels", "forecasts", "columns")}
        return cls(*held_out[:4], held_out.inputs, per, **more).within(held_out.support)

    def at(self, inputs: tf.Tensor) -> "ResidualGP":
        other, (num, _, columns) = copy.copy(self), self._inputs.shape
        other._queries = np.asarray(inputs, np.float64)
        if other._queries.ndim != 3 or other._queries.shape[::2] != (num, columns):
            raise ValueError(f"inputs has shape {list(other._queries.shape)}; expected [{num}, s, {columns}]")
        return other

    def _imputation(self, filled: Imputation, interval: float) -> Imputation:
        found = self._moments(filled.mean, filled.stddev)
        mean, stddev = (tf.cast(part, filled.mean.dtype) for part in (found.mean, np.sqrt(found.variance)))
        half = tf.cast(scipy.stats.norm.ppf(0.5 + interval / 2.0), mean.dtype) * stddev
        there = np.asarray(filled.filled)
        given = there != np.asarray(tf.cast(filled.mean, filled.filled.dtype))
        given |= self._known.where & (there == self._known.truth.astype(there.dtype))  # just what was predicted
        values = tf.where(given, filled.filled, tf.cast(mean, filled.filled.dtype))
        return Imputation(values, mean, stddev, mean - half, mean + half)

    def _predictive(self, predicted: Predictive, quantiles: Sequence[float]) -> Predictive:
        """What `predict_y` returns at the inputs of `at`, recalibrated; it has no draws."""
        found = self._moments(predicted.mean, predicted.stddev)
        mean, variance, noise = (tf.cast(part, predicted.mean.dtype) for part in found)
        ends = [mean + tf.cast(scipy.stats.norm.ppf(level), mean.dtype) * tf.sqrt(variance) for level in quantiles]
        return Predictive(mean, variance - noise, noise, tf.stack(ends) if ends else predicted.quantiles[:0], None)

    def left_out(self) -> HeldOut:
        """Every held-out value as the others of its series and channel predict it, their level being without it too.

        Of forecasts, as those before its own do; of the first one, which has none before, the model's prediction.
        """
        known, parts = self._known, []
        if known.forecasts is not None:
            return self._forecast_from_earlier()
        for own, mean, stddev in zip(self._series(), known.mean, known.stddev):
            parts.append(own.moments(mean, stddev, left_out=True))
        mean, variance, _ = (np.stack(column) for column in zip(*parts))
        return known._replace(
            mean=mean, stddev=np.sqrt(variance), inputs=self._inputs, support=self.support, columns=self._columns
        )

    def _forecast_from_earlier(self) -> HeldOut:
        """Every forecast moved by what was wrong with those before it alone."""
        known = self._known
        mean, stddev, numbered = known.mean.copy(), known.stddev.copy(), np.asarray(known.forecasts)
        for number in np.unique(numbered[numbered > 0]):
            earlier = known.where & over_events(numbered > number, known.where.ndim)
            if not earlier.any():
                continue
            before = ResidualGP(*known[:3], earlier, self._inputs, PER, known.first_channels, numbered, self._columns)
            own = before._moments(known.mean, known.stddev)
            here = known.where & over_events(numbered == number, known.where.ndim)
            mean[here], stddev[here] = own.mean[here], np.sqrt(own.variance)[here]
        return known._replace(
            mean=mean, stddev=stddev, inputs=self._inputs, support=self.support, columns=self._columns
        )

    def numbers(self) -> dict[str, Any]:
        known = self._known
        kept = {name: np.where(known.where, getattr(known, name), 1.0).tolist() for name in ("truth", "mean", "stddev")}
        more: dict[str, Any] = {}
        if known.classes and known.first_channels is not None:
            more["first_channels"] = known.first_channels.tolist()
        more |= {} if known.forecasts is None else {"forecasts": known.forecasts.tolist()}
        more |= {} if len(self._columns) == self._inputs.shape[-1] else {"columns": self._columns}
        return {**kept, "where": known.where.tolist(), "inputs": self._inputs.tolist(), **more}

    def _moments(self, mean: tf.Tensor, stddev: tf.Tensor) -> Moments:
        """The recalibrated moments of predictions [N, s, *event].

        Raises:
          ValueError: if the predictions are of another shape.
        """
        expected = (*self._queries.shape[:2], *self._known.truth.shape[2:])
        mean, stddev = (np.asarray(part, np.float64) for part in (mean, stddev))
        if mean.shape != expected:
            raise ValueError(
                f"the residual GP was fitted for predictions of shape {list(expected)}, these have {list(mean.shape)}; "
                "at(inputs) is for others"
            )
        parts = [own.moments(*given) for own, *given in zip(self._series(), mean, stddev)]
        found = Moments(*(np.stack(column) for column in zip(*parts)))
        for own in self._classes:  # each channel's GP has moved its probability without regard to the others
            shares = np.clip(found.mean[..., own], 0.0, 1.0)
            total = np.sum(shares, axis=-1, keepdims=True)
            found.mean[..., own] = np.where(total > 0, shares / np.where(total > 0, total, 1.0), mean[..., own])
        return found

    def _series(self) -> Iterator[SeriesErrors]:
        """The errors of every series, at the inputs where they are to be predicted."""
        known = self._known
        squares, pooled = np.square(known.standardized()), np.ones(known.truth.shape[2:])
        is_class = np.broadcast_to(np.isin(np.arange(known.truth.shape[-1]), known.classes), pooled.shape)
        for own in (is_class, ~is_class):  # errors of 0 and 1 say nothing of those of numbers
            if np.any(chosen := known.where & own):
                pooled[own] = np.sqrt(np.mean(squares[chosen]))
        for number in range(len(known.truth)):
            yield SeriesErrors(
                known.truth[number],
                known.mean[number],
                known.stddev[number],
                known.where[number],
                self._inputs[number][:, self._columns],
                self._queries[number][:, self._columns],
                None if known.forecasts is None else known.forecasts[number],
                pooled,
            )
