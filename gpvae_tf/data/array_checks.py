"""Observations and inputs of sequences, checked together before any work is lost."""

from typing import Any

import numpy as np

from gpvae_tf.data.numeric import as_numbers, check_distinct, check_finite
from gpvae_tf.data.written_dates import check_no_dates
from gpvae_tf.entry_masks import entry_mask

NAN = "missing entries are declared by mask (False there) or, where NaN stands for missing, by missing='nan'"


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
      ValueError: if an observed value is not finite, or the dtype is float32 and cannot hold the values.
    """
    with np.errstate(over="ignore"):
        cast = observations.astype(dtype, copy=False)
    if mask is not None and np.any(cast[~mask]):  # NaN counts as something
        cast = np.array(cast)
        cast[~mask] = 0.0
    check_finite("observations", cast, NAN if dtype == observations.dtype else f"float32 ends at 3e38; {NAN}")
    if cast.dtype != observations.dtype:
        _check_resolution(observations, mask)
    return cast


def _check_resolution(observations: np.ndarray, mask: np.ndarray | None) -> None:
    """Refuses float32 values that differ little from each other and much from 0: of float64 digits nothing is left."""
    where = True if mask is None else entry_mask(mask, observations.shape)
    axes = tuple(range(observations.ndim - 1))
    least = np.min(observations, axis=axes, where=where, initial=np.inf)
    most = np.max(observations, axis=axes, where=where, initial=-np.inf)
    with np.errstate(invalid="ignore"):  # inf - inf of a channel of which nothing is observed
        lost = np.maximum(abs(least), abs(most)) > 1e5 * (most - least)
    lost &= most - least > 1e-12 * np.maximum(abs(least), abs(most))  # else it is a constant, and rounding
    if lost.any():
        channel = int(np.argmax(lost))
        raise ValueError(
            f"observations, channel {channel} of the last axis, lie between {least[channel]:.10g} and "
            f"{most[channel]:.10g}, which float32 can hardly tell apart; subtract an offset first, or let "
            "standardize=True of `from_arrays` keep float64"
        )


def checked_inputs(inputs: Any, shape: tuple[int, ...], points: np.ndarray | None) -> np.ndarray:
    """Inputs [N, n, D], or [n, D] where all sequences share them, as float32 or float64.

    Args:
      inputs: one of these shapes, or [n] or [N, n] for D = 1.
      shape: of the observations.
      points: [N, n], the points that are observed at all; None for all. An input of another that is not finite becomes
        that of the last point before it where it is (of the first such point at the start).

    Raises:
      ValueError: on another shape, values that are not finite, values that rounding has merged, or times that are dates
        written as numbers.
    """
    array = _with_axis(as_numbers("inputs", inputs), *shape[:2])
    if points is not None:
        array = _filled(array, points)
    check_finite("inputs", array, "every observed point needs its inputs")
    if array.shape[-1] == 1:
        check_no_dates(array, "inputs", "inputs")
    check_distinct("inputs", array, from_floats=np.asarray(inputs).dtype.kind == "f")
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
