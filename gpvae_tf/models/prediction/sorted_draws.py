"""What S sorted draws of every entry say of it: quantiles, and a score."""

import numpy as np
import tensorflow as tf

ROUNDING = 1e-3  # of a place among the draws: float32 knows it no better among 10,000


def quantiles(ordered: tf.Tensor, levels: tf.Tensor, discrete: bool | np.ndarray = False) -> tf.Tensor:
    """Quantiles [Q, ...] of S sorted draws [S, ...], the k-th of which is the quantile k / (S + 1).

    A further draw lies below the quantile of level p with just the probability p, whatever S (`numpy.quantile` calls
    the rule "weibull"); levels beyond 1 / (S + 1) and S / (S + 1) get the least and the greatest draw. What lies
    between two draws is interpolated, but for discrete values, which get the draw that lies further out, so that an
    interval holds at least what it says.

    Args:
      ordered: [S, ...].
      levels: [Q].
      discrete: whether draws are some of separate values, or the same for every entry of the last axis.
    """
    size = tf.shape(ordered)[0]
    position = tf.clip_by_value(levels * tf.cast(size + 1, levels.dtype) - 1.0, 0.0, tf.cast(size - 1, levels.dtype))
    below = tf.floor(position)
    share = position - below
    enough = tf.cast(tf.where(levels > 0.5, ROUNDING, 1.0 - ROUNDING), share.dtype)
    outwards = tf.cast(share > enough, share.dtype)
    share, outwards = (tf.reshape(part, [-1, *[1] * (ordered.shape.rank - 1)]) for part in (share, outwards))
    index = tf.cast(below, tf.int32)
    low, high = tf.gather(ordered, index), tf.gather(ordered, tf.minimum(index + 1, size - 1))
    return low + tf.where(tf.constant(discrete), outwards, share) * (high - low)


def crps(ordered: tf.Tensor, truth: tf.Tensor) -> tf.Tensor:
    """The fair estimate of E|y - truth| - 1/2 E|y - y'| for independent draws y, y', of every entry [...].

    With draws y_1 <= ... <= y_S the second mean over all pairs of different draws is
    2 / (S (S - 1)) sum_k (2 k - S - 1) y_k. It may be below 0 by chance, as its expectation is the score.

    Args:
      ordered: [S, ...], S >= 2.
      truth: [...].
    """
    size = tf.shape(ordered)[0]
    num = tf.cast(size, ordered.dtype)
    rank = 2.0 * tf.range(1.0, num + 0.5, dtype=ordered.dtype) - num - 1.0
    rank = tf.reshape(rank, [-1, *[1] * (ordered.shape.rank - 1)])
    centred = ordered - truth  # differences lose digits far from 0
    spread = tf.reduce_sum(rank * centred, axis=0) / (num * (num - 1.0))
    return tf.reduce_mean(tf.abs(centred), axis=0) - spread
