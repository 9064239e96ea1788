"""Masks of sequences: True where something was observed, of points [N, n] or of the observations' shape."""

import math
import numbers
from typing import Any, Literal, TypeAlias

import numpy as np

from gpvae_tf.entry_masks import entry_mask, over_events

# What stands for a missing value: NaN, or NaN and a number.
Missing: TypeAlias = Literal["nan"] | float


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


def mask_of_values(observations: np.ndarray, mask: np.ndarray | None, missing: Missing) -> np.ndarray:
    """The mask of the observations' shape with NaN, or NaN and a number, as missing, whether whole points are or not.

    A shape that followed the gaps would differ between training and test data, and a compiled model wants one.

    Raises:
      ValueError: if `missing` is neither "nan" nor a finite number.
    """
    is_number = _is_number(missing)
    if missing != "nan" and not (is_number and math.isfinite(missing)):
        raise ValueError(f"missing must be 'nan' or a finite number, got {missing!r}")
    known = ~np.isnan(observations) & entry_mask(mask, observations.shape)
    return known & (observations != observations.dtype.type(missing)) if is_number else known


def rounded_missing(missing: Missing, dtype: Any) -> Missing:
    """What stands for a missing value in float64 numbers that were of some dtype: -99.9 of float32 is no -99.9.

    Args:
      missing: "nan", or a number as it was stated.
      dtype: that the numbers had; integers hold a number as it is or not at all.
    """
    if np.dtype(dtype).kind != "f" or not _is_number(missing):
        return missing
    with np.errstate(over="ignore"):
        held = float(np.dtype(dtype).type(missing))
    return held if math.isfinite(held) else missing


def missing_error(missing: Missing | None) -> Missing | None:
    """What stands for an unknown error of a value: what stands for a value, but 0 says that there is no error."""
    return "nan" if missing == 0 else missing


def with_nan(observations: Any, missing: Missing | None) -> Any:
    """Floating-point arrays, or lists of such, with NaN where `missing` stands as their own dtype rounds it.

    Called before arrays of several dtypes share one. Anything else is returned as it is.
    """
    if missing is None:
        return observations
    if isinstance(observations, (list, tuple)):
        return [with_nan(one, missing) if isinstance(one, np.ndarray) else one for one in observations]
    masked = isinstance(observations, np.ma.MaskedArray)  # whose mask `np.where` would drop; it is refused later
    if masked or not isinstance(observations, np.ndarray) or observations.dtype.kind != "f":
        return observations
    return np.where(mask_of_values(observations, None, missing), observations, observations.dtype.type(np.nan))


def _is_number(missing: Any) -> bool:
    return isinstance(missing, numbers.Real) and not isinstance(missing, bool)


def mask_of_lengths(observations: np.ndarray, mask: np.ndarray | None, lengths: Any) -> np.ndarray:
    """The mask with the padding behind sequences of some lengths as missing.

    Raises:
      ValueError: if lengths are no integers [N] in 1, ..., n.
    """
    lengths, (num, size) = np.asarray(lengths), observations.shape[:2]
    if lengths.dtype.kind not in "iu" or lengths.shape != (num,) or not ((1 <= lengths) & (lengths <= size)).all():
        raise ValueError(f"lengths must be {num} integers in 1, ..., {size}, got {lengths.dtype} {lengths}")
    known = np.arange(size) < lengths[:, np.newaxis]
    return known if mask is None else mask & over_events(known, mask.ndim)


def observed_points(mask: np.ndarray) -> np.ndarray:
    """Points of which at least one entry is observed, [N, n]."""
    return mask if mask.ndim == 2 else np.any(mask.reshape(*mask.shape[:2], -1), axis=-1)
