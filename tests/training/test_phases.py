"""Runs that train in phases, stopped anywhere and resumed, end where an uninterrupted run ends."""

import contextlib
import itertools
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.training import callbacks
from gpvae_tf.training.history import read_history
from gpvae_tf.training.loop import Phase, epoch_plan, train
from gpvae_tf.training.optimizers import make_optimizer
from gpvae_tf.training.scores import SCORES, write_scores
from tests.support import families
from tests.support.eager import running_eagerly

STEPS = 4


class Stopped(Exception):
    """The run was stopped."""


class StopBefore(keras.callbacks.Callback):
    """Stops a run before an epoch, as a killed process does."""

    def __init__(self, epoch: int):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise Stopped


def stream(start: int) -> tf.data.Dataset:
    """Batch number i is drawn from seed i."""
    batches = [{"observations": families.images_of(np.random.default_rng(i), 3)} for i in range(STEPS)]
    parts = itertools.islice(itertools.cycle(batches), start, start + STEPS)
    return tf.data.Dataset.from_tensor_slices(tf.stack([part["observations"] for part in parts])).map(
        lambda y: {"observations": y}
    )


def run(folder, ends, *, resume=False, stop_before=STEPS + 1, steps_per_epoch=1, at_once=1) -> list[np.ndarray]:
    """The weights after the run; a phase's learning rate is its own."""
    model = families.model_of(families.FAMILIES["mean_field"]())
    model.set_weights([0.1 * np.ones_like(w) for w in model.get_weights()] if not resume else model.get_weights())
    model.compile(make_optimizer(0.5), steps_per_execution=at_once)
    phases = [Phase(end, optimizer=lambda rate=0.1 / end: make_optimizer(rate)) for end in ends]
    options = dict(
        steps=STEPS, steps_per_epoch=steps_per_epoch, evaluation=lambda _: {}, folder=folder, resume=resume, verbose=0
    )
    train(model, stream, phases=phases, callbacks=[StopBefore(stop_before)], **options)
    assert model.steps_per_execution.numpy() == at_once
    return [v.numpy() for v in model.trainable_variables]


@pytest.mark.parametrize(
    "steps, begun, plan",
    [(8, 0, [(2, 3), (1, 2)]), (8, 2, [(1, 2), (2, 3)]), (2, 0, [(1, 2)]), (1, 2, [(1, 1)]), (3, 3, [(1, 3)])],
)
def test_steps_make_epochs_of_three(steps, begun, plan):
    assert epoch_plan(steps, begun, 3) == plan


class Slow(keras.callbacks.Callback):
    """Takes 3 seconds of a clock that stands still otherwise to begin an epoch, and 50 to end it."""

    def __init__(self, clock):
        super().__init__()
        self.clock = clock

    def on_epoch_begin(self, epoch, logs=None):
        self.clock["now"] += 3.0

    def on_epoch_end(self, epoch, logs=None):
        self.clock["now"] += 50.0


def test_the_seconds_of_an_epoch_are_those_of_training(monkeypatch, tmp_path):
    """With what callbacks do first, such as encoding all images, and without what they do last, such as validation."""
    clock = {"now": 0.0}
    monkeypatch.setattr(callbacks.time, "monotonic", lambda: clock["now"])
    model = families.model_of(families.FAMILIES["mean_field"]())
    model.compile(make_optimizer(0.1))
    options = dict(steps=2, steps_per_epoch=1, evaluation=lambda _: {}, folder=tmp_path, verbose=0)
    with running_eagerly():
        train(model, stream, callbacks=[Slow(clock)], **options)
    assert read_history(tmp_path / "metrics.csv")["seconds"].tolist() == [3.0, 3.0]


@pytest.mark.parametrize("stop_before, stay", [(2, False), (STEPS + 1, True)])
def test_scores_go_when_training_goes_on(stop_before, stay, tmp_path):
    """Not before, and not those of a run that is over."""
    with running_eagerly():
        with contextlib.suppress(Stopped):
            run(tmp_path, (STEPS,), stop_before=stop_before)
        write_scores(tmp_path, STEPS, {"rmse": 0.5})
        run(tmp_path, (STEPS,), resume=True)
    assert (tmp_path / SCORES).exists() == stay


@pytest.fixture(scope="module", params=[(4,), (2, 4)], ids=["ends0", "ends1"])
def ends(request):
    return request.param


@pytest.fixture(scope="module")
def whole(ends, tmp_path_factory):
    """The weights after an uninterrupted run."""
    with running_eagerly():
        return run(tmp_path_factory.mktemp("whole"), ends)


@pytest.mark.parametrize("stop_before", [1, 2, 3])
def test_a_resumed_run_ends_where_an_uninterrupted_one_does(ends, whole, stop_before, tmp_path, eagerly):
    with pytest.raises(Stopped):
        run(tmp_path / "broken", ends, stop_before=stop_before)
    resumed = run(tmp_path / "broken", ends, resume=True)
    for one, other in zip(whole, resumed, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("at_once", [2, 3])
def test_steps_taken_in_one_go_are_the_same_steps(ends, whole, at_once, tmp_path):
    """Also where a phase or an epoch ends before so many are taken, and compiled."""
    several = run(tmp_path, ends, steps_per_epoch=2, at_once=at_once)
    for one, other in zip(whole, several, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)


def damage(prefix: Path, part: str) -> None:
    """Flips a bit of a weight or of one of the optimizer's slots."""
    data = prefix.with_name(f"{prefix.name}.data-00000-of-00001")
    content, reader = bytearray(data.read_bytes()), tf.train.load_checkpoint(str(prefix))
    sizes = reader.get_variable_to_shape_map()
    names = [name for name in sizes if ("optimizer" in name) == (part == "optimizer") and np.prod(sizes[name]) > 20]
    value = reader.get_tensor(names[0]).tobytes()
    assert content.count(value) == 1
    content[content.index(value)] ^= 1
    data.write_bytes(content)


@pytest.mark.parametrize("part", ["model", "optimizer"])
def test_a_damaged_checkpoint_falls_back_to_the_one_before(ends, whole, part, tmp_path, eagerly):
    """Also where it is the first one of a phase, so that the one before is of another phase."""
    with pytest.raises(Stopped):
        run(tmp_path / "broken", ends, stop_before=3)
    damage(tmp_path / "broken" / "checkpoints" / "ckpt-3", part)
    with pytest.warns(UserWarning, match="ckpt-3 is damaged"):
        resumed = run(tmp_path / "broken", ends, resume=True)
    for one, other in zip(whole, resumed, strict=True):
        np.testing.assert_array_equal(one, other)
