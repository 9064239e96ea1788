"""Files that cannot be read: what their readers raise, and the one sentence that says so."""

import os
import zipfile
import zlib

ERRORS = (OSError, ValueError, KeyError, EOFError, SyntaxError, zipfile.BadZipFile, zlib.error)


def unreadable(path: str | os.PathLike, kind: str, error: BaseException) -> ValueError:
    """The error for a damaged file, or one of another kind.

    Args:
      path: the file.
      kind: what it should be, with its article: "a CSV".
      error: what the reader raised, one of `ERRORS`; its first line becomes part of the sentence.
    """
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return ValueError(f"{path} cannot be read as {kind}: {reason}")
