"""Batches of sequences or of points, gathered from tensors: an epoch, without end, from a step on, or in order."""

import functools
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from gpvae_tf.data.masks import observed_points
from gpvae_tf.data.row_batches import prefetched_map, row_batches, steps_per_epoch

Batch = dict[str, tf.Tensor]


class SequenceBatches:
    """The part of `data.SequenceData` that makes batches of its arrays.

    A subclass has the attributes, see there; `_tensors` are the arrays by name, inputs [n, D] where all share them.
    """

    observations: np.ndarray
    mask: np.ndarray | None
    batch_size: int
    points_per_batch: int | None
    shuffle_seed: int | None
    repeat: bool
    _tensors: dict[str, tf.Tensor]

    @property
    def num_sequences(self) -> int:
        """N."""
        return len(self.observations)

    @property
    def num_data(self) -> int | None:
        """Observed points that batches of points are drawn from, for `SVGPVAE(num_data=...)`; None for sequences."""
        return None if self.points_per_batch is None else len(self._points)

    @functools.cached_property
    def dataset(self) -> tf.data.Dataset:
        """Batches {"observations", "inputs"[, "mask"][, "errors"]}, one epoch of them unless `repeat`.

        [B, n, ...] of whole sequences, the last batch may be smaller; or [1, b, ...] of points, of which those without
        any observed entry are left out.
        """
        if self.repeat:
            return self.stream()
        rows = tf.data.Dataset.range(self._size, output_type=tf.int32)
        if self.shuffle_seed is not None:
            rows = rows.shuffle(self._size, seed=self.shuffle_seed, reshuffle_each_iteration=True)
        return prefetched_map(rows.batch(self._per_batch), self._gather)

    def stream(self, start_step: int = 0) -> tf.data.Dataset:
        """Batches without end; that of step k is a pure function of (shuffle_seed, k), so training can resume at any.

        Args:
          start_step: number of the first batch, from 0.
        """
        shuffle = self.shuffle_seed is not None
        rows = row_batches(
            self._size, self._per_batch, seed=self.shuffle_seed or 0, start_step=start_step, shuffle=shuffle
        )
        return prefetched_map(rows, self._gather)

    def from_step(self, step: int, steps_per_epoch: int | None = None) -> tuple[tf.data.Dataset, int]:
        """What `fit` trains on from a step on, and the steps of an epoch, as if the steps before were of these data.

        So training that is cut in two goes on where it was, and looking at the data in between moves nothing. Without
        `steps_per_epoch` an epoch has everything once: it begins where one of the data does.

        Args:
          step: number of the next training step, from 0.
          steps_per_epoch: of `fit`.
        """
        size = len(self)
        return self.stream(step if steps_per_epoch else -(-step // size) * size), steps_per_epoch or size

    def in_order(self) -> tf.data.Dataset:
        """One epoch in the order of the arrays, for predictions; points without observations are included."""
        size = self.num_sequences if self.points_per_batch is None else self.observations.shape[1]
        rows = tf.data.Dataset.range(size, output_type=tf.int32).batch(self._per_batch)
        return prefetched_map(rows, functools.partial(self._gather, everything=True))

    @property
    def example(self) -> Batch:
        """The first batch to train on, in the order of the arrays; it draws nothing from `dataset` and its shuffle."""
        return self._gather(tf.range(min(self._per_batch, self._size)))

    def __iter__(self) -> Iterator[Batch]:
        return iter(self.dataset)

    def __len__(self) -> int:
        """Batches per epoch."""
        return steps_per_epoch(range(self._size), self._per_batch)

    @functools.cached_property
    def _points(self) -> np.ndarray:
        """The points of the first sequence that are observed at all."""
        if self.mask is None:
            return np.arange(self.observations.shape[1], dtype=np.int32)
        return np.flatnonzero(observed_points(self.mask)[0]).astype(np.int32)

    @property
    def _size(self) -> int:
        return self.num_sequences if self.points_per_batch is None else len(self._points)

    @property
    def _per_batch(self) -> int:
        return self.batch_size if self.points_per_batch is None else self.points_per_batch

    def _gather(self, rows: tf.Tensor, everything: bool = False) -> Batch:
        """The batch of some sequences, or of some points (numbers among the observed ones unless `everything`)."""
        tensors = dict(self._tensors)
        shared = tensors.pop("inputs") if tensors["inputs"].shape.rank == 2 else None  # by all sequences
        if self.points_per_batch is None:
            batch = {name: tf.gather(tensor, rows) for name, tensor in tensors.items()}
            if shared is not None:
                batch["inputs"] = tf.broadcast_to(shared, [tf.shape(rows)[0], *shared.shape])
            return batch
        points = rows if everything else tf.gather(self._points, rows)
        batch = {name: tf.gather(tensor, points, axis=1) for name, tensor in tensors.items()}
        if shared is not None:
            batch["inputs"] = tf.gather(shared, points)[tf.newaxis]
        return batch
