"""Locks, for files and folders that one process at a time may write."""

import contextlib
import glob
import os
import platform
from collections.abc import Iterator
from pathlib import Path


class HeldByAnother(OSError):
    """Another process holds a lock; the message says which."""


@contextlib.contextmanager
def locked(path: str | os.PathLike) -> Iterator[None]:
    """Holds the lock of `path` while the block runs, for a file that one process at a time should make; others wait.

    What killed processes left of their writes to `path` is deleted first. The lock is a file `.NAME.lock` beside it,
    deleted at the end; one that a killed process left is free.

    Raises:
      OSError: if the folder cannot be written, or its file system has no locks.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with holding(path.with_name(f".{path.name}.lock")):
        for leftover in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
            leftover.unlink()
        yield


@contextlib.contextmanager
def holding(lock: Path, *, wait: bool = True) -> Iterator[None]:
    """Holds a lock file while the block runs, and deletes it at the end; the system frees that of a killed process.

    Args:
      lock: the file, in a folder that is there; it says which process holds it.
      wait: whether to wait for another process that holds it.

    Raises:
      HeldByAnother: if another process holds it and `wait` is false.
      OSError: if the file cannot be written, or its file system has no locks.
    """
    import fcntl  # POSIX only, and the library is not

    while True:
        with open(lock, "a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError as error:
                file.seek(0)
                raise HeldByAnother(file.read().strip() or "another process") from error
            if not _is_still(file.fileno(), lock):
                continue  # the process that held it before has deleted it
            try:
                file.truncate(0)
                print(f"process {os.getpid()} on {platform.node()}", file=file, flush=True)
                yield
            finally:
                lock.unlink(missing_ok=True)
            return


def _is_still(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
