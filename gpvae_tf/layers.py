"""Keras layers with the weights of known ones and less work: what the rotated-MNIST decoder spends its time on."""

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


class DoubledConv2D(keras.layers.Conv2D):
    """`UpSampling2D(2)` and a 3 x 3 `Conv2D` in one, the doubled map never made; same weights, same function.

    Doubled pixels 2i and 2i + 1 are equal, so each of the four phases of the result is a convolution of the small map
    with summed taps: one convolution with four filters for every filter, then `depth_to_space`. It takes about half
    the time on a CPU, and XLA compiles it, which it refuses for the gradient of nearest-neighbour doubling there.

    Args:
      filters: of the convolution.
      padding: "same" or "valid", of the convolution on the doubled map.
      options: Keras' own; the stride is 1.
    """

    def __init__(self, filters: int, *, padding: str = "valid", **options: Any):
        super().__init__(filters, 3, padding=padding, **options)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """[N, H, W, C] -> [N, 2H, 2W, filters], or two less of height and width if "valid"."""
        taps = tf.constant(_TAPS[self.padding], inputs.dtype)
        size, (channels, filters) = taps.shape[1], self.kernel.shape[2:]
        kernel = tf.einsum("pak,qbl,klio->abipqo", taps, taps, tf.cast(self.kernel, inputs.dtype))
        kernel = tf.reshape(kernel, [size, size, channels, 4 * filters])
        result = tf.nn.depth_to_space(tf.nn.conv2d(inputs, kernel, 1, self.padding.upper()), 2)
        return self.activation(tf.nn.bias_add(result, tf.cast(self.bias, inputs.dtype)))

    def compute_output_shape(self, input_shape: tf.TensorShape) -> tf.TensorShape:
        """See `call`."""
        lost = {"same": 0, "valid": 2}[self.padding]
        batch, height, width, _ = tf.TensorShape(input_shape).as_list()
        return tf.TensorShape([batch, 2 * height - lost, 2 * width - lost, self.filters])
