"""What a kernel is, and its matrices with a channel axis."""

import functools
import operator
from typing import Any, TypeAlias

import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf.kernels.combined import SUM, combined

psd_kernels = tfp.math.psd_kernels
_DIFFERENCES = 3  # columns up to which memory for the difference of every pair of points is small beside the matrices
Kernel: TypeAlias = Any  # a psd_kernels.PositiveSemidefiniteKernel; TFP has no type stubs


def check_kernel(kernel: object, name: str = "kernel") -> None:
    """Refuses what is not a tfp.math.psd_kernels kernel.

    Raises:
      TypeError: naming the argument and the type that came.
    """
    if not isinstance(kernel, psd_kernels.PositiveSemidefiniteKernel):
        raise TypeError(
            f"{name} must be a tfp.math.psd_kernels.PositiveSemidefiniteKernel, got {type(kernel).__module__}."
            f"{type(kernel).__name__}"
        )


def num_channels(kernel: Kernel) -> int | None:
    """L of a kernel with batch shape [L], None for one of batch shape [] that serves any number of channels.

    Raises:
      ValueError: if the batch shape has more than one dimension.
    """
    shape = kernel.batch_shape
    if shape.rank is not None and shape.rank > 1:
        raise ValueError(f"kernel has batch shape {tuple(shape)}; expected [] or [L], one kernel per latent channel")
    return shape[0] if shape.rank else None


def covariance(kernel: Kernel, x1: tf.Tensor, x2: tf.Tensor) -> tf.Tensor:
    """k(x1, x2), [..., n1, n2], from inputs [..., n, D] whose leading axes broadcast with the kernel's batch shape.

    TFP's `matrix` computes |x - x'|^2 as |x|^2 + |x'|^2 - 2 x x', which loses the differences of points that lie close
    together and far from 0. Inputs of few columns, such as times and places, are subtracted pair by pair instead: at
    500 points that takes no longer with one column, and a step of an exact GP takes a sixth longer with three.

    Of many columns that is decided for every part of a sum or product by itself: a kernel of a time may be among those
    of an object's vector.

    Raises:
      ValueError, InvalidArgumentError: if one has another number of columns, which differences would broadcast.
    """
    columns = x1.shape[-1]
    if columns is None or columns > _DIFFERENCES:
        parts = combined(kernel)  # no walrus, which AutoGraph cannot read
        if parts is not None:
            how, kernels = parts
            made = [covariance(part, x1, x2) for part in kernels]
            return functools.reduce(operator.add if how == SUM else operator.mul, made)
        if isinstance(kernel, psd_kernels.FeatureTransformed) and kernel.feature_ndims == 1:
            x1, x2 = (kernel.transformation_fn(x, 1, 1) for x in (x1, x2))  # one axis of points, as in TFP's `matrix`
            return covariance(kernel.kernel, x1, x2)
        return kernel.matrix(x1, x2)
    # In a SavedModel nothing else looks at the shapes of what is asked.
    x1, x2 = (tf.ensure_shape(x, [*[None] * (len(x.shape) - 1), columns]) for x in (x1, x2))
    return kernel.apply(x1[..., :, tf.newaxis, :], x2[..., tf.newaxis, :, :], example_ndims=2)


def matrix(kernel: Kernel, x1: tf.Tensor, x2: tf.Tensor) -> tf.Tensor:
    """k(x1, x2), [..., L or 1, n1, n2], from inputs [..., n, D] that the channels share.

    A channel axis is put in front of the data axis, so a kernel with batch shape [L] gives L matrices and one with
    batch shape [] gives one that broadcasts.
    """
    return covariance(kernel, x1[..., tf.newaxis, :, :], x2[..., tf.newaxis, :, :])


def diagonal(kernel: Kernel, x: tf.Tensor) -> tf.Tensor:
    """k(x_i, x_i), [..., L or 1, n]."""
    expanded = x[..., tf.newaxis, :, :]
    return kernel.apply(expanded, expanded, example_ndims=1)
