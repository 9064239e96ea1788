"""What gives every object a vector, one that was never seen in training too."""

import abc

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import check_shape
from gpvae_tf.embeddings.base import Embedding


class ObjectEmbedding(Embedding):
    """Inputs (view, id) become features (view, vector of that object).

    Inputs that stand for themselves may have a vector in the id's place, as `inputs_at` makes them: that of an object
    which no training batch held.

    Attributes:
      view_columns: leading input columns that say how the object is seen.
      vector_dim: M, dimension of a vector.
    """

    view_columns: int
    vector_dim: int

    @abc.abstractmethod
    def first_vectors(self, observations: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        """S guesses of the vectors of new objects with observations [k, c, *event], scaled: [S, k, M].

        Args:
          observations: c of each object.
          mask: boolean [k, c], True = there; None for all.
        """

    @property
    def scaled_columns(self) -> int:  # type: ignore[override]
        """Those of the view; ids and vectors are not in units of the data."""
        return self.view_columns

    def check(self, inputs: np.ndarray) -> None:
        """Refuses inputs [..., n, D] of data that are not (view, id).

        Raises:
          ValueError: naming what came and what was expected.
        """
        if inputs.shape[-1] != self.view_columns + 1:
            raise ValueError(
                f"inputs has {inputs.shape[-1]} columns; expected {self.view_columns} of the view and the object's id"
            )
        self.check_views(np.asarray(inputs)[..., : self.view_columns])

    def check_views(self, views: np.ndarray) -> None:  # noqa: B027 (most views are numbers of any size)
        """Refuses views [..., V] that there are no features for.

        Raises:
          ValueError: naming what came and what was expected.
        """

    def inputs_at(self, views: tf.Tensor, vectors: tf.Tensor) -> tf.Tensor:
        """Inputs [..., s, V + M] of objects with vectors [..., M], seen in views [..., s, V]."""
        check_shape("views", views, ("...", "s", self.view_columns))
        check_shape("vectors", vectors, ("...", self.vector_dim))
        shape = tf.concat([tf.shape(views)[:-1], [self.vector_dim]], axis=0)
        return side_by_side(views, tf.broadcast_to(vectors[..., tf.newaxis, :], shape))


def side_by_side(views: tf.Tensor, vectors: tf.Tensor) -> tf.Tensor:
    """(view, vector) in the vectors' dtype, or in float64 if views are whole or have it: times have more digits."""
    views, vectors = tf.convert_to_tensor(views), tf.convert_to_tensor(vectors)
    longer = views.dtype == tf.float64 or not views.dtype.is_floating
    dtype = tf.float64 if longer else vectors.dtype
    return tf.concat([tf.cast(views, dtype), tf.cast(vectors, dtype)], axis=-1)
