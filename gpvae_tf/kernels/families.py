"""Kernels by name, with positive hyperparameters, trainable or fixed.

Of all: `dtype` is that of the kernel algebra, `variable_dtype` that of what is learned, and `relative` says whether an
optimizer's steps are shares of a hyperparameter's initial value (`PositiveVariable`), which suits values far above 1.
"""

from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.kernels.columns import Normalized
from gpvae_tf.kernels.cosine import Cosine
from gpvae_tf.kernels.hyperparameters import Value, positive
from gpvae_tf.kernels.matrices import Kernel, psd_kernels


def exponentiated_quadratic(
    length_scale: Value = 1.0,
    amplitude: Value | None = None,
    *,
    trainable: bool = False,
    dtype: str = "float64",
    variable_dtype: str = "float32",
    relative: bool = False,
) -> Kernel:
    """k(x, x') = amplitude^2 exp(-|x - x'|^2 / (2 length_scale^2)); no amplitude means 1, fixed."""
    options: dict[str, Any] = dict(trainable=trainable, dtype=dtype, variable_dtype=variable_dtype, relative=relative)
    return psd_kernels.ExponentiatedQuadratic(
        amplitude=None if amplitude is None else positive(amplitude, name="amplitude", **options),
        length_scale=positive(length_scale, name="length_scale", **options),
    )


def periodic(
    length_scale: Value = 1.0,
    amplitude: Value = 1.0,
    period: Value = 2.0 * np.pi,
    *,
    trainable: bool = False,
    dtype: str = "float64",
    variable_dtype: str = "float32",
    relative: bool = False,
) -> Kernel:
    """k(w, w') = amplitude^2 exp(-2 sin^2(pi (w - w') / period) / length_scale^2); the period is fixed."""
    options: dict[str, Any] = dict(trainable=trainable, dtype=dtype, variable_dtype=variable_dtype, relative=relative)
    return psd_kernels.ExpSinSquared(
        amplitude=positive(amplitude, name="amplitude", **options),
        length_scale=positive(length_scale, name="length_scale", **options),
        period=positive(period, trainable=False, name="period", dtype=dtype),
    )


def cosine(
    period: Value,
    amplitude: Value = 1.0,
    *,
    trainable: bool = False,
    dtype: str = "float64",
    variable_dtype: str = "float32",
    relative: bool = False,
) -> Kernel:
    """k(t, t') = amplitude^2 cos(2 pi (t - t') / period) of one input column; the period is learned too.

    A product with `matern` is a wave that drifts; sums of such products are the periodic kernels that `MarkovGP` takes.
    """
    options: dict[str, Any] = dict(trainable=trainable, dtype=dtype, variable_dtype=variable_dtype, relative=relative)
    return Cosine(positive(amplitude, name="amplitude", **options), positive(period, name="period", **options))


def constant(
    variance: Value = 1.0,
    *,
    trainable: bool = False,
    dtype: str = "float64",
    variable_dtype: str = "float32",
    relative: bool = False,
) -> Kernel:
    """k(x, x') = variance: added to another kernel, a level of every function that is known that far beforehand."""
    options: dict[str, Any] = dict(trainable=trainable, dtype=dtype, variable_dtype=variable_dtype, relative=relative)
    return psd_kernels.Constant(positive(variance, name="variance", **options))


_MATERN = {
    0.5: psd_kernels.MaternOneHalf,
    1.5: psd_kernels.MaternThreeHalves,
    2.5: psd_kernels.MaternFiveHalves,
}


def matern(
    smoothness: float = 1.5,
    length_scale: Value = 1.0,
    amplitude: Value | None = None,
    *,
    trainable: bool = False,
    dtype: str = "float64",
    variable_dtype: str = "float32",
    relative: bool = False,
) -> Kernel:
    """The Matern kernel of smoothness 1/2, 3/2 or 5/2, whose functions have 0, 1 or 2 derivatives.

    k(x, x') = amplitude^2 exp(-r) times 1, 1 + r or 1 + r + r^2 / 3, with r = sqrt(2 smoothness) |x - x'| /
    length_scale (Rasmussen & Williams, 2006, Eq. 4.17); no amplitude means 1, fixed.

    Raises:
      ValueError: on another smoothness, or a hyperparameter that is not positive.
    """
    if smoothness not in _MATERN:
        raise ValueError(f"smoothness must be one of {', '.join(map(str, _MATERN))}, got {smoothness}")
    options: dict[str, Any] = dict(trainable=trainable, dtype=dtype, variable_dtype=variable_dtype, relative=relative)
    return _MATERN[smoothness](
        amplitude=None if amplitude is None else positive(amplitude, name="amplitude", **options),
        length_scale=positive(length_scale, name="length_scale", **options),
    )


def linear(*, normalize: bool = False, dtype: str = "float64") -> Kernel:
    """k(v, v') = <v, v'>, or the cosine of their angle if `normalize`."""
    one = tf.constant(1.0, dtype=dtype)
    kernel = psd_kernels.Linear(slope_amplitude=one)  # carries the dtype
    if not normalize:
        return kernel
    return psd_kernels.FeatureTransformed(kernel, Normalized())
