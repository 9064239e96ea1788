"""Graphs that were traced and that nobody needs any more."""

import ctypes
import gc
import sys

import tensorflow_probability as tfp
from tensorflow.python.framework import ops


def free() -> None:
    """Gives back the memory of graphs of models that are gone.

    TensorFlow registers the gradient of every use of a `tf.custom_gradient` in a graph for good, and TFP's bijectors
    cache tensors of graphs; both keep whole graphs, which came to 20 GB over all tests. Functions that are still held
    go on, but cannot be differentiated any more.
    """
    gradients = ops.gradient_registry._registry
    for name in [name for name in gradients if name.startswith("CustomGradient-")]:
        del gradients[name]
    cached = vars(tfp.bijectors.Bijector)["_cache"].storage
    for key in list(cached):
        key.cancel()
    cached.clear()
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
