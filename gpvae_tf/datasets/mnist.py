"""MNIST from TensorFlow Datasets, in the order of the original files, with or without network.

TFDS writes examples in the order of a hash of their number in the file. Recipes that name images by that number need
the file's order back; the result is checked against the SHA-256 of the original pixels.
"""

import hashlib
import os

import numpy as np

from gpvae_tf.checks import check_choice
from gpvae_tf.datasets import tfds_builder
from gpvae_tf.datasets.image_sets import LabelledImages

FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
# SHA-256 of the images' bytes followed by the labels', as the uncompressed files have them after their headers.
CHECKSUMS = {
    "train": "edc0d1098aa497be14ace79ddd5171e5a3dcf9c4d196c015389203eb3ba1f59b",
    "test": "c3f9adf9c66efb572b1f9326c3a511b45910c7173b97be66ceceeeeaef6b802b",
}


def load(
    split: str = "train",
    *,
    manual_dir: str | os.PathLike | None = None,
    data_dir: str | os.PathLike | None = None,
) -> LabelledImages:
    """The images [n, 28, 28] and labels [n] of a split in file order, both uint8 and read-only.

    What TFDS prepared stays in its folder; only the first call on a machine needs `manual_dir` or the network.

    Args:
      split: train (60,000) or test (10,000).
      manual_dir: folder with the four canonical .gz files, for machines without network.
      data_dir: where TFDS keeps what it prepared; its own default (~/tensorflow_datasets) if None.

    Raises:
      FileNotFoundError: if MNIST is not prepared, not in `manual_dir`, and cannot be downloaded.
      OSError: if `data_dir` cannot be written.
      ValueError: on an unknown split, or if the data are not the original ones.
    """
    check_choice("split", split, CHECKSUMS)
    otherwise = f"Without network, give mnist_manual_dir, a folder with {', '.join(FILES)}"
    builder = tfds_builder.prepared("mnist", data_dir, otherwise, manual_dir=manual_dir, files=FILES)
    prepared = builder.as_dataset(split=split, batch_size=-1)
    order = file_order(split, builder.info.splits[split].num_examples)
    images, labels = (np.empty_like(np.asarray(prepared[key])) for key in ("image", "label"))
    images[order], labels[order] = np.asarray(prepared["image"]), np.asarray(prepared["label"])
    images, labels = images[..., 0], labels.astype(np.uint8)
    digest = hashlib.sha256(images.data)
    digest.update(labels.data)
    if digest.hexdigest() != CHECKSUMS[split]:
        raise ValueError(
            f"the {split} split that TFDS prepared in {builder.data_path} is not MNIST in the order of its files; "
            "delete that folder, or use tensorflow-datasets 4.9.10"
        )
    for array in (images, labels):
        array.setflags(write=False)
    return LabelledImages(images, labels)


def file_order(split: str, num_examples: int) -> np.ndarray:
    """For each place in TFDS's order, the example's number in the file: TFDS sorts by MD5(split name + number)."""
    hashes = [hashlib.md5(f"{split}{number}".encode()).digest() for number in range(num_examples)]
    return np.array(sorted(range(num_examples), key=hashes.__getitem__))
