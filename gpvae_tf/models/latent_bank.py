"""The latents of a whole training set, kept between the steps of a model whose prior correlates all of them."""

import tensorflow as tf

from gpvae_tf.types import Gaussian


class LatentBank(tf.Module):
    """The encoder's mean and the last draw of every training image, as they were when it was last encoded.

    Args:
      num_data: N.
      latent_dim: L.
      dtype: dtype of the variables.

    Attributes:
      mean, draw: [N, L], not trainable, saved with the model.
      filled_at: number of training steps taken when all rows were last written at once; -1 for never.
    """

    def __init__(self, num_data: int, latent_dim: int, dtype: tf.DType = tf.float32):
        super().__init__(name="latent_bank")
        zeros = tf.zeros([num_data, latent_dim], dtype)
        self.mean = tf.Variable(zeros, trainable=False, name="bank_mean")
        self.draw = tf.Variable(zeros, trainable=False, name="bank_draw")
        self.filled_at = tf.Variable(-1, trainable=False, dtype=tf.int64, name="bank_filled_at")

    def write(self, index: tf.Tensor, q: Gaussian, draw: tf.Tensor) -> None:
        """Replaces rows; one that is not finite is left as it was, so that a bad batch cannot spoil later steps.

        Args:
          index: [n], rows.
          q: the encoder's Gaussian of these images, [n, L].
          draw: [n, L].
        """
        finite = tf.reduce_all(tf.math.is_finite(draw), axis=-1, keepdims=True)
        for variable, value in ((self.mean, q.mean), (self.draw, draw)):
            kept = tf.where(finite, tf.cast(value, variable.dtype), tf.gather(variable, index))
            variable.scatter_update(tf.IndexedSlices(kept, index))

    def draws_with(self, index: tf.Tensor, draw: tf.Tensor) -> tf.Tensor:
        """The draws of all rows, [N, L], with new ones in their places; arguments as in `write`."""
        return tf.tensor_scatter_nd_update(tf.cast(self.draw, draw.dtype), index[:, tf.newaxis], draw)
