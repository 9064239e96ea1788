"""What a kernel is made of, for the modules that hold one."""

from collections.abc import Iterator

import tensorflow as tf

from gpvae_tf.kernels.matrices import Kernel, psd_kernels


def parts(kernel: Kernel) -> list[tf.Module]:
    """The factors, terms and modules that transform inputs of a kernel, and theirs, all the way down.

    A module that holds a kernel keeps this list beside it. TFP's own kernels are composite tensors, of which tf.Module
    finds the variables; one around a kernel that is none, such as a class of one's own, hides the variables of both,
    and what is not found is not trained.
    """
    return [part for value in kernel.parameters.values() for part in _within(value)]


def _within(value: object) -> Iterator[tf.Module]:
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from _within(each)
    elif isinstance(value, tf.Module):
        yield value
        if isinstance(value, psd_kernels.PositiveSemidefiniteKernel):
            yield from parts(value)
