"""Validation and test sets that are binarized once, to the last bit as in jmtomczak/vae_vampprior and CP-VAE's code."""

from typing import NamedTuple

import numpy as np

from gpvae_tf.datasets.image_sets import ImageSet, LabelledImages

SEED = 777


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


def splits(
    train: LabelledImages, validation: LabelledImages, test: LabelledImages, description: str, *, binarize: bool = True
) -> Splits:
    """Makes splits of grey images [n, H, W] in [0, 1].

    Train stays grey, for `image_sets.stream(binarize=True)`; the others are binarized unless `binarize` is False.
    """
    if binarize:
        fixed = binarize_once(validation.images, test.images)
        validation, test = validation._replace(images=fixed[0]), test._replace(images=fixed[1])
    parts = {"train": train, "validation": validation, "test": test}
    return Splits(
        **{name: ImageSet(name, *part.with_channel()) for name, part in parts.items()}, description=description
    )
