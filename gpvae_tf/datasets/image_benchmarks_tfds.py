"""CIFAR10, SVHN and CelebA from TensorFlow Datasets, as 8-bit pixels in the order TFDS has them."""

import os

import numpy as np
import tensorflow as tf

from gpvae_tf.datasets.tfds_builder import prepared

ELSEWHERE = "data_dir may name a folder in which TFDS has prepared it elsewhere"

CELEBA_SIZE = 64
CELEBA_WIDTH = 178  # the photographs are 218 x 178
CELEBA_SPLITS = ("train", "validation", "test")
_AT_ONCE = 256


def read(name: str, split: str, data_dir: str | os.PathLike | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The images [n, H, W, C] uint8 and labels [n] of a split.

    Args:
      name: name of a data set in TFDS whose examples have "image" and "label".
      split: "train" or "test".
      data_dir: where TFDS keeps what it prepared; its own default if None.

    Raises:
      FileNotFoundError: if the data are not prepared and cannot be downloaded.
    """
    images, labels = [], []
    for example in prepared(name, data_dir, ELSEWHERE).as_dataset(split=split).batch(_AT_ONCE).as_numpy_iterator():
        images.append(example["image"])
        labels.append(example["label"])
    return np.concatenate(images), np.concatenate(labels)


def read_celeba(crop: int, data_dir: str | os.PathLike | None = None) -> np.ndarray:
    """All photographs, of TFDS's three splits one after the other, cropped and resized: [n, 64, 64, 3] uint8.

    Args:
      crop: side of the centred square, pixels, that is resized to 64 x 64 with antialiasing.
      data_dir: see `read`.

    Raises:
      FileNotFoundError: see `read`.
      ValueError: if crop is not in 64, ..., 178.
    """
    if not CELEBA_SIZE <= crop <= CELEBA_WIDTH:
        raise ValueError(f"celeba_crop must lie in {CELEBA_SIZE}, ..., {CELEBA_WIDTH}, got {crop}")
    builder, images = prepared("celeb_a", data_dir, ELSEWHERE), []
    for split in CELEBA_SPLITS:
        photographs = builder.as_dataset(split=split).batch(_AT_ONCE)
        small = photographs.map(lambda example: cropped(example["image"], crop), num_parallel_calls=2)
        images += list(small.as_numpy_iterator())
    return np.concatenate(images)


def cropped(photographs: tf.Tensor, crop: int) -> tf.Tensor:
    """The centred squares of photographs [n, H, W, 3], resized to [n, 64, 64, 3], uint8."""
    squares = tf.image.resize_with_crop_or_pad(photographs, crop, crop)
    small = tf.image.resize(squares, (CELEBA_SIZE, CELEBA_SIZE), antialias=True)
    return tf.cast(tf.round(small), tf.uint8)
