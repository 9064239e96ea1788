"""MNIST for plain VAEs: dynamically binarized, 50,000/10,000/10,000, and grey, 55,000/5,000/10,000."""

import hashlib
import os

import numpy as np

from gpvae_tf.datasets import binarization, mnist
from gpvae_tf.datasets.binarization import Splits
from gpvae_tf.datasets.image_sets import LabelledImages

NUM_VALIDATION = 10_000
NUM_GREY_VALIDATION = 5_000
# SHA-256 of np.packbits of the binarized images; 1,012,148 and 1,038,341 pixels are on.
CHECKSUMS = {
    "validation": "a5a22bf8d4a175a4403e6e5db0ed8163de851807ebbcd32709b3c66ec2097800",
    "test": "8cc04e23259ba03b15ff0646787146107ac19a204d93333b4fee8220a34a77d0",
}


def load(*, manual_dir: str | os.PathLike | None = None, data_dir: str | os.PathLike | None = None) -> Splits:
    """Dynamically binarized MNIST (CP-VAE Section 5.2; Tomczak & Welling, 2018).

    The training images, the first 50,000 of the file, stay grey and are binarized anew in every batch. The last 10,000
    are for validation; they and the test images are binarized once (`binarization`).

    Args:
      manual_dir, data_dir: see `mnist.load`.

    Raises:
      FileNotFoundError, ValueError: as `mnist.load`, and if NumPy's draws are not those of the originals.
    """
    train, test = (_grey(split, manual_dir, data_dir) for split in ("train", "test"))
    size = len(train.images) - NUM_VALIDATION
    kept, held_out = train.take(slice(size)), train.take(slice(size, None))
    result = binarization.splits(kept, held_out, test, "MNIST, dynamically binarized")
    for name, expected in CHECKSUMS.items():
        found = checksum(getattr(result, name).images)
        if found != expected:
            raise ValueError(f"the binarized {name} images have SHA-256 {found}; expected {expected}")
    return result


def load_grey(*, manual_dir: str | os.PathLike | None = None, data_dir: str | os.PathLike | None = None) -> Splits:
    """Grey values as targets, for the nonparametric VAE: validation is the first 5,000 of the file, train the rest.

    Raises:
      FileNotFoundError, ValueError: as `mnist.load`.
    """
    train, test = (_grey(split, manual_dir, data_dir) for split in ("train", "test"))
    held_out, kept = train.take(slice(NUM_GREY_VALIDATION)), train.take(slice(NUM_GREY_VALIDATION, None))
    return binarization.splits(kept, held_out, test, "MNIST, grey", binarize=False)


def checksum(binary: np.ndarray) -> str:
    """SHA-256 of images of zeros and ones, packed to bits."""
    return hashlib.sha256(np.packbits(binary.astype(np.uint8)).tobytes()).hexdigest()


def _grey(split: str, manual_dir: str | os.PathLike | None, data_dir: str | os.PathLike | None) -> LabelledImages:
    data = mnist.load(split, manual_dir=manual_dir, data_dir=data_dir)
    return LabelledImages(data.images.astype(np.float32) / np.float32(255), data.labels)
