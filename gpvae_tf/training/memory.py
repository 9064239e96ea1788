"""The memory that this process has taken, and giving back that of graphs."""

import contextlib
import ctypes
import gc
import resource
import sys
from pathlib import Path

import tensorflow_probability as tfp
from tensorflow.python.framework import ops

MIB = 2.0**20
_STATUS = Path("/proc/self/status")


def peak_memory() -> float:
    """Most memory that this process has had resident so far, MiB.

    Linux's `getrusage` also remembers the process that started this one, so there the kernel's own mark is read.
    """
    if _STATUS.exists():
        mark = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(mark.split()[1]) * 1024 / MIB
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / MIB if sys.platform == "darwin" else most * 1024 / MIB


def free_graphs() -> None:
    """Gives back the memory of the graphs of models that are gone, for a process that trains many, one by one.

    Python alone cannot: TensorFlow registers the gradient of every use of a `tf.custom_gradient` in a graph for good,
    TFP's bijectors cache tensors of graphs, and both keep the whole graph. Models that are still there train and
    predict as before; only a `tf.function` of one's own that was called before cannot be differentiated from outside.
    """
    gradients = ops.gradient_registry._registry
    for name in [name for name in gradients if name.startswith("CustomGradient-")]:
        del gradients[name]
    cached = vars(tfp.bijectors.Bijector)["_cache"].storage
    for key in list(cached):
        key.cancel()
    cached.clear()
    gc.collect()
    if sys.platform == "linux":  # where what was freed stays with the process until asked for
        with contextlib.suppress(AttributeError):  # of another C library than GNU's
            ctypes.CDLL(None).malloc_trim(0)
