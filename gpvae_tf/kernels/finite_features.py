"""Kernels of finitely many functions: k(x, x') = phi(x)^T phi(x'), exactly, and what phi is.

A Gaussian process with such a kernel is f(x) = w^T phi(x) with w ~ N(0, I), so that its posterior is one of the vector
w (Kim & Pavlovic, 2021, Section 3.2).
"""

import math

import tensorflow as tf

from gpvae_tf.kernels.combined import PRODUCT, SUM, combined
from gpvae_tf.kernels.matrices import Kernel, check_kernel, psd_kernels

_MOST_DEGREES = 3  # x^(outer) e has p^e entries
_WITH_FEATURES = (
    "psd_kernels.Linear, Polynomial of a fixed whole exponent, kernels.constant, kernels.linear, FeatureTransformed "
    "ones, and sums and products of these"
)


def check_finite_features(kernel: Kernel, name: str = "kernel") -> None:
    """Refuses a kernel that is no product of finitely many features.

    Raises:
      TypeError: if it is no kernel.
      ValueError: naming the part that has infinitely many, and what has finitely many; or if it is one per channel.
    """
    check_kernel(kernel, name)
    if kernel.batch_shape.rank:
        raise ValueError(
            f"{name} must serve all latent dimensions, got batch shape {tuple(kernel.batch_shape)}: features are of "
            "one kernel"
        )
    parts = combined(kernel)  # no walrus, which AutoGraph cannot read
    if parts is not None:
        for part in parts[1]:
            check_finite_features(part, name)
    elif isinstance(kernel, psd_kernels.FeatureTransformed):
        check_finite_features(kernel.kernel, name)
    elif not isinstance(kernel, (psd_kernels.Polynomial, psd_kernels.Constant)):
        raise ValueError(
            f"{name} is or contains {type(kernel).__name__}, which is no inner product of finitely many features: its "
            f"functions have no finite vector of weights to have a posterior of. Possible are {_WITH_FEATURES}"
        )
    else:
        _degree(kernel, name)


def finite_features(kernel: Kernel, x: tf.Tensor) -> tf.Tensor:
    """phi(x), [..., P], of x [..., p], for a kernel that `check_finite_features` lets pass, in the dtype of x."""
    parts = combined(kernel)  # no walrus, which AutoGraph cannot read
    if parts is not None:
        how, kernels = parts
        return _MADE_OF_PARTS[how]([finite_features(part, x) for part in kernels])
    if isinstance(kernel, psd_kernels.FeatureTransformed):
        return finite_features(kernel.kernel, kernel.transformation_fn(x, kernel.feature_ndims, x.shape.rank - 1))

    def value(parameter: tf.Tensor | None, default: float) -> tf.Tensor:
        return tf.cast(default if parameter is None else tf.convert_to_tensor(parameter), x.dtype)

    if isinstance(kernel, psd_kernels.Constant):
        return tf.sqrt(value(kernel.constant, 1.0)) * tf.ones_like(x[..., :1])
    powers = _outer(_degree(kernel, "kernel") * [x - value(kernel.shift, 0.0)])
    scaled = value(kernel.slope_amplitude, 1.0) * powers
    if kernel.bias_amplitude is None:
        return scaled
    return tf.concat([value(kernel.bias_amplitude, 0.0) * tf.ones_like(x[..., :1]), scaled], axis=-1)


def num_features(kernel: Kernel, size: int) -> int:
    """P for inputs of `size` p."""
    parts = combined(kernel)  # no walrus, which AutoGraph cannot read
    if parts is not None:
        how, kernels = parts
        sizes = [num_features(part, size) for part in kernels]
        return sum(sizes) if how == SUM else math.prod(sizes)
    return int(finite_features(kernel, tf.zeros([1, size], kernel.dtype or tf.float32)).shape[-1])


def _degree(kernel: Kernel, name: str) -> int:
    """The exponent of a polynomial kernel."""
    exponent = getattr(kernel, "exponent", None)
    if exponent is None:
        return 1
    degree = tf.get_static_value(exponent) if isinstance(exponent, tf.Tensor) else None
    if degree is None or not 1 <= degree <= _MOST_DEGREES or degree != int(degree):
        came = "one that is not fixed" if degree is None else degree
        raise ValueError(f"{name} has a polynomial with the exponent {came}; expected 1, ..., {_MOST_DEGREES}, fixed")
    return int(degree)


def _joined(features: list[tf.Tensor]) -> tf.Tensor:
    """phi of a sum of kernels: those of its parts, one behind the other."""
    return tf.concat(features, axis=-1)


def _outer(features: list[tf.Tensor]) -> tf.Tensor:
    """phi of a product of kernels: all products of one feature of each."""
    product = features[0]
    for more in features[1:]:
        outer = product[..., :, tf.newaxis] * more[..., tf.newaxis, :]
        product = tf.reshape(outer, tf.concat([tf.shape(outer)[:-2], [outer.shape[-2] * outer.shape[-1]]], axis=0))
    return product


_MADE_OF_PARTS = {SUM: _joined, PRODUCT: _outer}
