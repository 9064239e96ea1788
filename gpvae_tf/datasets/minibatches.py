"""Endless training streams over a split. The batch of step k is a pure function of (seed, k), so any run can resume.

The pixels are gathered from the split's one tensor, which every pipeline holds by reference, so no stream has a copy of
its own. Every epoch has its own permutation; its last batch may be smaller, which the element spec allows for.
"""

from collections.abc import Iterable

import tensorflow as tf

from gpvae_tf.data.row_batches import prefetched_map, row_batches, steps_per_epoch
from gpvae_tf.datasets.split_by_object import Objects
from gpvae_tf.datasets.splits import Split

Batch = dict[str, tf.Tensor]


def image_batches(
    split: Split, batch_size: int, *, seed: int = 0, start_step: int = 0, shuffle: bool = True
) -> tf.data.Dataset:
    """Endless batches of b images, one data set each: the streams of SVGP-VAE, GPPVAE, deep SVIGP and CVAE.

    Args:
      split: the images.
      batch_size: images per batch.
      seed: random seed of the permutations.
      start_step: number of the first batch, from 0.
      shuffle: whether to permute; otherwise batches follow the split's order.

    Returns:
      "observations" [1, b, H, W, C], "inputs" [1, b, 2] (angle, id) and "index" [1, b] int32, rows of the split.

    Raises:
      ValueError: on a batch_size below 1 or a negative start_step.
    """

    inputs = tf.constant(split.inputs)

    def gather(index: tf.Tensor) -> Batch:
        return _gather(split, inputs, index[tf.newaxis]) | {"index": index[tf.newaxis]}

    rows = row_batches(len(split), batch_size, seed=seed, start_step=start_step, shuffle=shuffle)
    return prefetched_map(rows, gather)


def object_batches(
    objects: Objects,
    batch_size: int,
    *,
    seed: int = 0,
    start_step: int = 0,
    shuffle: bool = True,
    one_data_set: bool = False,
) -> tf.data.Dataset:
    """Endless batches of whole objects, for FGP-VAE, and for models that make an object's vector of all its images.

    Args:
      objects: a split by object (`by_object`).
      batch_size: objects per batch, B of them (fewer at the end of an epoch).
      seed, start_step, shuffle: as in `image_batches`.
      one_data_set: whether the images of all objects are points of one data set, [1, B n, ...], and not of B.

    Returns:
      "observations" [B, n, H, W, C], "inputs" [B, n, 2] (angle, id) and "mask" [B, n] bool; padding repeats an image of
      the same object.

    Raises:
      ValueError: on a batch_size below 1 or a negative start_step.
    """
    rows_of, mask_of = tf.constant(objects.rows), tf.constant(objects.mask)
    inputs = tf.constant(objects.split.inputs)

    def gather(numbers: tf.Tensor) -> Batch:
        rows, mask = tf.gather(rows_of, numbers), tf.gather(mask_of, numbers)
        if one_data_set:
            rows, mask = tf.reshape(rows, [1, -1]), tf.reshape(mask, [1, -1])
        return _gather(objects.split, inputs, rows) | {"mask": mask}

    numbers = row_batches(len(objects), batch_size, seed=seed, start_step=start_step, shuffle=shuffle)
    return prefetched_map(numbers, gather)


def as_batch(data: Split | Objects) -> Batch:
    """All data as one batch, in order: B = 1 for a split, B = P for objects, whose pixels are copied."""
    if isinstance(data, Objects):
        return _gather(data.split, tf.constant(data.split.inputs), tf.constant(data.rows)) | {
            "mask": tf.constant(data.mask)
        }
    index = tf.range(len(data), dtype=tf.int32)[tf.newaxis]
    return {
        "observations": data.image_tensor[tf.newaxis],
        "inputs": tf.constant(data.inputs)[tf.newaxis],
        "index": index,
    }


def chunks(data: Split | Objects, batch_size: int, *, one_data_set: bool = False) -> Iterable[Batch]:
    """All data once, in order, in batches, for predictions over a large split; see `object_batches` for objects."""
    if isinstance(data, Objects):
        stream = object_batches(data, batch_size, shuffle=False, one_data_set=one_data_set)
    else:
        stream = image_batches(data, batch_size, shuffle=False)
    return stream.take(steps_per_epoch(data, batch_size))


def _gather(split: Split, inputs: tf.Tensor, index: tf.Tensor) -> Batch:
    return {"observations": tf.gather(split.image_tensor, index), "inputs": tf.gather(inputs, index)}
