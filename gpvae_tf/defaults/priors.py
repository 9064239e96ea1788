"""Kernel and inducing points from how the inputs lie, and from what is known of the functions."""

import dataclasses
import functools
import math
import numbers
from collections.abc import Callable

import numpy as np
from scipy.cluster.vq import kmeans2

from gpvae_tf import inducing, kernels
from gpvae_tf.checks import check_choice
from gpvae_tf.defaults.facts import Facts, nearest

SHORTEST = 3.0  # length scale of the quickest channel, in distances of neighbouring inputs
LONGEST = 0.25  # of the slowest, as a share of the inputs' extent
MOST_POINTS = 100  # inducing points; O(m^3)
FAMILIES: dict[str, Callable[..., kernels.Kernel]] = {
    "matern12": functools.partial(kernels.matern, 0.5),
    "matern32": functools.partial(kernels.matern, 1.5),
    "matern52": functools.partial(kernels.matern, 2.5),
    "rbf": kernels.exponentiated_quadratic,
}
LASTING = 5.0  # length scale of a wave's amplitude and phase, in periods
MAIN_SHARE = 0.9  # of a channel's variance: of its wave in every second channel, of the rest in the others
POINTS_PER_PERIOD = 4.0  # inducing points that a wave asks for


@dataclasses.dataclass(frozen=True)
class KernelChoice:
    """What is known of the latent functions before data.

    Args:
      family: "matern12", "matern32" or "matern52", whose functions have 0, 1 or 2 derivatives, or "rbf", all of them.
      period: of what repeats, in the data's unit of the first input column (seconds for dates); None if nothing does.
      dtype: of the kernel algebra, "float64" or "float32".

    Raises:
      ValueError: if there is no such family or dtype, or the period is not positive and finite.
    """

    family: str = "matern32"
    period: float | None = None
    dtype: str = "float64"

    def __post_init__(self):
        check_choice("kernel_dtype", self.dtype, ("float32", "float64"))
        if self.family not in FAMILIES:
            raise ValueError(f"kernel must be a kernel or one of {', '.join(FAMILIES)}, got {self.family!r}")
        is_number = isinstance(self.period, numbers.Real) and not isinstance(self.period, np.timedelta64)
        if self.period is not None and not is_number:
            raise ValueError(
                f"period must be a number in the unit of the first input column, seconds for dates, got {self.period!r}"
            )
        if self.period is not None and not 0.0 < self.period < math.inf:
            raise ValueError(f"period must be positive and finite, got {self.period}")

    def scaled_period(self, facts: Facts) -> float | None:
        """The period in scaled units."""
        if self.period is None:
            return None
        return self.period / float(facts.input_scale[0])


def length_scales_for(facts: Facts, num_channels: int, points: inducing.InducingPoints | None = None) -> np.ndarray:
    """Initial length scales [num_channels] in scaled units, from 3 spacings of the inputs to a quarter of their extent.

    Channels that start at different scales find quick and slow movement sooner than equal ones do. None is shorter than
    inducing points are apart: between them the data would say nothing of it.
    """
    gaps = np.empty(0) if points is None else nearest(points.locations.numpy())
    shortest = max(SHORTEST * facts.spacing, float(np.median(gaps)) if gaps.size else 0.0)
    return np.geomspace(shortest, max(shortest, LONGEST * facts.extent), num_channels)


def kernel_for(
    facts: Facts,
    num_channels: int,
    choice: KernelChoice = KernelChoice(),
    points: inducing.InducingPoints | None = None,
) -> kernels.Kernel:
    """A kernel per channel with learned length scales (`length_scales_for`) and amplitude 1; Matern-3/2 by default.

    Length scales are learned as shares of where they start, else the long ones would hardly move in a thousand steps.
    The amplitude is left out because the networks' scale stands for it. Of functions with a period p a channel is

        a^2 k(t, t') + b^2 k_slow(t, t') cos(2 pi (t - t') / p),  with learned a and b that begin at a^2 + b^2 = 1,

    what does not repeat and a wave that drifts, k_slow with a length scale of 5 periods. Every second channel begins
    as a wave: two of different phase say where in the period a point is, whatever shape the decoder gives it.
    """
    family = functools.partial(FAMILIES[choice.family], trainable=True, dtype=choice.dtype, relative=True)
    scales, period = length_scales_for(facts, num_channels, points), choice.scaled_period(facts)
    if period is None:
        return family(scales)
    share = np.where(np.arange(num_channels) % 2, MAIN_SHARE, 1.0 - MAIN_SHARE) if num_channels > 1 else np.array([0.5])
    slow = family(np.full(num_channels, LASTING * period), np.sqrt(share))
    wave = slow * kernels.cosine(period, dtype=choice.dtype)
    if facts.input_dim > 1:  # further columns are covariates, which no wave runs along
        wave = kernels.on_columns(wave, slice(0, 1))
    return family(scales, np.sqrt(1.0 - share)) + wave


def inducing_points_for(facts: Facts, num: int | None = None, *, seed: int = 0) -> inducing.InducingPoints:
    """Learned inducing points in scaled units, shared by the channels.

    On one input column they are a grid, half as far apart as the shortest length scale is long; on several, the centres
    that k-means finds. There are at most 100 unless `num` says otherwise, and no more than inputs.

    Args:
      facts: of the data.
      num: m; None for as many as the shortest length scale asks for.
      seed: of k-means.
    """
    distinct = len(facts.points)
    gap, length = 0.5 * SHORTEST * facts.spacing, float(np.max(np.ptp(facts.points, axis=0)))
    wanted = min(int(np.ceil(length / gap)) + 1 if facts.input_dim == 1 else MOST_POINTS, MOST_POINTS)
    num = min(wanted if num is None else num, distinct)
    if facts.input_dim == 1 and num > 1:
        locations = inducing.grid(float(facts.points.min()), float(facts.points.max()), num)
    elif num < distinct:
        locations, _ = kmeans2(facts.points, num, minit="++", seed=seed)
        locations = np.unique(locations, axis=0)
    else:
        locations = facts.points
    return inducing.InducingPoints(locations, trainable=True)
