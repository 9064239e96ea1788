"""Rows of a long computation, some at a time, in compiled code: memory is that of the results and of one piece."""

from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf


def in_chunks(
    function: Callable[[tf.Tensor, tf.Tensor], Sequence[tf.Tensor]],
    num: tf.Tensor,
    size: tf.Tensor,
    specs: Sequence[tf.TensorSpec],
) -> list[tf.Tensor]:
    """What a function gives for rows 0, ..., num - 1, `size` rows at a time and one piece after another.

    Args:
      function: (start, stop) -> one tensor [stop - start, ...] per spec.
      num: number of rows, []; of none the function is asked once, for the shapes.
      size: rows of a piece, [], at least 1; the last piece may have fewer.
      specs: shapes [None, ...] and dtypes of the tensors.
    """
    steps = tf.maximum((num + size - 1) // size, 1)
    arrays = [
        tf.TensorArray(spec.dtype, size=steps, infer_shape=False, element_shape=spec.shape, clear_after_read=True)
        for spec in specs
    ]

    def add(step: tf.Tensor, *arrays: tf.TensorArray) -> tuple[tf.Tensor | tf.TensorArray, ...]:
        parts = function(step * size, tf.minimum((step + 1) * size, num))
        return (step + 1, *(array.write(step, part) for array, part in zip(arrays, parts, strict=True)))

    _, *arrays = tf.while_loop(lambda step, *_: step < steps, add, (tf.constant(0), *arrays), parallel_iterations=1)
    rows = [array.concat() for array in arrays]
    for part, spec in zip(rows, specs, strict=True):
        part.set_shape(spec.shape)
    return rows


def default_chunk(event_shape: Sequence[int]) -> int:
    """Observations to decode at once: about a million values, but 128 observations at least and 8,192 at most."""
    return int(np.clip(2**20 // np.prod(event_shape, dtype=np.int64), 128, 8192))
