"""The two convolutions in front of an imputation encoder, in time and memory that their hidden maps do not rule."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.networks.blocked_convolutions import convolved_twice

LARGEST = 2**15  # patches of a table


def num_patches(num_values: int, filter_size: int) -> int:
    """How many different patches there are of pixels with so many values."""
    return num_values ** (filter_size * filter_size)


@keras.saving.register_keras_serializable(package="gpvae_tf")
class TwoConvolutions(keras.layers.Layer):
    """Two convolutions of stride 1 with ReLUs and "same" padding, whose hidden maps are never in memory.

    On a processor they are made a few images at a time (`blocked_convolutions`); a GPU convolves as usual. Where images
    allow it there is a faster way. Pixels with S values make S^(k k) patches of k x k pixels, 512 if they are black or
    white and k = 3. What the first convolution makes of a patch is one vector of hidden channels, and what the second
    one adds to the k x k pixels around is linear in it. So both are computed for every patch once, and each pixel of a
    batch looks its patch up. The numbers are those of the convolutions, which images with any other pixel take instead.
    There is no gradient in the images.

    Args:
      filters: of the first convolution.
      channels: of the second.
      filter_size: k of both.
      pixels: the S values of a pixel, [S, C], the first of them zero, as what lies outside of an image is; None where
        they are not few.
      options: Keras' own.

    Raises:
      ValueError: if the first of `pixels` is not zero, two are equal, or there would be more than `LARGEST` patches.
    """

    def __init__(
        self,
        filters: int,
        channels: int,
        filter_size: int,
        pixels: Sequence[Sequence[float]] | None = None,
        **options: Any,
    ):
        super().__init__(**options)
        self.pixels = None if pixels is None else _checked(pixels, filter_size)
        self.filters, self.channels, self.filter_size = filters, channels, filter_size
        same: dict[str, Any] = dict(padding="same", activation="relu", dtype=self._dtype_policy)
        self.first = keras.layers.Conv2D(filters, filter_size, **same)
        self.second = keras.layers.Conv2D(channels, filter_size, **same)

    def build(self, input_shape: tf.TensorShape) -> None:
        """Makes the weights of both convolutions."""
        height, width, channels = tf.TensorShape(input_shape).as_list()[-3:]
        self.first.build((None, height, width, channels))
        self.second.build((None, height, width, self.filters))
        super().build(input_shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Images [..., H, W, C] to maps [..., H, W, channels]."""
        images = tf.reshape(inputs, [-1, *inputs.shape[-3:]])
        maps = self._convolved(images) if self.pixels is None else self._by_table(images, self.pixels)
        return tf.reshape(maps, tf.concat([tf.shape(inputs)[:-1], [self.channels]], axis=0))

    def _by_table(self, images: tf.Tensor, pixels: np.ndarray) -> tf.Tensor:
        """Maps [N, H, W, channels] of images, by the table if all their pixels are among these few [S, C]."""
        matches = tf.reduce_all(images[..., tf.newaxis, :] == tf.constant(pixels, images.dtype), axis=-1)
        known, patches = tf.reduce_all(tf.reduce_any(matches, axis=-1)), self._patches(matches)
        return tf.cond(known, lambda: self._looked_up(patches, pixels), lambda: self._convolved(images))

    def _convolved(self, images: tf.Tensor) -> tf.Tensor:
        """Maps [N, H, W, channels] of any images."""
        if tf.config.list_logical_devices("GPU"):
            return self.second(self.first(images))
        dtype = tf.as_dtype(self.compute_dtype)
        first, bias, second, last = (tf.cast(w, dtype) for w in (*self.first.weights, *self.second.weights))
        maps = convolved_twice(tf.cast(images, dtype), first, bias, second)
        return tf.nn.relu(tf.nn.bias_add(maps, last))

    def _patches(self, matches: tf.Tensor) -> tf.Tensor:
        """Numbers of the patches around pixels that have these of the values, [N, H, W, S]; [N, H, W] int32."""
        (_, height, width, num), size = matches.shape, self.filter_size
        # Whole numbers up to `LARGEST`, which float32 has exactly. A convolution of them is rounded on GPUs that have
        # TF32 for it, and int32 is not added up on a GPU.
        digits = tf.cast(tf.argmax(tf.cast(matches, tf.int8), axis=-1), tf.float32)
        around = [(size - 1) // 2, size // 2]  # what "same" padding adds
        digits = tf.pad(digits, [[0, 0], around, around])
        rows = tf.add_n([num**i * digits[:, :, i : i + width] for i in range(size)])
        numbers = tf.add_n([num ** (size * i) * rows[:, i : i + height] for i in range(size)])
        return tf.cast(numbers, tf.int32)

    def _looked_up(self, patches: tf.Tensor, pixels: np.ndarray) -> tf.Tensor:
        """Maps [N, H, W, channels] of the patches [N, H, W] around pixels."""
        size, num, dtype = self.filter_size, self.filter_size**2 * self.channels, tf.as_dtype(self.compute_dtype)
        added = tf.gather(self._table(pixels, dtype), patches)  # [N, H, W, k k channels]
        # A convolution that gives a pixel, from each of its neighbours, what that one's patch adds there.
        spread = np.eye(num, dtype=np.float32).reshape(size, size, self.channels, num).transpose(0, 1, 3, 2)
        maps = tf.nn.conv2d(added, tf.constant(spread, dtype), 1, "SAME")
        return tf.nn.relu(tf.nn.bias_add(maps, tf.cast(self.second.bias, dtype)))

    def _table(self, pixels: np.ndarray, dtype: tf.DType) -> tf.Tensor:
        """What the second convolution adds to the pixels around, for every patch, [S^(k k), k k channels]."""
        taps, num = self.filter_size**2, len(pixels)
        digits = np.arange(num_patches(num, self.filter_size))[:, np.newaxis] // num ** np.arange(taps) % num
        patches = tf.constant(pixels[digits].reshape(len(digits), -1), dtype)
        first, bias, second = (tf.cast(w, dtype) for w in (*self.first.weights, self.second.kernel))
        hidden = tf.nn.relu(patches @ tf.reshape(first, [-1, self.filters]) + bias)
        return hidden @ tf.reshape(tf.transpose(second, [2, 0, 1, 3]), [self.filters, taps * self.channels])

    def compute_output_shape(self, input_shape: tf.TensorShape) -> tf.TensorShape:
        """The shape that `call` gives."""
        return tf.TensorShape([*tf.TensorShape(input_shape).as_list()[:-1], self.channels])

    def get_config(self) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in ("filters", "channels", "filter_size")}
        return super().get_config() | own | {"pixels": None if self.pixels is None else self.pixels.tolist()}


def _checked(pixels: Sequence[Sequence[float]], filter_size: int) -> np.ndarray:
    """The values of a pixel, [S, C], of which there is a table of patches."""
    values = np.asarray(pixels, np.float32)
    if values.ndim != 2 or np.any(values[0] != 0.0) or len(np.unique(values, axis=0)) < len(values):
        raise ValueError(f"pixels must be different vectors [S, C], the first of them zero, got {values.tolist()}")
    if num_patches(len(values), filter_size) > LARGEST:
        raise ValueError(
            f"pixels of {len(values)} values make {num_patches(len(values), filter_size):,} patches of "
            f"{filter_size} x {filter_size}; expected at most {LARGEST:,}"
        )
    return values
