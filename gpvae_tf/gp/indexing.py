"""Entries along one axis, by indices that differ between data sets."""

from collections.abc import Sequence

import tensorflow as tf


def take(values: tf.Tensor, index: tf.Tensor, *, axis: int = -1) -> tf.Tensor:
    """Entries of values [..., n, *rest] along an axis, by indices [..., s] -> [..., s, *rest].

    Args:
      values: tensor.
      index: whole numbers; leading axes broadcast against those of `values` in front of the axis.
      axis: the axis of n, counted from the end.
    """
    lead = values.shape.rank + axis
    index = tf.broadcast_to(index, tf.concat([tf.shape(values)[:lead], tf.shape(index)[-1:]], axis=0))
    return tf.gather(values, index, axis=lead, batch_dims=lead)


def take_together(values: Sequence[tf.Tensor], index: tf.Tensor) -> list[tf.Tensor]:
    """`take` of several tensors [..., L, n] by the same indices [..., 1, s], in one operation."""
    return tf.split(take(tf.concat(values, axis=-2), index), len(values), axis=-2)
