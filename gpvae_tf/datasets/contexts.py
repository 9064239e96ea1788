"""Random contexts: which images of a training batch an object's vector is made of, when it is not all of them.

A vector that is always made of all images of a training batch is one of images that the decoder is then asked for, and
of always as many of them. An object that was never seen has other images than those asked for, and fewer or more.
"""

import tensorflow as tf

from gpvae_tf.checks import check_choice
from gpvae_tf.datasets.minibatches import Batch

CONTEXTS = ("all", "half", "any")


def with_random_contexts(stream: tf.data.Dataset, kind: str, *, seed: int = 0, start_step: int = 0) -> tf.data.Dataset:
    """A stream whose batches have a "context" [B, n] bool, a pure function of (seed, step); as it is if kind is "all".

    Args:
      stream: batches with "inputs" [B, n, D], whose last column is the object's id, and perhaps "mask" [B, n].
      kind: "half": every object's context is a random half of its images in the batch, rounded up; "any": a random
        number of them, from one to all.
      seed: random seed.
      start_step: number of the stream's first batch.

    Raises:
      ValueError: on another kind.
    """
    check_choice("kind", kind, CONTEXTS)
    if kind == "all":
        return stream
    base = tf.constant([seed, 1], tf.int32)

    def add(step: tf.Tensor, batch: Batch) -> Batch:
        of_step = tf.random.fold_in(base, tf.cast(step, tf.int32))
        return batch | {"context": random_context(batch["inputs"][..., -1], batch.get("mask"), kind, of_step)}

    return tf.data.Dataset.zip(tf.data.Dataset.counter(start=start_step), stream).map(add)


def random_context(ids: tf.Tensor, mask: tf.Tensor | None, kind: str, seed: tf.Tensor) -> tf.Tensor:
    """Which images, of those that are there, are context: boolean [B, n], at least one of every object.

    Args:
      ids: [B, n], the objects that the images show.
      mask: boolean [B, n], True where an image is there; None for all.
      kind: "half" or "any"; see `with_random_contexts`.
      seed: stateless seed [2].
    """
    here = tf.ones_like(ids, tf.bool) if mask is None else tf.cast(mask, tf.bool)
    order, share = tf.unstack(tf.random.stateless_uniform(tf.concat([[2], tf.shape(ids)], axis=0), seed))
    same = here[:, tf.newaxis, :] & tf.equal(ids[:, :, tf.newaxis], ids[:, tf.newaxis, :])
    rank = _count(same & (order[:, tf.newaxis, :] < order[:, :, tf.newaxis]))
    num = _count(same)
    if kind == "half":
        size = (num + 1) // 2
    else:  # by the number that was drawn for the object's first image
        first = tf.where(same & (rank == 0)[:, tf.newaxis, :], share[:, tf.newaxis, :], 0.0)
        size = 1 + tf.cast(tf.reduce_max(first, axis=-1) * tf.cast(num, tf.float32), tf.int32)
    return here & (rank < size)


def _count(which: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(tf.cast(which, tf.int32), axis=-1)
