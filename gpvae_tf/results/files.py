"""Measured results in one form: results/<table>.json is a list of rows, one per number, each with what made it.

One process at a time may write a table.
"""

import contextlib
import dataclasses
import json
import math
import os
import statistics
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gpvae_tf.results.row import ResultRow, ResultsError
from gpvae_tf.training.provenance import git_commit

__all__ = ["ResultRow", "ResultsError", "git_commit", "read", "summarise", "update", "write", "write_text"]


def read(path: str | Path) -> list[ResultRow]:
    """The rows of a table.

    Raises:
      ResultsError: if there is no such file, it is no JSON list of rows, or a row is wrong; says which.
    """
    path = Path(path)
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ResultsError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:  # not JSON, or not UTF-8
        raise ResultsError(f"{path} is not valid JSON: {error}") from error
    if not isinstance(entries, list):
        raise ResultsError(f"{path} must hold a list of rows, got {type(entries).__name__}")
    return _checked(path, [_parse(path, index, entry) for index, entry in enumerate(entries)])


def write(path: str | Path, rows: Iterable[ResultRow]) -> None:
    """Writes a table sorted by key; a reader sees the old file or the new one, never half of either.

    Raises:
      ResultsError: if a row belongs to another table, two rows have one key, or the file cannot be written.
    """
    path = Path(path)
    rows = _checked(path, sorted(rows, key=lambda row: row.key))
    text = json.dumps([dataclasses.asdict(row) for row in rows], indent=1, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def update(path: str | Path, rows: Iterable[ResultRow]) -> None:
    """Puts rows into a table, in place of those with the same key; makes the table if there is none.

    Raises:
      ResultsError: as `read` and `write`; the table is left as it was.
    """
    path, rows = Path(path), list(rows)
    new_keys = {row.key for row in rows}
    kept = [row for row in read(path) if row.key not in new_keys] if path.exists() else []
    write(path, [*kept, *rows])


def summarise(values: Iterable[float]) -> tuple[float, float | None]:
    """Mean and sample standard deviation (n - 1) over seeds; None instead of the latter for one value.

    Raises:
      ResultsError: if there is no value, or one is not finite.
    """
    values = [float(value) for value in values]
    if not values or not all(math.isfinite(value) for value in values):
        raise ResultsError(f"values must be finite numbers, at least one, got {values}")
    return statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else None


def write_text(path: Path, text: str) -> None:
    """Replaces a file by a text in one step, through a temporary file beside it.

    Raises:
      ResultsError: if it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise ResultsError(f"cannot write {path}: {error.strerror}") from error


def _parse(path: Path, index: int, entry: Any) -> ResultRow:
    where, names = f"{path}, row {index}", {field.name for field in dataclasses.fields(ResultRow)}
    if not isinstance(entry, dict):
        raise ResultsError(f"{where}: must be an object, got {type(entry).__name__}")
    if entry.keys() != names:
        missing, extra = sorted(names - entry.keys()), sorted(entry.keys() - names)
        raise ResultsError(f"{where}: missing fields {missing}, unknown fields {extra}")
    try:
        return ResultRow(**entry)
    except ResultsError as error:
        raise ResultsError(f"{where}: {error}") from error


def _checked(path: Path, rows: list[ResultRow]) -> list[ResultRow]:
    seen = set()
    for row in rows:
        if row.table != path.stem:
            raise ResultsError(f"{path}: a row of table {row.table!r} belongs into {row.table}.json")
        if row.key in seen:
            raise ResultsError(f"{path}: two rows for {', '.join(row.key)}")
        seen.add(row.key)
    return rows
