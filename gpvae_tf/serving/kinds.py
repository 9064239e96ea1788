"""The SavedModel of every kind of model: what `model.export(folder, ...)` writes."""

from collections.abc import Iterable, Mapping

import numpy as np

from gpvae_tf.embeddings import AmortizedObjects
from gpvae_tf.models import CPVAE, SVGPVAE, ImageVAE, LatentGPVAE, NonparametricVAE
from gpvae_tf.models.embedding_space import EmbeddingSpace
from gpvae_tf.models.prediction.vector_inference import object_embedding
from gpvae_tf.saving.exporting import servable
from gpvae_tf.serving.base import Servable
from gpvae_tf.serving.categories import ServableCategories
from gpvae_tf.serving.images import ServableImages
from gpvae_tf.serving.latent_gps import ServableLatentGP
from gpvae_tf.serving.new_objects import ServableNewObjects
from gpvae_tf.serving.nonparametric import ServableNonparametric
from gpvae_tf.serving.predictors import ServablePredictor
from gpvae_tf.types import Batch


@servable.register
def of_latent_gp(
    model: LatentGPVAE,
    *,
    input_dim: int | None = None,
    context: Batch | Iterable[Batch] | None = None,
    errors: bool = False,
) -> Servable:
    """Predictions from a context that comes with every request, or from one that the file holds.

    Args:
      model: trained.
      input_dim: D, columns of the inputs; None for those of the data that `fit` saw.
      context: the data that predictions rest on (see `condition_on`), for a file that holds them; None for one that
        takes them with every request.
      errors: whether requests say how far the values of their context may be off (`ServableLatentGP`).

    Raises:
      ValueError: if `input_dim` is None and `fit` saw no data; if there are errors and the encoder sees none, or the
        file holds the context.
    """
    input_dim = model.input_dim if input_dim is None else input_dim
    if input_dim is None:
        raise ValueError("input_dim is None and the model was never trained: give the number of columns of its inputs")
    if context is None:
        return ServableLatentGP(model, input_dim, errors)
    if errors:
        raise ValueError("errors=True is of a context in every request; those of `context` are in its batches")
    return ServablePredictor(model, model.condition_on(context), input_dim)


@servable.register
def of_sparse_gp(
    model: SVGPVAE,
    *,
    input_dim: int | None = None,
    context: Batch | Iterable[Batch] | None = None,
    errors: bool = False,
    batches: Batch | Iterable[Batch] | None = None,
) -> Servable:
    """`of_latent_gp`, or, given the training set, predictions for objects never seen (`ServableNewObjects`).

    Args:
      model: trained.
      input_dim, context, errors: see `of_latent_gp`.
      batches: the training set, which the latter rest on; needed where a network represents the objects.

    Raises:
      TypeError: if there are batches and the model's objects have no vectors.
      ValueError: if the training set is missing, or anything else is given beside it.
    """
    if batches is None:
        if isinstance(model.embedding, AmortizedObjects):
            raise ValueError(
                "batches is None and model.embedding is AmortizedObjects, whose predictions rest on the training set: "
                "give that"
            )
        return of_latent_gp(model, input_dim=input_dim, context=context, errors=errors)
    object_embedding(model)
    if input_dim is not None or context is not None or errors:
        raise ValueError(
            "input_dim, context and errors must be left out where batches are given: the images of a new object come "
            "with every request"
        )
    return ServableNewObjects(model, model.statistics([batches] if isinstance(batches, Mapping) else batches))


@servable.register
def of_images(model: ImageVAE, *, mean: np.ndarray | None = None) -> Servable:
    """Codes, decodings, reconstructions and draws.

    Args:
      model: trained.
      mean: the mean image that was subtracted in training; None for none.
    """
    return ServableImages(model, mean)


@servable.register
def of_categories(model: CPVAE, *, mean: np.ndarray | None = None) -> Servable:
    """The same, and the categories.

    Args:
      model, mean: see `of_images`.
    """
    return ServableCategories(model, mean)


@servable.register
def of_nonparametric(
    model: NonparametricVAE,
    *,
    observations: np.ndarray | None = None,
    num_anchors: int = 0,
    mean: np.ndarray | None = None,
) -> Servable:
    """The same, and what is decoded from the space X, if there are observations for it to rest on.

    Args:
      model: trained.
      observations: the training set [N, *event], as the model saw it: without the mean image, if there is one.
      num_anchors: how many of them predictions rest on; 0 for all.
      mean: see `of_images`.
    """
    if observations is None:
        return ServableImages(model, mean)
    references = EmbeddingSpace.of_images(model, observations, num_anchors).references
    return ServableNonparametric(model, references, mean)
