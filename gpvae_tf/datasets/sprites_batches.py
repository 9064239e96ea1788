"""Streams of whole characters. The batch of step k is a pure function of (seed, k), so any run can resume.

The frames stay on disk as bytes: a batch reads its own frames through the memory map and scales them in the pipeline.
"""

from collections.abc import Iterable

import tensorflow as tf

from gpvae_tf.data import row_batches
from gpvae_tf.datasets.sprites_splits import CharacterSplit

Batch = dict[str, tf.Tensor]
_LEVELS = 256.0  # the authors divide by the number of levels, not by the largest


def scaled(frames: tf.Tensor) -> tf.Tensor:
    """Frames as the authors scale them: uint8 / 256, float32 (exact)."""
    return tf.cast(frames, tf.float32) / _LEVELS


def characters_per_batch(split: CharacterSplit, batch_size: int) -> int:
    """Number of whole characters in a batch of `batch_size` images.

    Raises:
      ValueError: if such a batch would split a character.
    """
    if batch_size < 1 or batch_size % split.frames_per_character:
        raise ValueError(
            f"--batch_size={batch_size} splits a character: every character has {split.frames_per_character} frames; "
            "use a multiple of it"
        )
    return batch_size // split.frames_per_character


def steps_per_epoch(split: CharacterSplit, batch_size: int) -> int:
    """Batches that hold all characters once; the last may be smaller."""
    return row_batches.steps_per_epoch(split, characters_per_batch(split, batch_size))


def character_batches(
    split: CharacterSplit,
    batch_size: int,
    *,
    seed: int = 0,
    start_step: int = 0,
    shuffle: bool = True,
    scale: bool = True,
) -> tf.data.Dataset:
    """Endless batches of whole characters, one data set each: b images of b / k characters, character by character.

    Args:
      split: the characters, with k frames each.
      batch_size: images per batch, b, a multiple of k (fewer at the end of an epoch, but whole characters).
      seed: random seed of the permutations of the characters.
      start_step: number of the first batch, from 0.
      shuffle: whether to permute the characters in every epoch; otherwise batches follow the split's order, as the
        authors' do.
      scale: whether images are float32 as `scaled` makes them, or uint8, which is a quarter of the bytes.

    Returns:
      "observations" [1, b, H, W, C], "inputs" [1, b, 2] (pose id, character id) and "index" [1, b] int32, the image's
      number in the split, character by character.

    Raises:
      ValueError: if batch_size splits a character, or on a negative start_step.
    """
    inputs, k = tf.constant(split.inputs), split.frames_per_character

    def gather(numbers: tf.Tensor) -> Batch:
        images = tf.numpy_function(split.read, [numbers], tf.uint8)
        images = tf.reshape(images, [1, -1, *split.frames.shape[2:]])
        index = tf.reshape(numbers[:, tf.newaxis] * k + tf.range(k), [1, -1])
        return {
            "observations": scaled(images) if scale else images,
            "inputs": tf.reshape(tf.gather(inputs, numbers), [1, -1, 2]),
            "index": index,
        }

    num = characters_per_batch(split, batch_size)
    numbers = row_batches.row_batches(len(split), num, seed=seed, start_step=start_step, shuffle=shuffle)
    return row_batches.prefetched_map(numbers, gather)


def as_batch(split: CharacterSplit, *, scale: bool = True) -> Batch:
    """All of a (small) split as one batch, in order, B = 1."""
    return next(iter(chunks(split, len(split) * split.frames_per_character, scale=scale)))


def chunks(split: CharacterSplit, batch_size: int, *, scale: bool = True) -> Iterable[Batch]:
    """All characters once, in order, in batches, for predictions over a large split."""
    stream = character_batches(split, batch_size, shuffle=False, scale=scale)
    return stream.take(steps_per_epoch(split, batch_size))
