"""Measured results: results/<table>.json is a list of rows, one per number, each with the command that made it.

One process at a time may write a table.
"""

import dataclasses
import datetime
import json
import math
import numbers
import statistics
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gpvae_tf.files import atomic_write
from gpvae_tf.files.readers import DamagedFileError, read_json

_KEY = ("table", "model", "dataset", "preset", "metric")


class ResultsError(ValueError):
    """A result, a table of results, or a document made of them is wrong."""


@dataclasses.dataclass(frozen=True)
class ResultRow:
    """One measured number and its provenance; a field that is wrong raises a ResultsError that names it."""

    table: str  # name of the file that holds the row, without .json
    model: str
    dataset: str
    preset: str  # "paper" or "authors_code"; "" where no paper is repeated
    metric: str
    value: float  # mean over seeds
    sd: float | None  # sample standard deviation over seeds, None for a single seed or none
    seeds: tuple[int, ...]  # all different, at least one if anything was trained
    epochs: int | None  # None if nothing was trained
    paper: float | None  # the number that the paper reports, None if it states none
    unit: str  # unit of value, sd and paper; "" for a pure number
    seconds_per_epoch: float | None  # wall time, None if not measured
    command: str  # the command that gives the number again
    commit: str  # commit of the code that ran (`training.provenance.git_commit`)
    date: str  # ISO 8601, a date or a time

    def __post_init__(self):
        texts = ("table", "model", "dataset", "metric", "command", "commit", "date")
        spreads = ("sd", "seconds_per_epoch")
        for name, is_right, expected in (
            *((name, lambda v: isinstance(v, str) and v.strip(), "a non-empty text") for name in texts),
            *((name, lambda v: isinstance(v, str), "a text") for name in ("unit", "preset")),
            ("value", _is_number, "a finite number"),
            ("paper", lambda v: v is None or _is_number(v), "a finite number or None"),
            *((name, lambda v: v is None or (_is_number(v) and v >= 0), "None or finite and >= 0") for name in spreads),
            ("epochs", lambda v: v is None or (_is_number(v, numbers.Integral) and int(v) > 0), "a positive integer"),
            ("seeds", self._are_seeds, "a list of different integers, at least one"),
            ("sd", lambda v: (v is None) == (len(self.seeds) <= 1), "None for one seed, a number for several"),
            ("date", _is_date, "an ISO 8601 date"),
        ):
            if not is_right(getattr(self, name)):
                raise ResultsError(f"{name} must be {expected}, got {getattr(self, name)!r}")
        # NumPy scalars are no JSON, and a row must equal itself after a round trip.
        plain: dict[str, Any] = {"seeds": tuple(int(seed) for seed in self.seeds)}
        plain["epochs"] = None if self.epochs is None else int(self.epochs)
        for name in ("value", "sd", "paper", "seconds_per_epoch"):
            plain[name] = None if getattr(self, name) is None else float(getattr(self, name))
        vars(self).update(plain)  # the instance is frozen

    def _are_seeds(self, value: Any) -> bool:
        listed = isinstance(value, (list, tuple)) and all(_is_number(seed, numbers.Integral) for seed in value)
        return listed and len(value) == len(set(value)) and (len(value) > 0 or self.epochs is None)

    @property
    def key(self) -> tuple[str, ...]:
        """(table, model, dataset, preset, metric); a table has one row of each."""
        return tuple(getattr(self, name) for name in _KEY)


def read(path: str | Path) -> list[ResultRow]:
    """The rows of a table.

    Raises:
      ResultsError: if there is no such file, it is no JSON list of rows, or a row is wrong; says which.
    """
    path = Path(path)
    try:
        entries = read_json(path)
    except OSError as error:
        raise ResultsError(f"cannot read {path}: {error.strerror}") from error
    except DamagedFileError as error:
        raise ResultsError(str(error)) from error
    if not isinstance(entries, list):
        raise ResultsError(f"{path} must hold a list of rows, got {type(entries).__name__}")
    names, rows = {field.name for field in dataclasses.fields(ResultRow)}, []
    for index, entry in enumerate(entries):
        try:
            if not isinstance(entry, dict):
                raise ResultsError(f"must be an object, got {type(entry).__name__}")
            if entry.keys() != names:
                missing, extra = sorted(names - entry.keys()), sorted(entry.keys() - names)
                raise ResultsError(f"missing fields {missing}, unknown fields {extra}")
            rows.append(ResultRow(**entry))
        except ResultsError as error:
            raise ResultsError(f"{path}, row {index}: {error}") from error
    return _checked(path, rows)


def write(path: str | Path, rows: Iterable[ResultRow]) -> None:
    """Writes a table sorted by key; a reader sees the old file or the new one, never half of either.

    Raises:
      ResultsError: if a row belongs to another table, two rows have one key, or the file cannot be written.
    """
    path = Path(path)
    rows = _checked(path, sorted(rows, key=lambda row: row.key))
    text = json.dumps([dataclasses.asdict(row) for row in rows], indent=1, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def update(path: str | Path, rows: Iterable[ResultRow]) -> list[ResultRow]:
    """Puts rows into a table, in place of those with the same key; makes the table if there is none.

    A row of more seeds than the new one stays, with a warning.

    Returns:
      Those of the rows that were put there.

    Raises:
      ResultsError: as `read` and `write`; the table is left as it was.
    """
    path, rows = Path(path), list(rows)
    old, seeds = read(path) if path.exists() else [], {row.key: row.seeds for row in rows}
    of_more = [row for row in old if len(row.seeds) > len(seeds.get(row.key, row.seeds))]
    if of_more:
        example = f"{of_more[0].model}: seeds {', '.join(map(str, of_more[0].seeds))}"
        warnings.warn(f"{path} keeps {len(of_more)} rows that are of more seeds, such as {example}", stacklevel=2)
    stay = {row.key for row in of_more}
    kept = [row for row in old if row.key not in seeds or row.key in stay]
    new = [row for row in rows if row.key not in stay]
    write(path, [*kept, *new])
    return new


def write_text(path: Path, text: str) -> None:
    """Replaces a file by a text in one step.

    Raises:
      ResultsError: if it cannot be written.
    """
    try:
        with atomic_write(path) as file:
            file.write(text)
    except OSError as error:
        raise ResultsError(f"cannot write {path}: {error.strerror}") from error


def summarise(values: Iterable[float]) -> tuple[float, float | None]:
    """Mean and sample standard deviation (n - 1) over seeds; None instead of the latter for one value.

    Raises:
      ResultsError: if there is no value, or one is not finite.
    """
    values = [float(value) for value in values]
    if not values or not all(math.isfinite(value) for value in values):
        raise ResultsError(f"values must be finite numbers, at least one, got {values}")
    return statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else None


def _checked(path: Path, rows: list[ResultRow]) -> list[ResultRow]:
    seen = set()
    for row in rows:
        if row.table != path.stem:
            raise ResultsError(f"{path}: a row of table {row.table!r} belongs into {row.table}.json")
        if row.key in seen:
            raise ResultsError(f"{path}: two rows for {', '.join(row.key)}")
        seen.add(row.key)
    return rows


def _is_number(value: Any, kind: Any = numbers.Real) -> bool:
    if not isinstance(value, kind) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer larger than any float
        return False


def _is_date(text: str) -> bool:
    try:
        return bool(datetime.datetime.fromisoformat(text))
    except ValueError:
        return False
