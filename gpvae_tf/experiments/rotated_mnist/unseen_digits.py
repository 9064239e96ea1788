"""Digits that were never trained on: the images that are given of each, those to generate, and the errors by number."""

import numpy as np

from gpvae_tf.datasets.rotated_splits import RotatedMNIST
from gpvae_tf.evaluation.new_objects import NewObjects
from gpvae_tf.evaluation.object_tasks import extrapolation_task

CONTEXT_SIZES = (1, 3, 7, 11, 15)  # numbers of context images in the final scores
LOGGED_SIZE = 11  # that of the logs, and of FGP-VAE's number
REPRESENTED, INFERRED = "extrapolation", "extrapolation_inferred"  # scores, by where the digits' vectors come from


def unseen_digits(data: RotatedMNIST, num_given: int) -> NewObjects:
    """The digits of the eval split at the held-out angle, from random other images of each, which are FGP-VAE's.

    Raises:
      ValueError: if a digit has fewer other images.
    """
    task = extrapolation_task(data.eval, float(data.held_out_angle), num_given, seed=0)
    split, rows = task.context.split, task.context.rows
    return NewObjects(split.images[rows], split.inputs[rows][..., :1], task.inputs.numpy()[..., :1], task.images)


def sizes_of(data: RotatedMNIST) -> list[int]:
    """The numbers of context images for which every digit of the eval split has enough, beside one at that angle."""
    split = data.eval
    others = [np.sum((split.ids == number) & (split.angles != data.held_out_angle)) for number in np.unique(split.ids)]
    return [size for size in CONTEXT_SIZES if size <= min(others, default=0)]


def score_name(vectors: str, key: str, size: int | str) -> str:
    """The name of a score with vectors of one origin, REPRESENTED or INFERRED, from so many images."""
    return f"{vectors}_{key}_context_{size}"


ERRORS_BY_CONTEXT = {"": score_name(REPRESENTED, "mse", "{}"), ", inferred": score_name(INFERRED, "mse", "{}")}
