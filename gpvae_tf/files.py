"""Files that are replaced in one step, so that no reader and no interrupted process leaves half of one."""

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any


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
