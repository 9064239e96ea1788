"""The least and the greatest value that can be observed, between which recalibrated predictions are kept."""

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import tensorflow as tf

# Two ends, one value or an array [C] each.
Support: TypeAlias = tuple[float | np.ndarray, float | np.ndarray]
EVERYWHERE: Support = (-math.inf, math.inf)


def clipped(values: tf.Tensor, support: Support) -> tf.Tensor:
    """Values [..., C] with those outside a support moved to its nearer end."""
    if all(np.all(np.isinf(end)) for end in support):
        return values
    values = tf.convert_to_tensor(values)
    least, most = (tf.cast(end, values.dtype) for end in support)
    return tf.minimum(tf.maximum(values, least), most)


def as_json(support: Support) -> list:
    """Both ends as JSON has them, which knows no infinite numbers: null in their place."""
    return [np.where(np.isinf(end), np.array(None), end).tolist() for end in support]


def from_json(ends: Sequence) -> Support:
    """What `as_json` wrote.

    Raises:
      TypeError, ValueError: if it is not that.
    """
    least, most = (np.asarray(end, np.float64) for end in ends)  # of null it makes NaN
    return np.where(np.isnan(least), -math.inf, least), np.where(np.isnan(most), math.inf, most)
