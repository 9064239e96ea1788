"""What models of SPRITES are scored by, a few characters at a time."""

from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf

from gpvae_tf.datasets import sprites_batches
from gpvae_tf.datasets.sprites_splits import CharacterSplit, Sprites
from gpvae_tf.evaluation import styles
from gpvae_tf.evaluation.new_objects import NewObjects
from gpvae_tf.models import LatentGPVAE

CONTEXT_SIZES = (1, 2, 4, 9, 18, 36, 54, 71)  # numbers of context frames of the final scores
INFERRED_SIZES = (1, 36)  # those of scores with inferred vectors, which take as long as epochs
INFERRED = "_inferred"  # what ends the names of those
ERRORS_BY_CONTEXT = {"": "test_mse_context_{}", ", inferred": f"test_mse_context_{{}}{INFERRED}"}  # in pictures
CHUNK = 16  # characters whose frames are in memory at once


def in_parts(split: CharacterSplit) -> Iterator[CharacterSplit]:
    """The characters in order, a few at a time."""
    return (split.take(slice(start, start + CHUNK)) for start in range(0, len(split), CHUNK))


def new_objects(split: CharacterSplit, num_context: int, first: int) -> NewObjects:
    """Characters with their first poses as context, and those from number `first` on to generate."""
    frames, views = split.read() / np.float32(256.0), split.inputs[..., :1]
    return NewObjects(frames[:, :num_context], views[:, :num_context], views[:, first:], frames[:, first:])


def reconstruction_error(model: LatentGPVAE, split: CharacterSplit) -> float:
    """Mean squared error per pixel of reconstructions, by the posterior that the bound of such a batch has."""
    total, count = 0.0, 0
    for batch in sprites_batches.chunks(split, CHUNK * split.frames_per_character):
        means = model.posterior(batch).marginals().transposed().mean
        decoded = model.decode(means, model.decoder_inputs(batch))
        total += float(tf.reduce_sum(tf.square(decoded - batch["observations"])))
        count += int(tf.size(batch["observations"]))
    return total / count


def style_scores(
    data: Sprites, first: int, generate: Callable[[CharacterSplit], np.ndarray], ending: str = ""
) -> dict[str, float]:
    """Share of test images whose body, hair, ... is the nearest variant; none for images of a user's own.

    Args:
      data: frames and attributes of all characters.
      first: number of the first pose that is generated.
      generate: characters -> images [k, s, H, W, C] of their poses from `first` on.
      ending: of the scores' names.
    """
    if not data.attribute_names:
        return {}
    total = np.zeros(len(data.attribute_names))
    for split in in_parts(data.test):
        images, poses = generate(split), split.poses[:, first:]
        shares = styles.share_of_right_styles(images, data.frames, data.attributes, split.characters, poses)
        total += shares * len(split)
    shares = total / len(data.test)
    return {f"test_right_{name}{ending}": float(value) for name, value in zip(data.attribute_names, shares)}
