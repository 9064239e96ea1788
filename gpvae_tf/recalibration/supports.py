"""What can be observed: the ends between which recalibrated predictions are kept, and whole numbers of counts."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf


class Support(NamedTuple):
    """What can be observed.

    Attributes:
      least, most: the ends, one value or an array [C] each; infinite where there is none.
      whole: whether values are whole numbers, such as counts and yes or no, one or [C].
    """

    least: float | np.ndarray = -math.inf
    most: float | np.ndarray = math.inf
    whole: bool | np.ndarray = False


EVERYWHERE = Support()
ROUNDING = 1e-2  # by which an end of an interval may miss a whole number that it is


def clipped(values: tf.Tensor, support: Support) -> tf.Tensor:
    """Values [..., C] with those outside a support moved to its nearer end."""
    ends = support.least, support.most
    if all(np.all(np.isinf(end)) for end in ends):
        return values
    values = tf.convert_to_tensor(values)
    least, most = (tf.cast(end, values.dtype) for end in ends)
    return tf.minimum(tf.maximum(values, least), most)


def at_level(values: tf.Tensor, level: float, support: Support) -> tf.Tensor:
    """Quantiles [..., C] of a level, as whole numbers where data are: outwards, and at 0.5 the nearest one.

    An interval of counts that shrank from [0, 1] to [0.01, 0.99] would hold none of them.
    """
    if not np.any(support.whole):
        return values
    values = tf.convert_to_tensor(values)
    whole = tf.round(values) if level == 0.5 else tf.floor(values + ROUNDING)
    whole = tf.math.ceil(values - ROUNDING) if level > 0.5 else whole
    return tf.where(support.whole, whole, values)


def as_json(support: Support) -> list:
    """The parts as JSON has them, which knows no infinite numbers: null in their place."""
    ends = [np.where(np.isinf(end), np.array(None), end).tolist() for end in (support.least, support.most)]
    return [*ends, np.asarray(support.whole).tolist()]


def from_json(parts: Sequence) -> Support:
    """What `as_json` wrote; files from before have the ends alone.

    Raises:
      TypeError, ValueError: if it is not that.
    """
    least, most = (np.asarray(end, np.float64) for end in parts[:2])  # of null it makes NaN
    whole = np.asarray(parts[2] if len(parts) > 2 else False, bool)
    return Support(np.where(np.isnan(least), -math.inf, least), np.where(np.isnan(most), math.inf, most), whole)
