"""A masked autoregressive network (MADE; Germain et al., 2015) that is told a context."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import keras


class MaskedDense(keras.layers.Dense):
    """A dense layer in which the weights where `mask` [inputs, units] is 0 do not exist.

    The mask is part of the layer's function. As a constraint that an optimizer has to apply, as in TFP's
    AutoregressiveNetwork, it would be lost in any training loop that forgets it, and the density wrong without a word.
    """

    def __init__(self, mask: np.ndarray, **options):
        super().__init__(mask.shape[1], **options)
        self.mask = tf.constant(mask, self.dtype)
        self.build([None, mask.shape[0]])

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """activation(inputs (W * mask) + b) of inputs [..., inputs]."""
        mask = tf.cast(self.mask, self.compute_dtype)  # the weights here are in it too
        return self.activation(tf.tensordot(inputs, self.kernel * mask, axes=1) + self.bias)


class MADE(tf.Module):
    """Two outputs per entry of z, which depend on the context and on the entries before it in the network's order.

    Args:
      latent_dim: L.
      context_dim: C.
      hidden_units: units of each hidden layer, ELU.
      reverse: whether the order is L, ..., 1 instead of 1, ..., L.

    Attributes:
      order: the place of every entry in it, from 1, [L].
    """

    def __init__(self, latent_dim: int, context_dim: int, hidden_units: Sequence[int], *, reverse: bool = False):
        super().__init__(name="made")
        order = np.arange(1, latent_dim + 1)[:: -1 if reverse else 1]
        self.order = tf.constant(order, tf.int32)
        # a unit of degree k may know the context, whose degree is 0, and the first k entries of z
        degrees = [np.concatenate([order, np.zeros(context_dim, int)])]
        degrees += [np.arange(units) % latent_dim for units in hidden_units]
        masks = [before[:, np.newaxis] <= after for before, after in zip(degrees, degrees[1:])]
        self.hidden = [MaskedDense(mask, activation="elu") for mask in masks]
        self.heads = [MaskedDense(degrees[-1][:, np.newaxis] < order) for _ in range(2)]

    def __call__(self, z: tf.Tensor, context: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Both outputs, [..., L], of z [..., L] and context [..., C]."""
        values = tf.concat([z, context], axis=-1)
        for layer in self.hidden:
            values = layer(values)
        return tf.cast(self.heads[0](values), z.dtype), tf.cast(self.heads[1](values), z.dtype)
