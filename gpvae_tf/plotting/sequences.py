"""Image sequences with gaps: truth, what was observed, what a model filled in, and how sure it is."""

import numpy as np
from matplotlib.figure import Figure

from gpvae_tf.checks import at_least_one
from gpvae_tf.entry_masks import checked_entries
from gpvae_tf.plotting.grids import as_images, draw_frame, draw_grid, in_units, label_columns
from gpvae_tf.plotting.style import as_array, new_figure

_CELL = 0.62  # inches across an image


def imputed_images(
    observations: np.ndarray,
    mask: np.ndarray,
    imputed: np.ndarray,
    stddev: np.ndarray,
    *,
    truth: np.ndarray | None = None,
    times: np.ndarray | None = None,
    value_range: tuple[float, float] = (0.0, 1.0),
    num: int = 12,
) -> Figure:
    """Frames of one sequence, equally spaced: truth, observed, imputed and, below, the standard deviation by its scale.

    What is missing is grey among the observed; imputed frames of which something was missing have a blue frame.

    Args:
      observations: [n, H, W, C], C = 1 or 3; anything where the mask is false.
      mask: True = observed, [n] or [n, H, W, C].
      imputed: the sequence with its gaps filled in, [n, H, W, C].
      stddev: of the prediction, [n, H, W, C], in the data's unit; the root mean square over the channels is shown.
      truth: [n, H, W, C] if it is known.
      times: [n], written above the frames; their numbers from 1 if None.
      value_range: values that are white and black (grey images), or black and full (colour).
      num: number of frames shown, at most n.

    Raises:
      ValueError: if value_range does not rise or num is below 1.
    """
    imputed = as_images("imputed", imputed, ("n", "H", "W", "C"))
    observed = checked_entries("mask", mask, imputed.shape)
    rows = {"observed": np.where(observed, as_array("observations", observations, imputed.shape), np.nan)}
    if truth is not None:
        rows = {"truth": as_array("truth", truth, imputed.shape)} | rows
    rows["imputed"] = imputed
    deviation = np.sqrt(np.mean(np.square(as_array("stddev", stddev, imputed.shape)), axis=-1, keepdims=True))
    labels = np.arange(1, len(imputed) + 1) if times is None else as_array("times", times, (len(imputed),))
    num = min(at_least_one("num", num), len(imputed))
    shown = np.unique(np.linspace(0, len(imputed) - 1, num).round().astype(int))
    images = in_units(np.stack(list(rows.values()))[:, shown], value_range)
    figure = new_figure(1.6 + _CELL * len(shown), 0.8 + _CELL * (len(rows) + 1))
    above, below = figure.subplots(2, 1, height_ratios=[len(rows), 1])
    draw_grid(above, images, list(rows))
    label_columns(above, [f"{label:.4g}" for label in labels[shown]], imputed.shape[2])
    for column, frame in enumerate(shown):
        if not observed[frame].all():
            draw_frame(above, len(rows) - 1, column, imputed.shape[1:3])
    most = float(np.max(deviation[shown])) or 1.0
    draw_grid(below, deviation[np.newaxis, shown] / most, ["deviation"])
    scale = below.images[0]
    bar = figure.colorbar(scale, ax=[above, below], location="right", fraction=0.03, aspect=30)
    bar.set_ticks([0.0, 0.5, 1.0], labels=[f"{share * most:.2g}" for share in (0.0, 0.5, 1.0)])
    bar.set_label("standard deviation", fontsize=9)
    return figure
