"""A folder in which the scripts find rotated MNIST, made of small random images instead of digits."""

import dataclasses
from pathlib import Path

import numpy as np

from gpvae_tf.datasets import cache, rotated_mnist
from gpvae_tf.datasets.rotation_recipes import RotationConfig

INSTANCES = 20  # objects, where the recipes have 400


def write(folder: Path) -> Path:
    """Caches both recipes of digit 3 under the names of the real ones."""
    rng = np.random.default_rng(0)
    blocks = rng.integers(0, 2, (INSTANCES, 4, 4)).repeat(5, axis=1).repeat(5, axis=2)
    images = np.pad(blocks, ((0, 0), (4, 4), (4, 4))).astype(np.uint8) * 255
    for recipe in ("svgp", "fgp"):
        config = RotationConfig(recipe=recipe)
        small = dataclasses.replace(config, num_instances=INSTANCES)
        make = lambda small=small: rotated_mnist.generate(images, np.full(INSTANCES, 3), small).to_arrays()
        cache.load_or_make(folder / rotated_mnist.cache_name(config), make)
    return folder
