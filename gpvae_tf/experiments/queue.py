"""A queue of runs for days of computing: which, in which order, and how many hours are left.

A queue is a text file whose lines, the most important first, are `TABLE ROW SEEDS`: ROW names an entry of the table,
and SEEDS is a number or a range such as 0-2. `#` begins a comment.
"""

import contextlib
import dataclasses
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from gpvae_tf.experiments.table import Table
from gpvae_tf.experiments.table_runs import Run
from gpvae_tf.training.errors import EXPECTED_ERRORS
from gpvae_tf.training.history import read_history
from gpvae_tf.training.run_record import RunFolderError

_SEEDS = re.compile(r"(\d+)(?:-(\d+))?")


@dataclasses.dataclass(frozen=True)
class Job:
    """A run that a queue asks for.

    Attributes:
      table: whose row it belongs to.
      run: what is run.
    """

    table: Table
    run: Run

    def is_complete(self, base: Path) -> bool:
        """Whether its run has its scores; `base` holds the folders of all tables."""
        return self.run.is_complete(base / self.table.name)

    def progress(self, base: Path) -> tuple[int, float] | None:
        """Training steps done, and seconds per step by its log; None before its first epoch is logged."""
        log = base / self.table.name / self.run.folder / "metrics.csv"
        history = read_history(log) if log.exists() else {}
        if not history:
            return None
        steps = np.diff(history["step"], prepend=0.0)
        return int(history["step"][-1]), float(np.median(history["seconds"] / steps))

    @property
    def num_steps(self) -> int:
        """Training steps of the whole run; early stopping may cut it short."""
        return self.run.experiment(self.run.config).num_steps


def read_queue(path: Path, tables: Mapping[str, Table]) -> list[Job]:
    """The jobs of a queue's file, in its order.

    Raises:
      RunFolderError: naming the line that cannot be read, or that asks for a run again, and what is known.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RunFolderError(f"--queue={path} cannot be read: {error}") from error
    jobs: list[Job] = []
    for number, line in enumerate(lines, 1):
        if words := line.partition("#")[0].split():
            try:
                found = _jobs_of(words, tables)
                if again := [job for job in found if job in jobs]:
                    raise ValueError(f"it asks again for {again[0].run.command}")
            except ValueError as error:
                raise RunFolderError(f"{path}, line {number}: {error}") from error
            jobs += found
    return jobs


def _jobs_of(words: Sequence[str], tables: Mapping[str, Table]) -> list[Job]:
    if len(words) != 3:
        raise ValueError(f"expected TABLE ROW SEEDS, got {' '.join(words)!r}")
    name, row, seeds = words
    if name not in tables:
        raise ValueError(f"there is no table {name!r}; known tables: {', '.join(sorted(tables))}")
    table, range_of_seeds = tables[name], _SEEDS.fullmatch(seeds)
    if row not in table.entries:
        raise ValueError(f"table {name} has no row {row!r}; its rows: {', '.join(table.entries)}")
    if not range_of_seeds:
        raise ValueError(f"SEEDS must be a number or a range such as 0-2, got {seeds!r}")
    first, last = int(range_of_seeds[1]), int(range_of_seeds[2] or range_of_seeds[1])
    if last < first:
        raise ValueError(f"SEEDS must rise, got {seeds!r}")
    return [Job(table, table.run(row, seed)) for seed in range(first, last + 1)]


def what_is_left(jobs: Sequence[Job], base: Path) -> str:
    """The incomplete runs in a sentence, with their hours at the pace of their logs or of their row's other seeds.

    Where a log or the data cannot be read the pace is not known: the run itself says why when its turn has come.
    """
    pace: dict[tuple[str, str], float] = {}
    for job in jobs:
        with contextlib.suppress(*EXPECTED_ERRORS):
            if progress := job.progress(base):
                pace[job.table.name, job.run.group] = progress[1]
    hours, unknown = 0.0, 0
    left = [job for job in jobs if not job.is_complete(base)]
    for job in left:
        try:
            seconds, done = pace[job.table.name, job.run.group], job.progress(base)
            hours += seconds * (job.num_steps - (done[0] if done else 0)) / 3600.0
        except (KeyError, *EXPECTED_ERRORS):
            unknown += 1
    of_unknown = f", and {unknown} whose pace is not known yet" if unknown else ""
    return f"{len(left)} of {len(jobs)} runs are left: {hours:.1f} hours{of_unknown}"
