"""Runs every row of a paper's table, or a queue of rows, resuming where it stopped; writes results/ and its figures.

    python scripts/reproduce.py --table=moving_ball --seeds=1
    python scripts/reproduce.py --table=rotated_mnist --seeds=3
    python scripts/reproduce.py --table=rotated_mnist_scaling
    python scripts/reproduce.py --table=cpvae
    python scripts/reproduce.py --table=npvae
    python scripts/reproduce.py --table=gpencoder --seeds=3
    python scripts/reproduce.py --table=sprites --only=svgpvae
    python scripts/reproduce.py --table=missing_frames
    python scripts/reproduce.py --table=healing_mnist --seeds=2
    python scripts/reproduce.py --figures=npvae
    python scripts/reproduce.py --queue=results/queue.txt --background

Each row is a run of an experiment script; complete runs are not repeated. On 2 CPU cores and for one seed the moving
ball's 20 runs take about two hours, rotated MNIST two and a half, its scaling ten minutes, cpvae and missing_frames
five, npvae one, gpencoder one and a half, healing_mnist two, a row of sprites three and a half. Other tables, such as
cpvae_converged, are in --help. --figures=TABLE draws a table's figures anew from its complete runs, and does nothing
else; without such runs it draws those that the logs in results/TABLE/ suffice for.
--queue=FILE works off a file of lines `TABLE ROW SEEDS`, the most important first, and says how many hours are left;
--background lets every other process come first. Both stop at a signal (Ctrl-C, SIGTERM) and go on where they stopped.
GPVAE_TF_DATA names the cache of generated data, TFDS_DATA_DIR that of TFDS.
`scripts/make_report.py` turns results/ into the tables of docs/results/.
"""

import signal
import sys
from pathlib import Path

from absl import flags

from gpvae_tf.experiments.all_tables import TABLES
from gpvae_tf.experiments.queue import read_queue
from gpvae_tf.experiments.reproduction import Reproduction
from gpvae_tf.experiments.run import one_clear_message
from gpvae_tf.flags.command_line import define_path
from gpvae_tf.flags.help import run_main

SCRIPTS = Path(__file__).resolve().parent

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
ONLY = flags.DEFINE_string("only", "", "Run only the row of this name, or else those whose names contain it.")
COLLECT = flags.DEFINE_bool("collect_only", False, "Run nothing; collect the numbers of the runs that are complete.")
# What some flags are of no effect without.
NEEDS = {
    **dict.fromkeys(("only", "collect_only"), ("table",)),
    "seeds": ("table", "figures"),
    **dict.fromkeys(("background", "steps_per_execution"), ("table", "queue")),
}
flags.mark_flags_as_mutual_exclusive(["table", "figures", "queue"], required=True)


def main() -> None:
    """Runs a table's rows or a queue, collects their numbers and draws the table's figures."""
    signal.signal(signal.SIGTERM, end)
    with one_clear_message(setting_up=True):
        check_needs()
    work, seeds, went_well = reproduction(), range(SEEDS.value), True
    with one_clear_message():
        if QUEUE.value:
            went_well = work.work_off(read_queue(Path(QUEUE.value), TABLES))
        elif TABLE.value:
            went_well = work.run_table(TABLES[TABLE.value], seeds, ONLY.value, run_nothing=COLLECT.value)
        else:
            work.draw_table(TABLES[FIGURES.value], seeds)
    if not went_well:
        sys.exit(1)


def end(number: int, frame: object) -> None:
    """Turns a signal into an exception, so that a run's process is ended first."""
    sys.exit(128 + number)


def check_needs() -> None:
    """Refuses flags that would be ignored.

    Raises:
      ValueError: naming the flag and what it lacks.
    """
    for name, others in NEEDS.items():
        if flags.FLAGS[name].present and not any(flags.FLAGS[other].value for other in others):
            raise ValueError(f"--{name} has no effect without {' or '.join(f'--{other}' for other in others)}")


def reproduction() -> Reproduction:
    """Where the flags say that runs and numbers go, and how runs are started."""
    base, results_folder = Path(BASE_DIR.value), Path(RESULTS.value)
    return Reproduction(base, results_folder, SCRIPTS, STEPS_AT_ONCE.value, BACKGROUND.value)


if __name__ == "__main__":
    run_main(main)
