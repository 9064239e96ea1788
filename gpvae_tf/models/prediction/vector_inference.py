"""Vectors of objects that were never seen, inferred from observations of them while the model stays as it is."""

import functools
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf.checks import at_least_one, check_shape
from gpvae_tf.embeddings import Embedding, ObjectEmbedding
from gpvae_tf.latent_gps import LatentPredictor
from gpvae_tf.models import masks
from gpvae_tf.models.input_checks import as_tensor
from gpvae_tf.models.prediction.chunked import default_chunk, in_chunks
from gpvae_tf.types import Batch

TOLERANCE = 1e-6  # relative gain of an iteration, below which an object is done; near float32's rounding
LINE_SEARCH = 10  # evaluations at most in one iteration


class ObjectModel(Protocol):
    """The parts of a latent-GP model that say how well a vector explains observations of an object."""

    embedding: Embedding | None
    event_shape: tuple[int, ...]

    @property
    def network_dtype(self) -> tf.DType:
        """The dtype of what enters and leaves the networks."""

    def features(self, inputs: tf.Tensor) -> tf.Tensor:
        """Features of inputs [..., n, D] that the kernel takes."""

    def first_vectors(self, batch: Batch) -> tf.Tensor:
        """S guesses [S, k, M] of the vectors of the objects of a batch, by the embedding alone."""

    def check_observations(self, batch: Batch) -> None:
        """Refuses observations that cannot be trained on."""

    def log_likelihood_at(self, z: tf.Tensor, batch: Batch, inputs: tf.Tensor | None = None) -> tf.Tensor:
        """log p(y_i | z_i) at latents z [B, n, L], over the observed entries; `inputs` are the decoder's."""


def object_embedding(model: ObjectModel) -> ObjectEmbedding:
    """The embedding, which gives objects vectors.

    Raises:
      TypeError: if it is another one, or there is none.
    """
    if not isinstance(model.embedding, ObjectEmbedding):
        raise TypeError(
            "model.embedding must be ObjectVectors or AmortizedObjects, which give objects vectors; "
            f"got {type(model.embedding).__name__}"
        )
    return model.embedding


class VectorInference:
    """v = argmax_v sum_i log p(y_i | E[z(x_i, v)]) of objects with observations y_i in views x_i, each on its own.

    Compiled for any numbers of objects and observations, and anew for a first mask, errors, or other numbers of starts;
    `Predictor.infer_vectors` says what it is good for.

    Args:
      model: whose embedding, decoder and likelihood they are.
      latent: its latent functions given the training set.

    Raises:
      TypeError: if the model's objects have no vectors.
    """

    def __init__(self, model: ObjectModel, latent: LatentPredictor):
        self._model, self._objects, self._latent = model, object_embedding(model), latent
        self._compiled: dict[Any, Callable[..., tf.Tensor]] = {}

    def __call__(self, batch: Batch, start: Any, max_iterations: int, chunk: int | None) -> tf.Tensor:
        """Vectors [k, M].

        Args:
          batch: "inputs" [k, c, V], the views, "observations" [k, c, *event], and "mask" or "errors".
          start, max_iterations, chunk: see `Predictor.infer_vectors`.
        """
        batch = self._checked(batch)
        starts = self._model.first_vectors(batch) if start is None else self._starts(start, batch)
        at_once = default_chunk(self._model.event_shape) if chunk is None else at_least_one("chunk", chunk)
        if max_iterations != int(max_iterations) or max_iterations < 0:
            raise ValueError(f"max_iterations must be a whole number >= 0, got {max_iterations}")
        size = tf.maximum(at_once // tf.shape(batch["observations"])[1], 1)
        specs = {name: tf.TensorSpec([None, None, *part.shape[2:]], part.dtype) for name, part in batch.items()}
        number = tf.TensorSpec([], tf.int32)
        begun = tf.TensorSpec([starts.shape[0], None, self._objects.vector_dim], starts.dtype)
        key = (begun, *specs.items())
        if key not in self._compiled:
            signature = specs, begun, number, number
            # `partial`, as TensorFlow warns by the code of a method how often it was traced.
            self._compiled[key] = tf.function(functools.partial(self._infer), signature, autograph=False)
        return self._compiled[key](batch, starts, tf.constant(int(max_iterations)), size)

    def _checked(self, batch: Batch) -> dict[str, tf.Tensor]:
        """The batch, with views of 0 where nothing was observed, which may hold anything there."""
        views, observations, mask = batch["inputs"], batch["observations"], batch.get("mask")
        check_shape("observations", observations, ("k", "c", *self._model.event_shape))
        check_shape("views", views, (*observations.shape[:2], self._objects.view_columns))
        if observations.shape[1] == 0:
            raise ValueError("observations has 0 observations of every object; expected at least 1")
        if tf.executing_eagerly():
            self._model.check_observations(batch)
        if mask is not None:
            views = tf.where(masks.points_of(mask, 2)[..., tf.newaxis], views, tf.zeros_like(views))
        if tf.executing_eagerly():
            if not np.all(np.isfinite(views)):
                raise ValueError("views has values that are not finite where there is an observation")
            self._objects.check_views(views.numpy())
        return {**batch, "inputs": views}

    def _starts(self, start: Any, batch: Batch) -> tf.Tensor:
        """[S, k, M], S of which is known."""
        starts = tf.cast(as_tensor(start), self._model.network_dtype)
        of_one = (batch["observations"].shape[0], self._objects.vector_dim)
        check_shape("start", starts, ("S", *of_one) if starts.shape.rank == 3 else of_one)
        starts = starts if starts.shape.rank == 3 else starts[tf.newaxis]
        if starts.shape[0] == 0 or (tf.executing_eagerly() and not np.all(np.isfinite(starts))):
            raise ValueError("start must be at least one vector of every object, and finite")
        return starts

    def _infer(self, batch: Batch, starts: tf.Tensor, max_iterations: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
        """Vectors [k, M] by L-BFGS from the most likely start, `size` objects at once."""

        def of_objects(first: tf.Tensor, last: tf.Tensor) -> list[tf.Tensor]:
            part = {name: entry[first:last] for name, entry in batch.items()}
            loss = lambda vectors: -tf.cast(self._log_likelihoods(part, vectors), tf.float64)
            # A function of its own, or every call in TFP's line search would be traced.
            value_and_gradient = tf.function(functools.partial(tfp.math.value_and_gradient, loss), autograph=False)
            begun = _likeliest(loss, tf.cast(starts[:, first:last], tf.float64))
            found = tfp.optimizer.lbfgs_minimize(
                value_and_gradient,
                begun,
                f_relative_tolerance=TOLERANCE,
                max_iterations=max_iterations,
                max_line_search_iterations=LINE_SEARCH,
            )
            better = found.objective_value < value_and_gradient(begun)[0]  # NaN is not
            return [tf.where(better[:, tf.newaxis], found.position, begun)]

        spec = tf.TensorSpec([None, self._objects.vector_dim], tf.float64)
        (vectors,) = in_chunks(of_objects, tf.shape(starts)[1], size, [spec])
        return tf.cast(vectors, starts.dtype)

    def _log_likelihoods(self, batch: Batch, vectors: tf.Tensor) -> tf.Tensor:
        """sum_i log p(y_i | E[z(x_i, v)]) of every object, [k], nats."""
        inputs = self._objects.inputs_at(batch["inputs"], vectors)
        flat = tf.reshape(inputs, [1, -1, inputs.shape[-1]])  # all are points of the training set's functions
        means = self._latent.predict(self._model.features(flat)).transposed().mean
        means = tf.reshape(means, tf.concat([tf.shape(inputs)[:2], tf.shape(means)[-1:]], axis=0))
        return tf.reduce_sum(self._model.log_likelihood_at(means, batch, inputs), axis=-1)


def _likeliest(loss: Callable[[tf.Tensor], tf.Tensor], starts: tf.Tensor) -> tf.Tensor:
    """The one of starts [S, k, M] with the least loss [k], for every object: [k, M]."""
    if starts.shape[0] == 1:
        return starts[0]
    losses = tf.map_fn(loss, starts)
    best = tf.argmin(tf.where(tf.math.is_nan(losses), tf.constant(np.inf, losses.dtype), losses), axis=0)
    return tf.gather(tf.transpose(starts, [1, 0, 2]), best, batch_dims=1)
