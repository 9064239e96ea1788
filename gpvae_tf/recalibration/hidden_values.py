"""Values that were observed and were hidden, beside what a model predicts for them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gpvae_tf.recalibration.supports import EVERYWHERE, Support


class HeldOut(NamedTuple):
    """What was observed, and what a model predicted for it from the rest; arrays [N, n, *event].

    Attributes:
      truth: the observations.
      mean, stddev: of the predictions.
      where: boolean, the entries that were hidden and predicted; elsewhere the others mean nothing.
      inputs: those of the observations, [N, n, D], which `ResidualGP` needs.
      support: what the model's likelihood can observe; recalibrated predictions are kept between its ends, and those of
        intervals of whole numbers are whole.
      errors: standard deviations of what the truth was measured with, [N, n, *event]; None if there are none. The
        predictions are of what was measured, without them.
      first_channels: which channels are one value, such as the probabilities of classes, [C]; see
        `Likelihood.first_channels`. None if every channel is a value by itself.
      forecasts: [N, n], the number of the forecast that a hidden point is of, from 1, the latest; None where the
        predictions are no forecasts.
      columns: of the inputs, those that a kernel sees (`input_roles`); None for all.
    """

    truth: np.ndarray
    mean: np.ndarray
    stddev: np.ndarray
    where: np.ndarray
    inputs: np.ndarray | None = None
    support: Support = EVERYWHERE
    errors: np.ndarray | None = None
    first_channels: np.ndarray | None = None
    forecasts: np.ndarray | None = None
    columns: Sequence[int] | None = None

    @property
    def classes(self) -> list[int]:
        """The channels of classes, whose probabilities have no intervals."""
        return [] if self.first_channels is None else channels_of_classes(self.first_channels)

    def of_numbers(self) -> "HeldOut":
        """The same without the values of classes, whose errors say nothing of those of numbers.

        Raises:
          ValueError: if there are no others.
        """
        if not self.classes:
            return self
        where = np.array(self.where)
        where[..., self.classes] = False
        if np.any(self.where) and not np.any(where):
            raise ValueError(
                "what was hidden is classes alone, whose probabilities have no intervals; ResidualGP (residual_gp) "
                "moves them"
            )
        return self._replace(where=where)

    @property
    def noise(self) -> np.ndarray:
        """The variances of the errors, [N, n, *event]; 0 where nothing was held out, and if there are none."""
        return np.where(self.where, np.square(np.asarray(0.0 if self.errors is None else self.errors, np.float64)), 0.0)

    def standardized(self) -> np.ndarray:
        """(truth - mean) / stddev, [N, n, *event]; 0 where nothing was held out.

        Raises:
          ValueError: if nothing was held out, a standard deviation is not positive, or values have errors of their own.
        """
        if np.any(self.noise):
            raise ValueError("held_out has errors of measurement, which VarianceScaling alone tells from the model's")
        return np.divide(*self.residuals())

    def residuals(self) -> tuple[np.ndarray, np.ndarray]:
        """truth - mean, and stddev, [N, n, *event]; 0 and 1 where nothing was held out.

        Raises:
          ValueError: if nothing was held out, or a standard deviation is not positive.
        """
        if not np.any(self.where):
            raise ValueError("held_out has no entry that was hidden: there is nothing to recalibrate on")
        residuals = np.where(self.where, np.asarray(self.truth, np.float64) - self.mean, 0.0)
        stddev = np.where(self.where, np.asarray(self.stddev, np.float64), 1.0)
        if not (np.all(np.isfinite(residuals)) and np.all(np.isfinite(stddev) & (stddev > 0))):
            raise ValueError("held_out has an error that is not finite, or a stddev that is not positive")
        return residuals, stddev


def channels_of_classes(first_channels: np.ndarray) -> list[int]:
    """The channels that are one value with others, see `Likelihood.first_channels`."""
    first, counts = np.unique(first_channels, return_counts=True)
    return np.flatnonzero(np.isin(first_channels, first[counts > 1])).tolist()
