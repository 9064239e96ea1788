"""The nearest of some points: among all of them, and among those before each in an ordering."""

from typing import NamedTuple

import tensorflow as tf

_BLOCK = 2**22  # distances that are held at once, per data set


class Neighbours(NamedTuple):
    """Neighbours of queries.

    Attributes:
      index: which points, [..., s, H]; 0 where there are fewer than H.
      found: whether there is such a neighbour, boolean [..., s, H].
    """

    index: tf.Tensor
    found: tf.Tensor


def nearest(
    points: tf.Tensor,
    queries: tf.Tensor,
    num: int,
    usable: tf.Tensor | None = None,
    ranks: tuple[tf.Tensor, tf.Tensor] | None = None,
) -> Neighbours:
    """The `num` usable points closest to each query, by comparing all; O(s n D) time, memory in blocks.

    Args:
      points, queries: [..., n, D] and [..., s, D].
      num: H; no more than n are looked for.
      usable: boolean [..., n]; None for all.
      ranks: places of the points [..., n] and of the queries [..., s] in an ordering; only points before a query count.
    """
    count, asked, queries = tf.shape(points)[-2], tf.shape(queries)[-2], never_empty(queries)
    size = tf.shape(queries)[-2]
    usable = tf.ones(tf.shape(points)[:-1], tf.bool) if usable is None else usable
    block = tf.clip_by_value(_BLOCK // count, 1, size)
    num_blocks = (size + block - 1) // block

    def of_block(number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        rows = tf.minimum(number * block + tf.range(block), size - 1)  # the last block repeats the last query
        chosen = tf.gather(queries, rows, axis=-2)
        columns = zip(tf.unstack(chosen, axis=-1), tf.unstack(points, axis=-1))
        distance = tf.add_n([tf.square(q[..., :, tf.newaxis] - p[..., tf.newaxis, :]) for q, p in columns])
        allowed = usable[..., tf.newaxis, :]
        if ranks is not None:
            allowed = allowed & (ranks[0][..., tf.newaxis, :] < tf.gather(ranks[1], rows, axis=-1)[..., tf.newaxis])
        closeness = tf.where(allowed, -distance, tf.constant(float("-inf"), distance.dtype))
        return tuple(tf.math.top_k(closeness, tf.minimum(num, count)))

    lead = queries.shape.rank - 2
    closeness, index = tf.map_fn(of_block, tf.range(num_blocks), fn_output_signature=(queries.dtype, tf.int32))
    order = [*range(1, lead + 1), 0, lead + 1, lead + 2]  # [blocks, ..., block, H] -> [..., blocks, block, H]
    shape = tf.concat([tf.shape(index)[1:-2], [num_blocks * block], tf.shape(index)[-1:]], axis=0)
    closeness, index = (tf.reshape(tf.transpose(part, order), shape)[..., :asked, :] for part in (closeness, index))
    found = tf.math.is_finite(closeness)
    return Neighbours(tf.where(found, index, tf.zeros_like(index)), found)


def never_empty(rows: tf.Tensor) -> tf.Tensor:
    """Rows [..., n, D]; in the place of none, one of zeros, also where n is known only when it runs.

    A map over no rows has no shape. What it makes of that row is to be left out of the result.
    """
    if rows.shape[-2]:  # neither unknown nor 0
        return rows
    num = tf.cast(tf.equal(tf.shape(rows)[-2:-1], 0), tf.int32)
    shape = tf.concat([tf.shape(rows)[:-2], num, tf.shape(rows)[-1:]], axis=0)
    return tf.concat([rows, tf.zeros(shape, rows.dtype)], axis=-2)


def preceding(count: tf.Tensor, num: int) -> Neighbours:
    """The `num` points in front of each of `count`, for points that are sorted; [n, H]."""
    index = tf.range(count)[:, tf.newaxis] - 1 - tf.range(tf.minimum(num, count))
    return Neighbours(tf.maximum(index, 0), index >= 0)


def around(times: tf.Tensor, queries: tf.Tensor, num: int, count: tf.Tensor) -> Neighbours:
    """The `num` of sorted numbers closest to each query, on both sides; O(s (H + log n)).

    Args:
      times, queries: [..., n], sorted, and [..., s].
      num: H; no more than n are looked for.
      count: how many of the first of them may be neighbours, [...].
    """
    place = tf.minimum(tf.searchsorted(times, queries), count[..., tf.newaxis])[..., tf.newaxis]
    num = tf.minimum(num, tf.shape(times)[-1])
    index = place + tf.range(-num, num)  # [..., s, 2 H]
    inside = (index >= 0) & (index < count[..., tf.newaxis, tf.newaxis])
    index = tf.where(inside, index, tf.zeros_like(index))
    lead = times.shape.rank - 1
    distance = tf.abs(tf.gather(times, index, axis=lead, batch_dims=lead) - queries[..., tf.newaxis])
    closeness = tf.where(inside, -distance, tf.constant(float("-inf"), distance.dtype))
    closeness, chosen = tf.math.top_k(closeness, num)
    found = tf.math.is_finite(closeness)
    index = tf.gather(index, chosen, axis=-1, batch_dims=lead + 1)
    return Neighbours(tf.where(found, index, tf.zeros_like(index)), found)
