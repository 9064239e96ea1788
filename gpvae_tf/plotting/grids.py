"""Many small images in one labelled grid.

A grid is one picture made of all its images, not one panel per image: hundreds of panels take minutes to lay out.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gpvae_tf.checks import at_least_one
from gpvae_tf.plotting.style import BLUE, FAINT, GREY, LIGHT, as_array, new_figure

_CELL = 0.45  # inches across an image
_GAP = 2  # pixels between images
_GREYS = colormaps["Greys"].with_extremes(bad=FAINT)


def as_images(name: str, images: np.ndarray, expected: Sequence[int | str]) -> np.ndarray:
    """`as_array` for images, whose last axis must be 1 (grey) or 3 (RGB) channels.

    Raises:
      ValueError: naming the argument, what came and what was expected.
    """
    images = as_array(name, images, expected)
    if images.shape[-1] not in (1, 3):
        raise ValueError(f"{name} has {images.shape[-1]} channels; expected 1 or 3")
    return images


def in_units(images: np.ndarray, value_range: tuple[float, float]) -> np.ndarray:
    """Images whose values in a range become those from 0 to 1 that grids show; what lies outside is cut off.

    Raises:
      ValueError: if the range does not rise.
    """
    least, most = value_range
    if not least < most:
        raise ValueError(f"value_range must rise, got {value_range}")
    return np.clip((images - least) / (most - least), 0.0, 1.0)


def in_lines(name: str, images: np.ndarray, per_line: int, *, blank: bool = False) -> np.ndarray:
    """Images [n, H, W, C] line by line: [lines, at most per_line, H, W, C].

    Args:
      name: what they are called if they are refused.
      images: checked as by `as_images`.
      per_line: number of images in a line.
      blank: whether the last line is filled up with white, not with NaN.

    Raises:
      ValueError: if the shape does not fit or per_line is below 1.
    """
    images = as_images(name, images, ("n", "H", "W", "C"))
    width = min(at_least_one("per_row", per_line), len(images))
    filling = np.full((-len(images) % width, *images.shape[1:]), white(images) if blank else np.nan)
    return np.concatenate([images, filling]).reshape(-1, width, *images.shape[1:])


def balanced_columns(count: int) -> int:
    """How many of `count` panels stand side by side: all of up to 3, else 3 or 4, whichever leaves fewer gaps."""
    return count if count <= 3 else min((3, 4), key=lambda columns: -count % columns)


def white(images: np.ndarray) -> float:
    """The value that is white in images [..., C]: 0 in "Greys", 1 in RGB."""
    return 0.0 if images.shape[-1] == 1 else 1.0


def draw_blocks(
    blocks: Sequence[np.ndarray], labels: Sequence[str], columns: int | None = None
) -> tuple[Figure, list[Axes]]:
    """A figure with grids of images [R, K, H, W, C], one above the other, and the axes of each; see `draw_grid`."""
    columns = columns or blocks[0].shape[1]
    width = 0.5 + 0.09 * max(len(label) for label in labels) + _CELL * columns
    figure = new_figure(width, 0.3 + (_CELL * len(labels) + 0.3) * len(blocks))
    figure.set_layout_engine("compressed")  # the constrained layout cuts off labels of images, whose shape is fixed
    axes = list(figure.subplots(len(blocks), 1, squeeze=False)[:, 0])
    for axis, images in zip(axes, blocks, strict=True):
        draw_grid(axis, images, labels, columns)
    return figure, axes


def draw_grid(axis: Axes, images: np.ndarray, labels: Sequence[str], columns: int | None = None) -> None:
    """Draws images [R, K, H, W, C] with a label per row.

    An image of NaN, where there is none, is a grey cell. A line that is not full stays blank up to `columns`.
    """
    num_rows, num_images, height, width, channels = images.shape
    columns = columns or num_images
    canvas = np.full((num_rows * (height + _GAP), columns * (width + _GAP), channels), white(images))
    for (row, column), _ in np.ndenumerate(images[..., 0, 0, 0]):
        top, left = _corner(row, column, (height, width))
        canvas[top : top + height, left : left + width] = images[row, column]
    if channels == 1:
        axis.imshow(canvas[..., 0], cmap=_GREYS, vmin=0, vmax=1)
    else:
        axis.imshow(np.where(np.isnan(canvas), 0.9, np.clip(canvas, 0.0, 1.0)))
    axis.set_yticks([_corner(row, 0, (height, width))[0] + (height - 1) / 2 for row in range(num_rows)], labels)
    axis.set_xticks([])
    axis.set_yticks(np.arange(1, num_rows) * (height + _GAP) - 0.5, minor=True)
    axis.set_xticks(np.arange(1, min(num_images + 1, columns)) * (width + _GAP) - 0.5, minor=True)
    axis.grid(which="minor", color=LIGHT, linewidth=0.6)
    axis.tick_params(which="both", length=0)
    axis.spines[:].set_visible(columns == num_images)
    axis.spines[:].set_color(GREY)


def draw_frame(axis: Axes, row: int, column: int, size: tuple[int, int]) -> None:
    """A blue frame around the image of (height, width) pixels in a cell of the grid."""
    top, left = (corner - 0.5 for corner in _corner(row, column, size))
    sides = [left, left + size[1], left + size[1], left, left], [top, top, top + size[0], top + size[0], top]
    axis.plot(*sides, color=BLUE, linewidth=1.3, label="_given")


def label_angles(axis: Axes, angles: np.ndarray, width: int) -> None:
    """Angles in degrees above the columns of images `width` pixels wide."""
    label_columns(axis, [f"{angle:.4g}°" for angle in angles], width)


def label_columns(axis: Axes, labels: Sequence[str], width: int) -> None:
    """Labels above the columns of images `width` pixels wide."""
    centres = [_corner(0, column, (0, width))[1] + (width - 1) / 2 for column in range(len(labels))]
    axis.set_xticks(centres, labels, fontsize=8)
    axis.xaxis.tick_top()


def _corner(row: int, column: int, size: tuple[int, int]) -> tuple[int, int]:
    """First pixel row and column of an image in the grid."""
    return row * (size[0] + _GAP) + _GAP // 2, column * (size[1] + _GAP) + _GAP // 2
