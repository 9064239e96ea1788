"""Runs that a signal stops within an epoch go on there: weights and logs end as those of an uninterrupted run."""

import functools
import os
import signal
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
import pytest

from gpvae_tf._keras import keras
from gpvae_tf.flags.signals import Interrupted, raising
from gpvae_tf.training.callbacks import RefreshLatents
from gpvae_tf.training.checkpoints import Checkpoints
from gpvae_tf.training.loop import Phase, train
from gpvae_tf.training.optimizers import make_optimizer
from gpvae_tf.training.stopping import ContinueEpoch
from tests.support import families
from tests.support.eager import running_eagerly
from tests.training.test_divergence import stream_of

pytestmark = pytest.mark.filterwarnings("ignore:Even though the .*run_functions_eagerly")
STEPS, STEPS_PER_EPOCH = 8, 3  # epochs of 3, 3 and 2 steps


@pytest.fixture(autouse=True)
def _foreground():
    """A process in the background of a shell ignores Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Send(keras.callbacks.Callback):
    """Sends this process a signal during a step, before an epoch, or at its evaluation."""

    def __init__(self, step: int, number: int, when: str = "in"):
        super().__init__()
        self._step, self._number, self._when = step, number, when

    def _send(self, when):
        if when == self._when and self.model.num_steps == self._step:
            os.kill(os.getpid(), self._number)

    def on_train_batch_end(self, batch, logs=None):
        self._send("in")

    def on_epoch_begin(self, epoch, logs=None):
        self._send("before")

    def on_epoch_end(self, epoch, logs=None):
        self._send("at")


def run(folder, *more, ends=(STEPS,), steps=STEPS, resume=False):
    """The weights and slots at the end."""
    model = families.model_of(families.FAMILIES["mean_field"]())
    model.set_weights([0.1 * np.ones_like(w) for w in model.get_weights()])
    model.compile(make_optimizer(0.01))
    phases = [Phase(end, optimizer=lambda rate=0.1 / end: make_optimizer(rate)) for end in ends] if ends[1:] else ()
    options = dict(steps=steps, steps_per_epoch=STEPS_PER_EPOCH, evaluation=lambda _: {}, verbose=0)
    train(model, stream_of(lambda _, y: y), phases=phases, callbacks=more, folder=folder, resume=resume, **options)
    return [variable.numpy() for variable in (*model.variables, *model.optimizer.variables)]


@functools.cache
def whole(ends):
    """Weights, logs and names of the checkpoints of an uninterrupted run."""
    with tempfile.TemporaryDirectory() as name, running_eagerly():
        folder = Path(name)
        return run(folder, ends=ends), logs(folder), {path.name for path in folder.rglob("*ckpt*")}


def logs(folder):
    return pd.read_csv(folder / "metrics.csv").drop(columns="seconds")


ONE, TWO = (STEPS,), (5, STEPS)  # phases


@pytest.mark.parametrize(
    "step, number, when, saved, ends",
    [
        (1, signal.SIGINT, "in", "step 1, which is saved", ONE),
        (4, signal.SIGTERM, "in", "step 4, which is saved", TWO),
        (7, signal.SIGINT, "in", "step 7, which is saved", TWO),
        (3, signal.SIGTERM, "before", "step 3, which is saved", ONE),
        (3, signal.SIGTERM, "in", "step 3; step 0 is saved", ONE),
        (6, signal.SIGINT, "at", "step 6; step 3 is saved", ONE),
    ],
)
def test_a_run_that_was_stopped_ends_as_an_uninterrupted_one(step, number, when, saved, ends, tmp_path, eagerly):
    with pytest.raises(Interrupted, match=f"^at {saved}$") as stop, raising():
        run(tmp_path, Send(step, number, when), ends=ends)
    assert stop.value.number == number
    check_equal(run(tmp_path, ends=ends, resume=True), tmp_path, ends)


def check_equal(weights, folder, ends=ONE):
    """A run in a folder ended as one that was not stopped."""
    expected, logged, checkpoints = whole(ends)
    for one, other in zip(expected, weights, strict=True):
        np.testing.assert_array_equal(one, other)
    pd.testing.assert_frame_equal(logged, logs(folder), check_exact=True)
    assert {path.name for path in (folder / "checkpoints").iterdir()} == {"checkpoint", *checkpoints}


def test_stopped_twice_in_one_epoch(tmp_path, eagerly):
    for step, resume in ((4, False), (5, True)):
        with pytest.raises(Interrupted, match=f"at step {step}, which is saved"), raising():
            run(tmp_path, Send(step, signal.SIGINT), resume=resume)
    check_equal(run(tmp_path, resume=True), tmp_path)


def test_a_damaged_checkpoint_within_an_epoch_falls_back(tmp_path, eagerly):
    with pytest.raises(Interrupted), raising():
        run(tmp_path, Send(4, signal.SIGINT))
    data = next((tmp_path / "checkpoints").glob("stopped.data-*"))
    data.write_bytes(bytes(byte ^ 1 for byte in data.read_bytes()))
    with pytest.warns(UserWarning, match="stopped is damaged"):
        weights = run(tmp_path, resume=True)
    check_equal(weights, tmp_path)


def test_one_that_later_checkpoints_made_obsolete_is_not_used(tmp_path, eagerly):
    """A process killed between writing the next checkpoint and deleting it."""
    with pytest.raises(Interrupted), raising():
        run(tmp_path, Send(4, signal.SIGINT))
    folder = tmp_path / "checkpoints"
    left = {path: path.read_bytes() for path in folder.glob("stopped.*")}
    run(tmp_path, resume=True)
    for path, content in left.items():
        path.write_bytes(content)
    model = families.model_of(families.FAMILIES["mean_field"]())
    model.compile(make_optimizer(0.01))
    assert Checkpoints(folder, model).restore() == 3 and model.num_steps == STEPS


def test_without_a_folder_nothing_is_saved(eagerly):
    with pytest.raises(Interrupted, match="^at step 4; nothing is saved$"), raising():
        run(None, Send(4, signal.SIGINT))


class Fail(keras.callbacks.Callback):
    """Fails during the second step."""

    def on_train_batch_end(self, batch, logs=None):
        if batch == 1:
            raise ArithmeticError("a step that failed")


def test_no_signal_waits_for_a_step_that_failed(eagerly):
    """Whoever keeps the exception, as a notebook does, keeps the callbacks as well."""
    with pytest.raises(ArithmeticError) as kept:
        run(None, Fail())
    with raising(), pytest.raises(Interrupted):
        os.kill(os.getpid(), signal.SIGTERM)
    assert kept.value.__traceback__ is not None


def test_latents_are_not_refreshed_again_within_an_epoch():
    """They were when it began, and the steps since then have moved them."""

    model = mock.Mock(metrics=[], ignores_gp=False, num_steps=5)
    model.bank.filled_at.numpy.return_value = 3
    go_on = ContinueEpoch([], [refresh := RefreshLatents([])])
    go_on.model = refresh.model = model
    go_on.on_epoch_begin(1)
    refresh.on_epoch_begin(1)
    assert not model.refresh.called
    refresh.on_epoch_begin(2)
    assert model.refresh.call_count == 1
