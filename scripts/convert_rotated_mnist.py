"""Converts the rotated MNIST that SVGP-VAE's and FGP-VAE's authors published, five pickles, to one .npz of arrays.

    python scripts/convert_rotated_mnist.py --folder="SVGP-VAE/MNIST data" --digits=3 --out=rotated3.npz
    python scripts/MNIST_experiment.py --elbo=SVGPVAE_Hensman --mnist_data_path=rotated3.npz

The folder is "MNIST data/" of ratschlab/SVGP-VAE or metodj/FGP-VAE, with train_data3.p, eval_data3.p, test_data3.p,
pca_ov_init3.p and train_ids_mask3.p. Takes ten seconds. The arrays of the .npz are those of make_rotated_mnist.py,
without the validation split and the upright images, which the authors did not publish.

Nothing in the pickles is run. Unpickling calls whatever a file names; here stand-ins for NumPy's own names only write
down what the file says about an array, which `np.frombuffer` then makes of its bytes. So NumPy never restores a state
that a file made up, such as an array of pointers.
"""

import argparse
import os
import pickle
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gpvae_tf.data import cache
from gpvae_tf.data.rotated_splits import RotatedMNIST
from gpvae_tf.data.splits import Split

_FILES = ("train_data", "eval_data", "test_data", "pca_ov_init", "train_ids_mask")


class PickleError(ValueError):
    """A file is no pickle of plain NumPy arrays."""


class _Array:
    """Stands for numpy.ndarray, and for the function that makes an empty one before its state is set."""

    def __init__(self, *arguments):
        self.arguments, self.state = arguments, None

    def __setstate__(self, state):
        self.state = state


class _FromBuffer(_Array):
    """Stands for NumPy's function that makes an array of bytes (pickle protocol 5)."""


class _DType(_Array):
    """Stands for numpy.dtype: a code such as f8, and the byte order of its state."""


_STAND_INS = {"ndarray": _Array, "_reconstruct": _Array, "_frombuffer": _FromBuffer, "dtype": _DType}


class _ArrayUnpickler(pickle.Unpickler):
    """Makes stand-ins where a file names NumPy's array functions, and refuses every other name."""

    def find_class(self, module: str, name: str) -> type:
        if module.partition(".")[0] != "numpy" or name not in _STAND_INS:
            raise PickleError(f"it asks for {module}.{name}, which does not belong to an array")
        return _STAND_INS[name]


def read(path: str | os.PathLike) -> Any:
    """The arrays of a pickle, alone or in dicts, lists and tuples, with strings and numbers beside them.

    Raises:
      PickleError: if it holds, or asks for, anything else; nothing in it has run then.
      OSError: if the file cannot be read.
    """
    with open(path, "rb") as file:
        try:
            return _plain(_ArrayUnpickler(file).load())
        except Exception as error:  # a made-up stream can fail anywhere
            reason = str(error) or type(error).__name__
            raise PickleError(f"{path} is not a pickle of plain NumPy arrays: {reason}") from error


def _plain(value: Any) -> Any:
    """Puts arrays where their stand-ins are, and refuses what is not plain."""
    if type(value) is _FromBuffer:
        return _made(*value.arguments)
    if type(value) is _Array:
        _, shape, dtype, is_fortran, data = value.state
        return _made(data, dtype, shape, "F" if is_fortran else "C")
    if type(value) is dict:
        return {_plain(key): _plain(entry) for key, entry in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(_plain, value))
    if type(value) in (str, int, float, bool, bytes, type(None)):
        return value
    raise PickleError(f"it holds a {type(value).__name__}")


def _made(data: bytes | bytearray, dtype: _DType, shape: tuple[int, ...], order: Any) -> np.ndarray:
    """The array of bytes; what a made-up file gives instead of them fails here and is refused by `read`."""
    (code, *_), byte_order = dtype.arguments, dtype.state[1]
    if not re.fullmatch(r"[biufc]\d{1,2}", code) or byte_order not in ("<", ">", "|", "="):
        raise PickleError(f"an array of dtype {code!r}, byte order {byte_order!r}; numbers and booleans only")
    if not isinstance(data, bytes | bytearray):
        raise PickleError("an array that is not made of bytes")
    return np.frombuffer(data, np.dtype(code).newbyteorder(byte_order)).reshape(shape, order=order)


def read_folder(folder: str | os.PathLike, digits: str = "3") -> RotatedMNIST:
    """The data set in the authors' five files.

    Args:
      folder: the folder that holds them.
      digits: the digits at the end of the files' names.

    Raises:
      FileNotFoundError: if a file is missing; the message names it.
      PickleError: if one is not what it should be, or shows an object that has no vector.
    """
    paths = {name: Path(folder) / f"{name}{digits}.p" for name in _FILES}
    if absent := [path.name for path in paths.values() if not path.is_file()]:
        raise FileNotFoundError(f"{folder} lacks {', '.join(absent)}")
    vectors, mask = read(paths["pca_ov_init"]), read(paths["train_ids_mask"])
    for name, array, ndim in (("pca_ov_init", vectors, 2), ("train_ids_mask", mask, 1)):
        if not isinstance(array, np.ndarray) or array.ndim != ndim:
            raise PickleError(f"{paths[name]} is not an array of {ndim} dimension(s)")
    splits = {name: _read_split(paths[f"{name}_data"], len(vectors)) for name in ("train", "eval", "test")}
    classes = np.array([int(digit) for digit in digits], np.int32)
    return RotatedMNIST(
        **splits,
        validation=None,
        upright=None,
        object_digits=np.repeat(classes, -(-len(vectors) // len(classes)))[: len(vectors)],
        angles=np.unique(np.concatenate([split.angles for split in splits.values()])),
        held_out_angle=splits["test"].angles[0],
        train_mask=mask.astype(bool),
        object_vectors=vectors,
    )


def _read_split(path: Path, num_objects: int) -> Split:
    """The split in a pickle {"images" [n, 28, 28, 1], "aux_data" [n, 2 + M]}, whose rows begin with (id, angle)."""
    content = read(path)
    if not isinstance(content, dict) or not all(isinstance(content.get(k), np.ndarray) for k in ("images", "aux_data")):
        raise PickleError(f"{path} is not a dict of arrays 'images' and 'aux_data'")
    auxiliary = content["aux_data"]
    if auxiliary.ndim != 2 or auxiliary.shape[1] < 2 or np.any(auxiliary[:, 0] % 1):
        raise PickleError(f"aux_data of {path} has shape {auxiliary.shape}; expected rows (integer id, angle, ...)")
    split = Split(content["images"], auxiliary[:, 0].astype(np.int32), auxiliary[:, 1])
    split.check_ids(num_objects, path.name)
    return split


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the pickles and writes the .npz file, or exits with one message."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--helpshort", action="help", help="As of every other script: the same as --help.")
    parser.add_argument("--folder", required=True, help="Folder that holds the five pickles.")
    parser.add_argument("--digits", default="3", help="Digits at the end of the files' names (default: 3).")
    parser.add_argument("--out", type=Path, required=True, help="File to write, FILE.npz; must not exist.")
    given = parser.parse_args(arguments)
    try:
        if not re.fullmatch("[0-9]+", given.digits) or given.out.suffix != ".npz":
            raise ValueError(f"--digits must be digits and --out end in .npz, got {given.digits!r} and {given.out}")
        if given.out.exists():
            raise FileExistsError(f"--out={given.out} exists already; nothing was overwritten")
        data = read_folder(given.folder, given.digits)
        cache.write_npz(given.out, data.to_arrays())
    except (ValueError, OSError) as error:
        sys.exit(f"{Path(__file__).name}: error: {error}")
    print(f"{given.out}: {data}")


if __name__ == "__main__":
    main()
