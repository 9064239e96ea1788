"""What can be compared with a clone: cases, found in `gpvae_tf/comparison/cases`, each a pair of small functions.

A case file holds `CASES`; another repository's cases are added by adding a file.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from gpvae_tf.comparison import cases, differences
from gpvae_tf.comparison.original_process import Original
from gpvae_tf.comparison.runner import run_in_original

Arrays = Mapping[str, np.ndarray]


class Ours(NamedTuple):
    """One of our values for a term that the authors' code returns too.

    Attributes:
      term: the key of theirs.
      value: array of the same shape.
      variant: which of ours, where there are several.
      deviation: number in docs/deviations.md if the two are known to differ.
      slack: what the float32 band is multiplied by, where float32 is known to lose digits.
    """

    term: str
    value: np.ndarray
    variant: str = ""
    deviation: str | None = None
    slack: float = 1.0


class Repository(NamedTuple):
    """A repository whose clones can be run.

    Attributes:
      name: owner/name on GitHub.
      files: the files a clone is recognised by, all needed.
    """

    name: str
    files: tuple[str, ...]


class Case(NamedTuple):
    """A comparison.

    Attributes:
      name: for the table; unique.
      repository: whose functions `theirs` calls.
      inputs: makes the arrays both sides get.
      theirs: called in the clone's process, in a fresh graph; a plain function of a module; arrays by term.
      ours: called here.
    """

    name: str
    repository: Repository
    inputs: Callable[[], Arrays]
    theirs: Callable[[Original, Arrays], Arrays]
    ours: Callable[[Arrays], Sequence[Ours]]


class Row(NamedTuple):
    """A line of the table: a case's term at the entry where the two sides differ most."""

    case: str
    ours: Ours
    worst: differences.Worst
    band: float

    @property
    def verdict(self) -> str:
        """Ok within the band, else the deviation's number, else FAIL; no number excuses what is not finite."""
        if self.worst.difference <= self.band:
            return "ok"
        return self.ours.deviation if self.ours.deviation and np.isfinite(self.worst.difference) else "FAIL"


class CloneError(ValueError):
    """The folder is no clone of a repository that has cases."""


def find_cases(clone: Path) -> tuple[Case, ...]:
    """The cases for a clone.

    Raises:
      CloneError: if the folder does not exist or lacks files of every known repository.
    """
    if not Path(clone).is_dir():
        raise CloneError(f"{clone} is no folder")
    modules = [importlib.import_module(f"{cases.__name__}.{m.name}") for m in pkgutil.iter_modules(cases.__path__)]
    known = [case for module in modules for case in module.CASES]
    missing = {c.repository: [f for f in c.repository.files if not Path(clone, f).is_file()] for c in known}
    found = tuple(case for case in known if not missing[case.repository])
    if not found:
        text = "; ".join(f"{r.name} needs {', '.join(files)}" for r, files in missing.items())
        raise CloneError(f"{clone} is no clone of a known repository: {text}")
    return found


def compare(
    clone: Path, chosen: Sequence[Case], rtol: float = differences.RTOL, rtol_float32: float = differences.RTOL_FLOAT32
) -> list[Row]:
    """Runs cases on both sides, theirs in one process of its own, ours on this one's CPU.

    Raises:
      OriginalError: if the clone could not be run.
      KeyError: if a side lacks a term of the other.
    """
    with tf.device("CPU:0"):  # stateless draws of inputs and models agree on one kind of device
        given = {case.name: case.inputs() for case in chosen}
    results = run_in_original(clone, {case.name: case.theirs for case in chosen}, given)
    rows = []
    for case in chosen:
        theirs = results[case.name]
        with tf.device("CPU:0"):
            ours = case.ours(given[case.name])
        if absent := set(theirs) - {one.term for one in ours}:
            raise KeyError(f"case {case.name!r}: no value of ours for {', '.join(sorted(absent))}")
        for one in ours:
            value = theirs[one.term]
            limit = differences.band(value, rtol, rtol_float32 * one.slack)
            rows.append(Row(case.name, one, differences.worst(np.asarray(one.value), value), limit))
    return rows


def render(rows: Sequence[Row]) -> str:
    """The table: values at the entry of largest relative difference."""
    header = ("case", "term", "theirs", "ours", "difference", "band", "deviation")
    return differences.table(header, [_cells(row) for row in rows])


def _cells(row: Row) -> tuple[str, ...]:
    term = f"{row.ours.term} ({row.ours.variant})" if row.ours.variant else row.ours.term
    values = (f"{row.worst.theirs:.7g}", f"{row.worst.ours:.7g}", f"{row.worst.difference:.1e}", f"{row.band:.0e}")
    return (row.case, term, *values, row.verdict if row.verdict != "ok" else "-")
