"""Vectors of objects that are learned with everything else (GP-LVM)."""

import numpy as np
import tensorflow as tf

from gpvae_tf.embeddings.base import Embedding


class ObjectVectors(Embedding):
    """GP-LVM vectors of objects: inputs (view, id) become features (view, vector of that object).

    SVGP-VAE Section 4.2: images of rotated digits have an angle, which is known, and an object, of which only the
    identity is; its vector is learned with everything else, or stays at the principal components it starts from.

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
        self.view_columns = view_columns
        self.vectors = tf.Variable(array, trainable=trainable, dtype=dtype, name="object_vectors")

    @property
    def num_objects(self) -> int:
        """The number P of objects."""
        return self.vectors.shape[0]

    @property
    def vector_dim(self) -> int:
        """The dimension M of a vector."""
        return self.vectors.shape[1]

    def check(self, inputs: np.ndarray) -> None:
        if inputs.shape[-1] != self.view_columns + 1:
            return  # which `__call__` says
        ids = np.asarray(inputs)[..., self.view_columns]
        wrong = ids[(ids != np.floor(ids)) | (ids < 0) | (ids >= self.num_objects)]
        if wrong.size:
            raise ValueError(
                f"inputs has the object id {wrong[0]:.10g}; there are vectors of objects 0, ..., {self.num_objects - 1}"
            )

    def __call__(self, inputs: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
        """Features [..., n, view_columns + M] in `dtype` of inputs [..., n, view_columns + 1].

        Raises:
          ValueError: if the inputs have another number of columns.
          tf.errors.InvalidArgumentError: for an id outside 0, ..., P - 1; not in what XLA compiled.
        """
        if inputs.shape[-1] != self.view_columns + 1:
            raise ValueError(
                f"inputs has {inputs.shape[-1]} columns; expected {self.view_columns} of the view and the object's id"
            )
        ids = tf.cast(inputs[..., self.view_columns], tf.int32)
        known = tf.reduce_all((ids >= 0) & (ids < self.num_objects))
        message = f"inputs has an id outside 0, ..., {self.num_objects - 1}, the rows of the table of vectors"
        with tf.control_dependencies([tf.debugging.Assert(known, [message, ids])]):  # a GPU would gather zeros
            vectors = tf.gather(tf.cast(self.vectors, dtype), ids)
        return tf.concat([tf.cast(inputs[..., : self.view_columns], dtype), vectors], axis=-1)
