"""Seeds of predictions, as people write them."""

import math
from typing import TypeAlias

import numpy as np
import tensorflow as tf

# A whole number, or TensorFlow's stateless seed of two.
Seed: TypeAlias = int | tf.Tensor


def stateless_seed(seed: Seed) -> tf.Tensor:
    """The stateless seed [2] of a whole number s, (s, 0), or the one that was given.

    Raises:
      ValueError: if it is neither, or the number has more than 32 bits.
    """
    if isinstance(seed, (int, np.integer)):
        if not -(2**31) <= seed < 2**31:
            raise ValueError(f"seed must lie in -2^31, ..., 2^31 - 1, got {seed}")
        return tf.constant([seed, 0], tf.int32)
    given = tf.constant(math.nan) if seed is None else tf.convert_to_tensor(seed)
    if given.dtype.is_integer and given.shape.rank == 0:
        given = tf.stack([given, tf.zeros_like(given)])
    if not given.dtype.is_integer or given.shape.as_list() != [2]:
        raise ValueError(f"seed must be a whole number or two of them, got {seed!r}")
    return given


def another_seed(seed: Seed) -> tf.Tensor:
    """A stateless seed [2] made of one, for draws beside those that it is for itself."""
    return tf.random.fold_in(stateless_seed(seed), 1)
