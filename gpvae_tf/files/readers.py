"""Files that are read whole or refused in one sentence that names them: JSON, and .npz archives of plain arrays."""

import json
import os
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

# What readers of files raise for damaged ones.
ERRORS = (OSError, ValueError, KeyError, EOFError, SyntaxError, zipfile.BadZipFile, zlib.error)
_BLOCK = 2**20  # bytes
_DAMAGES = (*ERRORS, MemoryError, NotImplementedError, RuntimeError, TypeError, IndexError, OverflowError)


class DamagedFileError(ValueError):
    """A file holds something else than it should."""


def unreadable(path: str | os.PathLike, kind: str, error: BaseException) -> DamagedFileError:
    """The error for a damaged file, or one of another kind.

    Args:
      path: the file.
      kind: what it should be, with its article: "a CSV".
      error: what the reader raised, one of `ERRORS`; its first line becomes part of the sentence.
    """
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return DamagedFileError(f"{path} cannot be read as {kind}: {reason}")


def read_json(path: str | os.PathLike) -> Any:
    """The content of a JSON file.

    Raises:
      OSError: if it cannot be opened.
      DamagedFileError: if it is no JSON, or holds halves of characters, which could not be printed.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        json.dumps(content, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:  # UnicodeError is a ValueError
        raise DamagedFileError(f"{path} is not valid JSON: {error}") from error
    return content


def read_json_object(path: str | os.PathLike) -> dict[str, Any]:
    """The content of a JSON file that holds an object.

    Raises:
      OSError, DamagedFileError: see `read_json`; also if it holds something else.
    """
    content = read_json(path)
    if not isinstance(content, dict):
        raise DamagedFileError(f"{path} is damaged: it holds a {type(content).__name__}; expected an object")
    return content


def read_npz(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """The arrays of an .npz archive. Python objects are never read from it.

    Raises:
      FileNotFoundError: if it is not there.
      DamagedFileError: if it is no such archive, is cut short, or holds arrays of Python objects.
    """
    kind = "an .npz of plain arrays"
    try:
        if not zipfile.is_zipfile(path):
            with open(path, "rb"):  # what is not there is said by the system
                raise DamagedFileError("it is no zip archive, or it is cut short")
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.endswith(".npy")]
            return {name.removesuffix(".npy"): _read_member(archive, name) for name in names}
    except FileNotFoundError:
        raise
    except _DAMAGES as error:
        raise unreadable(path, kind, error) from error


def read_npy(path: str | os.PathLike) -> np.ndarray:
    """The array of an .npy file. Python objects are never read from it.

    Raises:
      FileNotFoundError: if it is not there.
      DamagedFileError: if it is no such file, is cut short, or is an array of Python objects.
    """
    try:
        with open(path, "rb") as file:
            return _read_array(file, Path(path).name, os.path.getsize(path))
    except FileNotFoundError:
        raise
    except _DAMAGES as error:
        raise unreadable(path, "an .npy file of a plain array", error) from error


def _read_member(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    with archive.open(name) as file:
        array = _read_array(file, name, archive.getinfo(name).file_size)
        file.read()  # to its end, where its checksum is compared
    return array


def _read_array(file: Any, name: str, num_bytes: int) -> np.ndarray:
    """The array of a stream; its header must claim as many bytes as there are, before memory is asked for."""
    version = np.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"{name} has the format {version}, which arrays of numbers do not need")
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, is_fortran, dtype = read_header(file)
    if dtype.hasobject:
        raise ValueError(f"Object arrays are not read, and {name} is one")
    count = 1
    for size in shape:
        count *= size
    claimed, there = count * dtype.itemsize, num_bytes - file.tell()
    if claimed != there:
        raise ValueError(f"{name} should hold {claimed:,} bytes and has {there:,}")
    content = bytearray(claimed)
    for start in range(0, claimed, _BLOCK):
        if not file.readinto(memoryview(content)[start : start + _BLOCK]):
            raise EOFError(f"{name} ends after {start:,} of {claimed:,} bytes")
    return np.ndarray(shape, dtype, buffer=content, order="F" if is_fortran else "C")
