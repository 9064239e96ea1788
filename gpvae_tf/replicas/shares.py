"""A replica's share of the global batch, and what the replicas of one step have to tell each other.

The replicas of a distribution strategy split a batch by its data sets, or every data set by its points. Whatever ties
these to each other (a sparse GP's statistics, objects with a common prior, neighbours) has to be that of the global
batch on every replica, so that k replicas take the step of one device. With one replica, and outside of training, all
functions here return what they were given.
"""

import contextlib
import threading
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

import tensorflow as tf

DATA_SETS, POINTS = 0, 1  # the axes of a batch [B, n, ...] that replicas can split
Value = TypeVar("Value")  # a tensor, or any structure of tensors


class Share(NamedTuple):
    """The rows of the global batch that the replica has.

    Attributes:
      axis: the axis of the batch that is split, `DATA_SETS` or `POINTS`.
      start: the first row, [], int32.
      size: how many rows, [], int32; replicas may have unequal numbers.
      total: rows of the global batch, [], int32.
      num_replicas: k.
    """

    axis: int
    start: tf.Tensor
    size: tf.Tensor
    total: tf.Tensor
    num_replicas: int


_of_thread = threading.local()  # a strategy runs every replica of this process in a thread of its own


def current(axis: int | None = None) -> Share | None:
    """The share of the replica that this thread runs; None without replicas, or if they split another axis."""
    share = getattr(_of_thread, "share", None)
    return share if share is None or axis in (None, share.axis) else None


@contextlib.contextmanager
def sharing(size: tf.Tensor, axis: int) -> Iterator[None]:
    """A context in which the replica has so many rows of the global batch, behind those of the replicas before it.

    Args:
      size: its rows, [], int32.
      axis: the axis of the batch that is split.
    """
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        yield
        return
    number, num_replicas = context.replica_id_in_sync_group, context.num_replicas_in_sync
    sizes = context.all_reduce(tf.distribute.ReduceOp.SUM, size * tf.one_hot(number, num_replicas, dtype=tf.int32))
    start = tf.cumsum(sizes, exclusive=True)[number]
    _of_thread.share = Share(axis, start, size, tf.reduce_sum(sizes), num_replicas)
    try:
        yield
    finally:
        _of_thread.share = None


def total(value: Value, axis: int) -> Value:
    """Sums over the rows of the global batch, of each replica's sums over its own rows along `axis`.

    The gradient is that of the sum over all replicas' losses.
    """
    if current(axis) is None:
        return value
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, value)


def fraction(axis: int) -> float:
    """1 / k, the weight of a term that each of k replicas has whole, so that their sum has it once."""
    share = current(axis)
    return 1.0 if share is None else 1.0 / share.num_replicas


def gathered(value: tf.Tensor, axis: int, at: int = 0) -> tf.Tensor:
    """The rows of the global batch, of the replica's own.

    Args:
      value: its rows, along its axis `at`.
      axis: the axis of the batch that they are of.
      at: may be negative, which counts from behind.
    """
    share = current(axis)
    return value if share is None else total(padded(value, share, at % value.shape.rank), axis)


def padded(value: tf.Tensor, share: Share, at: int) -> tf.Tensor:
    """The replica's rows at their places in the global batch, along axis `at`, and 0 elsewhere."""
    behind = share.total - share.start - share.size
    widths = [(share.start, behind) if number == at else (0, 0) for number in range(value.shape.rank)]
    return tf.pad(value, widths)


def own(value: tf.Tensor, axis: int, at: int = 0) -> tf.Tensor:
    """The replica's rows of the global batch's, along axis `at`: the inverse of `gathered`."""
    share = current(axis)
    return value if share is None else rows(value, share, at % value.shape.rank)


def rows(value: tf.Tensor, share: Share, at: int) -> tf.Tensor:
    """The rows of a share, along axis `at` >= 0."""
    return value[(slice(None),) * at + (slice(share.start, share.start + share.size),)]
