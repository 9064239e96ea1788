"""How far the values of each channel reach, and whether float32 can tell them apart."""

import numpy as np


def channel_range(values: np.ndarray, where: np.ndarray | bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest value of every channel, the last axis, [C] each; inf and -inf where none counts.

    Args:
      values: [..., C].
      where: boolean, of their shape, which of them count.
    """
    axes = tuple(range(values.ndim - 1))
    least = np.min(values, axis=axes, where=where, initial=np.inf)
    return least, np.max(values, axis=axes, where=where, initial=-np.inf)


def hardly_told_apart(least: np.ndarray, most: np.ndarray, share: float = 1e-5) -> np.ndarray:
    """Channels that differ so little from each other and so much from 0 that float32, with 7 digits, loses it.

    Args:
      least, most: of every channel, in float64 and not rounded to float32 before.
      share: of the largest value, below which a range is little.
    """
    largest = np.maximum(abs(least), abs(most))
    with np.errstate(invalid="ignore"):  # inf - inf of a channel that has no value
        width = most - least
        return (width < share * largest) & (width > 1e-12 * largest)  # else it is a constant, and rounding
