"""What networks share: the precision of their first and last tensors, and a convolution of an upsampled map."""

from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import keras

# Which of a filter's three taps fall on which pixel before doubling, for an even and an odd pixel of the result:
# [phase, pixel, tap]. With "same" padding the pixels are i - 1, i, i + 1, with "valid" they are i, i + 1.
_TAPS = {
    "same": np.array([[[1, 0, 0], [0, 1, 1], [0, 0, 0]], [[0, 0, 0], [1, 1, 0], [0, 0, 1]]]),
    "valid": np.array([[[1, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 1, 1]]]),
}


# Rows (pixel's row and column, phase), columns (the filter's taps): sums of taps as one matrix.
_FOLDS = {name: np.einsum("pak,qbl->abpqkl", taps, taps).reshape(-1, 9) for name, taps in _TAPS.items()}


def output_dtype(policy: str) -> str:
    """dtype of a network's inputs and outputs under a Keras dtype policy: float64 under float64, else float32.

    Hidden layers follow the policy; inputs and the last layer are never in half precision.
    """
    return "float64" if policy == "float64" else "float32"


class DoubledConv2D(keras.layers.Conv2D):
    """`UpSampling2D(2)` and a 3 x 3 `Conv2D` in one, the doubled map never made; same weights, same function.

    Doubled pixels 2i and 2i + 1 are equal, so each of the four phases of the result is a convolution of the small map
    with summed taps: one convolution with four filters for every filter, whose channels are then spread over pixels.
    It takes less than half the time on a CPU, and XLA compiles it, which it refuses for the gradient of
    nearest-neighbour doubling there.

    Args:
      filters: of the convolution.
      padding: "same" or "valid", of the convolution on the doubled map.
      options: Keras' own; the stride is 1, the activation is one that acts on every entry by itself.
    """

    def __init__(self, filters: int, *, padding: str = "valid", **options: Any):
        super().__init__(filters, 3, padding=padding, **options)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """[N, H, W, C] -> [N, 2H, 2W, filters], or two less of height and width if "valid"."""
        phases = tf.nn.conv2d(inputs, self._folded_kernel(inputs.dtype), 1, self.padding.upper())
        bias = tf.tile(tf.cast(self.bias, inputs.dtype), [4])
        phases = self.activation(tf.nn.bias_add(phases, bias))  # before they are spread: TensorFlow fuses the three
        _, height, width, _ = phases.shape
        rows = tf.reshape(phases, [-1, width, 2, 2 * self.filters])
        rows = tf.transpose(rows, [0, 2, 1, 3])  # `depth_to_space`, whose gradient is slow on a CPU
        return tf.reshape(rows, [-1, 2 * height, 2 * width, self.filters])

    def _folded_kernel(self, dtype: tf.DType) -> tf.Tensor:
        """[size, size, C, 4 filters] of the convolution of the small map; phases first, filters last."""
        channels = self.kernel.shape[2]
        taps = tf.reshape(tf.cast(self.kernel, dtype), [9, channels * self.filters])
        size = _TAPS[self.padding].shape[1]
        folded = tf.reshape(tf.constant(_FOLDS[self.padding], dtype) @ taps, [size, size, 4, channels, self.filters])
        return tf.reshape(tf.transpose(folded, [0, 1, 3, 2, 4]), [size, size, channels, 4 * self.filters])

    def compute_output_shape(self, input_shape: tf.TensorShape) -> tf.TensorShape:
        """See `call`."""
        lost = {"same": 0, "valid": 2}[self.padding]
        batch, height, width, _ = tf.TensorShape(input_shape).as_list()
        return tf.TensorShape([batch, 2 * height - lost, 2 * width - lost, self.filters])
