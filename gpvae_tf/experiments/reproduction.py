"""Runs of tables, each a process of an experiment script, and what is kept of those that are complete."""

import contextlib
import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from gpvae_tf import results
from gpvae_tf.experiments.queue import Job, what_is_left
from gpvae_tf.experiments.table import Table
from gpvae_tf.experiments.table_runs import Run
from gpvae_tf.files import atomic_copy
from gpvae_tf.training.errors import EXPECTED_ERRORS
from gpvae_tf.training.run_record import RunFolderError

LOWEST = 19  # priority for the CPU


@dataclasses.dataclass(frozen=True)
class Reproduction:
    """Where runs and their numbers go, and how a run is started.

    Attributes:
      base: the runs of a table go to base/TABLE/.
      results: the rows go to results/TABLE.json, the logs to results/TABLE/.
      scripts: folder of the experiment scripts.
      steps_at_once: training steps taken in one go.
      background: whether runs let every other process come first.
    """

    base: Path
    results: Path
    scripts: Path
    steps_at_once: int = 1
    background: bool = False

    def run_table(self, table: Table, seeds: Sequence[int], only: str = "", *, run_nothing: bool = False) -> bool:
        """Runs a table's rows, writes the numbers of all that are complete, and draws the table's figures.

        Args:
          table: whose rows are run.
          seeds: of the runs.
          only: the row of this name is run; if there is none, those whose names contain it.
          run_nothing: whether to write and draw only.

        Returns:
          Whether all that was to be run is complete.

        Raises:
          RunFolderError: if `only` is in no row's name, a complete run is of another configuration than its row, before
            any other begins, or none is complete.
        """
        runs, base = table.runs(seeds), self.base / table.name
        chosen = {only} if only in table.entries else {group for group in table.entries if only in group}
        if not chosen:
            raise RunFolderError(f"--only={only} is in no row of {table.name}; its rows: {', '.join(table.entries)}")
        self._check(table, runs)
        wanted = [run for run in runs if run.group in chosen and not run.is_complete(base) and not run_nothing]
        for run in wanted:
            self.execute(run, base)
        self.collect(table, self._complete(table, runs))
        self._draw(table, runs)
        return all(run.is_complete(base) for run in wanted)

    def draw_table(self, table: Table, seeds: Sequence[int]) -> None:
        """Draws a table's figures from its complete runs; where there are none, those that stored logs suffice for.

        Raises:
          RunFolderError: if a complete run is of another configuration than its row, or there is nothing to draw from.
        """
        runs, drawn = table.runs(seeds), []
        self._check(table, runs)
        if not any(run.is_complete(self.base / table.name) for run in runs):
            drawn = table.figures_of_logs(self.results / table.name, runs, self.results / "figures")
        for path in drawn:
            print(path, "(from stored logs)")
        if not drawn:
            self._draw(table, runs)

    def _check(self, table: Table, runs: Iterable[Run]) -> None:
        """Refuses complete runs of another configuration than their rows.

        Raises:
          RunFolderError: see `Run.check`.
        """
        base = self.base / table.name
        for run in runs:
            if run.is_complete(base):
                run.check(base)

    def _complete(self, table: Table, runs: Iterable[Run]) -> list[Run]:
        """The complete ones of a table's runs.

        Raises:
          RunFolderError: if there are none.
        """
        base = self.base / table.name
        complete = [run for run in runs if run.is_complete(base)]
        if not complete:
            raise RunFolderError(f"no complete run of {table.name} in {base}")
        return complete

    def _draw(self, table: Table, runs: Sequence[Run]) -> None:
        """Draws the figures that a table's complete runs allow.

        Raises:
          RunFolderError: see `_complete`.
        """
        complete = self._complete(table, runs)
        print(f"{len(complete)} of {len(runs)} runs are complete")
        for path in table.figures(self.base / table.name, complete, self.results / "figures"):
            print(path)

    def work_off(self, jobs: Sequence[Job]) -> bool:
        """Runs the jobs that are not complete, in their order, and writes a table's rows after each.

        The rows of runs that were complete before are written first: a queue may have been killed before it came to
        that. A run that fails stops no other.

        Returns:
          Whether all went well.

        Raises:
          RunFolderError: if a complete run is of another configuration than its row, before any other begins.
        """
        for job in jobs:
            self._check(job.table, [job.run])
        tables = {job.table.name: job.table for job in jobs}
        went_well = [self._collect_complete(table, jobs) for table in tables.values()]
        for job in jobs:
            if not job.is_complete(self.base):
                print(what_is_left(jobs, self.base), flush=True)
                went_well.append(self.execute(job.run, self.base / job.table.name))
                went_well.append(self._collect_complete(job.table, jobs))
        print(what_is_left(jobs, self.base))
        return all(went_well)

    def _collect_complete(self, table: Table, jobs: Sequence[Job]) -> bool:
        """Writes the rows of a table's complete jobs, if there are any; says whether it could."""
        complete = [job.run for job in jobs if job.table is table and job.is_complete(self.base)]
        try:
            if complete:
                self.collect(table, complete)
        except (*EXPECTED_ERRORS, results.ResultsError) as error:
            print(f"no rows of {table.name}: {error}", file=sys.stderr)
            return False
        return True

    def collect(self, table: Table, complete: Sequence[Run]) -> None:
        """Writes and prints the table's rows, and copies the runs' logs: any point of a curve can be looked up.

        Where a row of more seeds stays in the place of a new one, so do the logs that it rests on.
        """
        base, path, logs = self.base / table.name, self.results / f"{table.name}.json", self.results / table.name
        rows = table.rows(base, complete)
        written = results.update(path, rows)
        left_out = {row.command for row in rows if row not in written}  # each is that of the first run of a group
        groups = {run.group for run in complete if run.command in left_out}
        logs.mkdir(parents=True, exist_ok=True)
        for run in (run for run in complete if run.group not in groups):
            atomic_copy(base / run.folder / "metrics.csv", logs / f"{run.folder}.csv")
        for row in written:
            spread = "" if row.sd is None else f" +- {row.sd:.4f}"
            print(f"{row.model:45s} {row.metric:60s} {row.value:10.4f}{spread} {row.unit}")
        print(f"{len(written)} rows written: {path}")

    def execute(self, run: Run, base: Path) -> bool:
        """Starts or continues a run in a process of its own, in the table's folder `base`; says whether it ended well.

        A signal or an exception here ends that process too.
        """
        command = [sys.executable, str(self.scripts / run.experiment.script), *run.flags, f"--seed={run.seed}"]
        command += [f"--base_dir={base}", f"--expid={run.expid}", "--resume", "--verbose=2"]
        command.append(f"--steps_per_execution={self.steps_at_once}")
        print("$", run.command, flush=True)
        process = subprocess.Popen(command, start_new_session=self.background)
        try:
            if self.background:
                _let_others_first(process.pid)
            status = process.wait()
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
        if status:
            print(f"exit status {status}: {run.command}", file=sys.stderr)
        return not status


def _let_others_first(pid: int) -> None:
    """Gives a process that leads a session of its own the lowest priority for the CPU.

    Linux may share the CPU between sessions first (autogroups), and then a priority counts within its session only; so
    the session gets the lowest one too.
    """
    os.setpriority(os.PRIO_PROCESS, pid, LOWEST)
    with contextlib.suppress(OSError):  # a kernel without autogroups
        Path(f"/proc/{pid}/autogroup").write_text(str(LOWEST))
