"""Masks of sequences: True where something was observed, of points [N, n] or of the observations' shape."""

from typing import Any

import numpy as np


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


def mask_of_lengths(observations: np.ndarray, mask: np.ndarray | None, lengths: Any) -> np.ndarray:
    """The mask with the padding behind sequences of some lengths as missing.

    Raises:
      ValueError: if lengths are no integers [N] in 1, ..., n.
    """
    lengths, (num, size) = np.asarray(lengths), observations.shape[:2]
    if lengths.dtype.kind not in "iu" or lengths.shape != (num,) or not ((1 <= lengths) & (lengths <= size)).all():
        raise ValueError(f"lengths must be {num} integers in 1, ..., {size}, got {lengths.dtype} {lengths}")
    known = np.arange(size) < lengths[:, np.newaxis]
    return known if mask is None else mask & (known if mask.ndim == 2 else expand(known, observations))


def expand(mask: np.ndarray, observations: np.ndarray) -> np.ndarray:
    """A mask [N, n] with axes of size 1 for the event; one of the observations' shape is returned as it is."""
    return mask.reshape(mask.shape + (1,) * (observations.ndim - mask.ndim))


def observed_points(mask: np.ndarray) -> np.ndarray:
    """Points of which at least one entry is observed, [N, n]."""
    return mask if mask.ndim == 2 else np.any(mask.reshape(*mask.shape[:2], -1), axis=-1)
