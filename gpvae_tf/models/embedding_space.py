"""Points of the low-dimensional embedding space X of a nonparametric VAE: a grid, draws from its density, lines."""

import numpy as np
import tensorflow as tf


def grid(x: tf.Tensor | np.ndarray, num: int) -> np.ndarray:
    """A regular grid over the box that holds embedded images x [n, 2].

    Returns:
      [num, num, 2] float32; rows go down in the second coordinate, columns go up in the first, as in a plot.

    Raises:
      ValueError: if X has not two dimensions or num < 2.
    """
    x = np.asarray(x)
    if x.ndim != 2 or x.shape[1] != 2 or num < 2:
        raise ValueError(f"x has shape {x.shape} and num is {num}; a grid needs x [n, 2] and num >= 2")
    low, high = x.min(axis=0), x.max(axis=0)
    columns, rows = np.linspace(low[0], high[0], num), np.linspace(high[1], low[1], num)
    return np.stack(np.meshgrid(columns, rows), axis=-1).astype(np.float32)


def draws(x: tf.Tensor | np.ndarray, num: int, seed: tf.Tensor, bandwidth: float | None = None) -> tf.Tensor:
    """`num` draws [num, D] from the empirical density of embedded images x [n, D].

    The paper samples "from the X space" and gives X no density. This is a Gaussian kernel density estimate: an image's
    location plus noise whose deviation is `bandwidth` times that of x in every dimension.

    Args:
      x: [n, D].
      num: draws.
      seed: stateless seed [2].
      bandwidth: >= 0; Scott's n^(-1 / (D + 4)) if None, and 0 draws locations of images themselves.

    Raises:
      ValueError: if the bandwidth is negative.
    """
    x = tf.convert_to_tensor(x)
    size, dim = x.shape
    bandwidth = size ** (-1.0 / (dim + 4)) if bandwidth is None else bandwidth
    if not bandwidth >= 0:
        raise ValueError(f"bandwidth must be >= 0, got {bandwidth}")
    which, noise = tf.unstack(tf.random.split(seed))
    picked = tf.gather(x, tf.random.stateless_uniform([num], which, maxval=size, dtype=tf.int32))
    spread = bandwidth * tf.math.reduce_std(x, axis=0)
    return picked + spread * tf.random.stateless_normal([num, dim], noise, dtype=x.dtype)


def line(ends: tf.Tensor, num: int) -> tf.Tensor:
    """`num` points [num, ...] from the first to the second of two ends [2, ...], both included, equally far apart.

    Raises:
      ValueError: if num < 2.
    """
    if num < 2:
        raise ValueError(f"num must be >= 2, got {num}")
    first, second = tf.unstack(tf.convert_to_tensor(ends))
    share = tf.reshape(tf.cast(tf.linspace(0.0, 1.0, num), first.dtype), [num] + [1] * first.shape.rank)
    return (1 - share) * first + share * second
