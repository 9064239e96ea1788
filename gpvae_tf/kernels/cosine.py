"""The cosine kernel, which TensorFlow Probability lacks."""

import math
from typing import Any

import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf.kernels.matrices import psd_kernels
from gpvae_tf.saving import Configurable


class Cosine(Configurable, psd_kernels.PositiveSemidefiniteKernel):
    """k(t, t') = amplitude^2 cos(2 pi (t - t') / period) of inputs with one column.

    Its functions are sine waves of one period with random amplitude and phase. Multiplied with a Matern kernel they
    drift apart.

    Args:
      amplitude, period: numbers, tensors or variables of the kernel's batch shape.

    Raises:
      ValueError: when it is evaluated at inputs that are known to have another number of columns.
    """

    def __init__(self, amplitude: Any, period: Any, feature_ndims: int = 1, name: str = "Cosine"):
        dtype = next((value.dtype for value in (amplitude, period) if hasattr(value, "dtype")), tf.float32)
        parameters = dict(amplitude=amplitude, period=period, feature_ndims=feature_ndims, name=name)  # as they came
        self._amplitude, self._period = (
            value if hasattr(value, "dtype") else tf.constant(value, dtype) for value in (amplitude, period)
        )
        super().__init__(feature_ndims, dtype=dtype, name=name, parameters=parameters)

    @property
    def amplitude(self) -> Any:
        """The standard deviation of the functions."""
        return self._amplitude

    @property
    def period(self) -> Any:
        """The period, in units of the inputs."""
        return self._period

    @classmethod
    def _parameter_properties(cls, dtype: Any, num_classes: Any = None) -> dict[str, Any]:
        return {name: tfp.util.ParameterProperties() for name in ("amplitude", "period")}

    def _apply(self, x1: tf.Tensor, x2: tf.Tensor, example_ndims: int = 0) -> tf.Tensor:
        for x in (x1, x2):
            if (num := x.shape[-self.feature_ndims :].num_elements()) not in (None, 1):
                raise ValueError(
                    f"inputs has {num} columns; kernels.Cosine takes one: kernels.on_columns(kernel, slice(0, 1)) is "
                    "the kernel of the first"
                )
        difference = tf.reduce_sum(x1 - x2, axis=list(range(-self.feature_ndims, 0)))
        amplitude, period = (
            tf.reshape(value, tf.concat([tf.shape(value), [1] * example_ndims], axis=0))
            for value in map(tf.convert_to_tensor, (self.amplitude, self.period))
        )
        return tf.square(amplitude) * tf.cos(2.0 * math.pi * difference / period)
