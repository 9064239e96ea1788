"""What `gpvae evaluate` hides of a file, and how a recalibration hides what it learns from."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from gpvae_tf.cli.durations import in_time_units, is_in_seconds
from gpvae_tf.cli.options import EvaluateOptions, RecalibrationOptions
from gpvae_tf.data import SequenceData
from gpvae_tf.entry_masks import entry_mask, over_events
from gpvae_tf.recalibration.folds import Fold, by_chance, ends


def hide(sequences: SequenceData, options: EvaluateOptions, first_channels: np.ndarray) -> list[Fold]:
    """Which observed entries are given and hidden, [N, n, *event]; every sequence keeps a point.

    One part, or with a horizon one for every origin that has something before it.

    Args:
      sequences: of the file.
      options: share, gap or horizon and origins.
      first_channels: channels that are hidden together; see `Likelihood.first_channels`.

    Raises:
      ValueError: if nothing would be hidden.
    """
    known = entry_mask(sequences.mask, sequences.observations.shape)
    horizon = horizon_of(options, sequences)
    if horizon is not None:
        folds = list(ends(known, sequences.inputs[..., 0], horizon, options.origins))
        told = f"horizon={options.horizon} leaves no sequence an observed value before its last {options.horizon}"
    else:
        rng, run = np.random.default_rng(options.seed), options.gap
        asked: dict[str, Any] = {"whole": options.whole, "run": run, "times": sequences.inputs[..., 0]}
        folds = [by_chance(known, options.hide, rng, **asked, first_channels=first_channels)]
        told = f"hide={options.hide} hides none of the observed values"
        told += f" in gaps of --gap={run} points, of series of at most {sequences.lengths.max()}" if run > 1 else ""
    folds = [fold for fold in folds if fold.hidden.any()]
    if not folds:
        raise ValueError(f"--{told}")
    return folds


def horizon_of(options: RecalibrationOptions, sequences: SequenceData) -> float | None:
    """The horizon in the unit of the sequences' times; None where none is given.

    Raises:
      ValueError: see `in_time_units`, or if it has no unit where times are dates, and cannot have been meant in their
        seconds, of which any two points are more apart.
    """
    horizon, text = in_time_units("horizon", options.horizon, sequences), str(options.horizon)
    if horizon is not None and is_in_seconds(text, sequences):
        apart = np.diff(np.sort(sequences.inputs[..., 0], axis=1), axis=1)
        least = np.min(apart, initial=np.inf, where=apart > 0)
        if horizon < least < np.inf:
            raise ValueError(
                f"--horizon={text} is {text} seconds where times are {sequences.layout.time_kind}, and no two of them "
                f"are less than {least:g} seconds apart; give its unit, such as {text}h or {text}d"
            )
    return horizon


def ends_in_words(folds: Sequence[Fold], options: EvaluateOptions, sequences: SequenceData) -> str:
    """What a horizon hides, and of how many sequences, as some may have nothing before it."""
    horizon = f"{options.horizon} seconds" if is_in_seconds(str(options.horizon), sequences) else options.horizon
    hidden = np.any(folds[0].hidden, axis=tuple(range(1, folds[0].hidden.ndim)))
    which = "each" if hidden.all() else f"{hidden.sum()} of them (the others have nothing before)"
    which += f", from {len(folds)} origins {horizon} apart" if len(folds) > 1 else ""
    return f"the last {horizon} of {which}, where linear interpolation has the last value before"


def time_ahead(sequences: SequenceData, fold: Fold) -> np.ndarray:
    """How long after the last given time of its sequence every entry is, [N, n, *event]."""
    times, axes = np.asarray(sequences.inputs[..., 0], np.float64), tuple(range(2, fold.given.ndim))
    last = np.max(times, axis=1, keepdims=True, initial=-np.inf, where=fold.given.any(axis=axes))
    return np.broadcast_to(over_events(times - last, fold.given.ndim), fold.given.shape)


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
    horizon = horizon_of(options, sequences)
    return {"whole": whole, "run": options.gap} if horizon is None else {"horizon": horizon}
