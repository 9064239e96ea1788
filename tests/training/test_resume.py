"""Interrupted runs: killed in mid-epoch and resumed, they end bit for bit where an uninterrupted run ends."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.experiments import load_experiment, load_run
from gpvae_tf.experiments.moving_ball.experiment import BallExperiment
from gpvae_tf.experiments.moving_ball.pictures import draw_run
from gpvae_tf.training.history import read_history
from tests.support.scripts import Done, run_here

pytestmark = pytest.mark.process

KILLED_RUN = Path(__file__).resolve().parents[1] / "support" / "killed_run.py"
# Learned kernel and inducing points, so that every kind of variable is in the checkpoint; 2.5 epochs of 8 steps.
RUN = "--elbo=SVGPVAE_Hensman --clip_qs --GP_joint --ip_joint --m=3 --tmax=5 --ip_max=5 --steps=20 --steps_per_epoch=8"


def flags_of(base: Path, *more: str) -> list[str]:
    return [*RUN.split(), f"--base_dir={base}", "--nofigures", "--noexport", "--verbose=2", *more]


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> tuple[Path, Path]:
    """An uninterrupted run, and one that was killed in a process of its own and resumed in this one."""
    whole, broken = tmp_path_factory.mktemp("whole"), tmp_path_factory.mktemp("broken")
    done = run_here(BallExperiment, draw_run, None, *flags_of(whole))
    assert done.status == 0
    command = [sys.executable, str(KILLED_RUN), *flags_of(broken)]  # step 11 is the third of epoch two
    killed = subprocess.run(command, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    left = {path.name for path in (broken / "debug_SVGPVAE_Hensman" / "checkpoints").glob("*.index")}
    assert left == {"ckpt-1.index"}
    done = run_here(BallExperiment, draw_run, None, *flags_of(broken, "--resume"))
    assert done.status == 0
    return whole / "debug_SVGPVAE_Hensman", broken / "debug_SVGPVAE_Hensman"


def test_killed_and_resumed_equals_uninterrupted(folders):
    values = []
    for folder in folders:
        reader = tf.train.load_checkpoint(tf.train.latest_checkpoint(str(folder / "checkpoints")))
        names = [n for n in reader.get_variable_to_shape_map() if ".ATTRIBUTES" in n and "save_counter" not in n]
        values.append({name: reader.get_tensor(name) for name in names})
    assert values[0].keys() == values[1].keys() and len(values[0]) > 20
    for name in values[0]:
        np.testing.assert_array_equal(values[0][name], values[1][name], err_msg=name)


def test_log_has_every_epoch_once(folders):
    for folder in folders:
        np.testing.assert_array_equal(read_history(folder / "metrics.csv")["epoch"], [0, 1, 2])
        np.testing.assert_array_equal(read_history(folder / "metrics.csv")["step"], [8, 16, 20])


def test_load_run_gives_the_trained_model(folders):
    experiment = load_experiment(folders[0])
    assert experiment.model.num_steps == load_run(folders[0]).num_steps == 20
    history = read_history(folders[0] / "metrics.csv")
    assert experiment.evaluate()["test_sse"] == pytest.approx(history["test_sse"][-1], rel=1e-12)


def run_in_this_process(base: Path, capsys, *more: str) -> Done:
    return run_here(BallExperiment, draw_run, capsys, *flags_of(base, *more))


def test_more_steps_continue_a_finished_run(folders, capsys):
    done = run_in_this_process(folders[1].parent, capsys, "--resume", "--steps=24")
    assert done.status == 0, done.output
    np.testing.assert_array_equal(read_history(folders[1] / "metrics.csv")["step"], [8, 16, 20, 24])


def test_other_configuration_is_refused_by_name(folders, capsys):
    before = (folders[0] / "config.json").read_bytes()
    done = run_in_this_process(folders[0].parent, capsys, "--resume", "--vidlt=3", "--m=2")
    assert done.was_refused("m: 3 there, 2 asked for") and "vidlt: 2.0 there, 3.0 asked for" in done.output
    assert (folders[0] / "config.json").read_bytes() == before


def test_existing_run_is_not_overwritten(folders, capsys):
    assert run_in_this_process(folders[0].parent, capsys).was_refused("--resume")
