"""SavedModels in folders with a numbered sub-folder per version, of which servers take the newest.

A version appears at once and whole. Nothing in here imports TensorFlow.
"""

import contextlib
import errno
import os
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

_TAKEN = (errno.ENOTEMPTY, errno.EEXIST)


def versions(folder: Path) -> list[int]:
    """The numbers of the versions in a folder, in rising order; none if there is no folder."""
    if not folder.is_dir():
        return []
    return sorted(int(path.name) for path in folder.iterdir() if _is_number(path.name) and path.is_dir())


def is_empty(folder: Path) -> bool:
    """Whether it is a folder with nothing in it."""
    return folder.is_dir() and not any(folder.iterdir())


def is_saved_model(folder: Path) -> bool:
    """Whether the folder is a SavedModel of TensorFlow itself, and no folder of versions."""
    return (folder / "saved_model.pb").is_file()


def may_hold_versions(folder: Path) -> bool:
    """Whether versions may be written into a folder: it holds some, or nothing, or is not there."""
    return not folder.exists() or bool(versions(folder)) or is_empty(folder)


def no_saved_model(folder: Path) -> str:
    """The sentence that refuses to write a SavedModel in the place of something else."""
    return f"{folder} exists and is no SavedModel; nothing was written, choose another folder"


def write_version(folder: Path, write: Callable[[Path], None], *, keep: int | None = None) -> Path:
    """Writes the next version, whose number is one above the largest.

    Until it is whole it lies in the folder under a name that is no number. Several processes may do so at a time; each
    gets a number of its own.

    Args:
      folder: where the versions are; it is made if there is none.
      write: writes a version into the empty folder that it is given.
      keep: how many of the newest versions stay; None for all.

    Returns:
      the folder of the version.

    Raises:
      OSError: if nothing can be written there.
    """
    made = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f".version.{uuid.uuid4().hex}.tmp"
    try:
        new.mkdir()
        write(new)
        target = _renamed(new, folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        if made:
            with contextlib.suppress(OSError):
                folder.rmdir()  # which an empty folder only lets happen
    for number in versions(folder)[: -keep if keep else 0]:
        shutil.rmtree(folder / str(number), ignore_errors=True)
    return target


def _renamed(new: Path, folder: Path) -> Path:
    """The folder under the first number that is free; another process may take one while we look."""
    while True:
        target = folder / str(max(versions(folder), default=0) + 1)
        try:
            os.rename(new, target)  # onto a folder that holds something it fails
            return target
        except OSError as error:
            if error.errno not in _TAKEN:
                raise


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdecimal() and name == str(int(name))
