"""The mapping with which every training stream makes its batches from numbers, ahead of the training step."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def prefetched_map(numbers: tf.data.Dataset, make: Callable[..., Any]) -> tf.data.Dataset:
    """Maps elements by `make` in order, with two calls in parallel and two results prefetched.

    Graph optimizations are off, because they would copy the arrays that `make` captures (all pixels). Autotuning is
    off, because it delays the end of `fit` by up to the time that the `fit` took, and nothing here needs tuning.
    """
    options = tf.data.Options()
    options.experimental_optimization.apply_default_optimizations = False
    options.autotune.enabled = False
    return numbers.map(make, num_parallel_calls=2, deterministic=True).prefetch(2).with_options(options)
