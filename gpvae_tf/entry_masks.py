"""Masks and other values of points in the shape of entries."""

from typing import TypeVar

import numpy as np
import tensorflow as tf

Values = TypeVar("Values", np.ndarray, tf.Tensor)


def over_events(values: Values, ndim: int) -> Values:
    """Values of points [..., n], an array or a tensor, with as many axes of size 1 behind them as make `ndim`."""
    return values[(..., *[np.newaxis] * (ndim - len(values.shape)))]


def as_one(values: Values, first_channels: np.ndarray | None) -> Values:
    """Values of entries [..., C], in every channel those of the first one of its value.

    Args:
      values: such as what is hidden.
      first_channels: see `Likelihood.first_channels`; None where every channel is a value by itself.
    """
    if first_channels is None or np.array_equal(first_channels, np.arange(len(first_channels))):
        return values
    return tf.gather(values, first_channels, axis=-1) if tf.is_tensor(values) else values[..., first_channels]


def entry_mask(mask: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray:
    """A mask of entries, read-only and of the shape of the observations, from one of points or of entries.

    Args:
      mask: [N, n] or of the shape of the observations; None where all are observed.
      shape: of the observations, (N, n, *event).
    """
    return np.broadcast_to(True if mask is None else over_events(np.asarray(mask), len(shape)), shape)


def checked_entries(name: str, mask: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray:
    """`entry_mask` of booleans of a shape or of its first axes; all true for None.

    Raises:
      ValueError: naming the mask, if it is not boolean or has another shape.
    """
    mask = np.ones(shape, bool) if mask is None else np.asarray(mask)
    if mask.dtype != bool or mask.shape != shape[: mask.ndim]:
        raise ValueError(
            f"{name} is {mask.dtype} of shape {mask.shape}; expected booleans of {shape} or its first axes"
        )
    return entry_mask(mask, shape)
