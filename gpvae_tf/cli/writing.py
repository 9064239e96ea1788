"""Predictions as a file of the kind that the data came from."""

import os
import types
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from gpvae_tf import data
from gpvae_tf.data import FolderLayout, SequenceData
from gpvae_tf.data.layout import kind_of
from gpvae_tf.data.table_files import TABLES
from gpvae_tf.entry_masks import entry_mask
from gpvae_tf.files import atomic_write, expanded

INTERVAL = ("stddev", "lower", "upper")  # what predictions have beside their values


def check_out(out: str, **read: str | None) -> None:
    """Refuses an --out that is a file or folder that the command reads, or would write into such a one.

    Args:
      out: what was given.
      read: the files that are read, by the names of the arguments that say which; None for one that is not given.

    Raises:
      ValueError: naming both.
    """
    target = expanded(out).resolve()
    for name, path in read.items():
        source = None if path is None else expanded(path).resolve()
        flag = name if name.isupper() else f"--{name}"
        if source == target:
            raise ValueError(f"--out={out} is what {flag} names, which it would replace")
        if source is not None and source.is_dir() and target / source.name == source:  # a sequence named as its folder
            raise ValueError(f"--out={out} holds the folder that {flag} names, whose frames would be replaced")


def check_writable(out: str, *suffixes: str) -> None:
    """Refuses, before work, the name of a file that cannot be written.

    Args:
      out: of --out.
      suffixes: what its name may end in; any if none are given. A name without one is that of a folder.

    Raises:
      ValueError: saying why.
    """
    target = expanded(out)
    if (suffixes or target.suffix) and target.is_dir():
        raise ValueError(f"--out={out} is a folder; expected the name of a file")
    if suffixes and kind_of(target) not in suffixes:
        raise ValueError(f"--out={out} ends in {target.suffix!r}; expected {' or '.join(suffixes)}")
    there = next(place for place in target.absolute().parents if place.exists())
    if not there.is_dir():
        raise ValueError(f"--out={out} lies in {there}, which is no folder")
    if not os.access(there, os.W_OK):
        raise ValueError(f"--out={out} lies in {there}, where nothing can be written")


def check_target(path: str, like: SequenceData, more: Iterable[str] = INTERVAL) -> None:
    """Refuses a file that predictions for some data have no form of, before they are made.

    Args:
      path: of the file.
      like: the data.
      more: names of the arrays that are written beside the values.

    Raises:
      ValueError: naming what the file's name may end in, or what is in the data that `more` would replace.
    """
    check_writable(path)
    kind, layout = kind_of(path), like.layout
    tables = TABLES if len(like.event_shape) == 1 else ()  # which data without names have a form in, too
    if kind not in (*layout.suffixes, *tables):
        *others, last = (each or "a folder" for each in layout.suffixes)
        expected = f"{', '.join(others)} or {last}" if others else last
        raise ValueError(f"--out={path} ends in {expanded(path).suffix!r}; expected {expected}")
    if kind in layout.suffixes and kind != ".npz":
        try:
            layout.check_added(more)
        except ValueError as error:
            raise ValueError(f"--out={path}: {error}, or write an .npz") from error
    if isinstance(layout, FolderLayout) and kind == "":
        try:
            layout.paths(expanded(path))
        except ValueError as error:
            raise ValueError(f"--out={path}: {error}; choose a new folder") from error


def write(path: str, like: SequenceData, values: np.ndarray, **more: np.ndarray) -> list[Path]:
    """Writes arrays of the observations' shape [N, n, *event] as a file.

    A table has the columns of the input and, for every one of `more`, a column NAME_MORE beside NAME, and a netCDF file
    its variables likewise; an .npz has the arrays, the inputs, the errors of observed values where there are some, NaN
    beside others, and the lengths where sequences are padded; a folder of images has the frames, and `more` in an .npz
    beside them.

    Args:
      path: where to; its suffix says what.
      like: the data that the values belong to.
      values: written as the observations.
      more: further arrays, such as lower=..., upper=....

    Raises:
      ValueError: if the data have no form of that kind, see `check_target`.
    """
    check_target(path, like, more)
    return WRITERS[kind_of(path)](expanded(path), like, values, **more)


def _table(target: Path, like: SequenceData, values: np.ndarray, **more: np.ndarray) -> list[Path]:
    frame = data.to_dataframe(values, like=like, **more)
    with atomic_write(target, "wb") as file:
        TABLES[kind_of(target)].write(frame, file)
    return [target]


def _netcdf(target: Path, like: SequenceData, values: np.ndarray, **more: np.ndarray) -> list[Path]:
    data.to_netcdf(values, target, like=like, **more)
    return [target]


def _folder(target: Path, like: SequenceData, values: np.ndarray, **more: np.ndarray) -> list[Path]:
    frames = data.to_folder(values, target, like=like)
    return [*frames, *_npz(target / "predictions.npz", like, values, **more)]


def _npz(target: Path, like: SequenceData, values: np.ndarray, **more: np.ndarray) -> list[Path]:
    arrays: dict[str, Any] = {"observations": values, "inputs": np.asarray(like.inputs), **more}
    if np.any(like.lengths < values.shape[1]):  # else what fills sequences up would be read as observed
        arrays["lengths"] = like.lengths
    if like.errors is not None:  # a value that was filled in has none, and 0 would say that it is exact
        arrays["errors"] = np.where(entry_mask(like.mask, like.errors.shape), like.errors, np.float32(np.nan))
    with atomic_write(target, "wb") as file:
        np.savez_compressed(file, **arrays)
    return [target]


# Of the kinds that `data.file_formats.READERS` has.
WRITERS: types.MappingProxyType[str, Callable[..., list[Path]]] = types.MappingProxyType(
    {".npz": _npz, **dict.fromkeys(TABLES, _table), ".nc": _netcdf, "": _folder}
)
