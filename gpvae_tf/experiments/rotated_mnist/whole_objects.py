"""Rotated MNIST for object vectors that a network makes of an object's images (FGP-VAE Appendix C).

Training batches hold whole objects, an object of the training split is known by its training images, and one that was
never seen by as many of its images as are given.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.data import row_batches
from gpvae_tf.datasets import minibatches
from gpvae_tf.datasets.minibatches import Batch
from gpvae_tf.datasets.rotated_splits import RotatedMNIST
from gpvae_tf.datasets.split_by_object import by_object
from gpvae_tf.embeddings import AmortizedObjects
from gpvae_tf.evaluation.object_tasks import CHUNK


class WholeObjects:
    """The objects of a data set, each with all its images.

    Args:
      data: the splits.
      batch_size: images per step, on average and at most, since objects differ in their number of images.
    """

    def __init__(self, data: RotatedMNIST, batch_size: int):
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
