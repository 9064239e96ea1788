"""Sums over the replicas of a distribution strategy."""

import tensorflow as tf


def global_count(losses: tf.Tensor) -> tf.Tensor:
    """Number of data sets in the global batch, over all replicas."""
    count = tf.cast(tf.size(losses), losses.dtype)
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return count
    return context.all_reduce(tf.distribute.ReduceOp.SUM, count)
