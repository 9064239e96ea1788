"""Runs of tables, each a process of an experiment script, and what is kept of those that are complete."""

import contextlib
import dataclasses
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from gpvae_tf import results
from gpvae_tf.experiments.queue import Job, what_is_left
from gpvae_tf.experiments.runs import Run
from gpvae_tf.experiments.table import Table
from gpvae_tf.training.errors import EXPECTED_ERRORS

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
            if job.is_complete(self.base):
                job.run.check(self.base / job.table.name)
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
        """Writes and prints the table's rows, and copies every run's log: any point of a curve can be looked up."""
        base, path, logs = self.base / table.name, self.results / f"{table.name}.json", self.results / table.name
        rows = table.rows(base, complete)
        results.update(path, rows)
        logs.mkdir(parents=True, exist_ok=True)
        for run in complete:
            shutil.copyfile(base / run.folder / "metrics.csv", logs / f"{run.folder}.csv")
        for row in rows:
            spread = "" if row.sd is None else f" +- {row.sd:.4f}"
            print(f"{row.model:45s} {row.metric:60s} {row.value:10.4f}{spread} {row.unit}")
        print(f"written: {path}")

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
