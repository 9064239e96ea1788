"""The errors of one series as a GP of their inputs, averaged over what is not known of it."""

from typing import NamedTuple

import numpy as np

from gpvae_tf.recalibration.kriging import Regression, Shift, evidence_shares, regressions

LEAST_VALUES = 5  # held-out values of a channel in a series, below which its mean stays as it is
LEAST_FORECASTS = 3  # of a series, where they are forecasts


class Moments(NamedTuple):
    """Mean, variance and the noise's part of it, of every entry [..., s, *event]."""

    mean: np.ndarray
    variance: np.ndarray
    noise: np.ndarray


class SeriesErrors(NamedTuple):
    """Held-out values of one series, and where their errors are to be predicted; see `ResidualGP`.

    Attributes:
      truth, mean, stddev, where: of `HeldOut`, those of the series, [n, *event].
      inputs: of the held-out values, [n, D].
      queries: where errors are to be predicted, [s, D].
      forecasts: [n], which forecast a value is of; None if they are none.
      pooled: root mean square of the standardised errors of all series, the factor where a channel has few values, of
        every entry, *event.
    """

    truth: np.ndarray
    mean: np.ndarray
    stddev: np.ndarray
    where: np.ndarray
    inputs: np.ndarray
    queries: np.ndarray
    forecasts: np.ndarray | None
    pooled: np.ndarray

    def moments(self, mean: np.ndarray, stddev: np.ndarray, *, left_out: bool = False) -> Moments:
        """Moments at the queries over the grid of hyperparameters and both trends, [s, *event].

        Args:
          mean, stddev: what the model says there, [s, *event].
          left_out: whether they are those of every held-out value given the others.
        """
        event = mean.shape[1:]
        truth, trend, spread, where = (part.reshape(len(part), -1).T for part in self[:4])
        at, width = (part.reshape(len(part), -1).T for part in (mean, stddev))
        num = np.sum(where, axis=-1, keepdims=True)
        seen = np.where(where, truth, 0.0)
        total = np.sum(seen, axis=-1, keepdims=True)
        level, of_others = total / np.maximum(num, 1), (total - seen) / np.maximum(num - where, 1)
        values = np.stack([(truth - trend) / spread, (truth - level) / spread])
        shift = Shift(1.0 / spread, np.stack([np.zeros_like(truth), level - of_others]))
        found = self._regressions(values, where, shift)
        trends = np.stack([at, of_others if left_out else np.broadcast_to(level, at.shape)])
        parts = [each.left_out if left_out else each.at_queries for each in found]
        weights = evidence_shares([part.log_evidence for part in parts])
        means = np.stack([trends + width * part.mean for part in parts])
        mixed = np.sum(weights * means, axis=(0, 1))
        total, noise = np.square(width) * [
            np.sum(weights * np.stack([getattr(part, name) for part in parts]), axis=(0, 1))
            for name in ("variance", "noise")
        ]
        total += np.sum(weights * np.square(means - mixed), axis=(0, 1))
        few, square = (num < LEAST_VALUES) | self._has_few_forecasts, np.square(self.pooled.reshape(-1, 1) * width)
        moments = (np.where(few, at, mixed), np.where(few, square, total), np.where(few, square, noise))
        return Moments(*(part.T.reshape(-1, *event) for part in moments))

    def _regressions(self, values: np.ndarray, where: np.ndarray, shift: Shift) -> list[Regression]:
        """Those of the errors about the model's mean and about that of what is known, [2, C, n]."""
        given = self.inputs, self.queries
        if self.forecasts is None:
            return list(regressions(*given, values, where, shift))
        of_model, of_level = slice(1), slice(1, 2)
        errors = regressions(*given, values[of_model], where, shift.of(of_model), self.forecasts)
        others = regressions(*given, values[of_level], where, shift.of(of_level))
        return [one.beside(other) for one, other in zip(errors, others, strict=True)]

    @property
    def _has_few_forecasts(self) -> bool:
        """Whether there are too few forecasts to tell what they have in common."""
        if self.forecasts is None:
            return False
        there = self.where.reshape(len(self.where), -1).any(axis=-1)
        return len(np.unique(self.forecasts[there])) < LEAST_FORECASTS
