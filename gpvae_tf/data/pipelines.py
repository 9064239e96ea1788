"""How every training stream makes its batches: from numbers, two at a time, in order, ahead of the step."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def made_ahead(numbers: tf.data.Dataset, make: Callable[..., Any]) -> tf.data.Dataset:
    """`make` of every element, two at a time and up to two ahead, in order.

    tf.data neither rewrites the pipeline, which copies what `make` captured, that is all pixels, nor tunes it: nothing
    here is left to tune, and the end of a `fit` would wait for the tuner to wake, for as long as the `fit` took.
    """
    options = tf.data.Options()
    options.experimental_optimization.apply_default_optimizations = False
    options.autotune.enabled = False
    return numbers.map(make, num_parallel_calls=2, deterministic=True).prefetch(2).with_options(options)
