"""A split of single images, and the streams of plain VAEs: batches {"observations" [B, H, W, C][, "labels" [B]]}."""

import dataclasses
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import check_choice, check_probabilities
from gpvae_tf.data.row_batches import prefetched_map, row_batches, steps_per_epoch

Batch = dict[str, tf.Tensor]
SPLITS = ("train", "validation", "test")
_BINARIZATION = 2  # separates the seeds of binarization from those of the permutations


class LabelledImages(NamedTuple):
    """Images [n, H, W] or [n, H, W, C] as their source has them, and their labels [n], if it has any."""

    images: np.ndarray
    labels: np.ndarray | None = None

    def take(self, rows: np.ndarray | slice) -> "LabelledImages":
        """Selects rows by number or slice."""
        return LabelledImages(self.images[rows], None if self.labels is None else self.labels[rows])

    def with_channel(self) -> "LabelledImages":
        """The same images [n, H, W] as [n, H, W, 1]."""
        return LabelledImages(self.images[..., np.newaxis], self.labels)


def image_tensor(images: np.ndarray) -> tf.Tensor:
    """A copy of images in one tensor on the CPU, where input pipelines run, whatever else the machine has.

    Raises:
      ValueError: if they are no [n, H, W, C] or have a value that is not finite.
    """
    if images.ndim != 4 or not len(images):
        raise ValueError(f"images has shape {images.shape}; expected [n, H, W, C] with n >= 1")
    check_finite("images", images)
    with tf.device("CPU:0"):
        return tf.identity(images)  # one copy; convert_to_tensor makes two and drops one later


def check_finite(name: str, array: np.ndarray) -> None:
    """Refuses an array with a value that is not finite; makes no array of its size.

    Raises:
      ValueError: naming the first one.
    """
    if not np.isfinite([array.min(), array.max()]).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name} has values that are not finite, the first at index {where}")


@dataclasses.dataclass(frozen=True, eq=False)
class ImageSet:
    """n images of one split; the pixels live in one tensor on the CPU, of which `images` is a read-only view.

    Attributes:
      name: "train", "validation" or "test".
      images: [n, H, W, C] float32.
      labels: [n] int32, for evaluation, or None.
      bounded: whether values must lie in [0, 1], as a Bernoulli decoder's data do.

    Raises:
      ValueError: on an unknown name, wrong ranks or sizes, and values that are not finite or not in [0, 1].
    """

    name: str
    images: np.ndarray
    labels: np.ndarray | None = None
    bounded: bool = True
    image_tensor: tf.Tensor = dataclasses.field(init=False, repr=False)

    def __post_init__(self):
        images = np.asarray(self.images, np.float32)
        check_choice("name", self.name, SPLITS)
        tensor = image_tensor(images)
        if self.bounded:
            check_probabilities("images", images)
        values = [("image_tensor", tensor), ("images", np.asarray(tensor))]
        if self.labels is not None:
            labels = np.array(self.labels)
            if labels.shape != images.shape[:1] or not np.issubdtype(labels.dtype, np.integer):
                raise ValueError(f"labels is {labels.dtype} {labels.shape}; expected integers [{len(images)}]")
            labels = labels.astype(np.int32)
            labels.setflags(write=False)
            values.append(("labels", labels))
        for attribute, value in values:
            object.__setattr__(self, attribute, value)

    def __len__(self) -> int:
        return len(self.images)


def stream(
    data: ImageSet,
    batch_size: int,
    *,
    binarize: bool = False,
    seed: int = 0,
    start_step: int = 0,
    shuffle: bool = True,
    labels: np.ndarray | None = None,
) -> tf.data.Dataset:
    """Endless batches {"observations"[, "labels"]}. The batch of step k is a pure function of (seed, k).

    Args:
      data: the images.
      batch_size: images per batch; fewer at the end of an epoch.
      binarize: whether to draw every pixel anew from the Bernoulli distribution with its value as mean ("dynamic
        binarization").
      seed: random seed of permutations and binarization.
      start_step: number of the first batch, from 0.
      shuffle: whether to permute; otherwise batches follow the split's order.
      labels: [n], in the place of the split's own.

    Raises:
      ValueError: on a batch_size below 1, a negative start_step, or `binarize` of values that are no probabilities.
    """
    if binarize and not data.bounded:
        raise ValueError("binarize needs images in [0, 1], and these are not bounded")
    given = data.labels if labels is None else labels
    known = None if given is None else tf.constant(given)

    def gather(step: tf.Tensor, rows: tf.Tensor) -> Batch:
        images = tf.gather(data.image_tensor, rows)
        if binarize:
            base = tf.constant([seed, _BINARIZATION], tf.int32)
            noise_seed = tf.random.fold_in(base, tf.cast(step, tf.int32))
            images = tf.cast(tf.random.stateless_uniform(tf.shape(images), noise_seed) < images, tf.float32)
        return {"observations": images} | ({} if known is None else {"labels": tf.gather(known, rows)})

    rows = row_batches(len(data), batch_size, seed=seed, start_step=start_step, shuffle=shuffle)
    numbered = tf.data.Dataset.zip((tf.data.Dataset.counter(start=start_step), rows))
    return prefetched_map(numbered, gather)


def first_labels(labels: np.ndarray, num: int) -> np.ndarray:
    """Labels [n] of the first `num` images, as many of every label, and -1 for all others.

    Raises:
      ValueError: if `num` is no multiple of the number of labels, or a label has too few images.
    """
    kinds, counts = np.unique(labels, return_counts=True)
    of_each, rest = divmod(num, len(kinds))
    if rest or of_each > counts.min():
        raise ValueError(
            f"num_labels must be a multiple of {len(kinds)}, and at most {len(kinds) * counts.min()}; got {num}"
        )
    known = np.full_like(labels, -1)
    for kind in kinds:
        known[np.flatnonzero(labels == kind)[:of_each]] = kind
    return known


def chunks(data: ImageSet, batch_size: int) -> Iterable[Batch]:
    """All images once, in order, in batches, not binarized."""
    return stream(data, batch_size, shuffle=False).take(steps_per_epoch(data, batch_size))
