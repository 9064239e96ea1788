"""Values that were observed, hidden a part at a time, beside what a model predicts for them."""

import math
import numbers
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np

from gpvae_tf.data.series_scaling import moments_per_series
from gpvae_tf.entry_masks import entry_mask
from gpvae_tf.recalibration.folds import dealt, ends
from gpvae_tf.recalibration.supports import EVERYWHERE, Support
from gpvae_tf.types import Imputation


class Imputer(Protocol):
    """What fills in batches: a latent-GP model or a VAE."""

    def impute(self, batch: Mapping[str, Any], interval: float, num_samples: int, seed: int) -> Imputation:
        """See `models.LatentGPVAE.impute`."""


class HeldOut(NamedTuple):
    """What was observed, and what a model predicted for it from the rest; arrays [N, n, *event].

    Attributes:
      truth: the observations.
      mean, stddev: of the predictions.
      where: boolean, the entries that were hidden and predicted; elsewhere the others mean nothing.
      inputs: those of the observations, [N, n, D], which `ResidualGP` needs.
      support: the least and the greatest value that the model's likelihood can observe, one each or [C]; recalibrated
        predictions are kept between them.
      errors: standard deviations of what the truth was measured with, [N, n, *event]; None if there are none. The
        predictions are of what was measured, without them.
      first_channels: which channels are one value, such as the probabilities of classes, [C]; see
        `Likelihood.first_channels`. None if every channel is a value by itself.
      forecasts: [N, n], the number of the forecast that a hidden point is of, from 1, the latest; None where the
        predictions are no forecasts.
    """

    truth: np.ndarray
    mean: np.ndarray
    stddev: np.ndarray
    where: np.ndarray
    inputs: np.ndarray | None = None
    support: Support = EVERYWHERE
    errors: np.ndarray | None = None
    first_channels: np.ndarray | None = None
    forecasts: np.ndarray | None = None

    @property
    def noise(self) -> np.ndarray:
        """The variances of the errors, [N, n, *event]; 0 where nothing was held out, and if there are none."""
        return np.where(self.where, np.square(np.asarray(0.0 if self.errors is None else self.errors, np.float64)), 0.0)

    def standardized(self) -> np.ndarray:
        """(truth - mean) / stddev, [N, n, *event]; 0 where nothing was held out.

        Raises:
          ValueError: if nothing was held out, a standard deviation is not positive, or values have errors of their own.
        """
        if np.any(self.noise):
            raise ValueError("held_out has errors of measurement, which VarianceScaling alone tells from the model's")
        return np.divide(*self.residuals())

    def residuals(self) -> tuple[np.ndarray, np.ndarray]:
        """truth - mean, and stddev, [N, n, *event]; 0 and 1 where nothing was held out.

        Raises:
          ValueError: if nothing was held out, or a standard deviation is not positive.
        """
        if not np.any(self.where):
            raise ValueError("held_out has no entry that was hidden: there is nothing to recalibrate on")
        residuals = np.where(self.where, np.asarray(self.truth, np.float64) - self.mean, 0.0)
        stddev = np.where(self.where, np.asarray(self.stddev, np.float64), 1.0)
        if not (np.all(np.isfinite(residuals)) and np.all(np.isfinite(stddev) & (stddev > 0))):
            raise ValueError("held_out has an error that is not finite, or a stddev that is not positive")
        return residuals, stddev


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
      model: what has `impute`, and maybe a `support` and `first_channels`, as the models of this library have.
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
    if not getattr(model, "amortized", True):
        raise ValueError(
            f"model is a {type(model).__name__}, whose q(f_m) has learned the values that would be hidden: it predicts "
            "them from themselves; train it without some, and make a HeldOut of these"
        )
    if folds < 2 or run < 1:
        raise ValueError(f"folds must be >= 2 and run >= 1, got folds={folds} and run={run}")
    if horizon is not None and (not isinstance(horizon, numbers.Real) or isinstance(horizon, np.timedelta64)):
        raise ValueError(
            f"horizon must be a number in the unit of the first input column, seconds for dates, got {horizon!r}"
        )
    if horizon is not None and (not 0.0 < horizon < math.inf or whole or run > 1):
        raise ValueError(
            f"horizon must be positive and finite, and hides whole points in a row by itself, got horizon={horizon}, "
            f"whole={whole} and run={run}"
        )
    rng, first_channels = np.random.default_rng(seed), getattr(model, "first_channels", None)
    parts: list[tuple[Any, ...]] = []
    for batch in [batches] if isinstance(batches, Mapping) else batches:
        truth = np.asarray(batch["observations"])
        if parts and truth.shape[1:] != parts[0][0].shape[1:]:
            raise ValueError(
                f"batches have observations of shape {truth.shape} and {parts[0][0].shape}; expected sequences of one "
                "length, and not points of one sequence (points_per_batch): give all of it as one batch"
            )
        known = entry_mask(batch.get("mask"), truth.shape)
        times, points = times_of(batch), whole or run > 1
        if horizon is None:
            hiding = dealt(known, folds, rng, whole=points, run=run, first_channels=first_channels, times=times)
        elif times is None:
            raise ValueError("a horizon needs batches with inputs, whose first column are times")
        else:
            hiding = ends(known, times, horizon, folds)
        mean, stddev, where = np.zeros(truth.shape), np.ones(truth.shape), np.zeros(truth.shape, bool)
        forecasts = np.zeros(truth.shape[:2], int)
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
            forecasts[hidden.any(axis=tuple(range(2, hidden.ndim)))] = number
        numbered = None if horizon is None else forecasts
        parts.append((truth, mean, stddev, where, batch.get("inputs"), batch.get("errors"), numbered))
    if not parts:
        raise ValueError("batches is empty: there is nothing to hold out")
    arrays, optional = zip(*(part[:4] for part in parts)), zip(*(part[4:] for part in parts))
    truth, mean, stddev, where = map(np.concatenate, arrays)
    inputs, errors, numbered = (
        None if any(part is None for part in column) else np.concatenate(column) for column in optional
    )
    support = getattr(model, "support", EVERYWHERE)
    return HeldOut(truth, mean, stddev, where, inputs, support, errors, first_channels, numbered)


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
