"""What `gpvae evaluate` hides of a file, and how a recalibration hides what it learns from."""

import dataclasses
from typing import Any

import numpy as np

from gpvae_tf.cli.durations import in_time_units
from gpvae_tf.cli.options import EvaluateOptions, RecalibrationOptions
from gpvae_tf.data import SequenceData
from gpvae_tf.entry_masks import entry_mask
from gpvae_tf.recalibration.folds import Fold, by_chance, ends


def hide(sequences: SequenceData, options: EvaluateOptions, first_channels: np.ndarray) -> Fold:
    """Which observed entries are given and hidden, [N, n, *event]; every sequence keeps a point.

    Args:
      sequences: of the file.
      options: share, gap or horizon.
      first_channels: channels that are hidden together; see `Likelihood.first_channels`.

    Raises:
      ValueError: if nothing would be hidden.
    """
    known = entry_mask(sequences.mask, sequences.observations.shape)
    horizon = in_time_units("horizon", options.horizon, sequences)
    if horizon is not None:
        fold = next(ends(known, sequences.inputs[..., 0], horizon))
        told = f"horizon={options.horizon} leaves no sequence an observed value before its last {options.horizon}"
    else:
        rng, whole, run = np.random.default_rng(options.seed), options.whole, options.gap
        fold = by_chance(known, options.hide, rng, whole=whole, run=run, first_channels=first_channels)
        told = f"hide={options.hide} hides none of the observed values"
    if not fold.hidden.any():
        raise ValueError(f"--{told}")
    return fold


def without(sequences: SequenceData, fold: Fold) -> SequenceData:
    """The sequences with nothing observed but what is given."""
    return dataclasses.replace(sequences, mask=fold.given)


def like_gaps(options: RecalibrationOptions, sequences: SequenceData, *, whole: bool) -> dict[str, Any]:
    """Arguments of `recalibration.held_out` that hide as the options say.

    Args:
      options: gap or horizon.
      sequences: what is known.
      whole: whether points are hidden whole, where the options say nothing else.
    """
    horizon = in_time_units("horizon", options.horizon, sequences)
    return {"whole": whole, "run": options.gap} if horizon is None else {"horizon": horizon}
