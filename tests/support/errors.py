"""Errors that say what to do, apart from those that only say where something broke."""

import traceback
from pathlib import Path

import tensorflow as tf

import gpvae_tf


def is_ours(error: Exception) -> bool:
    """Whether an error is a class of this package, or was raised by a line of it that refuses a value."""
    if type(error).__module__.startswith("gpvae_tf"):
        return True
    raised_in = Path(traceback.extract_tb(error.__traceback__)[-1].filename)
    refuses = isinstance(error, (ValueError, tf.errors.InvalidArgumentError))
    return refuses and raised_in.is_relative_to(Path(gpvae_tf.__file__).parent)
