"""Forecasts of values that are 0 or 1, such as black and white pixels."""

import numpy as np

from gpvae_tf.evaluation.entries import check_finite
from gpvae_tf.evaluation.forecasts import Forecast


class BernoulliForecast(Forecast):
    """1 with a probability, or else 0, for every entry.

    Args:
      probability: array.
    """

    def __init__(self, probability: np.ndarray):
        self._probability = np.asarray(probability, np.float64)
        self.shape = self._probability.shape

    def at(self, where: np.ndarray) -> "BernoulliForecast":
        probability = self._probability[where]
        check_finite(probability=probability)
        return BernoulliForecast(probability)

    def mean(self) -> np.ndarray:
        return self._probability

    def stddev(self) -> np.ndarray:
        """Standard deviations."""
        return np.sqrt(self._probability * (1.0 - self._probability))

    def quantiles(self, levels: np.ndarray) -> np.ndarray:
        levels = np.asarray(levels, np.float64).reshape(-1, *len(self.shape) * [1])
        return (levels > 1.0 - self._probability).astype(np.float64)

    def crps(self, truth: np.ndarray) -> np.ndarray:
        """(truth - p)^2, the Brier score."""
        return np.square(truth - self._probability)

    def log_density(self, truth: np.ndarray) -> np.ndarray:
        return np.log(self._of(truth))

    def share_within(self, truth: np.ndarray, levels: float | np.ndarray) -> np.ndarray:
        """The share of [F(y - 1), F(y)] between the tails (Czado, Gneiting & Held, 2009, on discrete forecasts).

        An interval of whole values holds too much: a pixel that is 0 with probability 0.97 is within [0, 0] in 97 % of
        cases. Its upper end is the quantile 0.95, which divides the value 0, and this counts the part of it that is
        inside; the mean is the level if the probabilities are right.
        """
        tails = (1.0 - np.asarray(levels)) / 2.0
        tails = tails.reshape(*tails.shape, *len(self.shape) * [1])
        own = self._of(truth)  # F reaches 0 or 1 at one end of the value's own share
        return np.maximum(np.minimum(own, 1.0 - tails) - tails, 0.0) / np.where(own > 0.0, own, 1.0)

    def _of(self, truth: np.ndarray) -> np.ndarray:
        """p(truth)."""
        return np.where(truth > 0.5, self._probability, 1.0 - self._probability)
