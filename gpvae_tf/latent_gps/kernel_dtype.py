"""Kernels whose parameters are Python numbers: TFP makes them float32, where kernel algebra here is float64."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.kernels import Kernel, check_kernel, diagonal, psd_kernels
from gpvae_tf.replicas import shares

_LOSS = 100.0  # 1 %, in units of the rounding error
_SIZES = ("feature_ndims", "example_ndims")  # whole numbers among a kernel's parameters that are no hyperparameters


def with_double_precision(kernel: Kernel, name: str = "kernel") -> Kernel:
    """The kernel; if all its hyperparameters are Python numbers, the same kernel with them in float64.

    A kernel matrix in float32 has no Cholesky factor, or a wrong one, where inputs lie close, and Python numbers do not
    ask for float32. A parameter that is a tensor, a variable or a NumPy number has a dtype of its own, and the kernel
    stays as it is: `kernels.exponentiated_quadratic(1.0, dtype="float32")` computes in float32.

    Raises:
      TypeError: if it is no psd kernel, naming the argument.
    """
    check_kernel(kernel, name)
    parameters = list(_parameters(kernel))
    if not any(_is_number(value) for value in parameters) or any(hasattr(value, "dtype") for value in parameters):
        return kernel
    return _promoted(kernel)


def least_noise(kernel: Kernel, x: tf.Tensor, num_points: int | tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
    """The smallest noise variance that a bound in the features' dtype can have, [..., 1 or L, 1].

    The eigenvalues of K + S lie between the noise s and about n times the kernel's variance k, so a bound loses a
    share n k eps / s of its digits: in float32, at s = 1e-6 and n = 30, all of them. Here s keeps that at 1 %. What is
    left in float64 of the noise of 1e-22 that an encoder may give far from its data is a bound far above 0.

    Args:
      kernel: the prior's.
      x: features [..., n, D].
      num_points: n, or m of inducing points; it broadcasts against the result.
      mask: boolean [..., n], True = observed; None for all.
    """
    variance = _mean_of_points(diagonal(kernel, x), mask)
    variance = tf.where(variance > 0.0, variance, tf.zeros_like(variance))  # of no kernel the factorisation tells
    return _LOSS * float(np.finfo(x.dtype.as_numpy_dtype).eps) * tf.cast(num_points, x.dtype) * variance


def num_observed(x: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    """Observed points of data sets x [..., n, D], as it broadcasts against [..., L, n]."""
    if mask is None:
        return tf.shape(x)[-2]
    return tf.math.count_nonzero(mask, axis=-1, dtype=tf.int32)[..., tf.newaxis, tf.newaxis]


def _mean_of_points(values: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    """The mean over the observed points of values [..., L, n], those of all replicas that share them, [..., L, 1].

    0 where none was observed.
    """
    seen = tf.ones_like(values) if mask is None else tf.cast(mask, values.dtype)[..., tf.newaxis, :]
    sums = [tf.reduce_sum(part, axis=-1, keepdims=True) for part in (seen * values, seen)]
    return tf.math.divide_no_nan(*shares.total(sums, shares.POINTS))


def _promoted(kernel: Kernel) -> Kernel:
    changed = {key: _in_float64(value) for key, value in kernel.parameters.items() if key not in _SIZES}
    return kernel.copy(**{key: value for key, value in changed.items() if value is not kernel.parameters[key]})


def _in_float64(value: Any) -> Any:
    if isinstance(value, psd_kernels.PositiveSemidefiniteKernel):
        return _promoted(value)
    if isinstance(value, (list, tuple)) and value and not _is_number(value):
        return [_in_float64(part) for part in value]
    return tf.constant(value, tf.float64) if _is_number(value) else value


def _parameters(kernel: Kernel) -> Iterator[Any]:
    """The hyperparameters of a kernel and of those that it is made of."""
    for key, value in kernel.parameters.items():
        for part in value if isinstance(value, (list, tuple)) and not _is_number(value) else [value]:
            if isinstance(part, psd_kernels.PositiveSemidefiniteKernel):
                yield from _parameters(part)
            elif key not in _SIZES:
                yield part


def _is_number(value: Any) -> bool:
    """Whether it is a Python number, or a list of them."""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(map(_is_number, value))
    return isinstance(value, (int, float)) and not isinstance(value, bool) and not hasattr(value, "dtype")
