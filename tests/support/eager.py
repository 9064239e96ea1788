"""Steps without tracing."""

import contextlib
from collections.abc import Iterator

import tensorflow as tf


@contextlib.contextmanager
def running_eagerly() -> Iterator[None]:
    """Functions run without tracing, which would take most of the time of a few steps of a tiny model."""
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)
