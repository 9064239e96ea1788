"""Embeddings in a plane, coloured by class; images at their points in it; rows of images."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from gpvae_tf.plotting.grids import as_images, balanced_columns, draw_blocks, white
from gpvae_tf.plotting.style import FAINT, GREY, as_array, new_figure, not_empty

Embedding = tuple[np.ndarray, np.ndarray]  # points [n, 2], classes [n]
_CLASSES = colormaps["tab10"].colors  # type: ignore[attr-defined]  # ten classes need ten colours
_PANEL, _CANVAS = 2.9, 520  # inches across a panel; pixels across its picture of images


def embeddings(panels: Mapping[str, Embedding]) -> Figure:
    """Embedded images coloured by class, a panel each (nonparametric VAE Figures 2a, 2b and 3).

    Args:
      panels: title -> points [n, 2] and classes [n], integers from 0 to 9. They stand in rows of equal length as far as
        their number allows.

    Raises:
      ValueError: if there is nothing to draw, or a shape or a class does not fit.
    """
    not_empty("panels", panels)
    columns = balanced_columns(len(panels))
    rows = -(-len(panels) // columns)
    figure = new_figure(0.9 + _PANEL * columns, 0.4 + _PANEL * rows)
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    classes: set[int] = set()
    for axis, (title, embedding) in zip(axes, panels.items(), strict=False):
        classes |= _scatter(axis, title, embedding)
    empty = axes[len(panels) :]
    for axis in empty:
        axis.set_axis_off()
    _legend(empty[0] if empty else figure, classes)
    return figure


def embedding_with_images(panels: Mapping[str, Embedding], points: np.ndarray, images: np.ndarray) -> Figure:
    """Embeddings, and in a last panel images at their own points (nonparametric VAE Figure 2).

    Args:
      panels: title -> points [n, 2] and classes [n].
      points: points of the images, [k, 2].
      images: [k, H, W, C] in [0, 1], C = 1 or 3; one that would cover an earlier one is left out.

    Raises:
      ValueError: if panels is empty, or a shape or a class does not fit.
    """
    not_empty("panels", panels)
    figure = new_figure(0.9 + 3.6 * (len(panels) + 1), 3.9)
    axes = figure.subplots(1, len(panels) + 1)
    classes: set[int] = set()
    for axis, (title, embedding) in zip(axes, panels.items(), strict=False):
        classes |= _scatter(axis, title, embedding)
    _place(axes[-1], points, images)
    axes[-1].set_title("generated at test locations", fontsize=10)
    _legend(figure, classes)
    return figure


def decoded_grid(points: np.ndarray, images: np.ndarray, name: str = "X") -> Figure:
    """Images decoded on a regular grid in the plane, each at its point.

    Args:
      points: [R, K, 2]; rows go down in the second coordinate, columns up in the first (`models.embedding_space.grid`).
      images: [R, K, H, W, C] in [0, 1], C = 1 or 3.
      name: name of the space, for the axes.
    """
    images = as_images("images", images, ("R", "K", "H", "W", "C"))
    points = as_array("points", points, (*images.shape[:2], 2))
    rows, columns, height, width, channels = images.shape
    canvas = images.transpose(0, 2, 1, 3, 4).reshape(rows * height, columns * width, channels)
    (left, top), (right, bottom) = points[0, 0], points[-1, -1]
    across, down = (right - left) / max(columns - 1, 1) / 2, (top - bottom) / max(rows - 1, 1) / 2
    figure = new_figure(6.2, 6.2)
    axis = figure.subplots()
    _show(axis, canvas, (left - across, right + across, bottom - down, top + down))
    axis.set(xlabel=f"{name} 1", ylabel=f"{name} 2")
    axis.set_aspect("auto")
    return figure


def image_rows(blocks: Sequence[Mapping[str, np.ndarray]]) -> Figure:
    """Labelled rows of images, such as the steps from one image to another (nonparametric VAE Figure 4).

    Args:
      blocks: each label -> images [k, H, W, C] in [0, 1], C = 1 or 3; the same labels and shapes in all.

    Raises:
      ValueError: if there is nothing to draw, labels differ or a shape does not fit.
    """
    if not blocks or not blocks[0]:
        raise ValueError("blocks is empty: there is nothing to draw")
    labels = list(blocks[0])
    shape = as_images(labels[0], blocks[0][labels[0]], ("k", "H", "W", "C")).shape
    for block in blocks:
        if list(block) != labels:
            raise ValueError(f"blocks have rows {labels} and {list(block)}; expected the same in all")
    return draw_blocks([np.stack([as_images(n, block[n], shape) for n in labels]) for block in blocks], labels)[0]


def _scatter(axis: Axes, name: str, embedding: Embedding) -> set[int]:
    """Draws an embedding under its name; returns its classes."""
    points = as_array(f"points of {name!r}", embedding[0], ("n", 2))
    classes = as_array(f"classes of {name!r}", embedding[1], (len(points),)).astype(int)
    found = set(classes.tolist())
    if not found <= set(range(len(_CLASSES))):
        raise ValueError(f"classes of {name!r} go from {min(found)} to {max(found)}; expected 0 to {len(_CLASSES) - 1}")
    x, y = points.T
    axis.scatter(x, y, c=np.asarray(_CLASSES)[classes], s=max(0.6, min(6.0, 6000 / len(points))), linewidths=0)
    axis.set_title(name, fontsize=10)
    axis.spines[:].set_color(FAINT)
    axis.tick_params(color=GREY, labelsize=7)
    return found


def _legend(owner: Figure | Axes, classes: set[int]) -> None:
    """The colours of the classes, in empty axes or at the right of a figure."""
    colours = {f"{number}": _CLASSES[number] for number in sorted(classes)}
    handles = [Line2D([], [], marker="o", linestyle="", color=c, label=name) for name, c in colours.items()]
    where: dict = dict(loc="center", ncols=2) if isinstance(owner, Axes) else dict(loc="outside right center")
    owner.legend(handles=handles, frameon=False, title="class", **where)


def _place(axis: Axes, points: np.ndarray, images: np.ndarray) -> None:
    """Draws images at their points in one picture; an image that would cover an earlier one is left out."""
    images = as_images("images", images, ("k", "H", "W", "C"))
    points = as_array("points", points, (len(images), 2))
    height, width, channels = images.shape[1:]
    low, span = points.min(axis=0), np.maximum(np.ptp(points, axis=0), 1e-9)
    canvas = np.full((_CANVAS + height, _CANVAS + width, channels), white(images))
    free = np.ones(canvas.shape[:2], bool)
    for (across, up), image in zip((points - low) / span, images, strict=True):
        row, column = round((1 - up) * _CANVAS), round(across * _CANVAS)
        place = slice(row, row + height), slice(column, column + width)
        if free[place].all():
            canvas[place], free[place] = image, False
    margin = span * np.array([width, height]) / _CANVAS / 2
    (left, bottom), (right, top) = low - margin, low + span + margin
    _show(axis, canvas, (left, right, bottom, top))
    axis.set_aspect("auto")
    axis.tick_params(color=GREY, labelsize=7)


def _show(axis: Axes, canvas: np.ndarray, extent: tuple[float, float, float, float]) -> None:
    shown = canvas[..., 0] if canvas.shape[-1] == 1 else np.clip(canvas, 0.0, 1.0)
    axis.imshow(shown, cmap="Greys", vmin=0, vmax=1, extent=extent, interpolation="nearest")
    axis.spines[:].set_color(FAINT)
