"""Healing MNIST (Krishnan et al., 2015; Fortuin et al., 2020): digits that turn by random steps, with pixels missing.

Every frame is the one before, turned by an angle from N(0, max_angle^2) and, for the observer, binarised. The file that
Fortuin et al. used cannot be made again, for neither its angles nor its masks are known; its law can, by a seed.
"""

import dataclasses
import os

import numpy as np
from scipy import ndimage

from gpvae_tf.data import missingness
from gpvae_tf.datasets import cache, mnist
from gpvae_tf.datasets.imputation_sets import ImputationSet

_VERSION = 1  # part of the cache's file names; to be raised when the recipe changes
NUM_TRAIN = 50_000  # of MNIST's 60,000 training images; the others are for validation


@dataclasses.dataclass(frozen=True)
class HealingConfig:
    """The law.

    Attributes:
      num_frames: of a sequence.
      max_angle: standard deviation of a turn, degrees.
      missing: "random": 60 % of all pixels are missing; "mnar", not at random: 40 % of the black and 80 % of the white.
      seed: of turns and masks.
    """

    num_frames: int = 10
    max_angle: float = 20.0
    missing: str = "mnar"
    seed: int = 0

    def __post_init__(self):
        if self.num_frames < 1 or not 0.0 <= self.max_angle < np.inf or self.missing not in _SHARES:
            raise ValueError(f"expected num_frames >= 1, max_angle >= 0 and missing in {tuple(_SHARES)}, got {self}")


_SHARES = {"random": (0.6, 0.6), "mnar": (0.4, 0.8)}  # of black and of white pixels


def generate(images: np.ndarray, config: HealingConfig, *, split: int) -> np.ndarray:
    """The frames of the sequences that begin with some images, boolean [N, n, H, W].

    Args:
      images: [N, H, W] uint8.
      config: the law.
      split: number that gives training and test sequences other turns.
    """
    turns = np.random.default_rng([config.seed, split]).normal(0.0, config.max_angle, (len(images), config.num_frames))
    frames = np.empty((len(images), config.num_frames, *images.shape[1:]), bool)
    for image, angles, sequence in zip(images, turns, frames):
        turned = image / np.float32(255.0)
        for frame, angle in zip(sequence, angles):
            turned = ndimage.rotate(turned, angle, reshape=False)
            frame[...] = turned > 0.5
    return frames


def load(
    config: HealingConfig = HealingConfig(),
    *,
    data_dir: str | os.PathLike | None = None,
    mnist_manual_dir: str | os.PathLike | None = None,
) -> dict[str, ImputationSet]:
    """The splits train (50,000 sequences), validation (10,000) and test (10,000), frames [28, 28, 1] of 0 and 1.

    The frames are made once (about 3 minutes) and cached; masks are drawn anew at every call, by the seed.

    Args:
      config: the law.
      data_dir: see `gpvae_tf.datasets.cache.folder`.
      mnist_manual_dir: folder with MNIST's four canonical .gz files, for machines without network.

    Raises:
      FileNotFoundError: if MNIST is needed and neither there nor to be had.
      OSError: if the data folder cannot be written.
    """
    folder = cache.folder(data_dir)
    name = f"healing_mnist_v{_VERSION}_{config.num_frames}x{config.max_angle:g}_s{config.seed}.npz"

    def make() -> dict[str, np.ndarray]:
        arrays: dict[str, np.ndarray] = {}
        for number, split in enumerate(("train", "test")):
            source = mnist.load(split, manual_dir=mnist_manual_dir, data_dir=cache.tfds_folder(data_dir))
            arrays[split] = np.packbits(generate(source.images, config, split=number), axis=None)
            arrays[f"{split}_labels"] = np.asarray(source.labels)
        return arrays

    arrays = cache.load_or_make(folder / name, make)
    splits = {split: _as_set(arrays, split, number, config) for number, split in enumerate(("train", "test"))}
    whole = splits.pop("train")
    return {"train": whole.take(slice(NUM_TRAIN)), "validation": whole.take(slice(NUM_TRAIN, None)), **splits}


def _as_set(arrays, split: str, number: int, config: HealingConfig) -> ImputationSet:
    labels = np.asarray(arrays[f"{split}_labels"])
    shape = (len(labels), config.num_frames, 28, 28, 1)
    frames = np.unpackbits(arrays[split], count=int(np.prod(shape))).reshape(shape)
    seed = [config.seed, 2 + number]
    observed = missingness.by_value(frames, *_SHARES[config.missing], threshold=0.5, seed=seed)
    return ImputationSet(frames, observed, ~observed, labels)
