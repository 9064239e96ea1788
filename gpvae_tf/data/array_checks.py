"""Observations and inputs of sequences, checked together before any work is lost."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from gpvae_tf.checks import LARGEST_ERROR, channel_range, check_errors, check_shape, hardly_told_apart
from gpvae_tf.data.distinct import check_distinct, float_format
from gpvae_tf.data.fitted_scaling import channel_moments
from gpvae_tf.data.numeric import as_numbers, check_finite
from gpvae_tf.data.written_dates import check_no_dates
from gpvae_tf.entry_masks import entry_mask
from gpvae_tf.input_roles import InputRoles

NAN = "missing entries are declared by mask (False there) or, where NaN stands for missing, by missing='nan'"
LARGE = 2.0**20  # from here on float32's numbers lie 1/8 apart, then 1/4, ...
MOST_DEVIATIONS = 1e16  # of a channel, for an error: of scaled data, too, float32 has to hold its square
FEW_STEPS = 4.0  # of float32 that a channel's values have to span


def checked_observations(observations: Any) -> np.ndarray:
    """Observations [N, n, *event] as float32 or float64, not checked for NaN yet.

    Raises:
      ValueError: if they are no numbers, empty, or lack an axis.
    """
    if hasattr(observations, "columns"):
        raise ValueError("observations is a data frame; from_dataframe reads one")
    array = as_numbers("observations", observations)
    if array.ndim < 3:
        raise ValueError(
            f"observations has shape {array.shape}; expected [N, n, *event]: N sequences of n points (one sequence: "
            "observations[None]; one number a point: observations[..., None])"
        )
    if 0 in array.shape:
        raise ValueError(f"observations has shape {array.shape}; expected at least one sequence, point and entry")
    return array


def masked_observations(observations: np.ndarray, mask: np.ndarray | None, dtype: Any) -> np.ndarray:
    """The observations in their final dtype, zero where missing.

    Raises:
      ValueError: if an observed value is not finite.
    """
    with np.errstate(over="ignore"):
        cast = observations.astype(dtype, copy=False)
    if mask is not None and np.any(cast[~mask]):  # NaN counts as something
        cast = np.array(cast)
        cast[~mask] = 0.0
    check_finite("observations", cast, NAN if dtype == observations.dtype else f"float32 ends at 3e38; {NAN}")
    return cast


def checked_errors(errors: Any, observations: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """Standard deviations of measurement errors in float32, 0 where they are not finite beside a missing value.

    Args:
      errors: numbers.
      observations: what was measured with them, checked.
      mask: [N, n] or of their shape, True where something was observed; None for all.

    Raises:
      ValueError: on another shape, or see `checks.check_errors`.
    """
    with np.errstate(over="ignore"):  # infinity is refused
        array = as_numbers("errors", errors).astype(np.float32, copy=False)
    check_shape("errors", array, observations.shape)
    _, deviation = channel_moments(observations, mask)
    most = np.minimum(LARGEST_ERROR, MOST_DEVIATIONS * deviation)
    check_errors(array, entry_mask(mask, observations.shape), most)
    return np.where(np.isfinite(array) & (array >= 0.0), array, np.float32(0.0))


def fitting_dtype(observations: np.ndarray, mask: np.ndarray | None, names: Sequence[str]) -> Any:
    """float32, unless that would change what float64 observations are; then float64.

    Of 5,500,123.4, a coordinate in metres, float32 leaves 5,500,123.5, and from 2^23 on it has whole numbers alone, so
    that amounts of money look like counts.

    Args:
      observations: checked.
      mask: [N, n] or of their shape, True where something was observed; None for all.
      names: of the channels.

    Raises:
      ValueError: if values lie so close together that predictions, which are float32, could not tell them apart; where
        they hardly could, a warning says so.
    """
    if observations.dtype == np.float32:
        return np.float32
    least, most = channel_range(observations, entry_mask(mask, observations.shape))
    merged = hardly_told_apart(least, most, FEW_STEPS * float(np.finfo(np.float32).eps))
    if merged.any():
        channel = int(np.argmax(merged))
        raise ValueError(
            f"observations, {names[channel]!r} (channel {channel} of the last axis), lie between {least[channel]:.10g} "
            f"and {most[channel]:.10g}, which predictions in float32 cannot tell apart; subtract an offset first"
        )
    largest = np.maximum(abs(least), abs(most))
    is_large = (largest >= LARGE) & (largest <= np.finfo(np.float32).max)
    if (hardly := hardly_told_apart(least, most)).any():
        channel = int(np.argmax(hardly))
        warnings.warn(
            f"observations, {names[channel]!r} (channel {channel} of the last axis), lie between {least[channel]:.10g} "
            f"and {most[channel]:.10g}, where predictions, which are float32, are "
            f"{np.spacing(np.float32(largest[channel])):.3g} apart: subtract an offset first to have them finer",
            stacklevel=4,
        )
    return np.float64 if np.any(is_large | hardly) else np.float32


def checked_inputs(
    inputs: Any,
    shape: tuple[int, ...],
    points: np.ndarray | None,
    given: Any,
    roles: InputRoles,
    names: Sequence[str] = (),
) -> np.ndarray:
    """Inputs [N, n, D], or [n, D] where all sequences share them, as float32 or float64.

    Args:
      inputs: one of these shapes, or [n] or [N, n] for D = 1.
      shape: of the observations.
      points: [N, n], the points that are observed at all; None for all. An input of another that is not finite becomes
        that of the last point before it where it is (of the first such point at the start).
      given: the inputs as they came, before those of unequal length were padded.
      roles: of their columns; those that have one may have the same value everywhere, or nearly.
      names: of the columns, D of them, for messages; none if they have none.

    Raises:
      ValueError: on another shape, a role of another column, exposures that are not positive, values that are not
        finite, values that rounding has merged, or times that are dates written as numbers.
    """
    array = _with_axis(as_numbers("inputs", inputs), *shape[:2])
    if points is not None:
        array = _filled(array, points)
    needed = "every observed point needs its inputs"
    if names and not (finite := np.isfinite(array)).all():
        needed += f", here {names[np.argwhere(~finite)[0, -1]]!r}"
    check_finite("inputs", array, needed)
    roles.check(array, names)
    places = array[..., roles.others(array.shape[-1])]
    if places.shape[-1] == 1:
        check_no_dates(places, "inputs", "inputs")
    check_distinct("inputs", places, given=float_format(given))
    return array


def _with_axis(array: np.ndarray, num: int, size: int) -> np.ndarray:
    """Inputs with their last axis, [N, n, D] or [n, D]."""
    if array.shape == (size,):
        return array[:, np.newaxis]
    if array.shape == (num, size) and num != size:
        return array[..., np.newaxis]
    if array.ndim == 2 and array.shape == (num, size):
        raise ValueError(
            f"inputs has shape {array.shape}, which is [N, n] and [n, D]; give inputs[..., None] for one time a point, "
            f"or np.broadcast_to(inputs, ({num}, {size}, {size})) for {size} inputs a point that all sequences share"
        )
    if array.ndim in (2, 3) and array.shape[-1] and array.shape[:-1] in ((num, size), (size,)):
        return array
    advice = ""
    if array.ndim == 3 and array.shape[0] != num:
        advice = f"; observations has {num} sequences, inputs {array.shape[0]}"
    elif array.ndim < 3 and array.shape[:1] == (num,):
        advice = f"; if observations are one sequence of {num} points, give observations[None]"
    expected = f"[{num}, {size}, D], or [{size}, D] if all sequences share them"
    raise ValueError(f"inputs has shape {array.shape}; expected {expected}{advice}")


def _filled(inputs: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Inputs with entries that are not finite replaced at points that no sequence with these inputs observes."""
    known = np.isfinite(inputs)
    if known.all():
        return inputs
    needed = points if inputs.ndim == 3 else np.any(points, axis=0, keepdims=True)
    filled = np.array(inputs if inputs.ndim == 3 else inputs[np.newaxis])
    for sequence, column in np.argwhere(~known.reshape(filled.shape).all(axis=1)):
        values = filled[sequence, :, column]
        finite = np.isfinite(values)
        if finite.any():
            source = np.maximum.accumulate(np.where(finite, np.arange(len(values)), np.argmax(finite)))
            replaced = ~finite & ~needed[sequence]
            values[replaced] = values[source[replaced]]
    return filled if inputs.ndim == 3 else filled[0]
