"""Training that came to nothing ends with the step and the cause, and saves nothing of it."""

import math
import types
import warnings

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.models.trainer.nonfinite import NonFiniteWeights
from gpvae_tf.models.trainer.nonfinite_cause import NothingTrained
from gpvae_tf.training.divergence import StopOnNonFinite, TrainingDiverged
from gpvae_tf.training.loop import train
from gpvae_tf.training.optimizers import make_optimizer
from tests.support import families

STEPS = 6


@pytest.fixture
def model(eagerly):
    model = families.model_of(families.FAMILIES["mean_field"]())
    model.compile(make_optimizer(1e-3))
    return model


def images(number: int) -> np.ndarray:
    """Those of batch number i are drawn from seed i."""
    return families.images_of(np.random.default_rng(number), 3).numpy()


def stream_of(change):
    """Batches by step, of images changed by a function of the step's number and the images."""

    def stream(start: int) -> tf.data.Dataset:
        steps = range(start, start + STEPS)
        stacked = np.stack([change(number, images(number)) for number in steps])
        return tf.data.Dataset.from_tensor_slices({"observations": stacked})

    return stream


def run(model, change, folder=None, *, steps=STEPS, steps_per_epoch=3, **options):
    options = {"steps": steps, "steps_per_epoch": steps_per_epoch, "evaluation": lambda _: {}, "verbose": 0, **options}
    train(model, stream_of(change), folder=folder, **options)


def state(model) -> list[np.ndarray]:
    return [variable.numpy() for variable in (*model.trainable_variables, *model.optimizer.variables)]


@pytest.mark.parametrize(
    "clipping", [{}, {"clip_norm": 1.0}, {"clip_value": 0.0, "clip_norm": 1.0}], ids=["plain", "norm", "no entries"]
)
def test_a_gradient_whose_square_is_not_finite_is_skipped(model, clipping):
    """Adam's second moment would be infinite after such a step, and the weights NaN after the next."""
    model.compile(make_optimizer(1e-3, **clipping))
    model.fit(stream_of(lambda number, y: y)(0).take(1), verbose=0)
    before = state(model)
    huge = {"observations": tf.constant(images(1)) * 1e22}
    with tf.GradientTape() as tape:
        loss = -tf.reduce_mean(model.elbo(huge).elbo)
    gradients = [g.numpy() for g in tape.gradient(loss, model.trainable_variables)]
    assert all(np.all(np.isfinite(g)) for g in gradients) and max(np.abs(g).max() for g in gradients) > 1.9e19
    with pytest.raises(NothingTrained):
        model.fit(tf.data.Dataset.from_tensors(huge), verbose=0)
    assert model.num_skipped == 1
    for old, new in zip(before, state(model), strict=True):
        np.testing.assert_array_equal(old, new + (old.ndim == 0) * (old - new))  # the optimizer counts the step
    model.fit(stream_of(lambda number, y: y)(2).take(2), verbose=0)
    assert model.num_skipped == 1 and all(np.all(np.isfinite(value)) for value in state(model))


@pytest.mark.parametrize("clip_norm", [None, 1.0])
def test_where_entries_are_clipped_any_finite_gradient_is_taken(model, clip_norm):
    """Their norm too, which is that of what is clipped."""
    model.compile(make_optimizer(1e-3, clip_value=1.0, clip_norm=clip_norm))
    before = model.trainable_variables[0].numpy()
    run(model, lambda number, y: np.float32(1e22) * y if number == 1 else y, steps=2, steps_per_epoch=1)
    assert model.num_skipped == 0 and all(np.all(np.isfinite(value)) for value in state(model))
    assert np.any(model.trainable_variables[0].numpy() != before)


@pytest.mark.parametrize("rate", [math.inf, math.nan])
def test_a_learning_rate_that_is_not_finite_is_refused(model, rate):
    schedule = keras.optimizers.schedules.CosineDecay(rate, 10)
    for optimizer in (keras.optimizers.SGD(rate), make_optimizer, lambda _: make_optimizer(schedule)):
        with pytest.raises(ValueError, match=f"optimizer has the learning rate {rate}; expected a finite number"):
            model.compile(optimizer(rate) if callable(optimizer) else optimizer)


def test_weights_that_are_not_finite_are_an_error_and_not_saved(model, tmp_path):
    """A step too large for float32, which no gradient shows."""
    model.compile(keras.optimizers.SGD(3e38))
    with pytest.raises(TrainingDiverged, match="after step 1 .*kernel:0.* not finite: try a smaller learning rate"):
        run(model, lambda number, y: 100.0 * y, tmp_path, steps_per_epoch=1)
    assert not list(tmp_path.glob("checkpoints/*.index"))
    with pytest.raises(NonFiniteWeights, match="after step 2 "):
        model.fit(stream_of(lambda number, y: y)(0).take(1), verbose=0)


def test_so_many_skipped_steps_in_a_row_are_counted_wherever_they_begin(model, monkeypatch):
    """Also across two epochs, and across two windows of that length."""
    bad = {2, 3, 4}
    spoil = lambda number, y: y * (np.nan if number in bad else 1.0)
    stop = StopOnNonFinite(stream_of(spoil), patience=3)
    with pytest.raises(TrainingDiverged, match="the last 3 steps .* the weights are those of step 2"):
        model.fit(stream_of(spoil)(0), epochs=2, steps_per_epoch=3, verbose=0, callbacks=[stop])
    assert model.num_steps == 5
    bad = {1, 2, 4, 5}
    model.fit(stream_of(spoil)(0), verbose=0, callbacks=[StopOnNonFinite(stream_of(spoil), patience=3)])


def test_steps_that_are_taken_in_one_go_are_counted_too(model):
    """Two at a time: both of them were skipped, or the count begins anew."""
    bad = {3, 4, 5}
    spoil = lambda number, y: y * (np.nan if number in bad else 1.0)
    model.compile(make_optimizer(1e-3), steps_per_execution=2)
    stop = lambda: StopOnNonFinite(stream_of(spoil), patience=4)
    fit = lambda: model.fit(stream_of(spoil)(0), verbose=0, callbacks=[stop()])
    fit()
    assert model.num_steps == STEPS
    bad |= {2}
    with pytest.raises(TrainingDiverged, match="the last 4 steps .* the weights are those of step 8"):
        fit()


def test_the_batch_that_is_diagnosed_is_the_one_that_was_skipped(model, tmp_path):
    """Its own pixels are named, not those of the first batch, which are sound."""

    def spoil(number, y):
        y = y.copy()
        if number >= 4:
            y[1, 2, 0] = np.nan
        return y

    for batches in (stream_of(spoil), stream_of(spoil)(0)):
        fresh = families.model_of(families.FAMILIES["mean_field"]())
        fresh.compile(make_optimizer(1e-3))
        stop = StopOnNonFinite(batches, patience=2)
        with pytest.raises(TrainingDiverged, match="Cause: the batch of step 6: observations has 1 "):
            fresh.fit(stream_of(spoil)(0), verbose=0, callbacks=[stop])


def test_a_run_too_short_for_patience_that_never_took_a_step_is_an_error(model):
    with pytest.raises(TrainingDiverged, match="all 2 steps .* not finite"):
        run(model, lambda number, y: np.float32(1e22) * y, steps=2, steps_per_epoch=2)


def test_a_run_that_diverged_is_an_error_and_its_last_epoch_is_not_saved(model, tmp_path):
    """Finite, and of no use: 10^12 times the nats of the first step."""
    with pytest.raises(TrainingDiverged, match=r"the bound was -\S+ nats at first and -\S+e\+\d+ in .* step 6, which"):
        run(model, lambda number, y: y * np.float32(1e8 if number > 2 else 1.0), tmp_path)
    assert [path.name for path in tmp_path.glob("checkpoints/*.index")] == ["ckpt-1.index"]
    assert len((tmp_path / "metrics.csv").read_text().splitlines()) == 2


def test_a_run_that_ends_far_below_its_start_is_warned_of(model):
    with pytest.warns(UserWarning, match="the bound ended at -.* far below the -.* of the first step"):
        run(model, lambda number, y: y * np.float32(1e3 if number > 2 else 1.0))


def test_a_bound_that_starts_near_0_counts_a_nat_a_value():
    """12 values: 10^8 nats below are not 10^9 times as far, nor 100 10^3 times."""
    stop = StopOnNonFinite([])
    stop.set_model(types.SimpleNamespace(event_shape=(4, 3, 1), num_steps=1, num_skipped=0, check_finite=lambda: None))
    stop.on_train_begin()
    stop.on_train_batch_end(0, {"elbo": -1e-3, "skipped": 0.0})
    stop.on_epoch_end(0, {"elbo": -1e8})
    stop.on_epoch_end(1, {"elbo": -100.0})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stop.on_train_end()
    with pytest.raises(TrainingDiverged, match="the bound was -0.001 nats at first and -1e[+]11 in the epoch"):
        stop.on_epoch_end(2, {"elbo": -1e11})


def test_batches_are_counted_from_the_step_that_training_begins_with(model):
    """Of a model that was trained before, the third batch is that of its sixth step."""
    model.steps.assign(3)
    batches = stream_of(lambda number, y: y * (np.nan if number == 2 else 1.0))(0)
    with pytest.raises(TrainingDiverged, match="Cause: the batch of step 6: observations has 36 "):
        model.fit(batches, verbose=0, callbacks=[StopOnNonFinite(batches, patience=1)])
