"""Cross-validation of predictions, without training: what was observed, hidden a part at a time and predicted."""

import math
import numbers
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

import numpy as np

from gpvae_tf.data.series_scaling import moments_per_series
from gpvae_tf.entry_masks import entry_mask
from gpvae_tf.recalibration.folds import Fold, dealt, ends
from gpvae_tf.recalibration.hidden_values import HeldOut
from gpvae_tf.recalibration.supports import EVERYWHERE, Support
from gpvae_tf.types import Imputation


class Imputer(Protocol):
    """What fills in batches: a latent-GP model or a VAE."""

    def impute(self, batch: Mapping[str, Any], interval: float, num_samples: int, seed: int) -> Imputation:
        """See `models.LatentGPVAE.impute`."""


def held_out(
    model: Imputer,
    batches: Mapping[str, Any] | Iterable[Mapping[str, Any]],
    *,
    folds: int = 5,
    whole: bool = False,
    run: int = 1,
    horizon: float | None = None,
    per_series: bool = False,
    num_samples: int = 100,
    seed: int = 0,
) -> HeldOut:
    """Predictions of observed entries from others: cross-validation of predictions, without training.

    The observed entries are dealt into `folds` parts; each part is hidden once and filled in from the others. With a
    `horizon` they are forecasts, from as many origins. Hide what is like the gaps that are to be filled in, since a
    model is surer of an entry whose neighbours are known.

    Args:
      model: what has `impute`, and maybe `support`, `is_discrete`, `first_channels` and `roles`, as the models of this
        library have.
      batches: one batch, or several with sequences of their own, all of one length, and no batches of points of one
        sequence (`points_per_batch`), of which a whole one is a batch. They may have "errors".
      folds: K >= 2. With K = 5 a prediction rests on four fifths of what is known, and is that much less sure.
      whole: whether points are hidden whole, all entries of a time at once.
      run: points in a row, in the order of time, that are hidden together, for gaps that are longer; above 1 points are
        hidden whole.
      horizon: hides what lies within this time before the last observed point of a sequence, then what lies within it
        before that and so on, and predicts each from what is earlier. In the unit of the first column of the inputs,
        seconds for dates.
      per_series: whether the batches went through `data.per_series`. What is hidden then has no part in the means and
        standard deviations by which the model sees the rest: each fold standardises what is left of its series anew.
      num_samples: draws of the latents.
      seed: of what is hidden and of the draws.

    Raises:
      ValueError: if a number is out of range, there are no batches, or they are of several lengths, a horizon comes
        with runs or without inputs, or the model is one without an encoder, which predicts from what it was trained on,
        whatever is hidden of a batch.
    """
    check_hiding(folds, whole=whole, run=run, horizon=horizon)
    if not getattr(model, "amortized", True):
        raise ValueError(
            f"model is a {type(model).__name__}, whose q(f_m) has learned the values that would be hidden: it predicts "
            "them from themselves; train it without some, and make a HeldOut of these"
        )
    rng, first_channels = np.random.default_rng(seed), getattr(model, "first_channels", None)
    parts: list[HeldOut] = []
    for batch in [batches] if isinstance(batches, Mapping) else batches:
        shape = np.shape(batch["observations"])
        if parts and shape[1:] != parts[0].truth.shape[1:]:
            raise ValueError(
                f"batches have observations of shape {shape} and {parts[0].truth.shape}; expected sequences of one "
                "length, and not points of one sequence (points_per_batch): give all of it as one batch"
            )
        known, times, points = entry_mask(batch.get("mask"), shape), times_of(batch), whole or run > 1
        if horizon is None:
            hiding = dealt(known, folds, rng, whole=points, run=run, first_channels=first_channels, times=times)
        elif times is None:
            raise ValueError("a horizon needs batches with inputs, whose first column are times")
        else:
            hiding = ends(known, times, horizon, folds)
        parts.append(predicted(model, batch, hiding, per_series=per_series, num_samples=num_samples, seed=seed))
    if not parts:
        raise ValueError("batches is empty: there is nothing to hold out")
    found = joined(parts)
    least, most = getattr(model, "support", EVERYWHERE[:2])
    is_whole = np.all(found.truth == np.round(found.truth), axis=tuple(range(found.truth.ndim - 1)), where=found.where)
    support = Support(least, most, is_whole & np.asarray(getattr(model, "is_discrete", False)))  # grey values are not
    found = found._replace(support=support, first_channels=first_channels)
    if (roles := getattr(model, "roles", None)) and found.inputs is not None:
        found = found._replace(columns=roles.others(found.inputs.shape[-1]))
    return found._replace(forecasts=None) if horizon is None else found


def check_hiding(folds: int, *, whole: bool, run: int, horizon: float | None) -> None:
    """Refuses ways of hiding that there are not; see `held_out`.

    Raises:
      ValueError: naming the argument.
    """
    if folds < 2 or run < 1:
        raise ValueError(f"folds must be >= 2 and run >= 1, got folds={folds} and run={run}")
    if horizon is None:
        return
    if not isinstance(horizon, numbers.Real) or isinstance(horizon, np.timedelta64):
        raise ValueError(
            f"horizon must be a number in the unit of the first input column, seconds for dates, got {horizon!r}"
        )
    if not 0.0 < horizon < math.inf or whole or run > 1:
        raise ValueError(
            f"horizon must be positive and finite, and hides whole points in a row by itself, got horizon={horizon}, "
            f"whole={whole} and run={run}"
        )


def predicted(
    model: Imputer, batch: Mapping[str, Any], hiding: Iterator[Fold], *, per_series: bool, num_samples: int, seed: int
) -> HeldOut:
    """What a model predicts of the hidden entries of a batch, fold by fold; the folds have numbers from 1."""
    truth = np.asarray(batch["observations"])
    mean, stddev, where = np.zeros(truth.shape), np.ones(truth.shape), np.zeros(truth.shape, bool)
    numbered = np.zeros(truth.shape[:2], int)
    for number, (left, hidden) in enumerate(hiding, 1):
        if not hidden.any():  # sequences may be shorter than as many horizons
            continue
        given, offset, scale = {**batch, "mask": left}, np.zeros(()), np.ones(())
        if per_series:
            given, offset, scale = standardized_anew(given)
        filled = model.impute(given, 0.5, num_samples, seed)
        mean[hidden] = (offset + scale * np.asarray(filled.mean))[hidden]
        stddev[hidden] = (scale * np.asarray(filled.stddev))[hidden]
        where |= hidden
        numbered[hidden.any(axis=tuple(range(2, hidden.ndim)))] = number
    return HeldOut(truth, mean, stddev, where, batch.get("inputs"), errors=batch.get("errors"), forecasts=numbered)


def joined(parts: list[HeldOut]) -> HeldOut:
    """Those of several batches as one, but for what is no array of theirs; what one of them lacks, all lack."""
    names = ("truth", "mean", "stddev", "where", "inputs", "errors", "forecasts")
    made: dict[str, Any] = {}
    for name in names:
        column = [getattr(part, name) for part in parts]
        made[name] = None if any(part is None for part in column) else np.concatenate(column)
    return HeldOut(**made)


def times_of(batch: Mapping[str, Any]) -> np.ndarray | None:
    """The first column of a batch's inputs, [B, n]; None if it has no inputs."""
    if batch.get("inputs") is None:
        return None
    times = np.asarray(batch["inputs"])[..., 0]
    return np.broadcast_to(times, np.shape(batch["observations"])[:2])


def standardized_anew(batch: Mapping[str, Any]) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    """A batch whose series are standardised by what its mask leaves of them, and the offset and scale taken out.

    Standardising what was standardised before is standardising the values themselves.
    """
    observations, errors = np.asarray(batch["observations"]), batch.get("errors")
    errors = None if errors is None else np.asarray(errors)
    values = np.where(batch["mask"], observations, 0.0).astype(np.float64)
    offset, scale = moments_per_series(values, batch["mask"], errors)
    changed = {"observations": ((values - offset) / scale).astype(observations.dtype)}
    if errors is not None:
        changed["errors"] = (errors / scale).astype(errors.dtype)
    return {**batch, **changed}, offset, scale
