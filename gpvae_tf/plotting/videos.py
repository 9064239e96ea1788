"""Pictures of videos and of the paths behind them.

Positions are in path units, with the renderer's rule pixel = p * size/5 + size/2 (`gpvae_tf.datasets.MovingBall`). All
panels of a figure share one frame of axes, x to the right and y down, so that a path lies where the ball is drawn.
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from gpvae_tf.checks import at_least_one
from gpvae_tf.plotting.grids import as_images, draw_blocks, label_columns
from gpvae_tf.plotting.style import GREY, LIGHT, PREDICTED_COLOUR, TRUE_COLOUR, as_array, new_figure

_SPAN = 5.0  # path units across a frame
_FRAMES_TITLE = "frames (later is darker)"


def overlay(frames: np.ndarray) -> np.ndarray:
    """Overlays all frames of a video, shaded by time: [T, H, W, 1] in [0, 1] -> [H, W], the last frame at 1."""
    frames = as_array("frames", frames, ("T", "H", "W", 1))
    shades = np.linspace(0.15, 1.0, len(frames)) if len(frames) > 1 else np.ones(1)
    return np.max(frames[..., 0] * shades[:, np.newaxis, np.newaxis], axis=0)


def trajectories(
    frames: np.ndarray, paths: np.ndarray, predictions: Mapping[str, np.ndarray], num_videos: int = 4
) -> Figure:
    """True and predicted paths beside their videos (SVGP-VAE Figure 2).

    Args:
      frames: [B, T, H, W, 1] in [0, 1].
      paths: [B, T, 2] true positions (x, y), path units.
      predictions: model name -> positions [B, T, 2] aligned with the true ones, one column each.
      num_videos: number of rows; the first videos are drawn, at most B.

    Returns:
      a figure whose column titles give the root mean squared distance per frame over all B videos.
    """
    frames = as_array("frames", frames, ("B", "T", "H", "W", 1))
    paths = as_array("paths", paths, (*frames.shape[:2], 2))
    aligned = {name: as_array(f"predictions[{name!r}]", path, paths.shape) for name, path in predictions.items()}
    rows, columns = min(at_least_one("num_videos", num_videos), len(frames)), 1 + len(aligned)
    figure = new_figure(0.7 + 1.9 * columns, 1.0 + 1.9 * rows)
    axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    reach = _reach(*(path[:rows] for path in (paths, *aligned.values())))
    for index, axis_row in enumerate(axes):
        _show_overlay(axis_row[0], frames[index], reach)
        for axis, predicted in zip(axis_row[1:], aligned.values(), strict=True):
            _path_panel(axis, frames.shape[2:4], reach)
            _draw_path(axis, paths[index], TRUE_COLOUR, "true path")
            _draw_path(axis, predicted[index], PREDICTED_COLOUR, "predicted path")
    axes[0, 0].set_title(_FRAMES_TITLE, fontsize=10)
    for axis, (name, path) in zip(axes[0, 1:], aligned.items(), strict=True):
        rmse = np.sqrt(np.mean(np.sum(np.square(path - paths), axis=-1)))
        axis.set_title(f"{name}\nRMSE {rmse:.3f}", fontsize=10)
    _label_outer(axes)
    if aligned:
        keys = axes[0, 1].get_legend_handles_labels()
        figure.legend(*keys, loc="outside upper center", ncols=2, frameon=False, title="dots: last frame")
    return figure


def latent_grid(frames: np.ndarray, truth: np.ndarray, encoded: np.ndarray) -> Figure:
    """A figure of positions (rings, a square grid) as the encoder sees it, one frame per position.

    Args:
      frames: [T, H, W, 1] in [0, 1].
      truth: [T, 2] positions (x, y) the frames were drawn at, path units.
      encoded: [T, 2] encoder means, aligned with the true positions.
    """
    frames = as_array("frames", frames, ("T", "H", "W", 1))
    truth = as_array("truth", truth, (len(frames), 2))
    encoded = as_array("encoded", encoded, truth.shape)
    figure = new_figure(7.4, 3.9)
    left, right = figure.subplots(1, 2, sharex=True, sharey=True)
    reach = _reach(truth, encoded)
    _show_overlay(left, frames, reach)
    _path_panel(right, frames.shape[1:3], reach)
    for true, mean in zip(truth, encoded, strict=True):  # which mean belongs to which point
        right.plot(*np.stack([true, mean], axis=1), color=GREY, linewidth=0.8, zorder=1, label="_pair")
    right.plot(*truth.T, "o", color=TRUE_COLOUR, markersize=6, label="true position")
    right.plot(*encoded.T, "D", color=PREDICTED_COLOUR, markersize=5, label="encoder mean, aligned")
    left.set_title(_FRAMES_TITLE, fontsize=10)
    right.set_title("positions", fontsize=10)
    _label_outer(np.array([[left, right]]))
    figure.legend(loc="outside upper center", ncols=2, frameon=False)
    return figure


def video_strip(frames: np.ndarray, reconstructions: np.ndarray, num: int = 10) -> Figure:
    """Frames of one video, equally spaced in time, above their reconstructions.

    Args:
      frames: [T, H, W, C] in [0, 1], C = 1 or 3.
      reconstructions: the same shape.
      num: number of frames shown, at most T.
    """
    frames = as_images("frames", frames, ("T", "H", "W", "C"))
    reconstructions = as_array("reconstructions", reconstructions, frames.shape)
    num = min(at_least_one("num", num), len(frames))
    shown = np.unique(np.linspace(0, len(frames) - 1, num).round().astype(int))
    figure, (axis,) = draw_blocks([np.stack([frames, reconstructions])[:, shown]], ["true", "model"])
    label_columns(axis, [f"{index + 1}" for index in shown], frames.shape[2])
    axis.set_title("frame", fontsize=10)
    return figure


def _reach(*points: np.ndarray) -> float:
    """Half the side of the square that shows all finite points and the whole frame."""
    farthest = [float(np.max(np.abs(array), where=np.isfinite(array), initial=0.0)) for array in points]
    return 1.04 * max(_SPAN / 2 + 0.1, *farthest)


def _edges(size: int) -> tuple[float, float]:
    """The outer edges of a frame's first and last pixel, in path units."""
    return (-0.5 - size / 2) * _SPAN / size, (size - 0.5 - size / 2) * _SPAN / size


def _path_panel(axis: Axes, size: tuple[int, int], reach: float) -> None:
    """Square limits with y down, and the border of the frame, outside which the ball is not seen."""
    (top, bottom), (left, right) = _edges(size[0]), _edges(size[1])
    axis.add_patch(Rectangle((left, top), right - left, bottom - top, fill=False, edgecolor=LIGHT, zorder=0))
    axis.set(xlim=(-reach, reach), ylim=(reach, -reach), aspect="equal", xticks=(-2, 0, 2), yticks=(-2, 0, 2))
    axis.spines[:].set_color(GREY)


def _show_overlay(axis: Axes, frames: np.ndarray, reach: float) -> None:
    (top, bottom), (left, right) = _edges(frames.shape[1]), _edges(frames.shape[2])
    axis.imshow(overlay(frames), cmap="Greys", vmin=0, vmax=1, extent=(left, right, bottom, top))
    _path_panel(axis, frames.shape[1:3], reach)


def _draw_path(axis: Axes, path: np.ndarray, colour: str, label: str) -> None:
    """A path [T, 2] with a dot at its last frame."""
    last = len(path) - 1
    axis.plot(*path.T, color=colour, linewidth=1.7, marker="o", markevery=[last], markersize=4.5, label=label)


def _label_outer(axes: np.ndarray) -> None:
    for axis in axes[-1]:
        axis.set_xlabel("x (path units)")
    for axis in axes[:, 0]:
        axis.set_ylabel("y (path units)")
