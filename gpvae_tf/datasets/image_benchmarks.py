"""The five image sets of the GP-encoder paper (Kim & Pavlovic, 2021, Section 5) in raw pixel units, mean subtracted.

MNIST, OMNIGLOT at 28 x 28, CIFAR10 and SVHN keep their test sets, and a tenth of the training set is held out for
validation; CelebA's three parts are pooled and split anew, 80/10/10. Pixels lie in [0, 1], and the mean image of the
training images is subtracted from all: a log-likelihood does not change by it, so scores are those of raw pixels.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from gpvae_tf.checks import check_choice, check_not_negative
from gpvae_tf.data.pixels import as_unit_range
from gpvae_tf.datasets import image_benchmarks_tfds as from_tfds
from gpvae_tf.datasets import mnist, omniglot
from gpvae_tf.datasets.binarization import Splits
from gpvae_tf.datasets.image_sets import SPLITS, ImageSet, LabelledImages
from gpvae_tf.files.readers import read_npz

HELD_OUT = 0.1  # share of the training images held out for validation, and of CelebA's as many for the test


class BenchmarkSource(NamedTuple):
    """Folders and files of the data, and the crop of CelebA; see `load`."""

    data_dir: str | os.PathLike | None = None
    mnist_manual_dir: str | os.PathLike | None = None
    data_file: str | os.PathLike | None = None
    celeba_crop: int = 148


class Benchmark(NamedTuple):
    """A data set for training and scores.

    Attributes:
      splits: images minus `mean`, not bounded.
      mean: mean of the training images, [H, W, C] in [0, 1].
    """

    splits: Splits
    mean: np.ndarray


class Raw(NamedTuple):
    """A data set as its source has it, images [n, H, W, C] that are uint8 or floating in [0, 1].

    If `test` is None, the test images are drawn from `train`.
    """

    train: LabelledImages
    test: LabelledImages | None
    description: str


def _mnist(source: BenchmarkSource) -> Raw:
    read = lambda split: mnist.load(split, manual_dir=source.mnist_manual_dir, data_dir=source.data_dir).with_channel()
    return Raw(read("train"), read("test"), "MNIST")


def _omniglot(source: BenchmarkSource) -> Raw:
    train, test, description = omniglot.load_grey(source.data_file, data_dir=source.data_dir)
    return Raw(train.with_channel(), test.with_channel(), description)


def _from_npz(file: str | os.PathLike) -> Raw:
    """Arrays train_images, test_images [n, H, W, C] and, if there, train_labels, test_labels [n]."""
    if not Path(file).is_file() or Path(file).suffix != ".npz":
        raise FileNotFoundError(f"data_file = {file} must be an .npz file that is there")
    arrays = read_npz(file)
    absent = [name for name in ("train_images", "test_images") if name not in arrays]
    if absent:
        raise ValueError(f"data_file = {file} has no {', '.join(absent)}; it has {', '.join(arrays)}")
    train, test = (LabelledImages(arrays[f"{s}_images"], arrays.get(f"{s}_labels")) for s in ("train", "test"))
    return Raw(train, test, f"{Path(file).name} ({len(train.images):,} and {len(test.images):,} images)")


def _coloured(name: str, title: str) -> Callable[[BenchmarkSource], Raw]:
    def read(source: BenchmarkSource) -> Raw:
        if source.data_file is not None:
            raw = _from_npz(source.data_file)
            return raw._replace(description=f"{title}, {raw.description}")
        train, test = (LabelledImages(*from_tfds.read(name, split, source.data_dir)) for split in ("train", "test"))
        return Raw(train, test, title)

    return read


def _celeba(source: BenchmarkSource) -> Raw:
    crop = source.celeba_crop
    pooled = LabelledImages(from_tfds.read_celeba(crop, source.data_dir))
    return Raw(pooled, None, f"CelebA 64x64, pooled, centre {crop} x {crop}")


BENCHMARKS: Mapping[str, Callable[[BenchmarkSource], Raw]] = MappingProxyType(
    {
        "mnist": _mnist,
        "omniglot": _omniglot,
        "cifar10": _coloured("cifar10", "CIFAR10"),
        "svhn": _coloured("svhn_cropped", "SVHN"),
        "celeba": _celeba,
    }
)


def load(name: str, source: BenchmarkSource | None = None, *, seed: int = 0, num_train: int = 0) -> Benchmark:
    """A data set, split and centred.

    CelebA takes about 25 GB of memory while it is loaded and 10 GB later, all others less than 2 GB.

    Args:
      name: one of `BENCHMARKS`.
      source: the defaults if None. data_dir: where TFDS keeps what it prepared. mnist_manual_dir: see `mnist.load`.
        data_file: OMNIGLOT's file, see `omniglot.load`; for CIFAR10 and SVHN an .npz with train_images and test_images
        [n, H, W, C] (uint8, or floating in [0, 1]) and perhaps train_labels and test_labels [n]. celeba_crop: side of
        the centred square.
      seed: random seed of the held-out images.
      num_train: training images to keep after that, drawn by the same seed; 0 for all.

    Raises:
      FileNotFoundError, ValueError: as the readers do; for an unknown name, pixels outside [0, 1], images that are not
        of one kind, or a negative num_train.
    """
    check_choice("dataset", name, BENCHMARKS)
    check_not_negative(num_train=num_train)
    raw = BENCHMARKS[name](source or BenchmarkSource())
    order = np.random.default_rng(seed).permutation(len(raw.train.images))
    count = round(HELD_OUT * len(order))
    if not 0 < count < len(order) - count:
        raise ValueError(f"{raw.description} has {len(order)} training images, too few to hold out a tenth")
    validation, order = order[:count], order[count:]
    test = raw.test
    if test is None:
        test, order = raw.train.take(order[:count]), order[count:]
    train = raw.train.take(order[: num_train or None])
    return _centred({"train": train, "validation": raw.train.take(validation), "test": test}, raw.description)


def _centred(parts: dict[str, LabelledImages], description: str) -> Benchmark:
    images = {name: as_unit_range(name, part.images) for name, part in parts.items()}
    mean = images["train"].mean(axis=0, dtype=np.float64).astype(np.float32)
    for name, pixels in images.items():
        if pixels.shape[1:] != mean.shape:
            raise ValueError(f"{name} images have shape {pixels.shape[1:]}, training images {mean.shape}")
        pixels -= mean
    train, validation, test = (ImageSet(name, images[name], parts[name].labels, bounded=False) for name in SPLITS)
    return Benchmark(Splits(train, validation, test, f"{description}, grey values minus the training mean"), mean)
