"""Pictures of samples from priors: histograms of scalars, panels of images, the use of categories (CP-VAE)."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from gpvae_tf.checks import at_least_one
from gpvae_tf.plotting import style
from gpvae_tf.plotting.grids import balanced_columns, draw_grid, in_lines
from gpvae_tf.plotting.style import BLUE, INK, ORANGE, as_array

_CELL = 0.27  # inches across an image: panels hold many
_BINS = 80
_NUMBERED = 20  # categories whose bars are numbered


def histograms(truth: np.ndarray, generated: Mapping[str, np.ndarray]) -> Figure:
    """Generated scalars over the outline of the true ones, one panel per model (CP-VAE Figures 3 and 4).

    All panels have the same bins, over the range of the truth widened by a fifth; what lies outside is counted in the
    title.

    Args:
      truth: true scalars [n].
      generated: model -> scalars [m].
    """
    style.not_empty("generated", generated)
    truth = as_array("truth", truth, ("n",))
    margin = 0.2 * np.ptp(truth) + 1e-6
    bins = np.linspace(truth.min() - margin, truth.max() + margin, _BINS + 1)
    figure = style.new_figure(0.6 + 2.5 * len(generated), 2.9)
    axes = figure.subplots(1, len(generated), sharex=True, sharey=True, squeeze=False)[0]
    for axis, (name, values) in zip(axes, generated.items(), strict=True):
        values = as_array(f"generated[{name!r}]", values, ("m",))
        outside = np.mean((values < bins[0]) | (values > bins[-1]))
        share = np.full(len(values), 1.0 / (len(values) * (bins[1] - bins[0])))  # a density, what lies outside included
        style.tidy(axis, grid="y")
        axis.hist(values, bins, weights=share, color=ORANGE, label="generated")
        axis.hist(truth, bins, density=True, histtype="step", color=INK, linewidth=1.2, label="truth")
        axis.set_title(name if outside < 0.005 else f"{name}\n{100 * outside:.0f} % outside", fontsize=10)
        axis.set_xlabel("x")
    axes[0].set_ylabel("density")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2, frameon=False)
    return figure


def panels(images: Mapping[str, np.ndarray], *, columns: int | None = 2, per_row: int = 10) -> Figure:
    """A named block of images for every model, category or way to generate (CP-VAE Figures 6 to 9).

    Args:
      images: name -> [n, H, W, C] in [0, 1], C = 1 or 3; one H, W and C.
      columns: number of panels side by side; None for 3 or 4, whichever leaves fewer places empty.
      per_row: number of images in a row of a panel.
    """
    style.not_empty("images", images)
    columns = balanced_columns(len(images)) if columns is None else at_least_one("columns", columns)
    columns = min(columns, len(images))
    blocks = {name: in_lines(name, each, per_row, blank=True) for name, each in images.items()}
    high, wide = np.max([lines.shape[:2] for lines in blocks.values()], axis=0)
    rows = -(-len(images) // columns)
    figure = style.new_figure(0.5 + (_CELL * wide + 0.25) * columns, 0.3 + (_CELL * high + 0.3) * rows)
    figure.set_layout_engine("compressed")
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axis, (name, lines) in zip(axes, blocks.items(), strict=False):
        draw_grid(axis, lines, len(lines) * [""])
        axis.set_title(name, fontsize=9)
    for axis in axes[len(blocks) :]:
        axis.set_axis_off()
    return figure


def category_use(aggregated: Sequence[float] | np.ndarray, assigned: Sequence[float] | np.ndarray) -> Figure:
    """The mass of every category, and the share of images assigned to it; largest first if there are many.

    Args:
      aggregated: q(c), [K] (CP-VAE Eq. 14).
      assigned: share of images whose most probable category it is, [K].
    """
    aggregated = as_array("aggregated", aggregated, ("K",))
    assigned = as_array("assigned", assigned, aggregated.shape)
    count = len(aggregated)
    few = count <= _NUMBERED
    order = np.arange(count) if few else np.argsort(-aggregated)
    figure, axis = style.panel(7.0, 3.2, grid="y")
    places = np.arange(count)
    axis.bar(places, aggregated[order], width=0.8, color=BLUE, label="q(c), mean of q(c | y)")
    axis.plot(places, assigned[order], "o", color=ORANGE, markersize=5 if few else 2, label="share of images assigned")
    axis.axhline(1.0 / count, color=INK, linewidth=1.0, linestyle="--", label=f"1/K = 1/{count}")
    axis.set(xlabel="category" if few else "category, largest first", ylabel="mass")
    if few:
        axis.set_xticks(places)
    else:
        axis.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    figure.legend(loc="outside upper center", ncols=3, frameon=False)
    return figure
