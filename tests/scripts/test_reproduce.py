"""The script that runs tables and queues: what it starts, and that a signal leaves nothing running."""

import dataclasses
import json
import math
import os
import runpy
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from absl import flags

from gpvae_tf.experiments.sprites.table import SpritesTable
from gpvae_tf.training.run_folder import open_run
from gpvae_tf.training.run_record import describe
from gpvae_tf.training.scores import write_scores
from tests.support.scripts import SCRIPTS, Done, as_main, run_file

# Waits for its priority and its session's, writes them and its flags, then ends the process that waits for it.
SENDS_SIGTERM = """
import os, pathlib, signal, sys, time
seen, group = pathlib.Path(__file__).with_suffix(".seen"), pathlib.Path("/proc/self/autogroup")
in_group = lambda: group.read_text().split()[-1] if group.exists() else "19"
for _ in range(1000):
    if os.getpriority(os.PRIO_PROCESS, 0) == 19 and in_group() == "19":
        break
    time.sleep(0.01)
seen.write_text(f"{os.getpid()} {os.getpriority(os.PRIO_PROCESS, 0)} {in_group()} {' '.join(sys.argv[1:])}")
os.kill(os.getppid(), signal.SIGTERM)
time.sleep(60)
"""


@pytest.fixture
def reproduce(tmp_path):
    """The names of the script's module, with its flags read."""
    with as_main(["reproduce.py", "--queue=none", "--background", "--steps_per_execution=7"]):
        names = runpy.run_path(str(SCRIPTS / "reproduce.py"), run_name="reproduce")
        flags.FLAGS(sys.argv)
        yield SimpleNamespace(**names)


@pytest.fixture
def run(tmp_path):
    """A run whose script ends whoever started it."""
    script = tmp_path / "script.py"
    script.write_text(SENDS_SIGTERM)
    experiment = SimpleNamespace(script=str(script))
    return SimpleNamespace(experiment=experiment, flags=("--elbo=VAE",), seed=3, expid="name", command="script.py")


@pytest.mark.process
def test_a_signal_ends_the_run_in_the_background_too(reproduce, run, tmp_path):
    before = signal.signal(signal.SIGTERM, reproduce.end)
    try:
        with pytest.raises(SystemExit) as end:
            reproduce.reproduction().execute(run, tmp_path)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert end.value.code == 128 + signal.SIGTERM
    pid, priority, of_session, *given = (tmp_path / "script.seen").read_text().split()
    assert priority == of_session == "19"
    written = [f"--base_dir={tmp_path}", "--expid=name", "--resume", "--verbose=2", "--steps_per_execution=7"]
    assert given == ["--elbo=VAE", "--seed=3", *written]
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


@pytest.fixture
def work_off(tmp_path, capsys):
    """A function that works off a queue of two runs of SPRITES, which are complete.

    It takes what differs between the configuration of the second and its row, and its score.
    """

    def work(other: dict, score: float) -> tuple[Done, Path]:
        (tmp_path / "queue.txt").write_text("sprites svgpvae 0-1\n")
        for seed, more, mse in ((0, {}, 0.008), (1, other, score)):
            run = SpritesTable().run("svgpvae", seed)
            folder = tmp_path / "sprites" / run.folder
            open_run(folder, describe("sprites", dataclasses.asdict(run.config) | more, {}), resume=False)
            (folder / "metrics.csv").write_text("epoch,seconds,step\n0,1.0,100\n")
            write_scores(folder, 100, {"test_mse": mse})
        given = [f"--queue={tmp_path / 'queue.txt'}", f"--base_dir={tmp_path}", f"--results={tmp_path / 'results'}"]
        return run_file("reproduce.py", capsys, *given), tmp_path / "results" / "sprites.json"

    return work


def test_a_queue_of_complete_runs_has_nothing_left_but_their_rows(work_off):
    """It may have been killed between the last run and the rows."""
    done, rows = work_off({}, 0.009)
    assert done.status == 0 and done.output.endswith("0 of 2 runs are left: 0.0 hours\n")
    assert [row["value"] for row in json.loads(rows.read_text())] == [pytest.approx(0.0085)]


def test_a_run_of_other_flags_is_in_no_row(work_off):
    done, rows = work_off({"m": 3}, 0.009)
    assert done.was_refused("is not the run that the table names, take it away:\n  m: 3 there, ") and not rows.exists()


def test_a_score_that_is_no_number_stops_no_queue(work_off):
    done, rows = work_off({}, math.nan)
    assert done.status == 1 and "no rows of sprites: " in done.output and not rows.exists()
    assert "0 of 2 runs are left: 0.0 hours\n" in done.output


def test_a_wrong_queue_is_one_message(tmp_path, capsys):
    done = run_file("reproduce.py", capsys, f"--queue={tmp_path / 'none'}", f"--base_dir={tmp_path}")
    assert done.was_refused("reproduce.py: error: --queue=")


@pytest.mark.parametrize("flag", ["--only=svgp", "--collect_only", "--seeds=3"])
def test_a_queue_takes_no_flags_of_tables(flag, tmp_path, capsys):
    done = run_file("reproduce.py", capsys, f"--queue={tmp_path / 'none'}", flag)
    assert done.was_refused(f"reproduce.py: error: {flag.partition('=')[0]} has no effect without --table")


def test_rows_that_are_not_there_are_one_message(tmp_path, capsys):
    done = run_file("reproduce.py", capsys, "--table=moving_ball", "--only=VEA", f"--base_dir={tmp_path}")
    assert done.was_refused("reproduce.py: error: --only=VEA is in no row of moving_ball; its rows: SVGPVAE_Hensman, ")
