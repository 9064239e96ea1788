"""What can be compared with a clone: cases, found in `gpvae_tf/comparison/cases`, each a pair of small functions.

A file of cases holds `CASES`; another repository's cases are added by adding a file.
"""

import importlib
import pkgutil
from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf

from gpvae_tf.comparison import cases
from gpvae_tf.comparison.case import Case, recognise
from gpvae_tf.comparison.differences import RTOL, RTOL_FLOAT32
from gpvae_tf.comparison.runner import run_in_original
from gpvae_tf.comparison.terms import ComparedTerm, compare_terms


def find_cases(clone: str | Path) -> tuple[Case, ...]:
    """The cases for a clone.

    Raises:
      CloneError: if the folder does not exist or lacks files of every repository that has cases.
    """
    modules = [importlib.import_module(f"{cases.__name__}.{m.name}") for m in pkgutil.iter_modules(cases.__path__)]
    known = [case for module in modules for case in module.CASES]
    repositories = recognise(clone, {case.repository: None for case in known})
    return tuple(case for case in known if case.repository in repositories)


def compare_with_clone(
    clone: str | Path, chosen: Sequence[Case], rtol: float = RTOL, rtol_float32: float = RTOL_FLOAT32
) -> list[ComparedTerm]:
    """Runs cases on both sides: theirs in one process of its own, ours in this one, all on the CPU.

    Raises:
      OriginalError: if the clone could not be run.
      KeyError: if one side lacks a term of the other.
      ValueError: if the shapes of a term differ.
    """
    with tf.device("CPU:0"):  # stateless draws of inputs and models agree on one kind of device
        given = {case.name: case.inputs() for case in chosen}
    theirs = run_in_original(Path(clone), {case.name: case.theirs for case in chosen}, given)
    rows = []
    for case in chosen:
        with tf.device("CPU:0"):
            ours = case.ours(given[case.name])
        rows += compare_terms(case.name, ours, theirs[case.name], rtol, rtol_float32)
    return rows
