"""Tasks of FGP-VAE: of every object some images are given, and others are to be generated from them."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from gpvae_tf.datasets import minibatches
from gpvae_tf.datasets.split_by_object import Objects, by_object
from gpvae_tf.datasets.splits import Split
from gpvae_tf.evaluation.conditional_generation import generation_errors
from gpvae_tf.models.fgp_vae import FGPVAE

CHUNK = 64  # objects whose images are encoded at once


class ObjectTask(NamedTuple):
    """One query for every object.

    Attributes:
      context: what is given of each object; its pixels stay in their split.
      inputs: the queries (angle, id), [B, 1, 2].
      images: what is to be generated, [B, 1, H, W, C].
    """

    context: Objects
    inputs: tf.Tensor
    images: np.ndarray

    def errors(self, model: FGPVAE, seed: tf.Tensor) -> dict[str, float]:
        """Per-pixel MSE of decoded posterior means and of one decoded draw (`generation_errors`)."""
        marginals = model.condition_on(minibatches.chunks(self.context, CHUNK)).predict_f(self.inputs)
        return generation_errors(model, marginals, self.images, self.inputs, seed=seed)


def make_task(given: Split, targets: Split) -> ObjectTask:
    """The task of generating `targets`, one image per object, from the images that are given of these objects.

    Raises:
      ValueError: if an object has two targets, or a target's object has no image among the given.
    """
    objects = by_object(given)
    objects = objects.take(np.isin(objects.ids, targets.ids))
    row = {int(number): i for i, number in enumerate(targets.ids)}
    if len(row) < len(targets) or set(row) != set(objects.ids.tolist()):
        raise ValueError(
            f"targets has {len(targets)} images of {len(row)} objects, of which {len(objects)} have images among the "
            "given; expected one target per object, and an image given of each"
        )
    ordered = targets.take(np.array([row[int(number)] for number in objects.ids]))
    return ObjectTask(objects, tf.constant(ordered.inputs)[:, tf.newaxis], ordered.images[:, np.newaxis])


def extrapolation_task(views: Split, held_out_angle: float, num_given: int, *, seed: int) -> ObjectTask:
    """New objects: the held-out angle from `num_given` random other images of each (FGP-VAE Section 4).

    Args:
      views: all images of the new objects.
      held_out_angle: radians; `Split.angles` holds this very number.
      num_given: context images per object, >= 1.
      seed: seed of the choice.

    Raises:
      ValueError: if num_given < 1 or an object has fewer other images.
    """
    is_target = views.angles == np.float32(held_out_angle)
    rng, given = np.random.default_rng(seed), []
    for number in np.unique(views.ids):
        rows = np.flatnonzero((views.ids == number) & ~is_target)
        if not 1 <= num_given <= len(rows):
            raise ValueError(
                f"num_given must lie in 1, ..., {len(rows)}, object {number}'s other images; got {num_given}"
            )
        given.append(np.sort(rng.choice(rows, num_given, replace=False)))
    return make_task(views.take(np.concatenate(given)), views.take(is_target))
