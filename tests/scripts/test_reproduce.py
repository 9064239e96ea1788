"""The script that runs tables and queues: what it starts, and that a signal leaves nothing running."""

import os
import runpy
import signal
import sys
from types import SimpleNamespace

import pytest
from absl import flags

from tests.support.scripts import SCRIPTS, as_main, run_file

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
            reproduce.execute(run, tmp_path)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert end.value.code == 128 + signal.SIGTERM
    pid, priority, of_session, *given = (tmp_path / "script.seen").read_text().split()
    assert priority == of_session == "19"
    written = [f"--base_dir={tmp_path}", "--expid=name", "--resume", "--verbose=2", "--steps_per_execution=7"]
    assert given == ["--elbo=VAE", "--seed=3", *written]
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


def test_a_queue_of_complete_runs_has_nothing_left(tmp_path, capsys):
    queue = tmp_path / "queue.txt"
    queue.write_text("moving_ball VAE 0-1\n")
    for seed in (0, 1):
        folder = tmp_path / "moving_ball" / f"s{seed}_VAE"
        folder.mkdir(parents=True)
        (folder / "scores.json").write_text("{}")
    done = run_file("reproduce.py", capsys, f"--queue={queue}", f"--base_dir={tmp_path}")
    assert done.status == 0 and done.output == "0 of 2 runs are left: 0.0 hours\n"


def test_a_wrong_queue_is_one_message(tmp_path, capsys):
    done = run_file("reproduce.py", capsys, f"--queue={tmp_path / 'none'}", f"--base_dir={tmp_path}")
    assert done.was_refused("reproduce.py: error: --queue=")


def test_rows_that_are_not_there_are_one_message(tmp_path, capsys):
    done = run_file("reproduce.py", capsys, "--table=moving_ball", "--only=VEA", f"--base_dir={tmp_path}")
    assert done.was_refused("reproduce.py: error: --only=VEA is in no row of moving_ball; its rows: SVGPVAE_Hensman, ")
