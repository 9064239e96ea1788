"""Networks that know a category: a linear layer for one of them or all at once, and a decoder that is told none."""

import tensorflow as tf

from gpvae_tf._keras import Network, call, keras
from gpvae_tf.networks.gated import INITIALIZERS
from gpvae_tf.saving import Configurable


class CategoryHead(Configurable, tf.Module):
    """A linear layer on features h and category c, W [h, c] + b, whose values for all K one-hot c cost one product.

    W [h, e_k] + b = (W_h h + b) + w_k.

    Args:
      features_dim: length of the features h.
      num_categories: K.
      units: D, the length of the output.
      init: one of `gated.INITIALIZERS`.
      dtype: dtype of the weights.
      name: the module's name.
    """

    def __init__(self, features_dim: int, num_categories: int, units: int, *, init: str, dtype: str, name: str):
        super().__init__(name=name)
        kernel, bias = (keras.initializers.get(item) for item in INITIALIZERS[init](features_dim + num_categories))
        self.kernel = tf.Variable(kernel([features_dim + num_categories, units], dtype), name="kernel")
        self.bias = tf.Variable(bias([units], dtype), name="bias")
        self.features_dim = features_dim

    def of_features(self, features: tf.Tensor) -> tf.Tensor:
        """W_h h + b, [B, D]."""
        return tf.matmul(features, self.kernel[: self.features_dim]) + self.bias

    @property
    def of_categories(self) -> tf.Tensor:
        """The vectors w_k, [K, D]."""
        return self.kernel[self.features_dim :]

    def forget_categories(self) -> None:
        """Sets the vectors w_k to 0: every category has the values of the features alone."""
        self.kernel.assign(
            tf.pad(self.kernel[: self.features_dim], [[0, self.kernel.shape[0] - self.features_dim], [0, 0]])
        )


class AtNoCategory(Configurable, tf.Module):
    """A decoder of latents z [N, D]: the output of a decoder of [z, c] for [z, 0].

    Args:
      decoder: latents [N, D + K] -> its output.
      num_categories: K.
    """

    def __init__(self, decoder: Network, num_categories: int):
        super().__init__(name="at_no_category")
        self.decoder, self._num_categories = decoder, num_categories

    def __call__(self, z: tf.Tensor) -> tf.Tensor:
        """The decoder's output for z [N, D]."""
        return call(self.decoder, tf.pad(z, [[0, 0], [0, self._num_categories]]))
