"""The parts of a comparison with a clone: the authors' repositories, a case, and our values for its terms."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gpvae_tf.comparison.original_process import Arrays, Original


class Repository(NamedTuple):
    """A repository whose clones can be run.

    Attributes:
      name: owner/name on GitHub.
      files: the files by which a clone is recognised; all are needed.
    """

    name: str
    files: tuple[str, ...]


SVGP_VAE = Repository("ratschlab/SVGP-VAE", ("GPVAE_Pearce_model.py", "SVGPVAE_model.py", "VAE_utils.py", "utils.py"))
FGP_VAE = Repository("metodj/FGP-VAE", ("FGPVAE_experiments.py", "FGPVAE_model.py", "VAE_utils.py", "utils.py"))


class CloneError(ValueError):
    """The folder is not a clone of a repository that is asked for."""


def recognise(clone: str | Path, repositories: Iterable[Repository]) -> tuple[Repository, ...]:
    """Those of the repositories that the folder is a clone of.

    Raises:
      CloneError: if the folder does not exist or lacks files of every repository.
    """
    if not Path(clone).is_dir():
        raise CloneError(f"{clone} is no folder")
    missing = {one: [file for file in one.files if not Path(clone, file).is_file()] for one in repositories}
    found = tuple(one for one, files in missing.items() if not files)
    if not found:
        reasons = (f"{one.name} (it lacks {', '.join(files)})" for one, files in missing.items())
        raise CloneError(f"{clone} is no clone of {' or '.join(reasons)}")
    return found


class OurValue(NamedTuple):
    """One of our values for a term that the authors' code returns too.

    Attributes:
      term: the key of their value.
      value: array of the same shape as theirs.
      variant: tells our values apart where there are several for one term.
      deviation: number in docs/deviations.md if the two are known to differ.
      slack: factor on the float32 band, above 1 where float32 is known to lose digits.
    """

    term: str
    value: np.ndarray
    variant: str = ""
    deviation: str | None = None
    slack: float = 1.0


def our_values(
    values: Mapping[str, Any], variant: str = "", deviation: str | None = None, slack: float = 1.0
) -> list[OurValue]:
    """An `OurValue` for each of some terms, which are alike otherwise."""
    return [OurValue(term, value, variant, deviation, slack) for term, value in values.items()]


class Case(NamedTuple):
    """A comparison.

    Attributes:
      name: unique; it stands in the table.
      repository: the one whose functions `theirs` calls.
      inputs: makes the arrays that both sides get.
      theirs: a function of a module, called in the clone's process in a fresh graph; returns arrays by term.
      ours: called in this process.
    """

    name: str
    repository: Repository
    inputs: Callable[[], Arrays]
    theirs: Callable[[Original, Arrays], Arrays]
    ours: Callable[[Arrays], Sequence[OurValue]]
