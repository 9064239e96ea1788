"""Vectors of objects that are learned with everything else (GP-LVM)."""

import numpy as np
import tensorflow as tf

from gpvae_tf.embeddings.objects import ObjectEmbedding

_ROUNDING = 1e-3  # how far a number may be from a whole one that it stands for
MOST_GUESSES = 64  # to look at them takes about as long as the iterations that follow


class ObjectVectors(ObjectEmbedding):
    """GP-LVM vectors of objects: inputs (view, id) become features (view, vector of that object).

    SVGP-VAE Section 4.2: images of rotated digits have an angle, which is known, and an object, of which only the
    identity is; its vector is learned with everything else, or stays at the principal components it starts from. Inputs
    of an object that is not in the table have its vector in the place of the id; `Predictor.infer_vectors` finds one.

    Args:
      initial: [P, M], one vector per object.
      trainable: whether the vectors are learned.
      view_columns: leading input columns that pass through; the next one is the id.
      dtype: dtype of the stored variable.

    Raises:
      ValueError: if the array is no matrix or is not finite.
    """

    def __init__(self, initial: np.ndarray, *, trainable: bool = False, view_columns: int = 1, dtype: str = "float32"):
        super().__init__(name="object_vectors")
        array = np.asarray(initial)
        if array.ndim != 2 or array.size == 0:
            raise ValueError(f"initial must be [objects, M], got shape {array.shape}")
        if not np.all(np.isfinite(array)):
            raise ValueError("initial has entries that are not finite")
        self.view_columns, self.vector_dim = view_columns, array.shape[1]
        self.vectors = tf.Variable(array, trainable=trainable, dtype=dtype, name="object_vectors")

    @property
    def num_objects(self) -> int:
        """The number P of objects."""
        return self.vectors.shape[0]

    def first_vectors(self, observations: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        """Rows of the table, the same for every object: a new one may be like any of them."""
        return guesses(tf.convert_to_tensor(self.vectors), tf.shape(observations)[0])

    def query_columns(self, columns: int | None) -> tuple[int | None, ...]:
        """Those of the data, or those of the view and of a vector in the place of the id."""
        return columns, self.view_columns + self.vector_dim

    def inputs_at(self, views: tf.Tensor, vectors: tf.Tensor) -> tf.Tensor:
        """See `ObjectEmbedding.inputs_at`.

        Raises:
          ValueError: if vectors are single numbers, which cannot be told from ids.
        """
        if self.vector_dim == 1:
            raise ValueError("vectors of one number cannot be told from ids; give the table vectors of two or more")
        return super().inputs_at(views, vectors)

    def check(self, inputs: np.ndarray) -> None:
        super().check(inputs)
        ids = np.asarray(inputs)[..., self.view_columns]
        wrong = ids[(ids != np.floor(ids)) | (ids < 0) | (ids >= self.num_objects)]
        if wrong.size:
            raise ValueError(
                f"inputs has the object id {wrong[0]:.10g}; there are vectors of objects 0, ..., {self.num_objects - 1}"
            )

    def __call__(self, inputs: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
        """Features [..., n, V + M] in `dtype` of inputs (view, id) [..., n, V + 1] or (view, vector) [..., n, V + M].

        Raises:
          ValueError: if the inputs have another number of columns.
          tf.errors.InvalidArgumentError: for an id outside 0, ..., P - 1; not in what XLA compiled.
        """
        views, rest = inputs[..., : self.view_columns], inputs[..., self.view_columns :]
        if rest.shape[-1] not in (1, self.vector_dim):
            raise ValueError(
                f"inputs has {inputs.shape[-1]} columns; expected {self.view_columns} of the view and the object's id, "
                f"or the {self.vector_dim} of a vector in its place"
            )
        vectors = self._of_ids(rest[..., 0], dtype) if rest.shape[-1] == 1 else tf.cast(rest, dtype)
        return tf.concat([tf.cast(views, dtype), vectors], axis=-1)

    def _of_ids(self, numbers: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
        """Rows [..., M] of the table."""
        whole = tf.round(numbers)  # what a scaling has made of an id may be off by a rounding error
        ids = tf.cast(whole, tf.int32)
        known = tf.reduce_all((ids >= 0) & (ids < self.num_objects) & (tf.abs(numbers - whole) < _ROUNDING))
        message = f"inputs has an id outside 0, ..., {self.num_objects - 1}, the rows of the table of vectors"
        with tf.control_dependencies([tf.debugging.Assert(known, [message, ids])]):  # a GPU would gather zeros
            return tf.gather(tf.cast(self.vectors, dtype), ids)


def guesses(vectors: tf.Tensor, num_objects: int | tf.Tensor) -> tf.Tensor:
    """Known vectors [P, M] as guesses for each of k new objects, [S, k, M]: `MOST_GUESSES` spread over them at most."""
    rows = np.unique(np.linspace(0, vectors.shape[0] - 1, min(vectors.shape[0], MOST_GUESSES)).astype(int))
    return tf.repeat(tf.gather(vectors, rows)[:, tf.newaxis], num_objects, axis=1)
