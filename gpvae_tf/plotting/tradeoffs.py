"""Error against time and against the number of data, and the error of mini-batch estimates against their size."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from gpvae_tf.plotting import style
from gpvae_tf.plotting.labels import label_points
from gpvae_tf.plotting.style import CYCLE, GREY, as_array

MSE_LABEL = "test MSE (per pixel)"
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def error_against_time(points: Mapping[str, Sequence[tuple[float, float, str]]]) -> Figure:
    """Error against runtime, a line per model through its sizes in the order given (SVGP-VAE Figure 6).

    The axes span the points, not 0: what matters is which points lie further left and further down.

    Args:
      points: model name -> its (seconds per epoch, test MSE per pixel, label), such as (1.9, 0.025, "m = 32").

    Raises:
      ValueError: if points is empty, a model has no point, or a time is not positive.
    """
    style.not_empty("points", points)
    figure, axis = style.panel(7.0, 4.2)
    drawn: list[np.ndarray] = []
    labels: list[tuple[str, str]] = []
    for (name, entries), colour, marker in zip(points.items(), cycle(CYCLE), cycle(_MARKERS), strict=False):
        where = as_array(f"points[{name!r}]", [entry[:2] for entry in entries], ("points", 2))
        if not np.all(where[:, 0] > 0):
            raise ValueError(f"points[{name!r}] has seconds {where[:, 0].tolist()}; expected > 0")
        axis.plot(*where.T, color=colour, marker=marker, linewidth=1.8, label=name)
        drawn.append(where)
        labels += [(text, colour) for *_, text in entries]
    all_points = np.concatenate(drawn)
    if np.max(all_points[:, 0]) > 8 * np.min(all_points[:, 0]):
        axis.set_xscale("log")
        style.plain_log_ticks(axis.xaxis, (1.0, 2.0, 5.0))
    axis.margins(x=0.15, y=0.12)
    axis.set(xlabel="time per epoch (s)", ylabel=MSE_LABEL)
    figure.legend(loc="outside upper center", ncols=4, frameon=False)
    label_points(axis, all_points, *zip(*labels, strict=True))
    return figure


def against_data_size(points: Mapping[str, Sequence[tuple[float, float, float]]]) -> Figure:
    """Error and time per epoch against the number of training images (SVGP-VAE Figure 7, FGP-VAE Figure 1b).

    Args:
      points: model name -> its runs, each (training images, test MSE per pixel, seconds per epoch), joined in that
        order. A model has one colour in both panels.

    Raises:
      ValueError: if there is no model, or one has no run.
    """
    style.not_empty("points", points)
    figure = style.new_figure(8.6, 3.9)
    axes = figure.subplots(1, 2)
    for axis, label in zip(axes, (MSE_LABEL, "time per epoch (s)"), strict=True):
        style.tidy(axis)
        axis.set(xlabel="training images (thousands)", ylabel=label)
    for (name, runs), colour, marker in zip(points.items(), cycle(CYCLE), cycle(_MARKERS), strict=False):
        images, *measured = as_array(f"points[{name!r}]", runs, ("S", 3)).T
        for axis, values in zip(axes, measured, strict=True):
            axis.plot(images, values, color=colour, marker=marker, linewidth=1.8, label=name)
    for axis in axes:
        axis.set_xlim(left=0)
        axis.set_ylim(0, 1.08 * axis.get_ylim()[1])
        axis.xaxis.set_major_formatter(FuncFormatter(lambda size, _: f"{size / 1000:g}"))
    figure.legend(handles=axes[0].get_lines(), loc="outside upper center", ncols=4, frameon=False)
    return figure


def estimator_bias(
    batch_sizes: Sequence[int],
    bias: Mapping[str, Sequence[float]],
    rms: Mapping[str, Sequence[float]],
    noise: Mapping[str, Sequence[float]] | None = None,
) -> Figure:
    """Relative bias and rms error of mini-batch estimates against the batch size (SVGP-VAE Appendix C.4).

    Both axes are logarithmic, so an error of zero, as at b = N, is left out.

    Args:
      batch_sizes: b, [S].
      bias, rms: quantity, in words that say what it is, -> relative errors, [S] (`evaluation.estimator_bias`).
      noise: quantity -> the bias that so few batches show by chance if there is none, [S]; dotted.

    Raises:
      ValueError: if bias or rms is empty or a length differs from that of batch_sizes.
    """
    batch_sizes = as_array("batch_sizes", batch_sizes, ("S",))
    figure = style.new_figure(8.6, 4.6)
    left, right = figure.subplots(1, 2, sharex=True, sharey=True)
    quantities = dict.fromkeys([*bias, *rms])
    colours = dict(zip(quantities, cycle(CYCLE), strict=False))
    markers = dict(zip(quantities, cycle(_MARKERS), strict=False))  # curves of two quantities may coincide
    sets = (left, "bias", bias, "-"), (right, "rms", rms, "-"), (left, "noise", noise or {}, ":")
    for axis, what, curves, dashes in sets:
        if what != "noise":
            style.not_empty(what, curves)
        for name, values in curves.items():
            values = as_array(f"{what}[{name!r}]", values, batch_sizes.shape)
            label, marker = (f"_{what} of {name}", None) if what == "noise" else (name, markers[name])
            seen = np.where(values > 0, values, np.nan)
            look = dict(color=colours.get(name, GREY), linestyle=dashes, marker=marker, markerfacecolor="none")
            axis.plot(batch_sizes, seen, label=label, **look)
    for axis in (left, right):
        style.tidy(axis)
        axis.set(xscale="log", yscale="log", xlabel="batch size b")
        axis.set_xticks(batch_sizes, [f"{size:g}" for size in batch_sizes])
        axis.xaxis.set_minor_locator(NullLocator())
    left.set_ylabel("error relative to the full data's value")
    chance = "\ndotted: what an unbiased estimator would show by chance" if noise else ""
    left.set_title(f"bias: error of the average over batches{chance}", fontsize=9)
    right.set_title("rms error of one batch", fontsize=9)
    figure.legend(*right.get_legend_handles_labels(), loc="outside upper center", ncols=2, frameon=False)
    return figure
