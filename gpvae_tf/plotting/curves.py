"""Error against the number of inducing points, and the learned length scales and inducing points over training."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from gpvae_tf.plotting import style
from gpvae_tf.plotting.style import BLUE, CYCLE, GREY, INK, LINE_STYLES, ORANGE, as_array, label_steps, line_style

History = tuple[np.ndarray, np.ndarray]


def rmse_against_inducing_points(
    points: Mapping[int, Sequence[float]], baselines: Mapping[str, Sequence[float]]
) -> Figure:
    """Error against the number of inducing points, with models that have none as lines (SVGP-VAE Figure 1).

    Bars and bands are one standard deviation (n - 1) over seeds, drawn where there are several.

    Args:
      points: number of inducing points m -> RMSE per frame of each seed, path units.
      baselines: model name -> RMSE of each seed, a horizontal line.
    """
    style.not_empty("points", points)
    sizes = sorted(points)
    seeds = [as_array(f"points[{m}]", points[m], ("seeds",)) for m in sizes]
    figure, axis = style.panel(6.8, 4.0, grid="y")
    for m, values in zip(sizes, seeds, strict=True):
        axis.plot(np.full(len(values), m), values, "o", color=BLUE, alpha=0.35, markersize=4, label="_seeds", zorder=3)
    means, spreads = [np.mean(values) for values in seeds], [_spread(values) for values in seeds]
    handles: list[Any] = [
        axis.errorbar(sizes, means, spreads, color=BLUE, marker="o", linewidth=1.8, capsize=3, label="SVGP-VAE")
    ]
    for (name, values), colour, dashes in zip(
        baselines.items(), cycle(CYCLE[1:]), cycle(LINE_STYLES[1:]), strict=False
    ):
        values = as_array(f"baselines[{name!r}]", values, ("seeds",))
        mean, spread = np.mean(values), _spread(values)
        handles.append(axis.axhline(mean, color=colour, linestyle=dashes, linewidth=1.8, label=name))
        if spread:
            axis.axhspan(mean - spread, mean + spread, color=colour, alpha=0.15, linewidth=0, zorder=0)
    axis.set(xlabel="inducing points m", ylabel="RMSE per frame (path units)", xticks=sizes)
    axis.set_ylim(0, 1.08 * axis.get_ylim()[1])
    axis.legend(handles=handles, frameon=False)
    return figure


def length_scales(histories: Mapping[str, History], true_value: float) -> Figure:
    """Learned kernel length scales over training (SVGP-VAE Figure 3).

    Args:
      histories: label -> (steps [E], values [E, L]), frames; one colour per label, one line style per latent channel.
      true_value: length scale of the process that made the data, frames.
    """
    style.not_empty("histories", histories)
    figure, axis = style.panel(7.6, 4.0)
    truth = axis.axhline(true_value, color=INK, linewidth=1.0, label=f"true value {true_value:g}")
    curves, channels = [], 0
    for (label, history), colour in zip(histories.items(), cycle(CYCLE), strict=False):
        steps, values = _history(label, history, "L")
        channels = max(channels, values.shape[1])
        for column, dashes in zip(values.T, cycle(LINE_STYLES), strict=False):
            axis.plot(steps, column, color=colour, linestyle=dashes, label=f"_{label}", **line_style(steps))
        curves.append(Line2D([], [], color=colour, linewidth=1.8, label=label))
    names = {1: (), 2: ("x", "y")}.get(channels, range(1, channels + 1))  # two channels are the ball's coordinates
    keys = [
        Line2D([], [], color=GREY, linestyle=dashes, label=f"channel {name}")
        for name, dashes in zip(names, cycle(LINE_STYLES), strict=False)
    ]
    axis.set_ylabel("length scale (frames)")
    label_steps(axis, steps)
    figure.legend(handles=[*curves, truth, *keys], loc="outside right center", frameon=False)
    return figure


def inducing_points(histories: Mapping[str, History], num_frames: int) -> Figure:
    """Paths of learned inducing points over training, one panel per start (SVGP-VAE Figure 4).

    Args:
      histories: label -> (steps [E], positions [E, m]), positions in frames.
      num_frames: length of the videos; time runs from 1 to num_frames.
    """
    style.not_empty("histories", histories)
    figure = style.new_figure(0.7 + 2.7 * max(len(histories), 1.8), 3.9)
    axes = figure.subplots(1, len(histories), sharex=True, sharey=True, squeeze=False)[0]
    for axis, (label, history) in zip(axes, histories.items(), strict=True):
        steps, positions = _history(label, history, "m")
        first, last = (np.full(positions.shape[1], step) for step in (steps[0], steps[-1]))
        style.tidy(axis, grid="x")
        axis.plot(positions, steps, color=BLUE, linewidth=1.2, label="_path")
        axis.plot(positions[0], first, "|", color=INK, markersize=8, label="first logged position")
        axis.plot(positions[-1], last, "o", color=ORANGE, markersize=6, markeredgecolor=INK, label="final position")
        axis.set_title(label, fontsize=10)
        axis.set_xlabel("time (frame)")
    left = min(0.0, *(np.min(positions) for _, positions in histories.values()))
    right = max(num_frames + 1.0, *(np.max(positions) for _, positions in histories.values()))
    axes[0].set_xlim(left, right)
    axes[0].xaxis.set_major_locator(style.round_numbers())
    label_steps(axes[0], steps, along="y")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    return figure


def _history(label: str, history: History, width: str) -> History:
    steps = as_array(f"steps of {label!r}", history[0], ("E",))
    return steps, as_array(f"values of {label!r}", history[1], (len(steps), width))


def _spread(values: np.ndarray) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
