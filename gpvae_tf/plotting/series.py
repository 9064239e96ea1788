"""Time series with gaps: what was observed, what a model makes of the gaps, and how sure it is."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gpvae_tf.checks import check_fraction
from gpvae_tf.entry_masks import checked_entries
from gpvae_tf.plotting import style
from gpvae_tf.plotting.style import BLUE, FAINT, INK, SKY, as_array

Band = tuple[np.ndarray, np.ndarray]


def series(
    times: np.ndarray,
    mean: np.ndarray,
    bands: Mapping[float, Band],
    *,
    observations: np.ndarray | None = None,
    mask: np.ndarray | None = None,
    truth: np.ndarray | None = None,
    names: Sequence[str] | None = None,
    time_label: str = "time",
) -> Figure:
    """Predicted series, a panel per channel: mean, central intervals, observed points, shaded gaps, and the truth.

    Times without an observation are shaded from the observation before to the one after, channel by channel. An
    interval that spans much more than the mean and the data do is cut off, so that it does not flatten them.

    Args:
      times: [n], rising.
      mean: [n, C].
      bands: level of a central interval -> its (lower, upper), [n, C] each, such as {0.95: (lower, upper)}; the widest
        is the palest.
      observations: [n, C]; what the mask leaves out may be NaN.
      mask: True = observed, [n] or [n, C]; None for all observations that are not NaN.
      truth: [n, C], drawn where nothing was observed; NaN where it is not known.
      names: of the channels, C of them.
      time_label: with the unit.

    Raises:
      ValueError: if times do not rise, a level is outside (0, 1), or a mask comes without observations.
    """
    mean = as_array("mean", mean, ("n", "C"))
    times = as_array("times", times, (len(mean),))
    if np.any(np.diff(times) <= 0.0):
        raise ValueError("times must rise: sort the series by time, and average values of equal times")
    for level in bands:
        check_fraction("a level of bands", level, positive=True)
    checked = {
        level: np.stack([as_array(f"bands[{level}]", end, mean.shape) for end in ends])
        for level, ends in sorted(bands.items())
    }
    if observations is None and mask is not None:
        raise ValueError("mask is given without observations: it says which of them count")
    values = np.full(mean.shape, np.nan) if observations is None else as_array("observations", observations, mean.shape)
    observed = np.isfinite(values) & checked_entries("mask", mask, mean.shape)
    names = [f"channel {1 + channel}" for channel in range(mean.shape[1])] if names is None else list(names)
    if len(names) != mean.shape[1]:
        raise ValueError(f"names has {len(names)} entries; expected {mean.shape[1]}, one per channel")
    unknown = None if truth is None else np.where(observed, np.nan, as_array("truth", truth, mean.shape))
    figure = style.new_figure(8.0, 0.9 + 1.5 * len(names))
    axes = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
    for channel, axis in enumerate(axes):
        style.tidy(axis)
        _draw_bands(axis, times, {level: ends[..., channel] for level, ends in checked.items()})
        axis.plot(times, mean[:, channel], color=BLUE, linewidth=1.4, label="mean")
        if unknown is not None:
            axis.plot(times, unknown[:, channel], "o", color=INK, markersize=2.6, fillstyle="none", label="truth")
        if observations is not None:
            _shade_gaps(axis, times, observed[:, channel])
            points = np.where(observed[:, channel], values[:, channel], np.nan)
            axis.plot(times, points, "o", color=INK, markersize=2.2, label="observed")
        drawn = [mean[:, channel], values[observed[:, channel], channel]]
        _limit(axis, [*drawn, *([] if unknown is None else [unknown[:, channel]])])
        axis.set_ylabel(names[channel])
    axes[-1].set_xlabel(time_label)
    margin = 0.01 * (times[-1] - times[0]) or 0.5
    axes[-1].set_xlim(times[0] - margin, times[-1] + margin)
    figure.align_ylabels(list(axes))
    keys = {label: key for axis in axes for key, label in zip(*axis.get_legend_handles_labels(), strict=True)}
    figure.legend(keys.values(), keys.keys(), loc="outside upper center", ncols=6, frameon=False, fontsize=9)
    return figure


def _draw_bands(axis: Axes, times: np.ndarray, bands: Mapping[float, np.ndarray]) -> None:
    """Bands [2, n] from the widest to the narrowest, which is the darkest."""
    for rank, (level, (lower, upper)) in enumerate(reversed(list(bands.items())), start=1):
        shade = 0.2 + 0.35 * rank / (len(bands) + 1)
        axis.fill_between(times, lower, upper, color=SKY, alpha=shade, linewidth=0, label=f"{100 * level:g} % interval")


def _shade_gaps(axis: Axes, times: np.ndarray, observed: np.ndarray) -> None:
    """Shades runs of times without an observation, as far as the observations beside them."""
    if not observed.any():
        return
    edges = np.diff(np.concatenate([[True], observed, [True]]).astype(int))
    starts, ends = np.flatnonzero(edges < 0), np.flatnonzero(edges > 0)  # rows start, ..., end - 1 are a gap
    for number, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        span = times[max(start - 1, 0)], times[min(end, len(times) - 1)]
        axis.axvspan(*span, color=FAINT, alpha=0.6, linewidth=0, zorder=0, label="_gap" if number else "gap")


def _limit(axis: Axes, curves: Sequence[np.ndarray]) -> None:
    """Limits y to twice the range of curves, where bands reach beyond it."""
    values = np.concatenate(curves)
    least, most = np.nanmin(values), np.nanmax(values)
    reach = 0.5 * (most - least) if most > least else 0.5
    low, high = axis.get_ylim()
    axis.set_ylim(max(low, least - reach), min(high, most + reach))
