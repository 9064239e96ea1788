"""Posteriors of single images: contours with their approximations, uncertainty, latents in the plane."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from gpvae_tf.plotting.grids import as_images, draw_blocks, draw_grid, in_lines
from gpvae_tf.plotting.style import BLUE, GREY, INK, VERMILION, LineStyle, as_array, new_figure, panel

# Nats below the mode. A Gaussian's k-deviation ellipse lies k^2 / 2 below, so the last three are k = 3, 2, 1.
LEVELS = (-20.0, -15.0, -10.0, -4.5, -2.0, -0.5)
_APPROXIMATIONS: dict[str, tuple[str, LineStyle, str]] = {
    "base": (VERMILION, "--", "base encoder N(b, c²)"),
    "marginal": (BLUE, "-", "q(z | y), Eq. 13"),
}


class Plane(NamedTuple):
    """A posterior in two dimensions and its Gaussian approximations.

    Attributes:
      first, second: coordinates z_1 [a] and z_2 [b].
      log_density: log density of the true posterior, nats, [b, a].
      base, marginal: mean [2] and standard deviation [2] of the base encoder and of q.
    """

    first: np.ndarray
    second: np.ndarray
    log_density: np.ndarray
    base: tuple[np.ndarray, np.ndarray]
    marginal: tuple[np.ndarray, np.ndarray]


def uncertainty(
    values: Sequence[float],
    originals: np.ndarray,
    reconstructions: np.ndarray,
    planes: Sequence[Plane] | None = None,
) -> Figure:
    """Images in rising order of the encoder's uncertainty, a column each (GP encoder paper, Figure 1).

    Above, if given, the true posterior's contours and the ellipses of one and two deviations of its approximations;
    below, original and reconstruction.

    Args:
      values: Tr V(f) + Tr V(h) of every image, [k], rising.
      originals, reconstructions: [k, H, W, C] in [0, 1], C = 1 or 3.
      planes: one per image.

    Raises:
      ValueError: if a shape does not fit, values fall, or there is another number of planes than images.
    """
    values = as_array("values", values, ("k",))
    if np.any(np.diff(values) < 0):
        raise ValueError(f"values must rise, got {values.tolist()}")
    originals = as_images("originals", originals, (len(values), "H", "W", "C"))
    reconstructions = as_images("reconstructions", reconstructions, originals.shape)
    if planes is not None and len(planes) != len(values):
        raise ValueError(f"planes has {len(planes)} entries; expected {len(values)}, one per image")
    heights = [1.0] if planes is None else [1.7, 1.0]
    figure = new_figure(1.75 * len(values), 0.75 + 1.15 * sum(heights))
    axes = figure.subplots(len(heights), len(values), squeeze=False, height_ratios=heights)
    for axis, original, reconstruction in zip(axes[-1], originals, reconstructions, strict=True):
        draw_grid(axis, np.stack([original, reconstruction])[np.newaxis], [""])
    for axis, plane in zip(axes[0], planes or (), strict=False):
        draw_plane(axis, plane)
    for axis, value in zip(axes[0], values, strict=True):
        axis.set_title(f"{value:.3g}", fontsize=10)
    figure.suptitle("Tr V(f(y)) + Tr V(h(y)); below each: original, reconstruction", fontsize=10)
    if planes is not None:
        keys = [Line2D([], [], color=c, linestyle=dashes, label=label) for c, dashes, label in _APPROXIMATIONS.values()]
        keys.append(Line2D([], [], color=INK, linewidth=0.8, label="true posterior, nats below the mode: 0.5 to 20"))
        figure.legend(handles=keys, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return figure


def draw_plane(axis: Axes, plane: Plane) -> None:
    """The contours of a posterior, and its approximations.

    Raises:
      ValueError: naming the attribute whose shape does not fit.
    """
    first, second = (as_array(name, getattr(plane, name), ("n",)) for name in ("first", "second"))
    below = as_array("log_density", plane.log_density, (len(second), len(first)))
    below = below - np.max(below)
    axis.contourf(first, second, np.maximum(below, 2 * LEVELS[0]), (*LEVELS, 0.0), cmap="Greys", alpha=0.75)
    axis.contour(first, second, below, LEVELS[-3:], colors=INK, linewidths=0.6, linestyles="solid")
    angles = np.linspace(0.0, 2.0 * np.pi, 100)
    circle = np.stack([np.cos(angles), np.sin(angles)])  # [2, 100]
    for name, (colour, dashes, _) in _APPROXIMATIONS.items():
        mean, deviation = (as_array(name, part, (2,))[:, np.newaxis] for part in getattr(plane, name))
        for size in (1.0, 2.0):
            axis.plot(*(mean + size * deviation * circle), color=colour, linestyle=dashes, linewidth=1.2, label=name)
    for side in (axis.xaxis, axis.yaxis):
        side.set_major_locator(MaxNLocator(3))
    axis.tick_params(labelsize=7)
    axis.set_xlabel("z₁", fontsize=8, labelpad=0)
    axis.set_ylabel("z₂", fontsize=8, labelpad=0)
    axis.set(xlim=(first[0], first[-1]), ylim=(second[0], second[-1]))


def samples(images: np.ndarray, *, per_row: int = 12) -> Figure:
    """Images drawn from a model.

    Args:
      images: [n, H, W, C] in [0, 1], C = 1 or 3.
      per_row: number of images in a row.
    """
    lines = in_lines("images", images, per_row)
    return draw_blocks([lines], ["prior samples", *(len(lines) - 1) * [""]])[0]


def latent_plane(latents: np.ndarray, classes: np.ndarray, marked: np.ndarray | None = None) -> Figure:
    """Two-dimensional latents of images, coloured by class.

    Args:
      latents: posterior means, [n, 2].
      classes: [n] integers, 20 different ones at most get colours of their own.
      marked: latents [k, 2] that get the numbers 1 to k: the images of `uncertainty`.
    """
    latents = as_array("latents", latents, ("n", 2))
    classes = as_array("classes", classes, (len(latents),))
    figure, axis = panel(6.4, 5.2)
    names = np.unique(classes)
    palette = colormaps["tab10" if len(names) <= 10 else "tab20"]
    for index, name in enumerate(names):
        axis.plot(*latents[classes == name].T, ".", color=palette(index % palette.N), markersize=3, label=f"{name:g}")
    for number, point in enumerate([] if marked is None else as_array("marked", marked, ("k", 2)), start=1):
        axis.annotate(
            f"{number}", point, fontsize=9, ha="center", va="center", bbox=dict(fc="white", ec=GREY, boxstyle="circle")
        )
    axis.set(xlabel="z₁ (posterior mean)", ylabel="z₂ (posterior mean)")
    figure.legend(title="class", loc="outside right center", frameon=False, markerscale=3)
    return figure
