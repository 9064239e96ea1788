"""The memory that this process has taken, and giving back that of graphs."""

import contextlib
import ctypes
import gc
import itertools
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import tensorflow_probability as tfp
from tensorflow.python.eager.polymorphic_function import polymorphic_function
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
    predict as before; only a `tf.function` of one's own that was called before, and is not a module's, cannot be
    differentiated from outside.
    """
    gradients, needed = ops.gradient_registry._registry, set(_gradients_of_modules())
    for name in [name for name in gradients if name.startswith("CustomGradient-") and name not in needed]:
        del gradients[name]
    cached = vars(tfp.bijectors.Bijector)["_cache"].storage
    for key in list(cached):
        key.cancel()
    cached.clear()
    gc.collect()
    if sys.platform == "linux":  # where what was freed stays with the process until asked for
        with contextlib.suppress(AttributeError):  # of another C library than GNU's
            ctypes.CDLL(None).malloc_trim(0)


def _gradients_of_modules() -> Iterator[str]:
    """Names of the gradients in graphs of modules' `tf.function`s, such as TFP's lbeta, which all models share."""
    values = itertools.chain.from_iterable(vars(module).values() for module in list(sys.modules.values()))
    for function in [value for value in list(values) if issubclass(type(value), polymorphic_function.Function)]:
        for concrete in function._function_cache.values():
            for operation in concrete.graph.get_operations():
                with contextlib.suppress(ValueError):  # of an operation that has none of its own
                    yield operation.get_attr("_gradient_op_type").decode()
