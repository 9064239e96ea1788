"""Whether scalars that a model generates follow the distribution of the data (CP-VAE Section 5.1)."""

from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from gpvae_tf.datasets.two_gaussians import TwoGaussians

WIDTH = 3.0  # standard deviations around a mode that count as its own; 99.7 % of a component


class ModeMass(NamedTuple):
    """Shares of a sample near the two modes of a mixture, within three standard deviations of each.

    Attributes:
      low, high: near the mode on the left and that on the right.
      elsewhere: the rest, 0.3 % for the truth.
    """

    low: float
    high: float
    elsewhere: float


def kolmogorov_smirnov(generated: np.ndarray, truth: np.ndarray) -> Any:
    """The two-sided Kolmogorov-Smirnov test of two samples, D = max_x |F(x) - G(x)| of their distribution functions.

    Args:
      generated, truth: arrays of any shapes, finite.

    Returns:
      SciPy's result, with `statistic` D in [0, 1] and `pvalue`, the probability of a larger one if both samples came
      from one distribution.

    Raises:
      ValueError: if a sample is empty or has a value that is not finite.
    """
    return stats.ks_2samp(_checked("generated", generated), _checked("truth", truth))


def mode_mass(values: np.ndarray, mixture: TwoGaussians | None = None) -> ModeMass:
    """Shares of a sample near each mode.

    Raises:
      ValueError: if the modes overlap, the sample is empty or a value is not finite.
    """
    mixture, values = mixture or TwoGaussians(), _checked("values", values)
    order = np.argsort(mixture.means)
    means, reach = np.take(mixture.means, order), WIDTH * np.take(mixture.deviations, order)
    if means[1] - means[0] < reach.sum():
        raise ValueError(f"the modes {means.tolist()} lie less than {WIDTH:g} standard deviations of each apart")
    low, high = (float(np.mean(np.abs(values - mean) <= width)) for mean, width in zip(means, reach, strict=True))
    return ModeMass(low, high, 1.0 - low - high)


def _checked(name: str, values: np.ndarray) -> np.ndarray:
    array = np.ravel(np.asarray(values, np.float64))
    if not array.size or not np.all(np.isfinite(array)):
        raise ValueError(
            f"{name} must be finite numbers, one at least; "
            f"got {array.size} with {np.sum(~np.isfinite(array))} not finite"
        )
    return array
