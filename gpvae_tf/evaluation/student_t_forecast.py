"""A forecast by Student's t distributions, whose tails are heavier than a normal's."""

import math

import numpy as np
import scipy.special
import scipy.stats

from gpvae_tf.checks import check_shape
from gpvae_tf.evaluation.entries import check_finite
from gpvae_tf.evaluation.forecasts import Forecast


class StudentTForecast(Forecast):
    """location + scale t, t of Student's distribution with df degrees of freedom, for every entry.

    Args:
      location, scale: two arrays of one shape; scale > 0 wherever it is asked for.
      df: degrees of freedom of all entries, > 1, so that there is a mean.

    Raises:
      ValueError: if the shapes differ, or df is not above 1.
    """

    def __init__(self, location: np.ndarray, scale: np.ndarray, df: float):
        self.location, self.scale = np.asarray(location, np.float64), np.asarray(scale, np.float64)
        check_shape("scale", self.scale, self.location.shape)
        if not 1.0 < df < math.inf:
            raise ValueError(f"df must be above 1 and finite, got {df}")
        self.df, self.shape = float(df), self.location.shape

    def at(self, where: np.ndarray) -> "StudentTForecast":
        location, scale = self.location[where], self.scale[where]
        check_finite(location=location, scale=scale)
        if np.any(scale <= 0.0):
            raise ValueError(f"scale must be positive, the least is {np.min(scale):g}")
        return StudentTForecast(location, scale, self.df)

    def mean(self) -> np.ndarray:
        return self.location

    def quantiles(self, levels: np.ndarray) -> np.ndarray:
        return self.location + self.scale * scipy.stats.t.ppf(levels, self.df).reshape(-1, *len(self.shape) * [1])

    def crps(self, truth: np.ndarray) -> np.ndarray:
        """Closed form of Jordan, Krueger & Lerch (2019), "Evaluating probabilistic forecasts with scoringRules".

        s (z (2 F(z) - 1) + 2 f(z) (df + z^2) / (df - 1) - 2 sqrt(df) / (df - 1) B(1/2, df - 1/2) / B(1/2, df/2)^2),
        z = (truth - location) / s, with density f and distribution function F of t.
        """
        df, z = self.df, (truth - self.location) / self.scale
        tails = 2.0 * scipy.stats.t.pdf(z, df) * (df + np.square(z)) / (df - 1.0)
        betas = scipy.special.betaln(0.5, df - 0.5) - 2.0 * scipy.special.betaln(0.5, 0.5 * df)
        spread = 2.0 * math.sqrt(df) / (df - 1.0) * math.exp(betas)
        return self.scale * (z * (2.0 * scipy.stats.t.cdf(z, df) - 1.0) + tails - spread)

    def log_density(self, truth: np.ndarray) -> np.ndarray:
        return scipy.stats.t.logpdf(truth, self.df, self.location, self.scale)
