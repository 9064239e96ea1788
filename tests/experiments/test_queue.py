"""Queues of runs: their files, and what is left of them."""

import re

import pytest

from gpvae_tf.experiments import all_tables
from gpvae_tf.experiments.cp_vae.table import CpvaeTable
from gpvae_tf.experiments.moving_ball.table import STEPS, MovingBallTable
from gpvae_tf.experiments.queue import read_queue, what_is_left
from gpvae_tf.training.run_record import RunFolderError
from tests.support.scripts import SCRIPTS

TABLES = {table.name: table for table in (MovingBallTable(), CpvaeTable())}


@pytest.fixture
def queue(tmp_path):
    """A function that reads a queue of these lines."""

    def read(text: str):
        path = tmp_path / "queue.txt"
        path.write_text(text)
        return read_queue(path, TABLES)

    return read


def test_jobs_come_in_the_order_of_the_file(queue):
    jobs = queue("# days\n\ncpvae cp10 1-2  # the first seed is there\nmoving_ball VAE 0\ncpvae vae 3\n")
    assert [(job.table.name, job.run.group, job.run.seed) for job in jobs] == [
        ("cpvae", "cp10", 1),
        ("cpvae", "cp10", 2),
        ("moving_ball", "VAE", 0),
        ("cpvae", "vae", 3),
    ]
    assert jobs[0].run in TABLES["cpvae"].runs(range(3)) and jobs[2].num_steps == STEPS


@pytest.mark.parametrize(
    "line, message",
    [
        ("cpvae cp10", "expected TABLE ROW SEEDS, got 'cpvae cp10'"),
        ("cpva cp10 0", "there is no table 'cpva'; known tables: cpvae, moving_ball"),
        ("cpvae cp11 0", "table cpvae has no row 'cp11'; its rows: toy_cp2"),
        ("cpvae cp10 1,2", "SEEDS must be a number or a range such as 0-2, got '1,2'"),
        ("cpvae cp10 2-1", "SEEDS must rise, got '2-1'"),
        ("cpvae vae 0-1", "it asks again for python scripts/CPVAE_experiment.py"),
    ],
)
def test_a_line_that_asks_for_no_run_is_named(line, message, queue):
    with pytest.raises(RunFolderError, match=rf"queue.txt, line 2: {re.escape(message)}"):
        queue(f"cpvae vae 0\n{line}\n")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(RunFolderError, match="--queue=.*missing cannot be read"):
        read_queue(tmp_path / "missing", TABLES)


def test_what_is_left(queue, tmp_path):
    """The first run is complete, the second is halfway at 0.36 s per step, the third has the pace of the second."""
    jobs = queue("moving_ball SVGPVAE_Hensman 0\nmoving_ball GPVAE_Pearce 0-1\nmoving_ball VAE 0\n")
    folders = [tmp_path / "moving_ball" / job.run.folder for job in jobs]
    for folder in folders[:2]:
        folder.mkdir(parents=True)
    (folders[0] / "scores.json").write_text("{}")
    (folders[1] / "metrics.csv").write_text(f"step,seconds\n{STEPS // 4},{9e-2 * STEPS}\n{STEPS // 2},{9e-2 * STEPS}\n")
    hours = 0.36 * (STEPS // 2 + STEPS) / 3600
    expected = f"3 of 4 runs are left: {hours:.1f} hours, and 1 whose pace is not known yet"
    assert what_is_left(jobs, tmp_path) == expected


def test_a_log_that_cannot_be_read_stops_no_other_run(queue, tmp_path):
    """Its run says what is wrong when its turn has come."""
    (job,) = queue("moving_ball VAE 0\n")
    (tmp_path / "moving_ball" / job.run.folder).mkdir(parents=True)
    (tmp_path / "moving_ball" / job.run.folder / "metrics.csv").write_text("step,seconds\nx,1\n")
    assert what_is_left([job], tmp_path) == "1 of 1 runs are left: 0.0 hours, and 1 whose pace is not known yet"


def test_the_queue_of_the_repository_can_be_read():
    jobs = read_queue(SCRIPTS.parent / "results" / "queue.txt", all_tables.TABLES)
    assert len(jobs) > 20 and "cpvae_converged" in {job.table.name for job in jobs}
