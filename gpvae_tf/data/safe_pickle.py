"""Reads the authors' pickles without running what is in them: NumPy arrays in plain containers, and nothing else.

Unpickling calls whatever a file names. Here NumPy's own names stand for classes of this module, which only write down
what the file says about an array; the array is then made of its bytes by `np.frombuffer`. So no code of the file's
choice runs, and NumPy never restores a state that a file made up (such as an array of pointers).
"""

import os
import pickle
import re
from pathlib import Path
from typing import Any, Literal

import numpy as np

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


class _Unpickler(pickle.Unpickler):
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
            return _plain(_Unpickler(file).load())
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


def from_authors_pickles(folder: str | os.PathLike, ending: str = "3") -> RotatedMNIST:
    """The five files of "MNIST data/" of ratschlab/SVGP-VAE (and metodj/FGP-VAE).

    Args:
      folder: with train_data3.p, eval_data3.p, test_data3.p, pca_ov_init3.p and train_ids_mask3.p.
      ending: the digits, which stand in place of the 3.

    Raises:
      FileNotFoundError: if one is missing; the message names it.
      PickleError: if one is not what it should be, or shows an object that has no vector.
    """
    names = ("train_data", "eval_data", "test_data", "pca_ov_init", "train_ids_mask")
    paths = {name: Path(folder) / f"{name}{ending}.p" for name in names}
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
    digits = np.array([int(digit) for digit in ending], np.int32)
    return RotatedMNIST(
        **splits,
        validation=None,
        upright=None,
        object_digits=np.repeat(digits, -(-len(vectors) // len(ending)))[: len(vectors)],
        angles=np.unique(np.concatenate([split.angles for split in splits.values()])),
        held_out_angle=splits["test"].angles[0],
        train_mask=mask.astype(bool),
        object_vectors=vectors,
    )
