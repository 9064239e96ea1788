"""Positive hyperparameters, and the present values of all that are learned."""

import collections
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf.kernels.columns import Columns
from gpvae_tf.kernels.matrices import Kernel, psd_kernels
from gpvae_tf.saving import Configurable

_POSITIVE = tfp.bijectors.Softplus()
Value = float | Sequence[float] | np.ndarray


def positive(
    value: Value,
    *,
    trainable: bool,
    name: str,
    dtype: str = "float64",
    variable_dtype: str = "float32",
    relative: bool = False,
):
    """A positive hyperparameter: a constant, or softplus of a variable cast up to the kernel's dtype.

    The variable is `variable_dtype` (float32 unless everything is float64), so that all gradients of a model share one
    dtype and can be all-reduced together; the cast is where the kernel algebra starts.

    Args:
      value: initial value, scalar or one per channel, > 0.
      trainable: whether it is learned.
      name: name of the variable, also used in messages.
      dtype: dtype of the kernel algebra.
      variable_dtype: dtype of the stored variable.
      relative: whether steps of an optimizer are shares of the initial value; see `PositiveVariable`.

    Raises:
      ValueError: if a value is not positive and finite.
    """
    array = np.asarray(value, dtype=np.float64)
    if not np.all(np.isfinite(array) & (array > 0)):
        raise ValueError(f"{name} must be positive and finite, got {value}")
    if not trainable:
        return tf.constant(array, dtype=dtype)
    return PositiveVariable(array, name=name, dtype=dtype, variable_dtype=variable_dtype, relative=relative)


class PositiveVariable(Configurable, tfp.util.DeferredTensor):
    """unit * softplus of a variable, cast up to the dtype of the kernel algebra.

    The unit is 1: an optimizer's step is a share of a value below 1, and moves one above by as much as one of 1. With
    `relative` the unit is the initial value, so that a length scale of 100 moves as readily as one of 1.

    Args:
      value: initial value, scalar or one per channel, > 0.
      name: name of the variable.
      dtype: dtype of the kernel algebra.
      variable_dtype: dtype of the stored variable.
      relative: whether the unit is the initial value.
    """

    def __init__(self, value: Value, *, name: str, dtype: str, variable_dtype: str, relative: bool = False):
        array, softplus = np.asarray(value, dtype=np.float64), _POSITIVE
        unit = array if relative else np.ones_like(array)
        raw = tf.Variable(tf.cast(softplus.inverse(tf.constant(array / unit)), variable_dtype), name=name)
        super().__init__(
            raw,
            transform_fn=lambda v: tf.cast(unit, dtype) * softplus.forward(tf.cast(v, dtype)),
            dtype=tf.as_dtype(dtype),
            shape=array.shape,
            name=name,
        )


def learned(module: tf.Module) -> dict[str, float]:
    """The present values of all trainable hyperparameters of a module: of its kernels, and others made by `positive`.

    A hyperparameter goes by the name of the kernel's argument, whatever kernel it is. What repeats is numbered, so two
    trainable length scales are "length_scale" and "length_scale_2"; entries of a hyperparameter that is no scalar are
    "length_scale[0]", "length_scale[1]".
    """
    return {label: value for label, value, *_ in _values(module)}


def lengths(module: tf.Module) -> dict[str, tuple[Columns, ...]]:
    """The names of `learned` whose values are in the unit of the inputs: periods and length scales.

    Not the length scale of `periodic`, which says how smooth a period is, whatever its length.

    Returns:
      by name, which columns of the inputs it is of: those that are left by these, one after the other; () for all.
    """
    of_columns: dict[int, tuple[Columns, ...]] = {}
    for kernel in (module, *module.submodules):
        if isinstance(kernel, psd_kernels.PositiveSemidefiniteKernel):
            _add_columns(of_columns, kernel, ())
    return {label: of_columns.get(id(part), ()) for label, _, is_length, part in _values(module) if is_length}


def _add_columns(found: dict[int, tuple[Columns, ...]], kernel: Kernel, columns: tuple[Columns, ...]) -> None:
    """Adds, by the id of every parameter of a kernel and of its parts, which columns it is of; the fewest count."""
    if isinstance(kernel, psd_kernels.FeatureTransformed) and isinstance(kernel.transformation_fn, Columns):
        columns = (*columns, kernel.transformation_fn)
    for value in (kernel.parameters | vars(kernel)).values():
        for part in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(part, psd_kernels.PositiveSemidefiniteKernel):
                _add_columns(found, part, columns)
            elif len(columns) >= len(found.get(id(part), ())):
                found[id(part)] = columns


def _values(module: tf.Module) -> Iterator[tuple[str, float, bool, Any]]:
    """The names and values of `learned`, whether they are in the unit of the inputs, and the parameters."""
    uses: collections.Counter[str] = collections.Counter()
    for name, parameter, is_length in _trainable_parameters(module):
        uses[name] += 1
        label = name if uses[name] == 1 else f"{name}_{uses[name]}"
        for index, value in np.ndenumerate(tf.convert_to_tensor(parameter).numpy()):
            yield label + "".join(f"[{i}]" for i in index), float(value), is_length, parameter


def _trainable_parameters(module: tf.Module) -> Iterator[tuple[str, tf.Variable | tfp.util.DeferredTensor, bool]]:
    """Each trainable parameter once, with its name and whether it is a length; those of kernels first, by argument."""
    parts = (module, *module.submodules)
    named: list[tuple[str, Any, bool]] = []
    for kernel in parts:
        if isinstance(kernel, psd_kernels.PositiveSemidefiniteKernel):
            of_inputs = {"period"} if isinstance(kernel, psd_kernels.ExpSinSquared) else {"period", "length_scale"}
            found = (kernel.parameters | vars(kernel)).items()
            named += [(name, value, name.lstrip("_") in of_inputs) for name, value in found]
    rest = [part for part in parts if isinstance(part, tfp.util.DeferredTensor) and len(part.shape) < 2]
    named += [(part.name, part, False) for part in rest]
    seen = set()
    for name, parameter, is_length in named:
        is_trainable = isinstance(parameter, tf.Variable) and parameter.trainable
        if isinstance(parameter, tfp.util.DeferredTensor):
            is_trainable = bool(parameter.trainable_variables)
        if is_trainable and id(parameter) not in seen:
            seen.add(id(parameter))
            yield name.lstrip("_"), parameter, is_length
