"""The logs of a table's runs, from their folders or as results/ keeps them."""

from collections.abc import Sequence
from pathlib import Path

from gpvae_tf.experiments.table_runs import Run
from gpvae_tf.files.readers import DamagedFileError
from gpvae_tf.training.history import Log, read_history

Logged = list[tuple[Run, Log]]  # the runs of one group with their logs


def histories(base: Path, runs: Sequence[Run]) -> dict[str, Logged]:
    """The logs of complete runs, by group."""
    found: dict[str, Logged] = {}
    for run in runs:
        if run.is_complete(base):
            found.setdefault(run.group, []).append((run, _log(base / run.folder / "metrics.csv")))
    return found


def _log(path: Path) -> Log:
    """A log with at least one row.

    Raises:
      DamagedFileError: see `read_history`.
    """
    log = read_history(path)
    if not log:
        raise DamagedFileError(f"{path} has no whole row")
    return log


def stored_histories(folder: Path, runs: Sequence[Run]) -> dict[str, Logged]:
    """The logs that `scripts/reproduce.py` keeps in results/TABLE/, by group.

    A file is named after the run's folder then; where that has another name today, the run's own name must do.
    """
    found: dict[str, Logged] = {}
    for run in runs:
        path, named = folder / f"{run.folder}.csv", sorted(folder.glob(f"{run.expid}_*.csv"))
        if path.exists() or len(named) == 1:
            found.setdefault(run.group, []).append((run, _log(path if path.exists() else named[0])))
    return found


def folders(base: Path, found: dict[str, Logged]) -> dict[str, Path]:
    """The folder of every group's run with the first seed."""
    return {group: base / logged[0][0].folder for group, logged in found.items()}
