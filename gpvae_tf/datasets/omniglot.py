"""OMNIGLOT at 28 x 28: 24,345 images of 1,623 characters by 15 drawers to train on, those by 5 others to test on.

The papers' file is chardata.mat (Burda et al., 2016), whose test part lacks 45 of the 8,115 images. Without it the
images are rebuilt from the originals by an antialiased bicubic resize, which agrees with its training part to 8-bit
noise; `Splits.description` then says so, and numbers are not to be compared with the papers' to the last tenth.
"""

import os
import types
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import scipy.io
from scipy.io.matlab import MatReadError

from gpvae_tf.data.pixels import as_unit_range
from gpvae_tf.datasets import binarization
from gpvae_tf.datasets.binarization import Splits
from gpvae_tf.datasets.image_sets import LabelledImages
from gpvae_tf.datasets.omniglot_tfds import rebuild
from gpvae_tf.files.readers import ERRORS, read_npz, unreadable

NUM_VALIDATION = 1_345
REBUILT = "OMNIGLOT 28x28, rebuilt: {test} test images where chardata.mat has 8,070, 8-bit pixels"
Arrays = Mapping[str, np.ndarray]


def load(
    file: str | os.PathLike | None = None,
    *,
    data_dir: str | os.PathLike | None = None,
    seed: int = 0,
    num_validation: int = NUM_VALIDATION,
) -> Splits:
    """Dynamically binarized OMNIGLOT: 23,000 to train on, 1,345 for validation, 8,070 or 8,115 to test on.

    The authors hold out 1,345 images by an unseeded shuffle; here a seed draws them. Validation and test images are
    binarized once, and the test images' draws are the authors' (`binarization`). Labels are alphabets, 0 to 49.

    Args:
      file: chardata.mat, or an .npz with train, test [n, 28, 28], uint8 or floating in [0, 1], and train_alphabet,
        test_alphabet [n]; None rebuilds from TFDS.
      data_dir: where TFDS keeps what it prepared; its own default if None.
      seed: random seed of the held-out images.
      num_validation: number of held-out images.

    Raises:
      FileNotFoundError: if the file is not there, or TFDS can neither find nor download the originals.
      ValueError: if the file is of another kind or shape, or the training set is not larger than num_validation.
    """
    train, test, description = load_grey(file, data_dir=data_dir)
    size = len(train.images)
    if not 0 < num_validation < size:
        raise ValueError(f"num_validation must lie in 1, ..., {size - 1}, got {num_validation}")
    order = np.random.default_rng(seed).permutation(size)
    kept, held_out = (train.take(np.sort(rows)) for rows in (order[:-num_validation], order[-num_validation:]))
    return binarization.splits(kept, held_out, test, description)


def load_grey(
    file: str | os.PathLike | None = None, *, data_dir: str | os.PathLike | None = None
) -> tuple[LabelledImages, LabelledImages, str]:
    """Grey training images, grey test images and a description of the data; see `load` for arguments and errors."""
    arrays, description = _read(Path(file)) if file is not None else _scaled(rebuild(data_dir))
    train, test = (LabelledImages(arrays[name], arrays[f"{name}_alphabet"]) for name in ("train", "test"))
    return train, test, description


def _read(file: Path) -> tuple[Arrays, str]:
    if not file.is_file():
        raise FileNotFoundError(f"file = {file} is not there")
    reader = READERS.get(file.suffix)
    if reader is None:
        raise ValueError(f"file = {file} must end in {' or '.join(READERS)}")
    arrays, description = reader(file)
    for name in ("train", "test"):
        images, alphabets = arrays[name], arrays[f"{name}_alphabet"]
        if images.shape[1:] != (28, 28) or alphabets.shape != images.shape[:1]:
            raise ValueError(
                f"{file}: {name} images {images.shape}, alphabets {alphabets.shape}; expected [n, 28, 28], [n]"
            )
    return arrays, description


def _chardata(file: Path) -> tuple[Arrays, str]:
    try:
        content = scipy.io.loadmat(os.fspath(file))
    except (*ERRORS, TypeError, NotImplementedError, MatReadError, OverflowError, MemoryError) as error:
        raise unreadable(file, "a MATLAB file", error) from error
    absent = [name for name in ("data", "testdata", "target", "testtarget") if name not in content]
    if absent:
        raise ValueError(f"{file} has no {', '.join(absent)}; expected chardata.mat's arrays")
    arrays = {}
    for name, prefix in (("train", ""), ("test", "test")):
        flat = content[f"{prefix}data"]
        if flat.ndim != 2 or flat.shape[0] != 784:
            raise ValueError(f"{file}: {prefix}data has shape {flat.shape}; expected [784, n]")
        # An image's columns follow each other, so a plain reshape would transpose it.
        arrays[name] = as_unit_range(
            f"{file}: {name}", flat.T.reshape(-1, 28, 28).transpose(0, 2, 1), has_channels=False
        )
        arrays[f"{name}_alphabet"] = content[f"{prefix}target"].argmax(axis=0)
    return arrays, "OMNIGLOT 28x28, chardata.mat"


def _npz(file: Path) -> tuple[Arrays, str]:
    names = ("train", "test", "train_alphabet", "test_alphabet")
    arrays = read_npz(file)
    absent = [name for name in names if name not in arrays]
    if absent:
        raise ValueError(f"{file} has no {', '.join(absent)}")
    return _scaled(arrays, f"{file}: ")


def _scaled(arrays: Arrays, where: str = "") -> tuple[Arrays, str]:
    """Arrays with pixels in [0, 1], and their description; `where` they come from, for messages."""
    pixels = {name: as_unit_range(f"{where}{name}", arrays[name], has_channels=False) for name in ("train", "test")}
    return {**arrays, **pixels}, REBUILT.format(test=f"{len(arrays['test']):,}")


READERS = types.MappingProxyType({".mat": _chardata, ".npz": _npz})
