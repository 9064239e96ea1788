"""The representation network of SPRITES, trained as a classifier of characters before anything else."""

from pathlib import Path

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.data import row_batches
from gpvae_tf.datasets.sprites_batches import scaled
from gpvae_tf.datasets.sprites_splits import CharacterSplit
from gpvae_tf.training.initial_weights import load_or_initialize

FILE = "representation.npz"


def frame_batches(split: CharacterSplit, batch_size: int, seed: int) -> tf.data.Dataset:
    """Endless batches of random frames [b, H, W, C] with the numbers of their characters in the split, [b] int32."""
    k = split.frames_per_character

    def read(rows: np.ndarray) -> np.ndarray:
        return split.frames[split.characters[rows // k], split.poses[rows // k, rows % k]]

    def gather(rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        images = tf.ensure_shape(tf.numpy_function(read, [rows], tf.uint8), [None, *split.frames.shape[2:]])
        return scaled(images), rows // k

    return row_batches.prefetched_map(row_batches.row_batches(len(split) * k, batch_size, seed=seed), gather)


def character_classifier(network: keras.Model, num_characters: int) -> keras.Model:
    """Images [N, H, W, C] -> logits [N, num_characters]: a linear layer on top of the representation network."""
    return keras.Sequential([network, keras.layers.Dense(num_characters, name="characters")])


def classifier_loss() -> keras.losses.Loss:
    """Cross-entropy of the characters' numbers and the logits, nats per image."""
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def pretrain(
    network: keras.Model,
    split: CharacterSplit,
    *,
    learning_rate: float,
    epochs: int,
    batch_size: int,
    seed: int,
    folder: Path | None = None,
    verbose: int = 0,
) -> None:
    """Trains r with a linear layer on top to tell the training characters apart (SVGP-VAE's code).

    Args:
      network: r, images -> [N, M]; trained here even if it is not trainable afterwards.
      split: the training characters.
      learning_rate, epochs, batch_size, seed: of the classifier's training.
      folder: where the weights are written when they are done; weights that are there are taken instead.
      verbose: Keras' progress bar, 0, 1 or 2.
    """

    def train() -> None:
        stays_fixed, network.trainable = not network.trainable, True
        with network.distribute_strategy.scope():
            classifier = character_classifier(network, len(split))
            adam = keras.optimizers.Adam(learning_rate, epsilon=1e-8)
            classifier.compile(adam, classifier_loss(), metrics=["accuracy"])
        steps = row_batches.steps_per_epoch(range(len(split) * split.frames_per_character), batch_size)
        classifier.fit(frame_batches(split, batch_size, seed), epochs=epochs, steps_per_epoch=steps, verbose=verbose)
        network.trainable = not stays_fixed

    load_or_initialize(None if folder is None else folder / FILE, network.weights, train)
