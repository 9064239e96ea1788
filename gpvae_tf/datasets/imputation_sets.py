"""Sequences with parts missing, whose truth is known: what imputation models are trained and scored on.

Files of ratschlab/GP-VAE (.npz) are read as they are: x_*_full, x_*_miss [N, n, D], m_*_miss (1 = missing), y_*.
"""

import dataclasses
import functools
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from gpvae_tf.data.masks import checked_mask
from gpvae_tf.data.row_batches import prefetched_map, row_batches
from gpvae_tf.entry_masks import entry_mask, over_events
from gpvae_tf.files.readers import DamagedFileError, read_npz, unreadable

Batch = dict[str, tf.Tensor]


@dataclasses.dataclass(frozen=True)
class ImputationSet:
    """Sequences of one length at times 0, 1, ..., n - 1.

    Attributes:
      truth: [N, n, *event].
      observed: boolean, [N, n] or of that shape; what a model sees.
      scored: boolean, of the shape of `observed`; what is missing to the model and whose truth is known.
      labels: classes of the sequences, [N], or None.
    """

    truth: np.ndarray
    observed: np.ndarray
    scored: np.ndarray
    labels: np.ndarray | None = None

    def __post_init__(self):
        checked_mask(self.observed, self.truth.shape)
        if self.scored.dtype != bool or self.scored.shape != self.observed.shape:
            scored, observed = (f"{mask.dtype} {mask.shape}" for mask in (self.scored, self.observed))
            raise ValueError(f"scored is {scored}; expected that of observed, {observed}")
        if np.any(self.observed & self.scored):
            raise ValueError("scored has entries that are observed; only what is missing can be scored")
        seen = self.observed.reshape(len(self.observed), -1).any(axis=1)
        if not seen.all():
            raise ValueError(f"observed has nothing of sequence {np.argmin(seen)}; leave the sequence out")
        for name, known in (("observed", self.observed), ("scored", self.scored)):
            where = entry_mask(known, self.truth.shape)
            bad = 0 if self.truth.dtype.kind in "biu" else np.sum(where & ~np.isfinite(self.truth))
            if bad:
                raise ValueError(f"truth has {bad} values that are not finite where {name} is true")

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def event_shape(self) -> tuple[int, ...]:
        """Shape of one observation."""
        return self.truth.shape[2:]

    def take(self, rows: slice | np.ndarray) -> "ImputationSet":
        """Some of the sequences, by a slice or by their numbers."""
        labels = None if self.labels is None else self.labels[rows]
        return ImputationSet(self.truth[rows], self.observed[rows], self.scored[rows], labels)

    @functools.cached_property
    def _tensors(self) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.constant(self.truth), tf.constant(self.observed)  # held once, by every pipeline

    def batch(self, rows: tf.Tensor) -> Batch:
        """Some of the sequences as a batch, what is missing hidden by 0."""
        truth, observed = (tf.gather(part, rows) for part in self._tensors)
        times = tf.range(self.truth.shape[1], dtype=tf.float32)[tf.newaxis, :, tf.newaxis]
        seen = tf.where(over_events(observed, truth.shape.rank), tf.cast(truth, tf.float32), 0.0)
        return {"observations": seen, "inputs": tf.tile(times, [tf.size(rows), 1, 1]), "mask": observed}

    @functools.cached_property
    def _seen_first(self) -> tf.Tensor:
        """Numbers of the points of every sequence of which something is observed, in order, [N, K].

        K is the largest number of them; sequences with fewer end in points that are missing.
        """
        seen = self.observed.reshape(*self.observed.shape[:2], -1).any(axis=-1)
        numbers = np.argsort(~seen, axis=1, kind="stable")
        return tf.constant(numbers[:, : seen.sum(axis=1).max()], tf.int32)

    def seen_batch(self, rows: tf.Tensor) -> Batch:
        """Some of the sequences as a batch, without the points of which nothing is observed; as long as the longest."""
        numbers = tf.gather(self._seen_first, rows)
        return {name: tf.gather(part, numbers, batch_dims=1) for name, part in self.batch(rows).items()}

    def filled(self, rows: slice, values: np.ndarray) -> np.ndarray:
        """The observed entries of some sequences, and others in the place of the missing ones, [b, n, *event]."""
        truth = self.truth[rows]
        return np.where(entry_mask(self.observed[rows], truth.shape), truth, values)

    def stream(self, batch_size: int, *, seed: int, start_step: int = 0, only_seen: bool = False) -> tf.data.Dataset:
        """Endless shuffled batches.

        Args:
          batch_size: sequences in a batch.
          seed: of the shuffling.
          start_step: number of the first batch.
          only_seen: whether points of which nothing is observed are left out, see `seen_batch`.
        """
        rows = row_batches(len(self), batch_size, seed=seed, start_step=start_step)
        assert self._tensors and self._seen_first.shape  # made here, outside the graph
        return prefetched_map(rows, self.seen_batch if only_seen else self.batch)

    def chunks(self, batch_size: int) -> Iterator[tuple[slice, Batch]]:
        """All sequences in order, in batches, with the rows that each holds."""
        for start in range(0, len(self), batch_size):
            rows = slice(start, min(start + batch_size, len(self)))
            yield rows, self.batch(tf.range(rows.start, rows.stop))


def from_file(path: str | os.PathLike, event_shape: tuple[int, ...], parts: Mapping[str, str]) -> ImputationSet:
    """A split of a file in the format of ratschlab/GP-VAE.

    Args:
      path: the .npz file.
      event_shape: what an observation of D numbers is reshaped to.
      parts: names of the arrays: "truth" [N, n, D], "missing" (1 = missing to the model), and, where they differ or
        exist, "scored" (1 = scored) and "labels".

    Raises:
      ValueError: if it is no such file, lacks an array, or one has another shape.
      OSError: if it is not there, or cannot be read.
    """
    kind = f"an .npz file with {', '.join(parts.values())}"
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path} is not there, or no file; expected {kind}")
    try:
        found = read_npz(path)
        if lacking := [array for array in parts.values() if array not in found]:
            raise DamagedFileError(f"it has no array {lacking[0]!r}")
        arrays = {name: found[array] for name, array in parts.items()}
    except DamagedFileError as error:
        raise unreadable(path, kind, error) from error
    shape = (*arrays["truth"].shape[:2], *event_shape)
    try:
        truth, missing = (np.reshape(arrays[name], shape) for name in ("truth", "missing"))
        scored = np.reshape(arrays.get("scored", missing), shape).astype(bool)
    except ValueError as error:
        expected = f"{parts['truth']} and its masks should be [N, n, {int(np.prod(event_shape))}]"
        raise ValueError(f"{path}: {error}; {expected}") from error
    return ImputationSet(np.asarray(truth), missing == 0, scored & (missing != 0), arrays.get("labels"))
