"""What `gpvae evaluate` hides of a file, and how a recalibration hides what it learns from."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from gpvae_tf.checks import rounding
from gpvae_tf.cli.durations import in_time_units, is_in_seconds
from gpvae_tf.cli.options import EvaluateOptions, RecalibrationOptions
from gpvae_tf.data import SequenceData
from gpvae_tf.entry_masks import entry_mask, over_events
from gpvae_tf.recalibration.folds import Fold, by_chance, ends


def hide(
    sequences: SequenceData, options: EvaluateOptions, first_channels: np.ndarray, horizon: float | None
) -> list[Fold]:
    """Which observed entries are given and hidden, [N, n, *event]; every sequence keeps a point.

    One part, or with a horizon one for every origin that has something before it.

    Args:
      sequences: of the file.
      options: share, gap or horizon and origins.
      first_channels: channels that are hidden together; see `Likelihood.first_channels`.
      horizon: see `horizon_of`.

    Raises:
      ValueError: if nothing would be hidden, or a gap is as long as the longest sequence.
    """
    known = entry_mask(sequences.mask, sequences.observations.shape)
    if horizon is not None:
        folds = list(ends(known, sequences.inputs[..., 0], horizon, options.origins))
        told = f"horizon={options.horizon} leaves no sequence an observed value before its last {options.horizon}"
    else:
        check_gap(options, sequences)
        rng = np.random.default_rng(options.seed)
        asked: dict[str, Any] = {"whole": options.whole, "run": options.gap, "times": sequences.inputs[..., 0]}
        folds = [by_chance(known, options.hide, rng, **asked, first_channels=first_channels)]
        told = f"hide={options.hide} hides none of the observed values"
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


def check_gap(options: RecalibrationOptions, sequences: SequenceData) -> None:
    """Refuses gaps that leave nothing of any sequence.

    Raises:
      ValueError: naming the gap and the longest sequence.
    """
    if options.gap >= (longest := sequences.lengths.max()) and options.gap > 1:
        raise ValueError(f"--gap={options.gap} hides as many points in a row; the longest series has {longest}")


def ends_in_words(folds: Sequence[Fold], options: EvaluateOptions, sequences: SequenceData) -> str:
    """What a horizon hides: so many forecasts, as some sequences may have nothing before one."""
    horizon = f"{options.horizon} seconds" if is_in_seconds(str(options.horizon), sequences) else options.horizon
    axes = tuple(range(1, folds[0].hidden.ndim))
    num = sum(int(np.sum(np.any(fold.hidden, axis=axes))) for fold in folds)
    origins = f", from up to {options.origins} origins of each" if options.origins > 1 else ""
    return f"{num} forecasts of {horizon}{origins}, where linear interpolation has the last value before"


def quarters_ahead(sequences: SequenceData, fold: Fold, horizon: float) -> np.ndarray:
    """The quarter of the horizon after the last given time that every entry is in, 0 to 3, [N, n, *event]."""
    times, ndim = np.asarray(sequences.inputs[..., 0]), fold.given.ndim
    exact, given = times.astype(np.float64), fold.given.any(axis=tuple(range(2, ndim)))
    last = np.max(exact, axis=1, keepdims=True, initial=-np.inf, where=given)
    quarter = np.ceil(4.0 * (exact - last) / horizon - rounding(times, horizon / 4.0)) - 1.0
    return np.broadcast_to(over_events(np.clip(quarter, 0.0, 3.0).astype(int), ndim), fold.given.shape)


def without(sequences: SequenceData, fold: Fold) -> SequenceData:
    """The sequences with nothing observed but what is given."""
    return dataclasses.replace(sequences, mask=fold.given)


def like_gaps(options: RecalibrationOptions, sequences: SequenceData, *, whole: bool) -> dict[str, Any]:
    """Arguments of `recalibration.held_out` that hide as the options say.

    Args:
      options: gap or horizon.
      sequences: what is known.
      whole: whether points are hidden whole, where the options say nothing else.

    Raises:
      ValueError: see `horizon_of`, or if a gap is as long as the longest sequence.
    """
    check_gap(options, sequences)
    horizon = horizon_of(options, sequences)
    return {"whole": whole, "run": options.gap} if horizon is None else {"horizon": horizon}
