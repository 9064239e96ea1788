"""What networks share: the precision of their first and last tensors, and a convolution of an upsampled map."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import keras

# Which of a filter's three taps fall on which pixel before upsampling, for an even and an odd pixel of the result:
# [phase, pixel, tap]. With "same" padding the pixels are i - 1, i, i + 1, with "valid" they are i, i + 1.
_TAPS = {
    "same": np.array([[[1, 0, 0], [0, 1, 1], [0, 0, 0]], [[0, 0, 0], [1, 1, 0], [0, 0, 1]]]),
    "valid": np.array([[[1, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 1, 1]]]),
}


# Rows (pixel's row and column, phase), columns (the filter's taps): sums of taps as one matrix.
_FOLDS = {name: np.einsum("pak,qbl->abpqkl", taps, taps).reshape(-1, 9) for name, taps in _TAPS.items()}


# The options of Conv2D that they are right for.
_FOLDED = {
    "strides": ((1, 1), "1"),
    "dilation_rate": ((1, 1), "1"),
    "groups": (1, "1"),
    "data_format": ("channels_last", "'channels_last'"),
}


def output_dtype(policy: str) -> str:
    """dtype of a network's inputs and outputs under a Keras dtype policy: float64 under float64, else float32.

    Hidden layers follow the policy; inputs and the last layer are never in half precision.
    """
    return "float64" if policy == "float64" else "float32"


@keras.saving.register_keras_serializable(package="gpvae_tf")
class Entries(keras.layers.Layer):
    """Entries start, ..., stop - 1 of vectors; of an image's first pixel where inputs are images.

    Args:
      start: first entry.
      stop: the one after the last; None for all that follow.
      options: Keras' own.
    """

    def __init__(self, start: int = 0, stop: int | None = None, **options: Any):
        super().__init__(**options)
        self.start, self.stop = start, stop

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """The entries [N, stop - start] of inputs [N, ..., C]."""
        while inputs.shape.rank > 2:
            inputs = inputs[:, 0]
        return inputs[:, self.start : self.stop]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"start": self.start, "stop": self.stop}


@keras.saving.register_keras_serializable(package="gpvae_tf")
class LogCounts(keras.layers.Layer):
    """log(1 + y) of counts y, whose size would overflow what follows; other channels, masks and conditions stay.

    Args:
      channels: numbers of the entries of the last axis that are counts.
      levels: what these counts are about, one for each: then it is log((1 + y) / (1 + level)), which is near 0 however
        large counts are. A layer without levels has log(1 + y).
      options: Keras' own.
    """

    def __init__(self, channels: Sequence[int], levels: Sequence[float] = (), **options: Any):
        super().__init__(**options)
        self.channels, self.levels = list(channels), list(levels)
        if self.levels and len(self.levels) != len(self.channels):
            raise ValueError(f"levels has {len(self.levels)} numbers; expected one for each of {list(channels)}")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """The same shape as the inputs [..., C]."""
        counted, offset = np.zeros(inputs.shape[-1], bool), np.zeros(inputs.shape[-1])
        counted[self.channels] = True
        offset[self.channels] = np.log1p(self.levels) if self.levels else 0.0
        logarithm = tf.math.log1p(tf.where(counted, inputs, tf.zeros_like(inputs)))
        return tf.where(counted, logarithm - tf.constant(offset, inputs.dtype), inputs)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"channels": list(self.channels), "levels": list(self.levels)}


@keras.saving.register_keras_serializable(package="gpvae_tf")
class OverSequence(keras.layers.TimeDistributed):
    """A layer on every point of a sequence by itself, less what it gives for zeros.

    A point of zeros, missing or padding, has features of 0 then, whatever the biases. So a convolution that pads with 0
    sees behind a filled-up sequence what it sees behind one of its own length.
    """

    def call(self, inputs: tf.Tensor, training: bool | None = None, mask: tf.Tensor | None = None) -> tf.Tensor:
        """Maps [B, n, *event] to [B, n, ...]."""
        nothing = self.layer(tf.zeros([1, *inputs.shape[2:]], inputs.dtype))
        return super().call(inputs, training, mask) - nothing


@keras.saving.register_keras_serializable(package="gpvae_tf")
class UpsampledConv2D(keras.layers.Conv2D):
    """Equals UpSampling2D(2) followed by a 3 x 3 Conv2D, without materialising the upsampled map.

    Pixels 2i and 2i + 1 of the upsampled map are equal, so each of the four phases of the result is a convolution of
    the small map with summed taps: one convolution with four times as many filters, whose channels are then spread over
    pixels. The weights are those of the Conv2D. It takes less than half the time on a CPU, and XLA compiles it there,
    which it refuses for the gradient of nearest-neighbour upsampling.

    Args:
      filters: number of output channels.
      padding: "same" or "valid" for the convolution on the upsampled map.
      options: other options of Conv2D; the activation must act on every entry by itself.

    Raises:
      ValueError: if a stride, dilation, grouping or order of axes is asked for that the folded filters do not have.
    """

    def __init__(self, filters: int, *, padding: str = "valid", **options: Any):
        super().__init__(filters, 3, padding=padding, **options)
        for name, (only, text) in _FOLDED.items():
            if (came := getattr(self, name)) != only:
                raise ValueError(f"{name} of an UpsampledConv2D must be {text}, got {came!r}")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Maps [N, H, W, C] to [N, 2H, 2W, filters]; height and width are 2 smaller if padding is "valid"."""
        phases = tf.nn.conv2d(inputs, self._folded_kernel(inputs.dtype), 1, self.padding.upper())
        if self.use_bias:
            phases = tf.nn.bias_add(phases, tf.tile(tf.cast(self.bias, inputs.dtype), [4]))
        if self.activation is not None:
            phases = self.activation(phases)  # before they are spread: TensorFlow fuses the three
        _, height, width, _ = phases.shape
        rows = tf.reshape(phases, [-1, width, 2, 2 * self.filters])
        rows = tf.transpose(rows, [0, 2, 1, 3])  # `depth_to_space`, whose gradient is slow on a CPU
        return tf.reshape(rows, [-1, 2 * height, 2 * width, self.filters])

    def _folded_kernel(self, dtype: tf.DType) -> tf.Tensor:
        """The small map's filters [size, size, C, 4 filters]; the last axis has phases first, then filters."""
        channels = self.kernel.shape[2]
        taps = tf.reshape(tf.cast(self.kernel, dtype), [9, channels * self.filters])
        size = _TAPS[self.padding].shape[1]
        folded = tf.reshape(tf.constant(_FOLDS[self.padding], dtype) @ taps, [size, size, 4, channels, self.filters])
        return tf.reshape(tf.transpose(folded, [0, 1, 3, 2, 4]), [size, size, channels, 4 * self.filters])

    def compute_output_shape(self, input_shape: tf.TensorShape) -> tf.TensorShape:
        """The shape that `call` gives."""
        lost = {"same": 0, "valid": 2}[self.padding]
        batch, height, width, _ = tf.TensorShape(input_shape).as_list()
        return tf.TensorShape([batch, 2 * height - lost, 2 * width - lost, self.filters])

    def get_config(self) -> dict[str, Any]:
        return {name: value for name, value in super().get_config().items() if name != "kernel_size"}
