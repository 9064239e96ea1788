"""What a script says when it is stopped, when the disk is full, and when another process is in its folder."""

import os
import signal

import pandas as pd
import pytest
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.experiments.moving_ball.experiment import BallExperiment
from gpvae_tf.experiments.run import one_clear_message
from gpvae_tf.training.run_lock import hold
from gpvae_tf.training.run_record import read_record
from tests.support.scripts import run_here

pytestmark = pytest.mark.filterwarnings("ignore:Even though the .*run_functions_eagerly")
FLAGS = ["--elbo=VAE", "--tmax=4", "--steps=4", "--steps_per_epoch=2", "--noexport", "--nofigures", "--verbose=0"]


@pytest.fixture
def ball(tmp_path, capsys, eagerly):
    """A function that runs the script with its flags and further ones."""

    def run(*more):
        return run_here(BallExperiment, lambda *_: {}, capsys, *FLAGS, f"--base_dir={tmp_path}", *more)

    return run


@pytest.mark.parametrize("number, name, status", [(signal.SIGINT, "Ctrl-C", 130), (signal.SIGTERM, "SIGTERM", 143)])
def test_a_signal_saves_and_says_how_to_go_on(ball, tmp_path, monkeypatch, number, name, status):
    """One line, no traceback; the run goes on as if nothing had been."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    before_us = keras.callbacks.TensorBoard.on_train_batch_end

    def send(self, batch, logs=None):
        before_us(self, batch, logs)
        if self.model.num_steps == 3:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(keras.callbacks.TensorBoard, "on_train_batch_end", send)
    done = ball()
    signal.signal(signal.SIGINT, before)
    monkeypatch.undo()
    assert done.status == status and "Traceback" not in done.output
    (line,) = (line for line in done.output.splitlines() if "stopped" in line)
    assert f"stopped by {name} at step 3, which is saved; go on with: python " in line and line.endswith(" --resume")
    assert not (tmp_path / "debug_VAE" / ".lock").exists()
    assert ball("--resume").status == 0
    assert pd.read_csv(tmp_path / "debug_VAE" / "metrics.csv")["step"].tolist() == [2, 4]


def test_steps_taken_in_one_go_change_no_log(ball, tmp_path):
    """Not even where an epoch has fewer of them; and a run may be continued with another number."""
    assert ball("--expid=one").status == 0
    assert ball("--expid=more", "--steps_per_execution=3", "--steps=2").status == 0
    assert ball("--expid=more", "--steps_per_execution=2", "--resume").status == 0
    one, more = (pd.read_csv(tmp_path / f"{name}_VAE" / "metrics.csv") for name in ("one", "more"))
    pd.testing.assert_frame_equal(one.drop(columns="seconds"), more.drop(columns="seconds"), check_exact=True)
    refused = ball("--expid=none", "--steps_per_execution=0")
    assert refused.was_refused("--steps_per_execution must be >= 1, got 0")


def test_another_process_in_the_folder_and_fewer_steps_are_refused(ball, tmp_path):
    assert ball("--steps=2").status == 0
    before = read_record(tmp_path / "debug_VAE")
    with hold(tmp_path / "debug_VAE"):
        assert ball("--steps=2", "--resume").was_refused(f"is in use by process {os.getpid()}")
    assert ball("--steps=1", "--resume").was_refused("has done 2 training steps, and 1 are asked for in all")
    assert read_record(tmp_path / "debug_VAE") == before


def test_what_tensorflow_says_of_a_full_disk_is_one_line(capsys):
    with pytest.raises(SystemExit) as end, one_clear_message():
        raise tf.errors.ResourceExhaustedError(None, None, "a.v2; No space left on device\n\t [[node x]]\nmore")
    assert end.value.code == 1
    assert capsys.readouterr().err.endswith("error: a.v2; No space left on device\n")
