"""Files and folders that are replaced in one step, so that no interrupted process leaves half of one."""

import contextlib
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

_PATTERN = re.compile(r"\[[^/]*\]|\\")  # a set of characters, or an escaped one
_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8,32}\.tmp")  # what this file and `saving.folder` call what is not whole yet


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike) -> Iterator[Path]:
    """The path of a file to write, which takes the place of `path` when the block ends without an exception.

    Until then it lies beside `path`; an exception in the block deletes it and leaves `path` as it was. Other processes
    may write the same path at the same time: the last one wins, whole.

    Args:
      path: the file to write; its folder is made if there is none.

    Raises:
      OSError: if the file cannot be written.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        if str(error.filename) != str(temporary):
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error  # which the user knows
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike, mode: str = "w", *, newline: str | None = None) -> Iterator[IO[Any]]:
    """Opens a file that takes the place of `path` when the block ends without an exception, see `atomic_path`.

    Args:
      path: the file to write; its folder is made if there is none.
      mode: "w" for text (UTF-8) or "wb" for bytes.
      newline: see `open`.

    Raises:
      ValueError: if the mode is another.
      OSError: if the file cannot be written.
    """
    if mode not in ("w", "wb"):
        raise ValueError(f"mode must be 'w' or 'wb', got {mode!r}")
    encoding = "utf-8" if mode == "w" else None
    with (
        atomic_path(path) as temporary,
        open(temporary, mode.replace("w", "x"), encoding=encoding, newline=newline) as file,
    ):
        yield file


def atomic_copy(source: str | os.PathLike, target: str | os.PathLike) -> Path:
    """Copies a file, which appears whole; returns where.

    Raises:
      OSError: if one of the two cannot be read or written.
    """
    with atomic_path(target) as temporary:
        shutil.copyfile(source, temporary)
    return Path(target)


@contextlib.contextmanager
def atomic_folder(path: str | os.PathLike) -> Iterator[Path]:
    """A new, empty folder that takes the place of `path` when the block ends without an exception.

    Until then it lies beside `path`; an exception in the block deletes it and leaves `path` as it was. A folder cannot
    be replaced by another in one step: for a moment there is none.

    Args:
      path: the folder to write; one that is there is deleted with all that is in it.

    Raises:
      OSError: if the folder cannot be written.
    """
    path = Path(path).resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    new, old = (path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp") for _ in range(2))
    new.mkdir()
    try:
        yield new
        if path.exists():
            os.replace(path, old)
        os.replace(new, path)
    except BaseException:  # a signal between the two, too
        if old.exists() and not path.exists():
            os.replace(old, path)
        raise
    finally:
        for leftover in (new, *([old] if path.exists() else [])):
            shutil.rmtree(leftover, ignore_errors=True)


def delete_temporaries(folder: Path) -> None:
    """Deletes what killed processes left of writing files and folders in a folder; nobody may be writing there."""
    for path in folder.glob(".*.tmp"):
        if _TEMPORARY.fullmatch(path.name) and path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif _TEMPORARY.fullmatch(path.name):
            path.unlink(missing_ok=True)


def expanded(path: str | os.PathLike) -> Path:
    """A path with the home directory in the place of ~.

    Raises:
      FileNotFoundError: if there is none, as for a user without an entry in the system's list of them.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise FileNotFoundError(f"{path} lies in a home directory, and there is none: name another folder") from error


def check_plain(path: str | os.PathLike, name: str) -> None:
    """Refuses a place from which TensorFlow cannot read a checkpoint, because it takes the path for a pattern.

    Args:
      path: where a checkpoint or a SavedModel will be.
      name: what names the place, for the message.

    Raises:
      ValueError: if there are brackets or a backslash in it.
    """
    if odd := _PATTERN.search(os.fspath(path)):
        raise ValueError(
            f"{name} has {odd[0]} in its path, {os.fspath(path)}: TensorFlow writes a model there and "
            "cannot read it again; choose another name"
        )


def check_disk_space(path: str | os.PathLike, num_bytes: int, name: str) -> None:
    """Refuses a file that the disk has no room for.

    Args:
      path: where the file will be.
      num_bytes: its size.
      name: name of the argument that says where, for the message.

    Raises:
      OSError: if there is less room; it says how many bytes are needed.
    """
    folder = Path(path).absolute().parent
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    if free < num_bytes:
        raise OSError(f"{name} = {folder} has room for {free:,} bytes, but {Path(path).name} needs {num_bytes:,} bytes")
