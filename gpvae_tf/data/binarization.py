"""Validation and test sets that are binarized once, to the last bit as in jmtomczak/vae_vampprior and CP-VAE's code."""

from typing import NamedTuple

import numpy as np

from gpvae_tf.data.image_sets import ImageSet

SEED = 777


class Grey(NamedTuple):
    """Images [n, 28, 28] float32 in [0, 1] and their labels [n]."""

    images: np.ndarray
    labels: np.ndarray

    def take(self, rows: np.ndarray | slice) -> "Grey":
        """Selects rows by number or slice."""
        return Grey(self.images[rows], self.labels[rows])

    def split(self, name: str) -> ImageSet:
        """The images with a channel axis, as the split `name`."""
        return ImageSet(name, self.images[..., np.newaxis], self.labels)


class Splits(NamedTuple):
    """Training, validation and test split; `description` names the data in results."""

    train: ImageSet
    validation: ImageSet
    test: ImageSet
    description: str


def binarize_once(validation: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bernoulli draws with the pixels for means, validation first, from NumPy's legacy generator with seed 777.

    The generator takes one uniform number per pixel whatever its value, so the test set's draws do not depend on which
    images are in the validation set, only on how many.

    Args:
      validation, test: [n, H, W] or [n, H, W, C] in [0, 1]; float32, as the originals have them.

    Returns:
      Both as float32 zeros and ones.
    """
    generator = np.random.RandomState(SEED)
    first, second = (generator.binomial(1, part) for part in (validation, test))
    return first.astype(np.float32), second.astype(np.float32)


def splits(train: Grey, validation: Grey, test: Grey, description: str) -> Splits:
    """Makes splits of grey images: train stays grey, for `image_sets.stream(binarize=True)`; others are binarized."""
    fixed = binarize_once(validation.images, test.images)
    return Splits(
        train.split("train"),
        Grey(fixed[0], validation.labels).split("validation"),
        Grey(fixed[1], test.labels).split("test"),
        description,
    )
