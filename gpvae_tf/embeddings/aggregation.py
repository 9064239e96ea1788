"""How an object's vector is made of its images' vectors: whatever their number, their order and what is masked."""

import abc

import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.saving import Configurable


class Aggregation(Configurable, abc.ABC):
    """Makes the vectors of objects of the vectors of their images; one with variables is a `tf.Module`."""

    @abc.abstractmethod
    def __call__(self, vectors: tf.Tensor, members: tf.Tensor) -> tf.Tensor:
        """Vectors [..., q, M] of q objects, of the vectors [..., k, M] of k images.

        Args:
          vectors: of the images, finite also where they are no object's.
          members: [..., q, k] in the vectors' dtype, 1 where an image is one of the object's and 0 elsewhere; an object
            without any has the vector 0.
        """


class MeanAggregation(Aggregation):
    """The mean over an object's images (SVGP-VAE Section 4.3, FGP-VAE Appendix C)."""

    def __call__(self, vectors: tf.Tensor, members: tf.Tensor) -> tf.Tensor:
        """Means [..., q, M]; see `Aggregation`."""
        if members.shape[-2] == 1:  # a sum, whose rounding is not that of a product with one row
            total = tf.reduce_sum(tf.linalg.matrix_transpose(members) * vectors, axis=-2, keepdims=True)
        else:
            total = members @ vectors
        return total / tf.maximum(tf.reduce_sum(members, axis=-1, keepdims=True), 1.0)


class CorrectedMean(Aggregation, tf.Module):
    """v = mean_i r_i + g * c(r_1, ..., r_k), with a learned correction c and a gain g [M] that is 0 at first.

    So training starts from the mean, whatever the network was trained for before.

    Args:
      vector_dim: M.
      dtype: of the variables.
      name: of the module.
    """

    def __init__(self, vector_dim: int, *, dtype: str = "float32", name: str):
        super().__init__(name=name)
        self.gain = tf.Variable(tf.zeros([vector_dim], dtype), name="gain")

    @abc.abstractmethod
    def correction(self, vectors: tf.Tensor, members: tf.Tensor, means: tf.Tensor) -> tf.Tensor:
        """c [..., q, M], finite also for objects without images; see `Aggregation`, and `means` [..., q, M]."""

    def __call__(self, vectors: tf.Tensor, members: tf.Tensor) -> tf.Tensor:
        """Means and their corrections, [..., q, M]; see `Aggregation`."""
        vectors, members = tf.convert_to_tensor(vectors), tf.convert_to_tensor(members)
        means = MeanAggregation()(vectors, members)
        has_images = tf.reduce_max(members, axis=-1, keepdims=True)
        return means + has_images * self.gain * self.correction(vectors, members, means)


class AttentionAggregation(CorrectedMean):
    """The mean, corrected by what a learned query attends to: c = MultiHead(query, R, R) for R = (r_1, ..., r_k).

    One seed of the pooling by multi-head attention of the Set Transformer (Lee et al., 2019): images that say more
    about the object, such as those that show it from the front, can count more.

    Args:
      vector_dim: M.
      num_heads: heads of the attention.
      key_dim: dimension of a head's queries, keys and values.
      dtype: see `CorrectedMean`.
    """

    def __init__(self, vector_dim: int, *, num_heads: int = 4, key_dim: int = 16, dtype: str = "float32"):
        super().__init__(vector_dim, dtype=dtype, name="attention_aggregation")
        self.query = tf.Variable(keras.initializers.GlorotUniform()([1, vector_dim], dtype), name="query")
        self.attention = keras.layers.MultiHeadAttention(num_heads, key_dim, dtype=dtype)
        self.attention(self.query[tf.newaxis], tf.zeros([1, 1, vector_dim], dtype))  # makes its variables

    def correction(self, vectors: tf.Tensor, members: tf.Tensor, means: tf.Tensor) -> tf.Tensor:
        """What the query attends to; see `CorrectedMean`."""
        members = tf.reshape(members, tf.concat([[-1], tf.shape(members)[-2:]], axis=0))
        images = tf.reshape(vectors, tf.concat([[-1], tf.shape(vectors)[-2:]], axis=0))
        queries = tf.broadcast_to(self.query, tf.concat([tf.shape(members)[:2], tf.shape(self.query)[1:]], axis=0))
        return tf.reshape(self.attention(queries, images, attention_mask=members), tf.shape(means))


class DeepSetAggregation(CorrectedMean):
    """The mean, corrected by a perceptron of one hidden layer on mean and maximum: c = rho(mean_i r_i, max_i r_i).

    Deep Sets (Zaheer et al., 2017). The maximum keeps what a single image shows. There is no sum: numbers of images
    that training never saw would be far from all that rho knows.

    Args:
      vector_dim: M.
      units: hidden units of rho, with ELU.
      dtype: see `CorrectedMean`.
    """

    def __init__(self, vector_dim: int, *, units: int = 64, dtype: str = "float32"):
        super().__init__(vector_dim, dtype=dtype, name="deep_set_aggregation")
        layers = [keras.layers.InputLayer((2 * vector_dim,), dtype=dtype)]
        layers += [keras.layers.Dense(units, "elu", dtype=dtype), keras.layers.Dense(vector_dim, dtype=dtype)]
        self.rho = keras.Sequential(layers, name="rho")

    def correction(self, vectors: tf.Tensor, members: tf.Tensor, means: tf.Tensor) -> tf.Tensor:
        """The perceptron on mean and maximum; see `CorrectedMean`."""
        is_member = members[..., tf.newaxis] > 0.0
        of_members = tf.where(is_member, vectors[..., tf.newaxis, :, :], vectors.dtype.min)
        largest = tf.reduce_max(of_members, axis=-2)
        largest = tf.where(tf.reduce_any(is_member, axis=-2), largest, tf.zeros_like(largest))
        features = tf.concat([means, largest], axis=-1)
        return tf.reshape(self.rho(tf.reshape(features, [-1, features.shape[-1]])), tf.shape(means))
