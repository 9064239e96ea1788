"""A cache of arrays: .npz files in a data folder, each with its SHA-256 beside it."""

import hashlib
import os
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from gpvae_tf.files import atomic_write, expanded

FOLDER_VARIABLE = "GPVAE_TF_DATA"


def folder(data_dir: str | os.PathLike | None = None) -> Path:
    """The data folder: `data_dir`, or the environment's GPVAE_TF_DATA, or ~/.cache/gpvae_tf.

    Raises:
      FileNotFoundError: if it is below a home directory, and there is none; it says what to give or to set.
    """
    named = data_dir or os.environ.get(FOLDER_VARIABLE)
    try:
        return expanded(named or "~/.cache/gpvae_tf")
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{error}, by data_dir or {FOLDER_VARIABLE}") from error


def tfds_folder(data_dir: str | os.PathLike | None = None) -> Path | None:
    """Where TFDS keeps what it prepares: in the data folder if that is named, else None, its own default."""
    named = data_dir or os.environ.get(FOLDER_VARIABLE)
    return folder(data_dir) / "tensorflow_datasets" if named else None


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal; reads a megabyte at a time."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def load_or_make(path: Path, make: Callable[[], Mapping[str, np.ndarray]]) -> Mapping[str, np.ndarray]:
    """Reads the arrays in `path`, or makes and writes them if the file is absent.

    A file whose SHA-256 is not the one recorded in `path`.sha256 (as `sha256sum` writes it) is made again, with a
    warning. Other processes may do the same at the same time: files appear whole, by renaming.

    Args:
      path: ends in .npz.
      make: returns the arrays, plain ones (no objects).

    Returns:
      The arrays; those of a file are read when they are asked for.

    Raises:
      OSError: if the folder cannot be written.
    """
    path = Path(path)
    if is_whole(path):
        return np.load(path, allow_pickle=False)
    arrays = make()
    write_npz(path, arrays)
    write_record(path, sha256(path))
    return arrays


def is_whole(path: Path) -> bool:
    """Whether a file is there and has the SHA-256 recorded beside it; warns of one that is there and has another."""
    if not path.exists():
        return False
    record = _record(path)
    # An empty record (a process killed between two renames) is a damaged file too.
    expected = (record.read_text().split() or [""])[0] if record.exists() else ""
    if sha256(path) == expected:
        return True
    warnings.warn(f"{path} does not have the SHA-256 recorded beside it; it is made again", stacklevel=3)
    return False


def write_record(path: Path, digest: str) -> None:
    """Writes a file's SHA-256 beside it."""
    with atomic_write(_record(path)) as file:
        file.write(f"{digest}  {path.name}\n")


def _record(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def write_npz(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes an .npz file that is whole or absent.

    Raises:
      TypeError: if an array holds Python objects, which would be pickled.
    """
    for name, array in arrays.items():
        if array.dtype.hasobject:
            raise TypeError(f"{name} has dtype {array.dtype}; plain arrays only")
    with atomic_write(path, "wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
