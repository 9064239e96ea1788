"""Pictures of generated digits beside the truth, given more and more context, and at finely spaced angles."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from gpvae_tf.checks import at_least_one
from gpvae_tf.plotting.grids import as_images, draw_blocks, draw_frame, label_angles
from gpvae_tf.plotting.style import as_array, not_empty


def conditional_generations(targets: np.ndarray, predictions: Mapping[str, np.ndarray]) -> Figure:
    """Held-out images above what each model generates for them, a row per model (SVGP-VAE Figure 5, FGP-VAE Figure 1a).

    Args:
      targets: held-out images [k, H, W, C] in [0, 1], C = 1 or 3; values outside are cut off.
      predictions: model name -> generated images of the same shape.
    """
    not_empty("predictions", predictions)
    targets = as_images("targets", targets, ("k", "H", "W", "C"))
    rows = [targets, *(as_images(f"predictions[{name!r}]", row, targets.shape) for name, row in predictions.items())]
    return draw_blocks([np.stack(rows)], ["truth", *predictions])[0]


def extrapolation_grid(
    context_sizes: Sequence[int],
    predictions: Mapping[int, np.ndarray],
    truth: np.ndarray,
    *,
    angles: Sequence[float] | None = None,
    context: Mapping[int, np.ndarray] | None = None,
) -> Figure:
    """Unseen objects at all angles, given more and more of their images (FGP-VAE Figure D.1); one block per object.

    Args:
      context_sizes: numbers of images given, one row of a block each, in this order; 0 is a draw from the prior.
      predictions: context size -> [rows, angles, H, W, C] in [0, 1], C = 1 or 3.
      truth: [rows, angles, H, W, C]; NaN where there is no image.
      angles: angles of the columns, degrees; equally spaced from 0 if None.
      context: context size -> boolean [rows, angles], the images that were given; they get a blue frame.

    Raises:
      ValueError: if context_sizes is empty, a size has no predictions, or a shape does not fit.
    """
    truth = as_images("truth", truth, ("rows", "angles", "H", "W", "C"))
    missing = [size for size in context_sizes if size not in predictions]
    if missing or len(context_sizes) == 0:
        raise ValueError(f"context_sizes {list(context_sizes)} needs predictions for each; it has {list(predictions)}")
    rows = [as_images(f"predictions[{size}]", predictions[size], truth.shape) for size in context_sizes]
    num_angles = truth.shape[1]
    around = np.arange(num_angles) * 360.0 / num_angles
    angles = as_array("angles", around if angles is None else angles, (num_angles,))
    given = {size: as_array(f"context[{size}]", mask, truth.shape[:2]) for size, mask in (context or {}).items()}
    labels = ["truth", *("0 (prior)" if size == 0 else f"{size}" for size in context_sizes)]
    figure, axes = draw_blocks(list(np.stack([truth, *rows], axis=1)), labels)
    for index, axis in enumerate(axes):
        axis.set_ylabel("context images")
        for row, size in enumerate(context_sizes, start=1):
            for column in np.flatnonzero(given[size][index]) if size in given else ():
                draw_frame(axis, row, int(column), truth.shape[2:4])
    label_angles(axes[0], angles, truth.shape[3])
    return figure


def rotation_strip(
    angles: Sequence[float],
    generated: np.ndarray,
    given_angles: Sequence[float] = (),
    given: np.ndarray | None = None,
    *,
    per_line: int = 16,
) -> Figure:
    """One object at finely spaced angles, interpolated from a few images, which stand above the same angles.

    Args:
      angles: angles of the generated images, degrees, [s].
      generated: [s, H, W, C] in [0, 1], C = 1 or 3.
      given_angles, given: the images the model was given, [c] and [c, H, W, C]; those at no angle of `angles` are left
        out. Without them only the generated images are drawn.
      per_line: number of images on a line.

    Raises:
      ValueError: if a shape does not fit, or per_line < 1.
    """
    generated = as_images("generated", generated, ("s", "H", "W", "C"))
    angles = as_array("angles", angles, (len(generated),))
    rows, labels = [generated], ["generated"]
    if given is not None:
        given = as_images("given", given, ("c", *generated.shape[1:]))
        known = as_array("given_angles", given_angles, (len(given),))
        rows, labels = [_at_angles(angles, known, given), generated], ["given", "generated"]
    width = min(at_least_one("per_line", per_line), len(generated))
    parts = [slice(start, start + width) for start in range(0, len(generated), width)]
    figure, axes = draw_blocks([np.stack(rows)[:, part] for part in parts], labels, width)
    for axis, part in zip(axes, parts, strict=True):
        label_angles(axis, angles[part], generated.shape[2])
    return figure


def _at_angles(angles: np.ndarray, known: np.ndarray, images: np.ndarray) -> np.ndarray:
    """The known image at every angle [s], NaN where there is none; angles are equal modulo 360 to 0.01 degrees."""
    apart = np.abs((angles[:, np.newaxis] - known + 180.0) % 360.0 - 180.0)
    nearest = np.argmin(apart, axis=1)
    here = np.min(apart, axis=1) < 0.01
    return np.where(here[:, np.newaxis, np.newaxis, np.newaxis], images[nearest], np.nan)
