"""Endless shuffled batches of row numbers, and the mapping with which every training stream makes its batches of them.

The rows of step k are a pure function of (seed, k).
"""

from collections.abc import Callable, Sized
from typing import Any

import tensorflow as tf

from gpvae_tf.checks import at_least_one, check_not_negative


def row_batches(
    size: int, batch_size: int, *, seed: int = 0, start_step: int = 0, shuffle: bool = True
) -> tf.data.Dataset:
    """Batches [b] int32 of the rows 0, ..., size - 1; every epoch has its own permutation, its last batch may be small.

    Args:
      size: number of rows.
      batch_size: rows per batch.
      seed: random seed of the permutations.
      start_step: number of the first batch, from 0.
      shuffle: whether to permute; otherwise batches follow the rows' order.

    Raises:
      ValueError: on a size or batch_size below 1 or a negative start_step.
    """
    at_least_one("size", size)
    check_not_negative(start_step=start_step)
    steps = steps_per_epoch(range(size), batch_size)

    def epoch(number: tf.Tensor) -> tf.data.Dataset:
        order = tf.range(size)
        if shuffle:
            base = tf.constant([seed, 0], tf.int32)
            epoch_seed = tf.random.fold_in(base, tf.cast(number, tf.int32))
            order = tf.random.experimental.stateless_shuffle(order, epoch_seed)
        first = tf.data.Dataset.range(0, size, batch_size, output_type=tf.int32)
        return first.map(lambda start: order[start : start + batch_size])

    return tf.data.Dataset.counter(start=start_step // steps).flat_map(epoch).skip(start_step % steps)


def steps_per_epoch(data: Sized, batch_size: int) -> int:
    """Batches that hold all images (or objects) once; the last may be smaller.

    Raises:
      ValueError: if batch_size is below 1.
    """
    return -(-len(data) // at_least_one("batch_size", batch_size))


def prefetched_map(numbers: tf.data.Dataset, make: Callable[..., Any]) -> tf.data.Dataset:
    """Maps elements by `make` in order, with two calls in parallel and two results prefetched.

    Graph optimizations are off, because they would copy the arrays that `make` captures (all pixels). Autotuning is
    off, because it delays the end of `fit` by up to the time that the `fit` took, and nothing here needs tuning.
    """
    options = tf.data.Options()
    options.experimental_optimization.apply_default_optimizations = False
    options.autotune.enabled = False
    return numbers.map(make, num_parallel_calls=2, deterministic=True).prefetch(2).with_options(options)
