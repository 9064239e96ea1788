"""Vectors of objects that a network makes of their images, which serve objects that were never seen in training."""

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import Network, apply_flat, build, check_network, widened
from gpvae_tf.checks import check_shape
from gpvae_tf.embeddings.aggregation import Aggregation, MeanAggregation
from gpvae_tf.embeddings.base import Embedding
from gpvae_tf.embeddings.objects import ObjectEmbedding, side_by_side
from gpvae_tf.replicas import shares


class AmortizedObjects(ObjectEmbedding):
    """Vectors of objects from their images: v = mean_i r(y_i) over any number of images of the object.

    SVGP-VAE Section 4.3 (characters in poses) and FGP-VAE Appendix C. In a batch, inputs are (view, id) and every
    object's vector is the mean over its observed images in the batch, so whole objects should lie in one batch.
    Elsewhere, inputs are (view, vector), as `inputs_at` makes them of vectors that `represent` gives. The mean, and any
    other aggregation, does not depend on the order of the images, nor on what is masked. A model with a scaling shows
    the network scaled images, so for it `represent` is asked through `LatentGPVAE.represent`.

    Args:
      network: r, images [N, H, W, C] -> [N, M]; tf_keras model or tf.Module.
      vector_dim: M.
      aggregation: what makes one vector of the images'; the mean if not given.
      views: embedding of the view columns alone, such as `ObjectVectors(poses, view_columns=0)` for numbered poses;
        None passes them through.
      view_columns: leading input columns that say how the object is seen.
      event_ndims: number of axes of what the network sees of one image; 1 for vectors.
    """

    def __init__(
        self,
        network: Network,
        vector_dim: int,
        *,
        aggregation: Aggregation | None = None,
        views: Embedding | None = None,
        view_columns: int = 1,
        event_ndims: int = 3,
    ):
        super().__init__(name="amortized_objects")
        self.event_ndims = event_ndims
        self.network = check_network(network, "network")
        self.aggregation = aggregation or MeanAggregation()
        self.vector_dim, self.views, self.view_columns = vector_dim, views, view_columns

    def build(self, event_shape: tuple[int, ...]) -> None:
        build(self.network, "network", event_shape)

    @property
    def trainable_variables(self) -> tuple[tf.Variable, ...]:
        """Those of the network, none if it is a Keras network that is not `trainable`, of aggregation and views."""
        parts = [part for part in (self.network, self.aggregation, self.views) if isinstance(part, tf.Module)]
        return tuple(variable for part in parts for variable in part.trainable_variables)

    @property
    def non_trainable_variables(self) -> tuple[tf.Variable, ...]:
        """All others."""
        trainable = {variable.ref() for variable in self.trainable_variables}
        return tuple(variable for variable in self.variables if variable.ref() not in trainable)

    def represent(self, images: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        """Vectors [..., M] of objects of which there are images [..., k, H, W, C]; the mask [..., k] is True where one
        is there, and an object without any has the vector 0.

        Raises:
          ValueError: if there is no image (k = 0), or the mask does not fit.
        """
        if images.shape[-self.event_ndims - 1] == 0:
            raise ValueError("images has 0 context images of every object; expected at least 1")
        vectors = self._vectors(images, mask)
        return self.aggregation(vectors, self._weights(vectors, mask)[..., tf.newaxis, :])[..., 0, :]

    def first_vectors(self, observations: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        """What `represent` makes of the observations, [1, k, M]."""
        return self.represent(observations, mask)[tf.newaxis]

    def check_views(self, views: np.ndarray) -> None:
        """Refuses views that the embedding of views refuses."""
        if self.views is not None:
            self.views.check(views)

    def query_columns(self, columns: int | None) -> tuple[int | None, ...]:
        """Those of the view and of the object's vector, where the data have its id."""
        return (self.view_columns + self.vector_dim,)

    def __call__(self, inputs: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
        """Features (view, vector) of inputs (view, vector).

        Raises:
          ValueError: if the inputs have another number of columns.
        """
        expected = self.view_columns + self.vector_dim
        if inputs.shape[-1] != expected:
            raise ValueError(
                f"inputs has {inputs.shape[-1]} columns; expected {self.view_columns} of the view and the "
                f"{self.vector_dim} of the object's vector (see `inputs_at`)"
            )
        return self._join(inputs, tf.cast(inputs[..., self.view_columns :], dtype), dtype)

    def of_batch(
        self, inputs: tf.Tensor, observations: tf.Tensor, mask: tf.Tensor | None, dtype: tf.DType
    ) -> tf.Tensor:
        """Features (view, vector) of inputs (view, id) [..., n, V + 1]: all images of an id share its vector."""
        return self._join(inputs, tf.cast(self._vectors_of_batch(inputs, observations, mask), dtype), dtype)

    def queries_of_batch(self, inputs: tf.Tensor, observations: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
        """Inputs (view, vector) [..., n, V + M] of inputs (view, id) [..., n, V + 1]; see `of_batch`."""
        return side_by_side(inputs[..., : self.view_columns], self._vectors_of_batch(inputs, observations, mask))

    def _vectors_of_batch(self, inputs: tf.Tensor, observations: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
        if inputs.shape[-1] != self.view_columns + 1:
            raise ValueError(
                f"inputs has {inputs.shape[-1]} columns; expected {self.view_columns} of the view and the object's id"
            )
        vectors, ids = self._vectors(observations, mask), inputs[..., self.view_columns]
        images = (vectors, self._weights(vectors, mask), ids)  # replicas that share the points need those of all
        vectors, weights, of_all = (shares.gathered(part, shares.POINTS, at) for part, at in zip(images, (-2, -1, -1)))
        same = tf.cast(tf.equal(ids[..., :, tf.newaxis], of_all[..., tf.newaxis, :]), vectors.dtype)
        return self.aggregation(vectors, same * weights[..., tf.newaxis, :])

    def _vectors(self, images: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
        """r(y) [..., k, M] of images; masked ones, which may hold anything, are black."""
        if mask is not None:
            check_shape("mask", mask, images.shape[: -self.event_ndims])
            seen = tf.reshape(tf.cast(mask, tf.bool), tf.concat([tf.shape(mask), [1] * self.event_ndims], axis=0))
            images = tf.where(seen, images, tf.zeros_like(images))
        vectors = widened(apply_flat(self.network, images, event_ndims=self.event_ndims))
        check_shape("the representation network's output", vectors, ("...", self.vector_dim))
        return vectors

    @staticmethod
    def _weights(vectors: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
        """1 for an image that is there, 0 for one that is not, [..., k]."""
        return tf.ones_like(vectors[..., 0]) if mask is None else tf.cast(mask, vectors.dtype)

    def _join(self, inputs: tf.Tensor, vectors: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
        views = inputs[..., : self.view_columns]
        return tf.concat([self.views(views, dtype) if self.views else tf.cast(views, dtype), vectors], axis=-1)
