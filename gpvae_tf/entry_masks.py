"""Masks and other values of points in the shape of entries."""

from typing import TypeVar

import numpy as np
import tensorflow as tf

Values = TypeVar("Values", np.ndarray, tf.Tensor)


def over_events(values: Values, ndim: int) -> Values:
    """Values of points [..., n], an array or a tensor, with as many axes of size 1 behind them as make `ndim`."""
    return values[(..., *[np.newaxis] * (ndim - len(values.shape)))]


def entry_mask(mask: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray:
    """A mask of entries, read-only and of the shape of the observations, from one of points or of entries.

    Args:
      mask: [N, n] or of the shape of the observations; None where all are observed.
      shape: of the observations, (N, n, *event).
    """
    return np.broadcast_to(True if mask is None else over_events(np.asarray(mask), len(shape)), shape)
