"""Converts the rotated MNIST that SVGP-VAE's and FGP-VAE's authors published, five pickles, to one .npz of arrays.

    python scripts/convert_rotated_mnist.py --folder="SVGP-VAE/MNIST data" --digits=3 --out=rotated3.npz
    python scripts/MNIST_experiment.py --elbo=SVGPVAE_Hensman --mnist_data_path=rotated3.npz

The folder is "MNIST data/" of ratschlab/SVGP-VAE or metodj/FGP-VAE, with train_data3.p, eval_data3.p, test_data3.p,
pca_ov_init3.p and train_ids_mask3.p. Takes ten seconds. The arrays of the .npz are those of make_rotated_mnist.py,
without the validation split and the upright images, which the authors did not publish.

Nothing in the pickles is run. Unpickling calls whatever a file names; here NumPy's own names stand for classes of this
script, which only write down what the file says about an array. The array is then made of its bytes by `np.frombuffer`,
so NumPy never restores a state that a file made up, such as an array of pointers.
"""

import argparse
import os
import pickle
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from gpvae_tf.data import cache
from gpvae_tf.data.rotated_splits import RotatedMNIST
from gpvae_tf.data.splits import Split

Order = Literal["C", "F"]
_PLAIN = (str, int, float, bool, bytes, type(None))


class PickleError(ValueError):
    """A file is no pickle of plain NumPy arrays."""


class _DType:
    """Stands for numpy.dtype: a code such as f8, and the byte order of its state."""

    def __init__(self, code: str, *unused):
        if not isinstance(code, str) or not re.fullmatch(r"[biufc]\d{1,2}", code):
            raise PickleError(f"an array of dtype {code!r}; numbers and booleans only")
        self.dtype = np.dtype(code)

    def __setstate__(self, state: tuple):
        if state[1] not in ("<", ">", "|", "="):
            raise PickleError(f"byte order {state[1]!r}")
        self.dtype = self.dtype.newbyteorder(state[1])


class _Array:
    """Stands for numpy.ndarray and for the function that makes an empty one before its state is set."""

    def __init__(self, *unused):
        self.array: np.ndarray | None = None

    def __setstate__(self, state: tuple):
        _, shape, dtype, is_fortran, data = state
        self.fill(data, dtype, shape, "F" if is_fortran else "C")

    def fill(self, data: bytes | bytearray, dtype: _DType, shape: tuple[int, ...], order: Order) -> None:
        if not isinstance(data, bytes | bytearray) or not isinstance(dtype, _DType):
            raise PickleError("an array that is not made of bytes")
        self.array = np.frombuffer(data, dtype.dtype).reshape(shape, order=order)


class _FromBuffer(_Array):
    """Stands for NumPy's function that makes an array of bytes (pickle protocol 5)."""

    def __init__(self, data: bytes | bytearray, dtype: _DType, shape: tuple[int, ...], order: Order):
        self.fill(data, dtype, shape, order)


_STAND_INS: dict[tuple[str, str], type] = {("numpy", "ndarray"): _Array, ("numpy", "dtype"): _DType}
for _core in ("numpy.core", "numpy._core"):
    _STAND_INS[f"{_core}.multiarray", "_reconstruct"] = _Array
    _STAND_INS[f"{_core}.numeric", "_frombuffer"] = _FromBuffer


class _ArrayUnpickler(pickle.Unpickler):
    """Makes stand-ins where a file names NumPy's array functions, and refuses every other name."""

    def find_class(self, module: str, name: str) -> type:
        if (module, name) not in _STAND_INS:
            raise PickleError(f"it asks for {module}.{name}, which does not belong to an array")
        return _STAND_INS[module, name]


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
    if isinstance(value, _Array) and value.array is not None:
        return value.array
    if type(value) is dict:
        return {_plain(key): _plain(entry) for key, entry in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_plain(entry) for entry in value)
    if type(value) in _PLAIN:
        return value
    raise PickleError(f"it holds a {type(value).__name__}")


def read_split(path: str | os.PathLike) -> Split:
    """The split in a pickle {"images" [n, 28, 28, 1], "aux_data" [n, 2 + M]}, whose rows begin with (id, angle).

    Raises:
      PickleError: if the file is not such a pickle.
    """
    content = read(path)
    if not isinstance(content, dict) or not all(isinstance(content.get(k), np.ndarray) for k in ("images", "aux_data")):
        raise PickleError(f"{path} is not a dict of arrays 'images' and 'aux_data'")
    auxiliary = content["aux_data"]
    if auxiliary.ndim != 2 or auxiliary.shape[1] < 2 or np.any(auxiliary[:, 0] % 1):
        raise PickleError(f"aux_data of {path} has shape {auxiliary.shape}; expected rows (integer id, angle, ...)")
    return Split(content["images"], auxiliary[:, 0].astype(np.int32), auxiliary[:, 1])


def read_folder(folder: str | os.PathLike, digits: str = "3") -> RotatedMNIST:
    """The data set in the authors' five files.

    Args:
      folder: the folder that holds them.
      digits: the digits at the end of the files' names.

    Raises:
      FileNotFoundError: if a file is missing; the message names it.
      PickleError: if one is not what it should be, or shows an object that has no vector.
    """
    names = ("train_data", "eval_data", "test_data", "pca_ov_init", "train_ids_mask")
    paths = {name: Path(folder) / f"{name}{digits}.p" for name in names}
    absent = [path.name for path in paths.values() if not path.is_file()]
    if absent:
        raise FileNotFoundError(f"{folder} lacks {', '.join(absent)}")
    vectors, mask = read(paths["pca_ov_init"]), read(paths["train_ids_mask"])
    for name, array, ndim in (("pca_ov_init", vectors, 2), ("train_ids_mask", mask, 1)):
        if not isinstance(array, np.ndarray) or array.ndim != ndim:
            raise PickleError(f"{paths[name]} is not an array of {ndim} dimension(s)")
    splits = {name: read_split(paths[f"{name}_data"]) for name in ("train", "eval", "test")}
    for name, split in splits.items():
        split.check_ids(len(vectors), paths[f"{name}_data"].name)
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the pickles and writes the .npz file, or exits with one message."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
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
