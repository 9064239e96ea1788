"""Runs every row of a paper's table, or a queue of rows, resuming where it stopped; writes results/ and its figures.

    python scripts/reproduce.py --table=moving_ball --seeds=1
    python scripts/reproduce.py --table=rotated_mnist --seeds=3
    python scripts/reproduce.py --table=rotated_mnist_scaling
    python scripts/reproduce.py --table=cpvae
    python scripts/reproduce.py --table=npvae
    python scripts/reproduce.py --table=gpencoder --seeds=3
    python scripts/reproduce.py --table=sprites --only=svgpvae
    python scripts/reproduce.py --figures=npvae
    python scripts/reproduce.py --queue=results/queue.txt --background

Each row is a run of an experiment script; complete runs are not repeated. The moving ball's 20 runs take about two
hours on 2 CPU cores for one seed, rotated MNIST about two, its scaling half an hour, cpvae three hours, npvae one,
gpencoder two, a row of sprites three. --figures=TABLE draws a table's figures anew from its complete runs, and does
nothing else; without such runs it draws those that the logs in results/TABLE/ suffice for.
--queue=FILE works off a file of lines `TABLE ROW SEEDS`, the most important first, and says how many hours are left;
--background lets every other process come first. Both stop at a signal (Ctrl-C, SIGTERM) and go on where they stopped.
GPVAE_TF_DATA names the cache of generated data, TFDS_DATA_DIR that of TFDS.
`scripts/make_report.py` turns results/ into the tables of README and docs.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from absl import app, flags

from gpvae_tf import results
from gpvae_tf.experiments.cp_vae.table import ConvergedTable, CpvaeTable
from gpvae_tf.experiments.gp_encoder.table import GPEncoderConvergedTable, GPEncoderTable
from gpvae_tf.experiments.imputation.table import HealingMnistTable, MissingFramesTable
from gpvae_tf.experiments.moving_ball.table import MovingBallTable
from gpvae_tf.experiments.nonparametric.table import NpvaeTable
from gpvae_tf.experiments.queue import Job, read_queue, what_is_left
from gpvae_tf.experiments.rotated_mnist.scaling_table import ScalingTable
from gpvae_tf.experiments.rotated_mnist.table import RotatedMnistTable
from gpvae_tf.experiments.run import one_clear_message
from gpvae_tf.experiments.runs import Run
from gpvae_tf.experiments.sprites.table import SpritesTable
from gpvae_tf.experiments.table import Table
from gpvae_tf.flags.command_line import define_path
from gpvae_tf.flags.help import run_main
from gpvae_tf.training.errors import EXPECTED_ERRORS
from gpvae_tf.training.run_folder import RunFolderError

TABLES = {
    table.name: table
    for table in (
        HealingMnistTable(),
        MissingFramesTable(),
        MovingBallTable(),
        RotatedMnistTable(),
        ScalingTable(),
        CpvaeTable(),
        ConvergedTable(),
        NpvaeTable(),
        GPEncoderTable(),
        GPEncoderConvergedTable(),
        SpritesTable(),
    )
}
SCRIPTS = Path(__file__).resolve().parent
LOWEST = 19  # priority for the CPU

TABLE = flags.DEFINE_enum("table", None, sorted(TABLES), "The table whose rows are run.")
FIGURES = flags.DEFINE_enum("figures", None, sorted(TABLES), "Draw this table's figures from its complete runs.")
QUEUE = define_path("queue", None, "A file of lines TABLE ROW SEEDS to run, the most important first.")
BACKGROUND = flags.DEFINE_bool("background", False, "Run at the lowest priority for the CPU.")
SEEDS = flags.DEFINE_integer("seeds", 1, "Runs seeds 0, ..., seeds - 1 of every row.", lower_bound=1)
BASE_DIR = define_path("base_dir", "runs", "The runs go to BASE_DIR/TABLE/.")
RESULTS = define_path("results", "results", "Folder of the results.")
STEPS_AT_ONCE = flags.DEFINE_integer(
    "steps_per_execution", 1, "Training steps taken in one go, which spares small networks Keras' loop.", lower_bound=1
)
ONLY = flags.DEFINE_string("only", "", "Run only rows whose name contains this.")
COLLECT = flags.DEFINE_bool("collect_only", False, "Run nothing; collect the numbers of the runs that are complete.")
flags.mark_flags_as_mutual_exclusive(["table", "figures", "queue"], required=True)


def main(argv: list[str]) -> None:
    """Runs a table's rows or a queue, collects their numbers and draws the table's figures."""
    if len(argv) > 1:
        raise app.UsageError(f"unexpected arguments {argv[1:]}; every option is a --flag")
    signal.signal(signal.SIGTERM, end)
    with one_clear_message():
        if QUEUE.value:
            work_off(read_queue(Path(QUEUE.value), TABLES))
        else:
            reproduce(TABLES[TABLE.value or FIGURES.value])


def end(number: int, frame: object) -> None:
    """Turns a signal into an exception, so that `execute` ends its process first."""
    sys.exit(128 + number)


def work_off(jobs: Sequence[Job]) -> None:
    """Runs the jobs that are not complete, in their order, and writes a table's rows after each.

    The rows of runs that were complete before are written first: a queue may have been killed before it came to that.

    Raises:
      RunFolderError: if a complete run is of another configuration than its row, before any other begins.
    """
    base, failed = Path(BASE_DIR.value), 0
    for job in jobs:
        if job.is_complete(base):
            job.run.check(base / job.table.name)
    for table in {job.table.name: job.table for job in jobs}.values():
        failed += not collect_complete(table, jobs, base)
    for job in jobs:
        if job.is_complete(base):
            continue
        print(what_is_left(jobs, base), flush=True)
        failed += not execute(job.run, base / job.table.name)
        failed += not collect_complete(job.table, jobs, base)
    print(what_is_left(jobs, base))
    if failed:
        sys.exit(1)


def collect_complete(table: Table, jobs: Sequence[Job], base: Path) -> bool:
    """Writes the rows of a table's complete jobs, if there are any; says whether it could, which stops nothing else."""
    complete = [job.run for job in jobs if job.table is table and job.is_complete(base)]
    try:
        if complete:
            collect(table, base / table.name, complete)
    except (*EXPECTED_ERRORS, results.ResultsError) as error:
        print(f"no rows of {table.name}: {error}", file=sys.stderr)
        return False
    return True


def reproduce(table: Table) -> None:
    """Runs a table's rows, unless only its figures or its collected numbers are asked for, and draws its figures."""
    base = Path(BASE_DIR.value) / table.name
    runs = table.runs(range(SEEDS.value))
    if not any(ONLY.value in run.group for run in runs):
        raise RunFolderError(f"--only={ONLY.value} is in no row of {table.name}; its rows: {', '.join(table.entries)}")
    for run in runs:
        if run.is_complete(base):
            run.check(base)
    no_runs = COLLECT.value or FIGURES.value
    wanted = [] if no_runs else [run for run in runs if ONLY.value in run.group and not run.is_complete(base)]
    for run in wanted:
        execute(run, base)
    complete = [run for run in runs if run.is_complete(base)]
    if FIGURES.value and not complete and draw_logs(table, runs):
        return
    if not complete:
        raise RunFolderError(f"no complete run of {table.name} in {base}")
    if TABLE.value:
        collect(table, base, complete)
    print(f"{len(complete)} of {len(runs)} runs are complete")
    for figure in table.figures(base, complete, Path(RESULTS.value) / "figures"):
        print(figure)
    if not all(run.is_complete(base) for run in wanted):
        sys.exit(1)


def draw_logs(table: Table, runs: Sequence[Run]) -> list[Path]:
    """Draws what the logs in the folder of the results allow, where the runs themselves are gone."""
    results_folder = Path(RESULTS.value)
    paths = table.figures_of_logs(results_folder / table.name, runs, results_folder / "figures")
    for path in paths:
        print(path, "(from stored logs)")
    return paths


def collect(table: Table, base: Path, complete: list[Run]) -> None:
    """Writes and prints the table's rows, and copies every run's log, so that any point of a curve can be looked up."""
    path, logs = Path(RESULTS.value) / f"{table.name}.json", Path(RESULTS.value) / table.name
    rows = table.rows(base, complete)
    results.update(path, rows)
    logs.mkdir(parents=True, exist_ok=True)
    for run in complete:
        shutil.copyfile(base / run.folder / "metrics.csv", logs / f"{run.folder}.csv")
    for row in rows:
        spread = "" if row.sd is None else f" +- {row.sd:.4f}"
        print(f"{row.model:45s} {row.metric:60s} {row.value:10.4f}{spread} {row.unit}")
    print(f"written: {path}")


def execute(run: Run, base: Path) -> bool:
    """Starts or continues a run in a process of its own; says whether it ended well, and a failure stops no other.

    A signal or an exception here ends that process too.
    """
    command = [sys.executable, str(SCRIPTS / run.experiment.script), *run.flags, f"--seed={run.seed}"]
    command += [f"--base_dir={base}", f"--expid={run.expid}", "--resume", "--verbose=2"]
    command.append(f"--steps_per_execution={STEPS_AT_ONCE.value}")
    print("$", run.command, flush=True)
    process = subprocess.Popen(command, start_new_session=BACKGROUND.value)
    try:
        if BACKGROUND.value:
            let_others_first(process.pid)
        status = process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    if status:
        print(f"exit status {status}: {run.command}", file=sys.stderr)
    return not status


def let_others_first(pid: int) -> None:
    """Gives a process that leads a session of its own the lowest priority for the CPU.

    Linux may share the CPU between sessions first (autogroups), and then a priority counts within its session only; so
    the session gets the lowest one too.
    """
    os.setpriority(os.PRIO_PROCESS, pid, LOWEST)
    with contextlib.suppress(OSError):  # a kernel without autogroups
        Path(f"/proc/{pid}/autogroup").write_text(str(LOWEST))


if __name__ == "__main__":
    run_main(main)
