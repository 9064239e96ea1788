"""Early stopping by hand-made losses: when it stops, which weights it keeps, and that a resumed run goes on waiting."""

import math

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.datasets.image_sets import ImageSet
from gpvae_tf.training.checkpoints import Checkpoints
from gpvae_tf.training.divergence import TrainingDiverged
from gpvae_tf.training.early_stopping import BestWeightsStopping, track_best_weights
from gpvae_tf.training.loop import train


class Counter(keras.Model):
    """Its one weight is the number of epochs it has seen."""

    def __init__(self):
        super().__init__()
        self.seen = tf.Variable(0.0)
        self.built = True


def split(name="validation"):
    return ImageSet(name, np.zeros((2, 1, 1, 1)))


def run(losses, model=None, stopping=None, first=0, **options):
    """Epochs until it stops or the losses end; the callback and the number of epochs run."""
    model = model or Counter()
    series = iter(losses)
    stopping = stopping or BestWeightsStopping(track_best_weights(model), split(), lambda *_: next(series), **options)
    stopping._loss = lambda *_: next(series)
    stopping.set_model(model)
    model.stop_training = False
    epochs = first
    for _ in losses:
        model.seen.assign_add(1.0)
        logs = {}
        stopping.on_epoch_end(epochs, logs)
        epochs += 1
        assert logs["best_loss"] == float(stopping.best.loss.numpy())
        if model.stop_training:
            break
    return stopping, epochs


def test_it_stops_after_patience_epochs_without_a_better_loss():
    stopping, epochs = run([5.0, 3.0, 4.0, 3.0, 3.5, 9.0, 1.0], patience=2)
    assert epochs == 5  # 4, 3 and 3.5 are no better than 3: more than two epochs
    assert stopping.best.restore(stopping.model) == 3.0 and float(stopping.model.seen) == 2.0


@pytest.mark.parametrize("devices", [["CPU:0"], ["CPU:0", "CPU:1"]])
def test_it_stops_so_on_replicas(devices):
    with tf.distribute.MirroredStrategy(devices).scope():
        model = Counter()
    stopping, epochs = run([5.0, 3.0, 4.0, 3.0, 3.5, 9.0, 1.0], model, patience=2)
    assert epochs == 5 and stopping.best.restore(model) == 3.0
    assert [float(copy.numpy()) for copy in model.seen.values] == [2.0] * len(devices)


def test_a_better_loss_starts_the_count_again():
    _, epochs = run([5.0, 6.0, 6.0, 4.0, 6.0, 6.0, 6.0, 6.0], patience=2)
    assert epochs == 7


def test_epochs_of_the_warm_up_are_not_counted_but_their_weights_are_kept():
    stopping, epochs = run([1.0, *[2.0] * 10], patience=2, first_epoch=5)
    assert epochs == 7  # epochs 5, 6 and 7 are counted
    stopping.best.restore(stopping.model)
    assert float(stopping.model.seen) == 1.0


def test_not_a_number_ends_training():
    stopping, epochs = run([2.0, math.nan, 1.0], patience=5)
    assert epochs == 2 and stopping.best.restore(stopping.model) == 2.0
    stopping.model.num_steps = 30
    with pytest.raises(
        TrainingDiverged, match="after step 30 the validation loss is not a number.* of loss 2, are kept"
    ):
        stopping.on_train_end()
    stopping._newest = 1.0
    stopping.on_train_end()


def test_a_resumed_run_goes_on_waiting(tmp_path):
    stopping, epochs = run([5.0, 3.0, 4.0], patience=2)
    Checkpoints(tmp_path, stopping.model).save(epochs)
    model = Counter()
    again = BestWeightsStopping(track_best_weights(model), split(), lambda *_: 0.0, patience=2)
    assert Checkpoints(tmp_path, model).restore() == 3
    again, epochs = run([4.0, 4.0, 1.0], model=model, stopping=again, first=3)
    assert epochs == 5 and again.best.restore(again.model) == 3.0 and float(model.seen) == 2.0


def test_copies_are_not_trained():
    model = Counter()
    track_best_weights(model)
    assert len(model.trainable_variables) == 1 and len(model.non_trainable_variables) == 3


def test_weights_from_before_first_best_are_not_kept():
    stopping, epochs = run([1.0, 2.0, 2.0, 5.0, 6.0, 4.5], patience=3, first_best=4)
    assert epochs == 6 and stopping.best.restore(stopping.model) == 4.5 and float(stopping.model.seen) == 6.0


def test_epochs_before_first_best_are_not_counted_as_waiting():
    stopping, epochs = run([9.0, 9.0, 9.0, 9.0, 5.0, 6.0], patience=2, first_best=5)
    assert epochs == 6 and stopping.best.restore(stopping.model) == 5.0


def test_refusals():
    with pytest.raises(ValueError, match="data is the test split"):
        BestWeightsStopping(track_best_weights(Counter()), split("test"), lambda *_: 0.0)
    for name in ("patience", "first_epoch", "first_best"):
        with pytest.raises(ValueError, match=f"{name} must be >= 0, got -1"):
            BestWeightsStopping(track_best_weights(Counter()), split(), lambda *_: 0.0, **{name: -1})
    with pytest.raises(ValueError, match="there are no best weights yet"):
        track_best_weights(Counter()).restore(Counter())


def test_a_run_that_ended_early_is_not_trained_on(tmp_path):
    """`train` asks the callbacks after it has restored them."""
    stopping, epochs = run([5.0, 6.0, 7.0], patience=1)
    assert stopping.is_over
    (tmp_path / "checkpoints").mkdir()
    Checkpoints(tmp_path / "checkpoints", stopping.model).save(epochs)
    model = Counter()
    again = BestWeightsStopping(track_best_weights(model), split(), lambda *_: 0.0, patience=1)
    model.fit = lambda *_, **__: pytest.fail("it was trained on")
    model.num_steps = 3
    options = dict(steps=10, steps_per_epoch=1, evaluation=lambda _: {}, folder=tmp_path, resume=True)
    train(model, lambda _: None, callbacks=[again], **options)
    assert float(model.seen) == 3.0 and again.is_over
