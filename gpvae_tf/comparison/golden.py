"""Checks of files of reference values: any folder of .npz files with golden/'s names and keys, no clone needed.

A file belongs to the check whose prefix its name begins with; `golden_checks` holds what each prefix computes.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np
import tensorflow as tf

from gpvae_tf.comparison import differences
from gpvae_tf.comparison.golden_checks import exact_gp_rbf, fgp_local_global, mnist_conv_vae, svgp_periodic_linear
from gpvae_tf.gp.linalg import FactorizationError

Arrays = Mapping[str, np.ndarray]


class GoldenError(ValueError):
    """A folder or a file cannot be checked."""


class Check(NamedTuple):
    """How files of one name are checked.

    Attributes:
      compute: our values by term from a file's arrays.
      inputs: keys it reads.
      outputs: the terms, each a key of the file.
    """

    compute: Callable[[Arrays], Arrays]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


CHECKS: dict[str, Check] = {
    module.__name__.rpartition(".")[2]: Check(module.compute, module.INPUTS, module.OUTPUTS)
    for module in (svgp_periodic_linear, exact_gp_rbf, mnist_conv_vae, fgp_local_global)
}


class GoldenRow(NamedTuple):
    """A line of the report: a file's term at the entry where it differs most."""

    file: str
    term: str
    worst: differences.Worst
    band: float

    @property
    def ok(self) -> bool:
        """Whether the difference is within the band."""
        return self.worst.difference <= self.band


def find(folder: Path) -> tuple[dict[Path, Check], list[Path]]:
    """The folder's files with a check, by name, and its other .npz files.

    Raises:
      GoldenError: if there is no such folder or none of its files has a check.
    """
    if not Path(folder).is_dir():
        raise GoldenError(f"{folder} is no folder")
    files = sorted(Path(folder).glob("*.npz"))
    covered = {f: check for f in files for prefix, check in CHECKS.items() if f.name.startswith(prefix)}
    if not covered:
        raise GoldenError(f"{folder} has no file to check; known names: {', '.join(p + '*.npz' for p in CHECKS)}")
    return covered, [f for f in files if f not in covered]


def load(file: Path, check: Check) -> dict[str, np.ndarray]:
    """A file's arrays.

    Raises:
      GoldenError: if it is no .npz file of numbers, or lacks keys.
    """
    try:
        with np.load(file, allow_pickle=False) as opened:
            arrays = dict(opened)
    except (OSError, ValueError, EOFError, TypeError, BadZipFile) as error:  # a lone array has no context manager
        raise GoldenError(f"{file} is no .npz file of numbers: {error}") from error
    if missing := [key for key in (*check.inputs, *check.outputs) if key not in arrays]:
        raise GoldenError(f"{file} lacks {', '.join(missing)}")
    if wrong := [key for key, value in arrays.items() if value.dtype.kind not in "fiub"]:
        raise GoldenError(f"{file} has entries that are no numbers: {', '.join(wrong)}")
    return arrays


def check_files(
    covered: Mapping[Path, Check], rtol: float = differences.RTOL, rtol_float32: float = differences.RTOL_FLOAT32
) -> Iterable[GoldenRow]:
    """A row per file and term; every file is read before anything is computed, on the CPU.

    Raises:
      GoldenError: if a file cannot be read or its arrays do not fit together.
    """
    loaded = {file: load(file, check) for file, check in covered.items()}
    for file, check in covered.items():
        try:
            with tf.device("CPU:0"):
                ours = check.compute(loaded[file])
            worst = {term: _worst(term, ours[term], loaded[file][term]) for term in check.outputs}
        except (ValueError, IndexError, FactorizationError, tf.errors.OpError) as error:
            raise GoldenError(f"{file}: its arrays do not fit together: {error}") from error
        for term, entry in worst.items():
            limit = differences.band(loaded[file][term], rtol, rtol_float32)
            yield GoldenRow(file.name, term, entry, limit)


def _worst(term: str, ours: np.ndarray, stored: np.ndarray) -> differences.Worst:
    if ours.shape != stored.shape:
        raise ValueError(f"{term} has shape {stored.shape}; the inputs make it {ours.shape}")
    return differences.worst(ours, stored)


def render(rows: Iterable[GoldenRow], others: Iterable[Path]) -> str:
    """One line per file and term with its largest relative difference, then the files without a check."""
    lines = [(r.file, r.term, f"{r.worst.difference:.1e}", "ok" if r.ok else f"FAIL (above {r.band:g})") for r in rows]
    lines += [(file.name, "-", "-", "not covered yet") for file in others]
    return differences.table(("file", "term", "difference", ""), lines)
