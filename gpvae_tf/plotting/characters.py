"""Pictures of objects generated from a few context images: error by their number, and all poses as an animation."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from gpvae_tf.files import atomic_write
from gpvae_tf.plotting.grids import as_images
from gpvae_tf.plotting.style import as_array, not_empty, panel

_SCALE = 3  # screen pixels of a pixel in an animation


def error_by_context(errors: Mapping[str, tuple[Sequence[int], Sequence[float]]]) -> Figure:
    """Error of generated images against the number of context images (SVGP-VAE Section 4.3, FGP-VAE Appendix C).

    Args:
      errors: name of the model -> numbers of context images, and the mean squared error per pixel with each.
    """
    not_empty("errors", errors)
    figure, axis = panel(4.6, 3.0)
    for name, (sizes, values) in errors.items():
        sizes = as_array(f"sizes of {name!r}", sizes, ("k",))
        axis.plot(sizes, as_array(f"errors of {name!r}", values, sizes.shape), marker="o", markersize=3, label=name)
    axis.set_xlabel("context images of an object")
    axis.set_ylabel("MSE per pixel")
    axis.set_ylim(0.0, 1.08 * max(np.max(values) for _, values in errors.values()))
    axis.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.2))  # curves may fall from any height
    return figure


def save_animation(rows: Sequence[np.ndarray], path: Path, *, milliseconds: int = 120) -> Path:
    """Writes an animated GIF that repeats: image sequences [T, H, W, C] in [0, 1] side by side, all of one shape.

    Args:
      rows: the sequences, such as the truth and what is generated.
      path: the file, NAME.gif.
      milliseconds: time between images.

    Returns:
      The path.

    Raises:
      ValueError: if there is no sequence, or one does not fit the first.
    """
    not_empty("rows", rows)
    first = as_images("rows[0]", rows[0], ("T", "H", "W", "C"))
    sequences = [as_images(f"rows[{i}]", row, first.shape) for i, row in enumerate(rows)]
    frames = np.round(np.clip(np.concatenate(sequences, axis=2), 0.0, 1.0) * 255.0).astype(np.uint8)
    frames = np.repeat(np.repeat(frames, _SCALE, axis=1), _SCALE, axis=2)
    images = [Image.fromarray(np.broadcast_to(frame, (*frame.shape[:2], 3)).copy()) for frame in frames]
    with atomic_write(path, "wb") as file:
        images[0].save(file, "GIF", save_all=True, append_images=images[1:], duration=milliseconds, loop=0)
    return path
