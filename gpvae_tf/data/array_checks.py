"""Observations, inputs and mask of sequences, checked together before any work is lost."""

from typing import Any

import numpy as np

from gpvae_tf.data.numeric import as_numbers, check_distinct, check_finite

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


def checked_mask(mask: Any, shape: tuple[int, ...]) -> np.ndarray:
    """A boolean mask [N, n] or of the observations' shape.

    Raises:
      ValueError: on another type or shape; 0 and 1 are not taken for False and True without being asked.
    """
    array = np.asarray(mask)
    if array.dtype != np.bool_ or array.shape not in (shape[:2], shape):
        advice = "True = observed"
        if array.dtype.kind in "iuf" and np.isin(array, (0, 1)).all():
            advice = "mask.astype(bool) if 1 means observed, mask == 0 if 1 means missing"
        elif array.ndim == len(shape) and all(a in (1, b) for a, b in zip(array.shape, shape)):
            advice = "np.broadcast_to(mask, observations.shape) if one entry stands for several"
        raise ValueError(f"mask is {array.dtype} {array.shape}; expected bool {shape[:2]} or {shape}: {advice}")
    return array


def mask_of_nan(observations: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """The mask of the observations' shape with NaN as missing, whether points are missing as a whole or not.

    A shape that followed the gaps would differ between training and test data, and a compiled model wants one.
    """
    known = ~np.isnan(observations)
    return known if mask is None else known & expand(mask, observations)


def expand(mask: np.ndarray, observations: np.ndarray) -> np.ndarray:
    """A mask [N, n] with axes of size 1 for the event; one of the observations' shape is returned as it is."""
    return mask.reshape(mask.shape + (1,) * (observations.ndim - mask.ndim))


def observed_points(mask: np.ndarray) -> np.ndarray:
    """Points of which at least one entry is observed, [N, n]."""
    return mask if mask.ndim == 2 else np.any(mask.reshape(*mask.shape[:2], -1), axis=-1)


def masked_observations(observations: np.ndarray, mask: np.ndarray | None, dtype: Any) -> np.ndarray:
    """The observations in their final dtype, zero where missing.

    Raises:
      ValueError: if an observed value is not finite.
    """
    cast = observations.astype(dtype, copy=False)
    if mask is not None and np.any(cast[~mask]):  # NaN counts as something
        cast = np.array(cast)
        cast[~mask] = 0.0
    check_finite("observations", cast, NAN)
    return cast


def checked_inputs(inputs: Any, shape: tuple[int, ...], points: np.ndarray | None) -> np.ndarray:
    """Inputs [N, n, D], or [n, D] where all sequences share them, as float32 or float64.

    Args:
      inputs: one of these shapes, or [n] or [N, n] for D = 1.
      shape: of the observations.
      points: [N, n], the points that are observed at all; None for all. An input of another that is not finite becomes
        that of the last point before it where it is (of the first such point at the start).

    Raises:
      ValueError: on another shape, values that are not finite, or values that rounding has merged.
    """
    array = _with_axis(as_numbers("inputs", inputs), *shape[:2])
    if points is not None:
        array = _filled(array, points)
    check_finite("inputs", array, "every observed point needs its inputs")
    check_distinct("inputs", array)
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
