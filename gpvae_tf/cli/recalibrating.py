"""Predictions of all batches as arrays, and their intervals repaired if that is asked for."""

from collections.abc import Iterable
from typing import Any, TypeVar

import numpy as np

from gpvae_tf import recalibration
from gpvae_tf.checks import draws_needed, interval_tails
from gpvae_tf.cli.hiding import like_gaps
from gpvae_tf.cli.options import RECALIBRATIONS, RecalibrationOptions
from gpvae_tf.data import SequenceData
from gpvae_tf.types import EntryScores, Imputation, Predictive

Prediction = TypeVar("Prediction", Imputation, Predictive, EntryScores)


def fitted(
    model: Any, sequences: SequenceData, options: RecalibrationOptions, *, whole: bool
) -> recalibration.Recalibration | None:
    """The recalibration that the options ask for, fitted on the observed values of the sequences; None for none.

    Args:
      model: of the run.
      sequences: what is known.
      options: kind, groups, draws and seed.
      whole: whether predictions are of whole points, not of single entries beside others that are known, where the
        options do not say what is hidden.

    Raises:
      ValueError: if too little was observed, or the data have errors and it takes none.
    """
    if options.recalibrate == "none":
        return None
    kind = getattr(recalibration, RECALIBRATIONS[options.recalibrate])
    if sequences.errors is not None and not kind.takes_errors:
        raise ValueError(
            f"--recalibrate={options.recalibrate} cannot tell the model's errors from those that the values were "
            "measured with; --recalibrate=variance can"
        )
    hiding = like_gaps(options, sequences, whole=whole)
    held_out = recalibration.held_out(
        model, sequences.in_order(), **hiding, num_samples=options.num_samples, seed=options.seed
    )
    if not np.any(held_out.where):
        longer = "" if options.horizon is None else f", or none that reaches further back than {options.horizon}"
        longer += ", before the first of --origins" if getattr(options, "origins", 1) > 1 else ""
        raise ValueError(
            f"--recalibrate={options.recalibrate} hides some of the observed values of a series and fills them in from "
            f"the others; the data have no series with several{longer}"
        )
    return kind.fit(held_out, options.recalibrate_per)


def is_per_series(options: RecalibrationOptions) -> bool:
    """Whether the recalibration asked for serves the very series that it is fitted on."""
    return "series" in options.recalibrate_per or options.recalibrate == "residual_gp"


def check_draws(num_samples: int, interval: float) -> None:
    """Refuses, before work, fewer draws than the ends of an interval need.

    Args:
      num_samples, interval: the options of these names.

    Raises:
      ValueError: naming both.
    """
    needed = draws_needed(interval_tails(interval)[0])
    if num_samples < needed:
        raise ValueError(f"--num_samples must be >= {needed} with --interval={interval}, got {num_samples}")


def imputed(model: Any, sequences: SequenceData, options: Any, *, measured: bool = False) -> Imputation:
    """All batches filled in, as arrays [N, n, *event]; `measured` as in `impute`, where there are errors."""
    sizes = {"interval": options.interval, "num_samples": options.num_samples, "seed": options.seed}
    sizes |= {"measured": True} if measured and sequences.errors is not None else {}
    return joined(model.impute(batch, **sizes) for batch in sequences.in_order())


def joined(parts: Iterable[Prediction]) -> Prediction:
    """Results of several batches as those of one: arrays, joined along the axis of sequences."""
    parts = list(parts)
    axes = {"quantiles": 1, "samples": 1}
    columns = {name: [getattr(part, name) for part in parts] for name in parts[0]._fields}
    whole = {
        name: None if column[0] is None else np.concatenate([np.asarray(part) for part in column], axes.get(name, 0))
        for name, column in columns.items()
    }
    return type(parts[0])(**whole)


def misses_points(sequences: SequenceData) -> bool:
    """Whether points are observed whole or not at all."""
    mask = sequences.mask
    if mask is None or mask.ndim == 2:
        return mask is not None
    flat = mask.reshape(*mask.shape[:2], -1)
    return bool(np.all(flat.all(axis=-1) == flat.any(axis=-1)))
