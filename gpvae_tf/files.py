"""Files that are replaced in one step, so that no reader and no interrupted process leaves half of one."""

import contextlib
import glob
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

_PATTERN = re.compile(r"\[[^/]*\]|\\")  # a set of characters, or an escaped one


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike, mode: str = "w", *, newline: str | None = None) -> Iterator[IO[Any]]:
    """Opens a file that takes the place of `path` when the block ends without an exception.

    Until then its content goes to a temporary file beside `path`; an exception in the block deletes that file and
    leaves `path` as it was. Other processes may write the same path at the same time: the last one wins, whole.

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
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        encoding = "utf-8" if mode == "w" else None
        with open(temporary, mode.replace("w", "x"), encoding=encoding, newline=newline) as file:
            yield file
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(path: str | os.PathLike) -> Iterator[None]:
    """Holds the lock of `path` while the block runs, for a file that one process at a time should make; others wait.

    What killed processes left of their writes to `path` is deleted first. The lock is a file `.NAME.lock` beside it,
    deleted at the end; one that a killed process left is free.

    Raises:
      OSError: if the folder cannot be written, or its file system has no locks.
    """
    import fcntl  # POSIX only, and the rest of this file is not

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.with_name(f".{path.name}.lock")
    while True:
        with open(lock, "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not _is_still(file.fileno(), lock):
                continue  # the process that held it before has deleted it
            try:
                for leftover in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
                    leftover.unlink()
                yield
            finally:
                lock.unlink()
            return


def _is_still(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


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


def check_room(path: str | os.PathLike, num_bytes: int, name: str) -> None:
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
