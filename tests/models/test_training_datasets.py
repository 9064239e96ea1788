"""Datasets of `fit` and its validation: how long they are, in which order they come, and fits after another."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.data import SequenceData, from_arrays
from gpvae_tf.likelihoods import BernoulliLikelihood
from gpvae_tf.models import VAE
from gpvae_tf.objectives import KLWarmUp
from tests.support import tiny
from tests.support.fit_data import OPTIONS, dataset, gp_vae
from tests.support.seeds import seed_networks


@pytest.fixture
def batch(batch):
    """The videos as arrays."""
    return {name: part.numpy() for name, part in batch.items()}


def test_a_dataset_that_ends_too_early_is_refused(batch):
    with pytest.raises(ValueError, match=r"x has 2 batches; steps_per_epoch=3 in 2 epochs need 6: repeat the dataset"):
        gp_vae().fit(dataset(batch).repeat(2), epochs=2, steps_per_epoch=3, verbose=0)


def test_a_dataset_of_unknown_length_that_ends_early_is_told(batch, eagerly):
    model = gp_vae()
    unknown = dataset(batch).repeat(5).filter(lambda batch: True)
    with pytest.warns(UserWarning, match="x ended after 5 batches of 6: training took 5 steps"):
        model.fit(unknown, epochs=2, steps_per_epoch=3, verbose=0)
    assert model.num_steps == 5


def test_the_end_of_a_dataset_of_unknown_length_is_no_step(batch):
    """Compiled, where what does not depend on the batch runs before it is known that there is none."""
    seed_networks()
    warm_up = KLWarmUp(epochs=9, steps_per_epoch=1)
    model = VAE(*tiny.build_networks(), objective=warm_up, **OPTIONS)
    model.compile(keras.optimizers.SGD(1e-3))
    model.fit(dataset(batch).repeat(3).filter(lambda batch: True), epochs=2, verbose=0)
    assert model.num_steps == int(model.optimizer.iterations) == int(warm_up.steps) == 6


def series(**options) -> SequenceData:
    """Seven videos, shuffled, in batches of two, the last of which is one."""
    rng = np.random.default_rng(0)
    images = rng.uniform(size=(7, tiny.NUM_FRAMES, *tiny.IMAGE_SHAPE)).round()
    return from_arrays(images, np.arange(1.0, 1.0 + tiny.NUM_FRAMES), batch_size=2, shuffle_seed=3, **options)


def weights_after(*fits) -> list[np.ndarray]:
    """Weights of a model after calls of `fit`, each with data and options."""
    seed_networks()
    model = gp_vae()
    for given, options in fits:
        model.fit(given, verbose=0, **options)
    return [weight.numpy() for weight in model.trainable_variables]


@pytest.mark.parametrize("repeat", [False, True])
def test_training_that_is_cut_in_two_is_training_in_one(repeat):
    """Whoever looks at the data in between, and whether or not an epoch is done; the shuffle had a state of its own."""
    looked = series(repeat=repeat)
    next(iter(looked))
    whole = weights_after((series(repeat=repeat), dict(epochs=3)))
    parts = weights_after((looked, dict(epochs=1)), (series(repeat=repeat), dict(epochs=3, initial_epoch=1)))
    steps = weights_after(*[(looked, dict(epochs=1, steps_per_epoch=num)) for num in (3, 5, 4)])
    for expected, *found in zip(whole, parts, steps, strict=True):
        for each in found:
            np.testing.assert_array_equal(each, expected)


def test_an_epoch_has_everything_once(monkeypatch):
    """Also of a model that was trained on other data, for a number of steps that is no number of epochs here."""
    seen = []
    data, model = series(), gp_vae()
    model.compile("sgd", run_eagerly=True)
    training_bound = model.training_bound

    def watched(batch, seed):
        seen.append(batch)
        return training_bound(batch, seed)

    monkeypatch.setattr(model, "training_bound", watched)
    model.fit(series(), steps_per_epoch=3, epochs=1, verbose=0)
    seen.clear()
    model.fit(data, epochs=1, verbose=0)
    found = np.concatenate([batch["observations"] for batch in seen])
    order = lambda images: np.sort(images.reshape(7, -1).sum(axis=1))
    assert len(seen) == len(data) == 4
    np.testing.assert_array_equal(order(found), order(data.observations))


def shuffled(batch) -> tf.data.Dataset:
    many = {name: np.repeat(part, 3, axis=0) for name, part in batch.items()}
    return tf.data.Dataset.from_tensor_slices(many | {"id": np.arange(9)}).shuffle(9, seed=5).batch(9)


def ids(dataset) -> list[int]:
    return [int(number) for each in dataset for number in each["id"]]


def test_a_shuffle_is_left_alone(batch, eagerly):
    """What `fit` trains on, and what comes after, is what comes out of the dataset with Keras alone.

    Keras makes an iterator before it makes one for every epoch.
    """
    alone, used = shuffled(batch), shuffled(batch)
    expected = [ids(alone) for _ in range(6)]
    assert len(set(map(tuple, expected))) == 6
    model, seen = gp_vae(), []
    step = model.train_step
    model.train_step = lambda given: seen.append(given["id"].numpy().tolist()) or step(given)
    model.fit(used, epochs=2, verbose=0)
    assert seen == expected[1:3] and ids(used) == expected[3]
    model.fit(used, verbose=0)
    assert seen[2] == expected[5]


def test_every_dataset_is_checked(batch, eagerly):
    model = gp_vae()
    model.fit(dataset(batch), verbose=0)
    with pytest.raises(ValueError, match="a Bernoulli decoder needs"):
        model.fit(dataset(batch | {"observations": 255.0 * batch["observations"]}), verbose=0)
    with pytest.raises(ValueError, match=r"inputs has shape \(3, 7\); expected"):
        model.fit(dataset(batch | {"inputs": batch["inputs"][..., 0]}), verbose=0)
    assert model.num_steps == 1


def test_a_fault_before_the_first_batch_that_is_not_the_data_s_keeps_its_words(batch):
    def fail(logs=None):
        raise ValueError("a callback's own fault")

    model = gp_vae()
    with pytest.raises(ValueError, match="^a callback's own fault$"):
        model.fit(dataset(batch), callbacks=[keras.callbacks.LambdaCallback(on_train_begin=fail)], verbose=0)


def test_validation_and_evaluation_take_what_fit_takes(batch, eagerly):
    class Data:
        dataset = dataset(batch)

    model = gp_vae()
    history = model.fit(Data(), validation_data=Data(), verbose=0).history
    found = model.evaluate(Data(), verbose=0, return_dict=True)
    assert found["loss"] == pytest.approx(history["val_loss"][0])


def test_validation_is_checked_before_training(batch, eagerly):
    """Its loss chooses weights: that of pixels in 0..255 would be far below 0."""
    model, wrong = gp_vae(likelihood=BernoulliLikelihood()), batch | {"observations": 255.0 * batch["observations"]}
    for bad in (dataset(wrong), wrong):
        with pytest.raises(ValueError, match="validation_data: observations has values from .* a Bernoulli decoder"):
            model.fit(dataset(batch), validation_data=bad, verbose=0)
        with pytest.raises(ValueError, match="x: observations has values from"):
            model.evaluate(bad, verbose=0)
    with pytest.raises(TypeError, match="validation_data is tuple; expected a tf.data.Dataset of batches"):
        model.fit(dataset(batch), validation_data=(batch["observations"], None), verbose=0)
    with pytest.raises(ValueError, match="validation_data has batches of 'observations'; expected also 'inputs'"):
        model.fit(dataset(batch), validation_data={"observations": batch["observations"]}, verbose=0)
    assert model.num_steps == 0


def test_validation_data_without_a_first_or_a_last_batch_are_refused_before_training(batch):
    """Keras would say so after the first epoch, and name no argument."""
    model, data = gp_vae(), dataset(batch)
    for empty in (data.take(0), data.repeat(0)):
        with pytest.raises(ValueError, match="^validation_data has no batches"):
            model.fit(data, validation_data=empty, verbose=0)
        with pytest.raises(ValueError, match="^x has no batches"):
            model.evaluate(empty, verbose=0)
    with pytest.raises(ValueError, match="^validation_data never ends: give validation_steps, or"):
        model.fit(data, validation_data=data.repeat(), verbose=0)
    with pytest.raises(ValueError, match="^x never ends: give steps, or"):
        model.evaluate(data.repeat(), verbose=0)
    assert model.num_steps == 0
    model.fit(data, validation_data=data.repeat(), validation_steps=2, verbose=0)


class Interrupts(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        raise KeyboardInterrupt


def test_after_an_interrupted_fit_validation_is_that_of_the_next(batch, eagerly):
    """Keras goes on with what it had made of the first."""
    model, other = gp_vae(), batch | {"observations": np.ones_like(batch["observations"])}
    model.compile(keras.optimizers.SGD(0.0))
    with pytest.raises(KeyboardInterrupt):
        model.fit(dataset(batch), validation_data=dataset(batch), callbacks=[Interrupts()], verbose=0)
    found = [model.fit(dataset(batch), validation_data=dataset(other), verbose=0).history["val_loss"] for _ in range(2)]
    first = model.evaluate(dataset(batch), verbose=0, return_dict=True)["loss"]
    assert found[0] == pytest.approx(found[1], rel=0.01) and found[0] != pytest.approx([first], rel=0.02)


def test_a_fit_after_one_with_a_backup(batch, eagerly, tmp_path):
    """Keras' callback takes an attribute away that the next fit reads."""
    model = gp_vae()
    model.fit(dataset(batch), callbacks=[keras.callbacks.BackupAndRestore(tmp_path)], verbose=0)
    model.fit(dataset(batch), verbose=0)
    assert model.num_steps == 2


class InterruptsOnce(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.left = 1

    def on_train_batch_end(self, batch, logs=None):
        if self.model.num_steps == 3 and self.left:
            self.left -= 1
            raise KeyboardInterrupt


def test_no_warning_that_data_ended_where_a_backup_goes_on(batch, eagerly, tmp_path, recwarn):
    """The second `fit` has only the rest to do: 1 of the 2 epochs."""
    model, once = gp_vae(), InterruptsOnce()
    go = lambda: model.fit(
        dataset(batch).repeat().filter(lambda one: True),
        callbacks=[keras.callbacks.BackupAndRestore(tmp_path), once],
        **dict(epochs=2, steps_per_epoch=2, verbose=0),
    )
    with pytest.raises(KeyboardInterrupt):
        go()
    assert len(go().history["loss"]) == 1 and model.num_steps == 4
    assert not [warning for warning in recwarn if "ended after" in str(warning.message)]
