"""Arrays larger than memory in the cache: .npy files, written a row at a time and read through a memory map."""

import hashlib
import io
import mmap
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from gpvae_tf.datasets import cache
from gpvae_tf.files import atomic_write, check_disk_space, locked


def load_or_write(
    path: Path,
    shape: tuple[int, ...],
    make_rows: Callable[[], Iterable[np.ndarray]],
    *,
    content_sha256: str | None = None,
) -> np.ndarray:
    """Maps the array in `path`, which is written first if it is absent or does not have its recorded SHA-256.

    One process writes; others that want the same file wait for it. The file appears whole, by renaming, and an
    interrupted write is started anew.

    Args:
      path: ends in .npy.
      shape: of the array, which is uint8.
      make_rows: returns shape[0] arrays of shape[1:], one after the other.
      content_sha256: SHA-256 that the array's bytes must have, if it is known.

    Returns:
      The array, read-only, in a memory map.

    Raises:
      OSError: if the disk has no room for the file, which is known before the first row is made, or cannot be written.
      ValueError: if the rows have another shape or number, or the array another SHA-256.
    """
    path = Path(path)
    if not cache.is_whole(path):
        with locked(path):
            if not cache.is_whole(path):  # else another process has written it in the meantime
                path.unlink(missing_ok=True)
                _write(path, shape, make_rows, content_sha256)
    return np.load(path, mmap_mode="r", allow_pickle=False)


def _write(path: Path, shape: tuple[int, ...], make_rows: Callable, content_sha256: str | None) -> None:
    header = io.BytesIO()
    description = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(header, description)
    check_disk_space(path, len(header.getvalue()) + int(np.prod(shape)), "data_dir")
    of_content, of_file, count = hashlib.sha256(), hashlib.sha256(header.getvalue()), 0
    with atomic_write(path, "wb") as file:
        file.write(header.getvalue())
        for row in make_rows():
            if row.dtype != np.uint8 or row.shape != shape[1:]:
                raise ValueError(f"row {count} is {row.dtype} {row.shape}; expected uint8 {shape[1:]}")
            content, count = row.tobytes(), count + 1
            of_content.update(content)
            of_file.update(content)
            file.write(content)
        if count != shape[0]:
            raise ValueError(f"{count} rows for an array of shape {shape}")
        if content_sha256 is not None and of_content.hexdigest() != content_sha256:
            raise ValueError(
                f"the array has SHA-256 {of_content.hexdigest()}; expected {content_sha256} from these sources. "
                "Another version of a library that makes it may be the reason"
            )
    cache.write_record(path, of_file.hexdigest())


def release(array: np.ndarray) -> None:
    """Gives up the pages of a memory map that this process has read; they stay in the system's cache of the file.

    Without it an epoch over a map adds its whole size to the process's resident memory. Other arrays are left alone.
    """
    pages = getattr(array, "_mmap", None)
    if isinstance(pages, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        pages.madvise(mmap.MADV_DONTNEED)
