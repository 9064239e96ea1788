"""Random draws for a batch, which are the same whether one device has the batch or several replicas share it.

A replica makes the draw of the global batch and takes its own rows. With one replica these are TensorFlow's functions.
"""

from typing import TypeAlias

import tensorflow as tf

from gpvae_tf.replicas import shares

Shape: TypeAlias = tf.Tensor | list | tuple


def normal(shape: Shape, seed: tf.Tensor, dtype: tf.DType = tf.float32, *, lead: int = 0) -> tf.Tensor:
    """Standard normals.

    Args:
      shape: of the replica's own draw, [*lead, B, ...], or [*lead, B, n, ...] where replicas split the points.
      seed: stateless seed [2], the same on all replicas.
      dtype: theirs.
      lead: number of axes in front of the batch's.
    """
    share = shares.current()
    if share is None:
        return tf.random.stateless_normal(shape, seed, dtype=dtype)
    whole = tf.random.stateless_normal(_of_all(shape, share, lead), seed, dtype=dtype)
    return shares.rows(whole, share, lead + share.axis)


def uniform(
    shape: Shape, seed: tf.Tensor, dtype: tf.DType = tf.float32, *, least: float = 0.0, lead: int = 0
) -> tf.Tensor:
    """Uniform numbers in [least, 1); other arguments as in `normal`."""
    share = shares.current()
    if share is None:
        return tf.random.stateless_uniform(shape, seed, minval=least, dtype=dtype)
    whole = tf.random.stateless_uniform(_of_all(shape, share, lead), seed, minval=least, dtype=dtype)
    return shares.rows(whole, share, lead + share.axis)


def dropout(units: tf.Tensor, rate: float, seed: tf.Tensor) -> tf.Tensor:
    """Units [B, ...], of which a share `rate` is set to 0 and the others are scaled up."""
    share = shares.current()
    if share is None:
        return _dropout(units, rate, seed)
    whole = _dropout(shares.padded(units, share, share.axis), rate, seed)
    return shares.rows(whole, share, share.axis)


def _dropout(units: tf.Tensor, rate: float, seed: tf.Tensor) -> tf.Tensor:
    return tf.nn.experimental.stateless_dropout(units, rate, seed, rng_alg="auto_select")


def _of_all(shape: Shape, share: shares.Share, lead: int) -> tf.Tensor:
    """The shape of the global batch's draw."""
    shape, at = tf.convert_to_tensor(shape, tf.int32), lead + share.axis
    return tf.concat([shape[:at], [share.total], shape[at + 1 :]], axis=0)
