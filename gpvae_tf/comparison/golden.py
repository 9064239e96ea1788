"""Checks of files of reference values: any folder of .npz files with the names and keys of tests/golden, and no clone.

A file belongs to the check whose name its own begins with; `golden_checks` says what each one computes.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from gpvae_tf.comparison.case import OurValue
from gpvae_tf.comparison.differences import RTOL, RTOL_FLOAT32
from gpvae_tf.comparison.golden_checks import CHECKS, GoldenCheck
from gpvae_tf.comparison.terms import ComparedTerm, compare_terms
from gpvae_tf.files.readers import DamagedFileError, read_npz
from gpvae_tf.gp.factorization import FactorizationError


class GoldenError(ValueError):
    """A folder or a file cannot be checked."""


def find_files(folder: str | Path) -> tuple[dict[Path, GoldenCheck], list[Path]]:
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


def read_arrays(file: Path, check: GoldenCheck) -> dict[str, np.ndarray]:
    """A file's arrays.

    Raises:
      GoldenError: if it is no .npz file of numbers, or lacks keys.
    """
    try:
        arrays = read_npz(file)
    except (OSError, DamagedFileError) as error:
        raise GoldenError(f"{file} is no .npz file of numbers: {error}") from error
    if missing := [key for key in (*check.inputs, *check.outputs) if key not in arrays]:
        raise GoldenError(f"{file} lacks {', '.join(missing)}")
    if wrong := [key for key, value in arrays.items() if value.dtype.kind not in "fiub"]:
        raise GoldenError(f"{file} has entries that are no numbers: {', '.join(wrong)}")
    return arrays


def check_files(
    covered: Mapping[Path, GoldenCheck], rtol: float = RTOL, rtol_float32: float = RTOL_FLOAT32
) -> list[ComparedTerm]:
    """A row per file and term; every file is read before anything is computed, on the CPU.

    Raises:
      GoldenError: if a file cannot be read or its arrays do not fit together.
    """
    loaded = {file: read_arrays(file, check) for file, check in covered.items()}
    rows = []
    for file, check in covered.items():
        theirs = {term: loaded[file][term] for term in check.outputs}
        try:
            with tf.device("CPU:0"):
                values = check.compute(loaded[file])
            ours = [OurValue(term, np.asarray(value)) for term, value in zip(check.outputs, values, strict=True)]
            rows += compare_terms(file.name, ours, theirs, rtol, rtol_float32)
        except (ValueError, IndexError, FactorizationError, tf.errors.OpError) as error:
            raise GoldenError(f"{file}: its arrays do not fit together: {error}") from error
    return rows
