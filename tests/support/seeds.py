"""Networks start from the same weights whichever tests ran before."""

import contextlib
from collections.abc import Iterator
from unittest import mock

import tensorflow as tf

from gpvae_tf._keras import keras


@contextlib.contextmanager
def keeping_kernels() -> Iterator[None]:
    """Seeding Keras leaves TensorFlow's own seed alone.

    To set that one empties TensorFlow's cache of kernels, which eager tests would fill anew, for a fifth of the
    suite's time; the library's draws all take a seed, and Keras gives its initialisers one.
    """
    with mock.patch.object(tf.compat.v2.random, "set_seed"):
        yield


def seed_networks() -> None:
    """The networks built next start from the same weights."""
    with keeping_kernels():
        keras.utils.set_random_seed(0)
