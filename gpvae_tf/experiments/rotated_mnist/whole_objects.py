"""Rotated MNIST for object vectors that a network makes of an object's images (FGP-VAE Appendix C).

Training batches hold whole objects, an object of the training split is known by its training images, and one that was
never seen by as many of its images as are given.
"""

import functools
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.data import row_batches
from gpvae_tf.datasets import minibatches
from gpvae_tf.datasets.minibatches import Batch
from gpvae_tf.datasets.rotated_splits import RotatedMNIST
from gpvae_tf.datasets.split_by_object import by_object
from gpvae_tf.embeddings import AmortizedObjects
from gpvae_tf.evaluation.new_objects import NewObjects
from gpvae_tf.evaluation.object_tasks import CHUNK, extrapolation_task

CONTEXT_SIZES = (1, 3, 7, 11, 15)  # numbers of context images in the final scores
LOGGED_SIZE = 11  # that of the logs, and of FGP-VAE's number


class WholeObjects:
    """The objects of a data set, each with all its images.

    Args:
      data: the splits.
      batch_size: images per step, on average and at most, since objects differ in their number of images.
    """

    def __init__(self, data: RotatedMNIST, batch_size: int):
        self._data = data
        self.train = by_object(data.train)
        self.per_batch = max(1, batch_size * len(self.train) // len(data.train))

    @property
    def steps_per_epoch(self) -> int:
        """Mini-batches that hold the training split once."""
        return row_batches.steps_per_epoch(self.train, self.per_batch)

    def stream(self, start: int, *, seed: int, shuffle: bool) -> tf.data.Dataset:
        """Endless batches of one data set, [1, b, ...], masked, the first of which is that of step `start`."""
        options: dict[str, Any] = dict(seed=seed, start_step=start, shuffle=shuffle)
        return minibatches.object_batches(self.train, self.per_batch, one_data_set=True, **options)

    def chunks(self) -> Iterable[Batch]:
        """The training split once, to condition a model on."""
        return minibatches.chunks(self.train, CHUNK, one_data_set=True)

    def vectors(self, embedding: AmortizedObjects) -> np.ndarray:
        """Vectors [P, M] of the training objects, in the order of `train.ids`, from all their training images."""
        parts = (
            embedding.represent(chunk["observations"], chunk["mask"]) for chunk in minibatches.chunks(self.train, CHUNK)
        )
        return np.concatenate([part.numpy() for part in parts])

    def inputs_of(self, embedding: AmortizedObjects, inputs: np.ndarray) -> tf.Tensor:
        """Inputs (angle, vector) [n, 1 + M] of (angle, id) [n, 2] of training objects.

        Raises:
          ValueError: if an object has no training image.
        """
        row = {int(number): i for i, number in enumerate(self.train.ids)}
        unknown = sorted({int(number) for number in inputs[:, 1]} - row.keys())
        if unknown:
            raise ValueError(f"inputs has object {unknown[0]}, which has no training image to make its vector of")
        vectors = self.vectors(embedding)[[row[int(number)] for number in inputs[:, 1]]]
        return embedding.inputs_at(tf.constant(inputs[:, np.newaxis, :1]), tf.constant(vectors))[:, 0]

    @functools.cache  # noqa: B019 (one per run)
    def unseen(self, num_given: int) -> NewObjects:
        """The unseen digits at the held-out angle, from random other images of each, which are FGP-VAE's.

        Raises:
          ValueError: if a digit has fewer other images.
        """
        data = self._data
        task = extrapolation_task(data.eval, float(data.held_out_angle), num_given, seed=0)
        return NewObjects(task.context.split.images[task.context.rows], task.inputs.numpy()[..., :1], task.images)


def error_by_size(scores: Mapping[str, float]) -> tuple[list[int], list[float]]:
    """Numbers of context images, and the error of decoded means with each of them that the scores have."""
    found = {size: scores[key] for size in CONTEXT_SIZES if (key := f"extrapolation_mse_context_{size}") in scores}
    return list(found), list(found.values())
