"""How well images of objects never trained on are generated, from some context images of each (SVGP-VAE Section 4.3).

An object's vector is made of what the representation network makes of its context images; the latents come from
q_S given the training set, at the poses asked for and that vector.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from gpvae_tf.evaluation.conditional_generation import draw
from gpvae_tf.models.latent_gp_vae import LatentGPVAE
from gpvae_tf.models.prediction.predictor import Predictor


class NewObjects(NamedTuple):
    """Some objects with context images and the images to generate.

    Attributes:
      context: [k, c, H, W, C], values as the model takes them.
      views: [k, s, V], how the images to generate are seen.
      images: [k, s, H, W, C], what they are.
    """

    context: np.ndarray
    views: np.ndarray
    images: np.ndarray


def inputs_of(model: LatentGPVAE, context: np.ndarray, views: np.ndarray) -> tf.Tensor:
    """Inputs [1, k s, V + M] of views [k, s, V] of objects with context images [k, c, H, W, C], object by object.

    Raises:
      TypeError: if the model's objects have no vectors that are made of images.
    """
    inputs = model.inputs_of_new_objects(tf.constant(views, tf.float32), tf.constant(context))
    return tf.reshape(inputs, [1, -1, inputs.shape[-1]])


def generation_errors(
    model: LatentGPVAE, predictor: Predictor, objects: Iterable[NewObjects], seed: tf.Tensor
) -> dict[str, float]:
    """Per-pixel MSE over all objects' images: "mse" of decoded means, "mse_sampled" of one decoded draw of each.

    Args:
      model: with an embedding that is `AmortizedObjects`.
      predictor: the model given its training set.
      objects: a few at a time.
      seed: stateless seed [2] of the draws.

    Raises:
      ValueError: if there are no objects.
    """
    totals, count = np.zeros(2), 0
    for number, part in enumerate(objects):
        inputs = inputs_of(model, part.context, part.views)
        of_part = tf.random.experimental.stateless_fold_in(seed, number)
        totals += _squared_errors(model, predictor, inputs, part.images.reshape(-1, *part.images.shape[2:]), of_part)
        count += part.images.size
    if not count:
        raise ValueError("objects is empty: there is nothing to generate")
    return dict(zip(("mse", "mse_sampled"), (totals / count).tolist()))


def _squared_errors(
    model: LatentGPVAE, predictor: Predictor, inputs: tf.Tensor, images: np.ndarray, seed: tf.Tensor
) -> np.ndarray:
    marginals = predictor.predict_f(inputs)
    decoded = (model.decode(latents[0], inputs[0]) for latents in (marginals.mean, draw(marginals, seed)))
    return np.array([np.sum(np.square(images - image.numpy()), dtype=np.float64) for image in decoded])
