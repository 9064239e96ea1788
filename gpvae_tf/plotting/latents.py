"""Latent spaces, projected to their first two principal components."""

from collections.abc import Mapping

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, LinearSegmentedColormap, ListedColormap, Normalize
from matplotlib.figure import Figure

from gpvae_tf.data.pca import principal_components
from gpvae_tf.plotting.style import BLUE, CYCLE, GREEN, ORANGE, PINK, VERMILION, as_array, new_figure, not_empty, tidy

# matplotlib's cyclic maps pass through white, which cannot be seen on white.
_CIRCLE = LinearSegmentedColormap.from_list("circle", [BLUE, GREEN, ORANGE, VERMILION, PINK, BLUE])


def latent_space(
    latents: Mapping[str, np.ndarray], colors: Mapping[str, np.ndarray], periods: Mapping[str, float] | None = None
) -> Figure:
    """Latents in the plane of their first two principal components: a column per space, a row per colouring.

    A few distinct colours are told apart, more lie on a scale, and what has a period lies on a circle of colours, so
    that 0 and 360 degrees look the same.

    Args:
      latents: name of the space ("local channels") -> latents [n, L], n >= 2, L >= 2, the same n for all.
      colors: what the colour shows, with its unit ("angle (degrees)", "object") -> [n].
      periods: periods of the colourings that are cyclic, in their unit.

    Raises:
      ValueError: if an argument is empty, a shape does not fit, or a period belongs to no colouring.
    """
    not_empty("latents", latents)
    not_empty("colors", colors)
    periods = dict(periods or {})
    unknown = [name for name in periods if name not in colors]
    if unknown:
        raise ValueError(f"periods has {', '.join(unknown)}, which is no colouring; there are {', '.join(colors)}")
    num = len(next(iter(latents.values())))
    planes = {name: _plane(f"latents[{name!r}]", values, num) for name, values in latents.items()}
    figure = new_figure(1.4 + 3.1 * len(planes), 0.5 + 2.9 * len(colors))
    axes = figure.subplots(len(colors), len(planes), squeeze=False, sharex="col", sharey="col")
    for row, (what, values) in zip(axes, colors.items(), strict=True):
        values = as_array(f"colors[{what!r}]", values, (num,))
        scale = _scale(values, periods.get(what))
        wrapped = values % periods[what] if what in periods else values
        for axis, (plane, _) in zip(row, planes.values(), strict=True):
            axis.scatter(*plane.T, c=scale.to_rgba(wrapped), s=7, linewidths=0)
            tidy(axis)
        ticks = np.unique(values) if isinstance(scale.norm, BoundaryNorm) else None
        figure.colorbar(scale, ax=row, label=what, ticks=ticks, pad=0.02)
    for column, (name, (_, shares)) in zip(axes.T, planes.items(), strict=True):
        column[0].set_title(name, fontsize=10)
        column[-1].set_xlabel(f"PC 1 ({shares[0]:.0%} of variance)")
        for axis in column:
            axis.set_ylabel(f"PC 2 ({shares[1]:.0%})")
    return figure


def _plane(name: str, latents: np.ndarray, num: int) -> tuple[np.ndarray, np.ndarray]:
    """The first two principal components [num, 2] of latents [num, L], and their shares of the variance [2].

    Raises:
      ValueError: if the shape does not fit, there are less than 2 points or channels, or a latent is not finite.
    """
    latents = as_array(name, latents, (num, "L"))
    if min(latents.shape) < 2:
        raise ValueError(f"{name} has shape {latents.shape}; expected at least 2 points and 2 channels")
    if not np.all(np.isfinite(latents)):
        raise ValueError(f"{name} has values that are not finite")
    return principal_components(latents, 2)


def _scale(values: np.ndarray, period: float | None) -> ScalarMappable:
    """Colours for values: a circle if they have a period, one each if they are few, else a scale."""
    distinct = np.unique(values)
    if period is not None:
        return ScalarMappable(Normalize(0.0, period), _CIRCLE)
    if 1 < len(distinct) <= len(CYCLE):
        edges = (distinct[1:] + distinct[:-1]) / 2
        bounds = [2 * distinct[0] - edges[0], *edges, 2 * distinct[-1] - edges[-1]]
        return ScalarMappable(BoundaryNorm(bounds, len(distinct)), ListedColormap(CYCLE[: len(distinct)]))
    return ScalarMappable(Normalize(distinct[0], distinct[-1]), "viridis")
