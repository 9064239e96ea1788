"""What a model forecasts of values that are not known yet: draws of them, or a distribution for each.

Everything is entry-wise: no score here looks at the dependence between entries.
"""

import abc
import math

import numpy as np
import scipy.special
import scipy.stats

from gpvae_tf.checks import check_shape, draws_needed
from gpvae_tf.evaluation.entries import check_finite


class Forecast(abc.ABC):
    """A predictive distribution for every entry of an array.

    Attributes:
      shape: shape of the array.
    """

    shape: tuple[int, ...]

    @abc.abstractmethod
    def at(self, where: np.ndarray) -> "Forecast":
        """The forecast of the k entries where a boolean array of `shape` is true, flattened.

        Raises:
          ValueError: if one of them is not finite.
        """

    @abc.abstractmethod
    def mean(self) -> np.ndarray:
        """The point forecast with the least expected squared error."""

    @abc.abstractmethod
    def quantiles(self, levels: np.ndarray) -> np.ndarray:
        """Quantiles at levels [q] in (0, 1), [q, *shape]."""

    @abc.abstractmethod
    def crps(self, truth: np.ndarray) -> np.ndarray:
        """Continuous ranked probability score int (F(y) - 1[truth <= y])^2 dy of every entry, in the data's unit."""

    @abc.abstractmethod
    def log_density(self, truth: np.ndarray) -> np.ndarray:
        """log p(truth) of every entry, nats."""

    def share_within(self, truth: np.ndarray, levels: float | np.ndarray) -> np.ndarray:
        """How much of every entry of the truth lies within the central interval of a level: 1 or 0.

        The mean is the level if the forecast is calibrated. Of a forecast of few values it is a share in between, see
        `BernoulliForecast`.

        Args:
          truth: array of `shape`.
          levels: one level, or several [k].

        Returns:
          Shares of `shape`, or [k, *shape].
        """
        tails = (1.0 - np.asarray(levels)) / 2.0
        ends = self.quantiles(np.ravel([tails, 1.0 - tails]))
        lower, upper = ends.reshape(2, *tails.shape, *self.shape)
        return ((lower <= truth) & (truth <= upper)).astype(np.float64)


class NormalForecast(Forecast):
    """N(mean, stddev^2) for every entry.

    Args:
      mean, stddev: two arrays of one shape; stddev > 0 wherever it is asked for.

    Raises:
      ValueError: if the shapes differ.
    """

    def __init__(self, mean: np.ndarray, stddev: np.ndarray):
        self._mean, self._stddev = np.asarray(mean, np.float64), np.asarray(stddev, np.float64)
        check_shape("stddev", self._stddev, self._mean.shape)
        self.shape = self._mean.shape

    def at(self, where: np.ndarray) -> "NormalForecast":
        mean, stddev = self._mean[where], self._stddev[where]
        check_finite(mean=mean, stddev=stddev)
        if np.any(stddev <= 0.0):
            raise ValueError(f"stddev must be positive, the least is {np.min(stddev):g}")
        return NormalForecast(mean, stddev)

    def mean(self) -> np.ndarray:
        return self._mean

    def stddev(self) -> np.ndarray:
        """Standard deviations."""
        return self._stddev

    def quantiles(self, levels: np.ndarray) -> np.ndarray:
        normal = scipy.special.ndtri(levels).reshape(-1, *len(self.shape) * [1])
        return self._mean + self._stddev * normal

    def crps(self, truth: np.ndarray) -> np.ndarray:
        """s (z (2 Phi(z) - 1) + 2 phi(z) - 1 / sqrt(pi)), z = (truth - mean) / s (Gneiting & Raftery, 2007, Eq. 21)."""
        z = (truth - self._mean) / self._stddev
        tails = z * (2.0 * scipy.special.ndtr(z) - 1.0) + 2.0 * scipy.stats.norm.pdf(z)
        return self._stddev * (tails - 1.0 / math.sqrt(math.pi))

    def log_density(self, truth: np.ndarray) -> np.ndarray:
        return scipy.stats.norm.logpdf(truth, self._mean, self._stddev)


class SampleForecast(Forecast):
    """Equally probable draws of every entry.

    Quantiles are interpolated between the sorted draws so that the k-th of S is the quantile k / (S + 1): a further
    draw then lies between two of them with just the difference of their levels (the rule "weibull" of
    `numpy.quantile`). Its default would make 95 % intervals of 100 draws that hold 93 % of the truth. Draws of counts
    are interpolated as well, where quantiles of `predict_y` and `impute` are some of the draws.

    Args:
      samples: draws [S, *shape], S >= 2.

    Raises:
      ValueError: if there are fewer.
    """

    def __init__(self, samples: np.ndarray):
        self._samples = np.asarray(samples, np.float64)
        if self._samples.ndim < 1 or len(self._samples) < 2:
            raise ValueError(f"samples has shape {self._samples.shape}; expected [S, ...] with S >= 2 draws")
        self.shape = self._samples.shape[1:]

    def at(self, where: np.ndarray) -> "SampleForecast":
        samples = self._samples[:, where]
        check_finite(samples=samples)
        return SampleForecast(samples)

    def mean(self) -> np.ndarray:
        return np.mean(self._samples, axis=0)

    def quantiles(self, levels: np.ndarray) -> np.ndarray:
        """Quantiles at levels [q], [q, *shape].

        Raises:
          ValueError: if there are too few draws to lie beyond a level, fewer than 1 / min(level, 1 - level) - 1.
        """
        levels = np.asarray(levels, np.float64)
        needed = draws_needed(float(np.min(np.minimum(levels, 1.0 - levels))))
        if len(self._samples) < needed:
            raise ValueError(
                f"samples has {len(self._samples)} draws; quantiles from {np.min(levels):g} to {np.max(levels):g} need "
                f"at least {needed}"
            )
        return np.quantile(self._samples, levels, axis=0, method="weibull")

    def crps(self, truth: np.ndarray) -> np.ndarray:
        """The fair estimator 1/S sum_i |y_i - truth| - 1 / (2 S (S - 1)) sum_ij |y_i - y_j|, unbiased for any S.

        The double sum is 2 sum_k (2k - S - 1) y_(k) over the sorted draws, so the cost is O(S log S).
        """
        size = len(self._samples)
        ranks = 2.0 * np.arange(1, size + 1) - size - 1.0
        spread = np.tensordot(ranks, np.sort(self._samples, axis=0), axes=1) / (size * (size - 1))
        return np.mean(np.abs(self._samples - truth), axis=0) - spread

    def log_density(self, truth: np.ndarray) -> np.ndarray:
        """log of a kernel density estimate of the draws: Gaussian kernels, Silverman's bandwidth, entry by entry.

        For continuous data of which nothing but draws is there. It widens every distribution a little and has no
        meaning for counts and categories, which a model's own density has, see `predictive.nlpd`.

        Raises:
          ValueError: if all draws of an entry are equal.
        """
        size = len(self._samples)
        low, high = np.quantile(self._samples, (0.25, 0.75), axis=0)
        spread, deviation = (high - low) / 1.34, np.std(self._samples, axis=0, ddof=1)
        scale = np.where(spread > 0.0, np.minimum(spread, deviation), deviation)
        if np.any(scale == 0.0):
            raise ValueError("samples has entries whose draws are all equal: they have no density")
        bandwidth = 1.06 * scale * size**-0.2
        kernels = scipy.stats.norm.logpdf(truth, self._samples, bandwidth)
        return scipy.special.logsumexp(kernels, axis=0) - math.log(size)
