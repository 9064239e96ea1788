"""How well images of objects never trained on are generated, from some context images of each (SVGP-VAE Section 4.3).

An object's vector is what the representation network makes of its context images, or what explains them best; the
latents come from q_S given the training set, at the poses asked for and that vector.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from gpvae_tf.embeddings.object_vectors import guesses
from gpvae_tf.evaluation.conditional_generation import generation_errors
from gpvae_tf.models.input_checks import as_tensor
from gpvae_tf.models.latent_gp_vae import LatentGPVAE
from gpvae_tf.models.prediction.predictor import Predictor
from gpvae_tf.models.prediction.vector_inference import object_embedding


class NewObjects(NamedTuple):
    """Some objects with context images and the images to generate.

    Attributes:
      context: [k, c, H, W, C], values as the model takes them.
      context_views: [k, c, V], how those are seen.
      views: [k, s, V], how the images to generate are seen.
      images: [k, s, H, W, C], what they are.
    """

    context: np.ndarray
    context_views: np.ndarray
    views: np.ndarray
    images: np.ndarray


VectorsOf = Callable[[NewObjects], tf.Tensor]  # the objects' vectors [k, M]


def represented(model: LatentGPVAE) -> VectorsOf:
    """Vectors by the model's representation network."""
    return lambda objects: model.represent(tf.constant(objects.context))


def inferred(predictor: Predictor, known: tf.Tensor | None = None) -> VectorsOf:
    """Vectors that explain the context images best (`Predictor.infer_vectors`).

    Args:
      predictor: the model given its training set.
      known: vectors [P, M] to start from, those of training objects; None for the default.
    """

    def vectors_of(objects: NewObjects) -> tf.Tensor:
        start = None if known is None else guesses(known, len(objects.context))
        return predictor.infer_vectors(objects.context_views, objects.context, start=start)

    return vectors_of


def inputs_of(model: LatentGPVAE, objects: NewObjects, vectors_of: VectorsOf) -> tf.Tensor:
    """Inputs [1, k s, V + M] at which images of objects are generated, object by object."""
    inputs = object_embedding(model).inputs_at(as_tensor(objects.views), vectors_of(objects))
    return tf.reshape(inputs, [1, -1, inputs.shape[-1]])


def object_errors(
    model: LatentGPVAE, predictor: Predictor, objects: Iterable[NewObjects], seed: tf.Tensor, vectors_of: VectorsOf
) -> dict[str, float]:
    """Per-pixel MSE over all objects' images: "mse" of decoded means, "mse_sampled" of one decoded draw of each.

    Args:
      model: whose embedding gives objects vectors.
      predictor: the model given its training set.
      objects: a few at a time.
      seed: stateless seed [2] of the draws.
      vectors_of: where the objects' vectors come from.

    Raises:
      TypeError: if the model's objects have no vectors.
      ValueError: if there are no objects.
    """
    totals, count = np.zeros(2), 0
    for number, part in enumerate(objects):
        inputs, images = inputs_of(model, part, vectors_of), part.images.reshape(1, -1, *part.images.shape[2:])
        marginals, of_part = predictor.predict_f(inputs), tf.random.fold_in(seed, number)
        errors = generation_errors(model, marginals, images, inputs, seed=of_part)
        totals += images.size * np.array([errors["mse"], errors["mse_sampled"]])
        count += images.size
    if not count:
        raise ValueError("objects is empty: there is nothing to generate")
    return dict(zip(("mse", "mse_sampled"), (totals / count).tolist()))
