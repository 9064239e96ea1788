"""Which kernels have an exact state-space form, and what it is."""

import functools
import math

import tensorflow as tf

from gpvae_tf.gp import state_space
from gpvae_tf.gp.state_space import StateSpace
from gpvae_tf.kernels import PRODUCT, SUM, Cosine, Kernel, check_kernel, combined, psd_kernels

_ORDERS = {psd_kernels.MaternOneHalf: 0, psd_kernels.MaternThreeHalves: 1, psd_kernels.MaternFiveHalves: 2}
_MADE_OF_PARTS = {SUM: state_space.add, PRODUCT: state_space.multiply}
_WITH_A_FORM = (
    "Matern-1/2, -3/2 and -5/2 (kernels.matern), kernels.constant, kernels.cosine, and sums and products of these"
)


def check_markovian(kernel: Kernel, name: str = "kernel") -> None:
    """Refuses a kernel without an exact state-space form.

    Raises:
      TypeError: if it is no kernel.
      ValueError: naming the part that has none, what has one, and what takes any kernel.
    """
    check_kernel(kernel, name)
    parts = combined(kernel)  # no walrus, which AutoGraph cannot read
    if parts is not None:
        for part in parts[1]:
            check_markovian(part, name)
    elif type(kernel) not in (*_ORDERS, psd_kernels.Constant, Cosine):
        hint = ""
        if isinstance(kernel, psd_kernels.ExpSinSquared):
            hint = " (a periodic kernel is an infinite sum of cosines: add up as many kernels.cosine as you need)"
        raise ValueError(
            f"{name} is or contains {type(kernel).__name__}, which has no exact state-space form of finite size{hint}. "
            f"MarkovGP takes {_WITH_A_FORM}; ExactGP and SparseGP take any kernel"
        )


def state_space_of(kernel: Kernel, dtype: tf.DType) -> StateSpace:
    """The state-space form of a kernel that `check_markovian` lets pass, with the present values of its parameters."""
    parts = combined(kernel)  # no walrus, which AutoGraph cannot read
    if parts is not None:
        how, kernels = parts
        return functools.reduce(_MADE_OF_PARTS[how], (state_space_of(part, dtype) for part in kernels))
    value = lambda parameter: tf.cast(1.0 if parameter is None else tf.convert_to_tensor(parameter), dtype)
    if type(kernel) is psd_kernels.Constant:
        return state_space.constant(value(kernel.constant))
    variance = tf.square(value(kernel.amplitude))
    if type(kernel) is Cosine:
        return state_space.cosine(value(kernel.period), variance)
    inverse = getattr(kernel, "inverse_length_scale", None)
    length_scale = value(kernel.length_scale) if inverse is None else tf.math.reciprocal(value(inverse))
    return state_space.matern(_ORDERS[type(kernel)], length_scale, variance)


def size_of(kernel: Kernel) -> int:
    """d, the size of the state: it adds up in sums and multiplies in products."""
    parts = combined(kernel)  # no walrus, which AutoGraph cannot read
    if parts is not None:
        how, kernels = parts
        sizes = [size_of(part) for part in kernels]
        return sum(sizes) if how == SUM else math.prod(sizes)
    return 2 if type(kernel) is Cosine else _ORDERS.get(type(kernel), 0) + 1
