"""Rotated MNIST (Casale et al., 2018; SVGP-VAE Section 4.2, FGP-VAE Section 4): digits seen from evenly spaced angles.

The recipes are in `gpvae_tf.datasets.rotation_recipes`. With the defaults the test and eval splits are the published
ones (4,050, 640 and 270 images of 400 threes; held-out angle 157.5 degrees). Images are /255, rotated by
`scipy.ndimage.rotate(reshape=False)` (cubic splines, which leave [0, 1] a little) in float64, then float32.
"""

import os
import shlex
from pathlib import Path

import numpy as np
from scipy import ndimage

from gpvae_tf.datasets import cache, mnist
from gpvae_tf.datasets.rotated_splits import RotatedMNIST
from gpvae_tf.datasets.rotation_recipes import RotationConfig, Rows, make_plan
from gpvae_tf.datasets.splits import Split
from gpvae_tf.files.readers import read_npz

__all__ = ["AUTHORS", "RotatedMNIST", "cache_name", "from_file", "generate", "load"]

_VERSION = 2  # part of the cache's file names; to be raised when the recipe changes
AUTHORS = RotationConfig()  # the settings of both papers


def generate(images: np.ndarray, labels: np.ndarray, config: RotationConfig = AUTHORS) -> RotatedMNIST:
    """Rotated MNIST from the images of MNIST's training file.

    Only images that are in a split are rotated, and into the split's own array: the set is never held twice.

    Args:
      images: [N, H, W] uint8, in file order, which the recipes' draws refer to.
      labels: [N] integers.
      config: the recipe and its numbers.

    Raises:
      ValueError: on images of another shape or type, or a digit with too few of them.
    """
    images, labels = np.asarray(images), np.asarray(labels)
    if images.ndim != 3 or images.dtype != np.uint8 or labels.shape != images.shape[:1]:
        raise ValueError(
            f"images is {images.dtype} {images.shape} and labels {labels.shape}; expected uint8 [N, H, W] and [N]"
        )
    pools = [np.flatnonzero(labels == digit) for digit in config.digits]
    plan = make_plan(config, [len(pool) for pool in pools])
    upright = images[np.concatenate([pool[chosen] for pool, chosen in zip(pools, plan.chosen)])] / 255.0
    angles = np.radians(config.degrees).astype(np.float32)

    def split(rows: Rows) -> Split:
        return Split(_rotate(upright, config.degrees, rows), rows.ids, angles[rows.angles])

    return RotatedMNIST(
        split(plan.train),
        split(plan.eval),
        split(plan.test),
        split(plan.validation) if len(plan.validation) else None,
        upright.astype(np.float32),
        np.repeat(np.array(config.digits, np.int32), config.num_instances),
        angles,
        angles[plan.held_out],
        plan.train_mask,
    )


def _rotate(upright: np.ndarray, degrees: np.ndarray, rows: Rows) -> np.ndarray:
    rotated = np.empty((len(rows), *upright.shape[1:], 1), np.float32)
    for image, object_id, angle in zip(rotated, rows.ids, rows.angles):
        image[..., 0] = ndimage.rotate(upright[object_id], degrees[angle], reshape=False)
    return rotated


def load(
    config: RotationConfig = AUTHORS,
    *,
    data_dir: str | os.PathLike | None = None,
    mnist_manual_dir: str | os.PathLike | None = None,
) -> RotatedMNIST:
    """Rotated MNIST from the data folder's cache, or generated from TFDS's MNIST and cached.

    Args:
      config: the recipe and its numbers.
      data_dir: see `gpvae_tf.datasets.cache.folder`; if given, or named by GPVAE_TF_DATA, TFDS keeps MNIST in it too.
      mnist_manual_dir: folder with MNIST's four canonical .gz files, for machines without network.

    Raises:
      FileNotFoundError: if MNIST is needed and neither there nor to be had.
      OSError: if the data folder cannot be written.
    """
    folder = cache.folder(data_dir)

    def make() -> dict[str, np.ndarray]:
        source = mnist.load("train", manual_dir=mnist_manual_dir, data_dir=cache.tfds_folder(data_dir))
        assert source.labels is not None
        return generate(source.images, source.labels, config).to_arrays()

    return RotatedMNIST.from_arrays(cache.load_or_make(folder / cache_name(config), make))


def from_file(path: str | os.PathLike, digits: str) -> RotatedMNIST:
    """Rotated MNIST from an .npz file that scripts/make_rotated_mnist.py or scripts/convert_rotated_mnist.py wrote.

    Args:
      path: the file.
      digits: the digits that it must hold, such as "3" or "13679".

    Raises:
      ValueError: if it is no .npz file, lacks an array, or holds other digits. Given the authors' pickles, or a folder
        with them, the message has the command that converts them.
      OSError: if it cannot be read.
    """
    path = Path(path)
    if path.suffix == ".npz" and not path.is_file():
        raise FileNotFoundError(f"{path} is not there, or no file; expected an .npz file of rotated MNIST")
    if path.suffix != ".npz":
        folder = path.parent if path.suffix else path
        raise ValueError(
            f"{path} is no .npz file; convert the authors' pickles once with python scripts/convert_rotated_mnist.py "
            f"{shlex.quote(f'--folder={folder}')} --digits={digits} --out=rotated{digits}.npz"
        )
    try:
        data = RotatedMNIST.from_arrays(read_npz(path))
    except KeyError as error:
        raise ValueError(f"{path} does not hold rotated MNIST: it has no array {error}") from error
    except ValueError as error:
        raise ValueError(f"{path} does not hold rotated MNIST: {error}") from error
    if set(data.digits) != {int(digit) for digit in digits}:
        raise ValueError(f"{path} holds the digits {''.join(map(str, data.digits))}; expected {digits}")
    return data


def cache_name(config: RotationConfig) -> Path:
    """A file name with everything that determines the data."""
    held = "drawn" if config.held_out_degrees is None else f"{config.held_out_degrees:g}"
    recipe = config.recipe + (str(config.angles_per_instance) if config.recipe == "fgp" else "")
    size = f"{config.num_instances}x{config.num_angles}"
    parts = ("".join(map(str, config.digits)), size, recipe, f"held{held}", f"drop{config.drop_rate}")
    return Path(f"rotated_mnist_v{_VERSION}_{'_'.join(parts)}_s{config.seed}.npz")
