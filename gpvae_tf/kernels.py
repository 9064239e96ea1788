"""Kernels: tfp.math.psd_kernels with positive hyperparameters, trainable or fixed, and products over columns.

Any `tfp.math.psd_kernels.PositiveSemidefiniteKernel` is accepted wherever the library takes a kernel. Its batch shape
is [] (one kernel for every latent channel) or [L] (one per channel). TFP's conventions: the amplitude enters squared,
and `ExpSinSquared` has sin^2(pi d / period) / length_scale^2 times -2.
"""

import collections
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf.saving import Configurable

psd_kernels = tfp.math.psd_kernels
Kernel: TypeAlias = Any  # a psd_kernels.PositiveSemidefiniteKernel; TFP has no type stubs
_POSITIVE = tfp.bijectors.Softplus()
Value = float | Sequence[float] | np.ndarray


def positive(value: Value, *, trainable: bool, name: str, dtype: str = "float64", variable_dtype: str = "float32"):
    """A positive hyperparameter: a constant, or softplus of a variable cast up to the kernel's dtype.

    The variable is `variable_dtype` (float32 unless everything is float64), so that all gradients of a model share one
    dtype and can be all-reduced together; the cast is where the kernel algebra starts.

    Args:
      value: initial value, scalar or one per channel, > 0.
      trainable: whether it is learned.
      name: name of the variable, also used in messages.
      dtype: dtype of the kernel algebra.
      variable_dtype: dtype of the stored variable.

    Raises:
      ValueError: if a value is not positive and finite.
    """
    array = np.asarray(value, dtype=np.float64)
    if not np.all(np.isfinite(array) & (array > 0)):
        raise ValueError(f"{name} must be positive and finite, got {value}")
    if not trainable:
        return tf.constant(array, dtype=dtype)
    return PositiveVariable(array, name=name, dtype=dtype, variable_dtype=variable_dtype)


class PositiveVariable(Configurable, tfp.util.DeferredTensor):
    """softplus of a variable, cast up to the dtype of the kernel algebra.

    Args:
      value: initial value, scalar or one per channel, > 0.
      name: name of the variable.
      dtype: dtype of the kernel algebra.
      variable_dtype: dtype of the stored variable.
    """

    def __init__(self, value: Value, *, name: str, dtype: str, variable_dtype: str):
        array, softplus = np.asarray(value, dtype=np.float64), _POSITIVE
        raw = tf.Variable(tf.cast(softplus.inverse(tf.constant(array)), variable_dtype), name=name)
        super().__init__(
            raw,
            transform_fn=lambda v: softplus.forward(tf.cast(v, dtype)),
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
    values: dict[str, float] = {}
    uses: collections.Counter[str] = collections.Counter()
    for name, parameter in _trainable_parameters(module):
        uses[name] += 1
        label = name if uses[name] == 1 else f"{name}_{uses[name]}"
        for index, value in np.ndenumerate(tf.convert_to_tensor(parameter).numpy()):
            values[label + "".join(f"[{i}]" for i in index)] = float(value)
    return values


def _trainable_parameters(module: tf.Module) -> Iterator[tuple[str, tf.Variable | tfp.util.DeferredTensor]]:
    """Each trainable parameter once, with its name; those of kernels first, under their arguments' names."""
    parts = (module, *module.submodules)
    kernels = [part for part in parts if isinstance(part, psd_kernels.PositiveSemidefiniteKernel)]
    named = [item for kernel in kernels for item in (kernel.parameters | vars(kernel)).items()]
    named += [(part.name, part) for part in parts if isinstance(part, tfp.util.DeferredTensor) and len(part.shape) < 2]
    seen = set()
    for name, parameter in named:
        is_trainable = isinstance(parameter, tf.Variable) and parameter.trainable
        if isinstance(parameter, tfp.util.DeferredTensor):
            is_trainable = bool(parameter.trainable_variables)
        if is_trainable and id(parameter) not in seen:
            seen.add(id(parameter))
            yield name.lstrip("_"), parameter


def exponentiated_quadratic(
    length_scale: Value = 1.0,
    amplitude: Value | None = None,
    *,
    trainable: bool = False,
    dtype: str = "float64",
    variable_dtype: str = "float32",
) -> Kernel:
    """k(x, x') = amplitude^2 exp(-|x - x'|^2 / (2 length_scale^2)); no amplitude means 1, fixed."""
    options: dict[str, Any] = dict(trainable=trainable, dtype=dtype, variable_dtype=variable_dtype)
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
) -> Kernel:
    """k(w, w') = amplitude^2 exp(-2 sin^2(pi (w - w') / period) / length_scale^2); the period is fixed."""
    options: dict[str, Any] = dict(trainable=trainable, dtype=dtype, variable_dtype=variable_dtype)
    return psd_kernels.ExpSinSquared(
        amplitude=positive(amplitude, name="amplitude", **options),
        length_scale=positive(length_scale, name="length_scale", **options),
        period=positive(period, trainable=False, name="period", dtype=dtype),
    )


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
) -> Kernel:
    """The Matern kernel of smoothness 1/2, 3/2 or 5/2, whose functions have 0, 1 or 2 derivatives.

    k(x, x') = amplitude^2 exp(-r) times 1, 1 + r or 1 + r + r^2 / 3, with r = sqrt(2 smoothness) |x - x'| /
    length_scale (Rasmussen & Williams, 2006, Eq. 4.17); no amplitude means 1, fixed.

    Raises:
      ValueError: on another smoothness, or a hyperparameter that is not positive.
    """
    if smoothness not in _MATERN:
        raise ValueError(f"smoothness must be one of {', '.join(map(str, _MATERN))}, got {smoothness}")
    options: dict[str, Any] = dict(trainable=trainable, dtype=dtype, variable_dtype=variable_dtype)
    return _MATERN[smoothness](
        amplitude=None if amplitude is None else positive(amplitude, name="amplitude", **options),
        length_scale=positive(length_scale, name="length_scale", **options),
    )


class Normalized(Configurable):
    """Inputs of length one, for `psd_kernels.FeatureTransformed`."""

    def __call__(self, x: tf.Tensor, feature_ndims: int, example_ndims: int) -> tf.Tensor:
        """x / |x| of inputs [..., D]."""
        return tf.math.l2_normalize(x, axis=-1)


class Columns(Configurable):
    """Some columns of the inputs, for `psd_kernels.FeatureTransformed`."""

    def __init__(self, columns: slice):
        self.columns = columns

    def __call__(self, x: tf.Tensor, feature_ndims: int, example_ndims: int) -> tf.Tensor:
        """The columns [..., D'] of inputs [..., D].

        Raises:
          ValueError: if the inputs have none of them.
        """
        chosen = x[..., self.columns]
        if chosen.shape[-1] == 0:
            first = 0 if self.columns.start is None else self.columns.start
            came = f"inputs or inducing points have {x.shape[-1]} columns"
            raise ValueError(f"{came}; a part of the kernel takes those from number {first}")
        return chosen


def linear(*, normalize: bool = False, dtype: str = "float64") -> Kernel:
    """k(v, v') = <v, v'>, or the cosine of their angle if `normalize`."""
    one = tf.constant(1.0, dtype=dtype)
    kernel = psd_kernels.Linear(slope_amplitude=one)  # carries the dtype
    if not normalize:
        return kernel
    return psd_kernels.FeatureTransformed(kernel, Normalized())


def on_columns(kernel: Kernel, columns: slice) -> Kernel:
    """`kernel` applied to some input columns: k'(x, x') = k(x[columns], x'[columns])."""
    return psd_kernels.FeatureTransformed(kernel, Columns(columns))


def view_object(view: Kernel, obj: Kernel, *, view_columns: int = 1) -> Kernel:
    """The product kernel k_view(w, w') k_object(v, v') on inputs whose first `view_columns` columns are the view."""
    return on_columns(view, slice(0, view_columns)) * on_columns(obj, slice(view_columns, None))


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


def matrix(kernel: Kernel, x1: tf.Tensor, x2: tf.Tensor) -> tf.Tensor:
    """k(x1, x2), [..., L or 1, n1, n2], from inputs [..., n, D] that the channels share.

    A channel axis is put in front of the data axis, so a kernel with batch shape [L] gives L matrices and one with
    batch shape [] gives one that broadcasts.
    """
    return kernel.matrix(x1[..., tf.newaxis, :, :], x2[..., tf.newaxis, :, :])


def diagonal(kernel: Kernel, x: tf.Tensor) -> tf.Tensor:
    """k(x_i, x_i), [..., L or 1, n]."""
    expanded = x[..., tf.newaxis, :, :]
    return kernel.apply(expanded, expanded, example_ndims=1)
