"""What Keras offers for networks' outputs is refused, regularisers count, and the smallest bound is not the best."""

import keras as keras3
import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf._keras import keras
from gpvae_tf.models import GPVAE
from gpvae_tf.models.trainer.keras_options import check_monitors, penalties
from tests.support import tiny
from tests.support.tiny import IMAGE_SHAPE, LATENT_DIM

OPTIONS = dict(event_shape=IMAGE_SHAPE, latent_dim=LATENT_DIM)


def dataset_of(batch) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensors(batch)


def regularized_encoder(weight: float) -> keras.Model:
    last = keras.layers.Dense(2 * LATENT_DIM, kernel_regularizer=keras.regularizers.L2(weight))
    return keras.Sequential([keras.layers.Input(IMAGE_SHAPE), keras.layers.Flatten(), last])


@pytest.mark.parametrize("option", ["loss", "metrics", "loss_weights", "weighted_metrics"])
def test_options_of_outputs_are_refused(option, tiny_networks):
    model = GPVAE(*tiny_networks(), kernels.exponentiated_quadratic(1.0), **OPTIONS)
    with pytest.raises(TypeError, match=f"compile takes no {option}: a model is trained on its bound"):
        model.compile("adam", **{option: ["mae"]})


def test_a_regularizer_adds_its_gradient_and_is_in_the_loss(tiny_networks, batch):
    """One step of plain gradient descent with and without it: the kernel W moves 2 c W farther."""
    c, after, logged = 0.5, [], []
    encoder, decoder = regularized_encoder(c), tiny_networks()[1]
    start, of_decoder = encoder.get_weights(), decoder.get_weights()
    for layer_weight in (0.0, c):
        encoder, _ = regularized_encoder(layer_weight), decoder.set_weights(of_decoder)
        encoder.set_weights(start)
        model = GPVAE(encoder, decoder, kernels.exponentiated_quadratic(1.0), **OPTIONS)
        model.compile(keras.mixed_precision.LossScaleOptimizer(keras.optimizers.SGD(1e-2), initial_scale=1.0))
        logged.append(model.fit(dataset_of(batch), verbose=0).history["loss"][0])
        after.append(encoder.get_weights()[0])
    np.testing.assert_allclose(after[1] - after[0], -1e-2 * 2.0 * c * start[0], rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(logged[1] - logged[0], c * np.sum(start[0] ** 2), rtol=1e-3)


def test_layers_within_modules_are_found_once():
    """Keras does not look into a plain module, and a layer's losses hold those of the layers in it."""
    inner, outer = tf.Module(), tf.Module()
    inner.network, outer.part = regularized_encoder(2.0), inner
    (found,) = penalties(outer)
    np.testing.assert_allclose(found, 2.0 * np.sum(inner.network.get_weights()[0] ** 2), rtol=1e-6)
    assert penalties(tf.Module()) == []


def test_a_layer_that_networks_share_counts_once():
    both, layer = tf.Module(), keras.layers.Dense(3, kernel_regularizer="l2")
    both.one, both.other = (keras.Sequential([keras.layers.Input((2,)), layer]) for _ in range(2))
    (found,) = penalties(both)
    np.testing.assert_allclose(found, 0.01 * np.sum(layer.get_weights()[0] ** 2), rtol=1e-6)


class AddsSquares(keras.layers.Layer):
    """Adds half the sum of squares of what it sees to the loss."""

    def call(self, inputs):
        self.add_loss(0.5 * tf.reduce_sum(inputs**2))
        return inputs


@pytest.mark.parametrize("run_eagerly", [True, False], ids=["eager", "compiled"])
@pytest.mark.parametrize("kind", ["add_loss", "activity_regularizer"])
def test_what_layers_add_in_a_call_is_in_the_loss(kind, run_eagerly, tiny_networks, batch):
    """The batch's videos are one flattened batch of images, whose number Keras divides an activity's penalty by."""
    options = {} if kind == "add_loss" else {"activity_regularizer": keras.regularizers.L2(0.5)}
    last = [keras.layers.Dense(2 * LATENT_DIM, **options), *([AddsSquares()] if kind == "add_loss" else [])]
    encoder = keras.Sequential([keras.layers.Input(IMAGE_SHAPE), keras.layers.Flatten(), *last])
    images = tf.reshape(batch["observations"], [-1, *IMAGE_SHAPE])
    expected = 0.5 * np.sum(encoder(images).numpy() ** 2) / (1 if kind == "add_loss" else len(images))
    model = GPVAE(encoder, tiny_networks()[1], kernels.exponentiated_quadratic(1.0), **OPTIONS)
    model.compile("sgd", run_eagerly=run_eagerly)
    logs = model.fit(dataset_of(batch), verbose=0).history
    np.testing.assert_allclose(logs["loss"][0] + logs["elbo"][0], expected, rtol=1e-3)


def test_a_layer_that_is_not_called_adds_nothing():
    """Keras has called it, with symbols, to build the network; a function that returns None adds nothing either."""
    module, layer = tf.Module(), keras.layers.Dense(3, activity_regularizer="l2")
    module.network = keras.Sequential([keras.layers.Input((2,)), layer])
    layer.add_loss(lambda: None)
    assert penalties(module) == []


class Regularized(keras.Model):
    """A network of a user's class."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(3, activity_regularizer="l2")

    def call(self, inputs):
        return self.dense(inputs)


def test_a_network_that_keras_loaded_adds_what_it_did(tmp_path):
    network, inputs = Regularized(), tf.ones([4, 2])
    expected = 0.01 * np.mean(np.sum(network(inputs) ** 2, axis=1))
    network.save(tmp_path / "network", save_format="tf")
    module = tf.Module()
    module.network = keras.models.load_model(tmp_path / "network", compile=False)
    module.network(inputs)
    (found,) = penalties(module)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_what_is_added_to_a_model_is_in_the_loss(tiny_networks, batch):
    """A prior on a hyperparameter, say."""
    model = GPVAE(*tiny_networks(), kernels.exponentiated_quadratic(2.0, trainable=True), **OPTIONS)
    model.add_loss(lambda: 3.0 * tf.cast(model.latent_gp.kernel.length_scale, tf.float32) ** 2)
    model.compile(keras.optimizers.SGD(0.0))
    logs = model.fit(dataset_of(batch), verbose=0).history
    np.testing.assert_allclose(logs["loss"][0] + logs["elbo"][0], 12.0, rtol=1e-3)


@pytest.mark.parametrize("kind", ["EarlyStopping", "ReduceLROnPlateau"])
@pytest.mark.parametrize("monitor", ["val_elbo", "elbo", "val_reconstruction", "log_marginal_likelihood"])
def test_the_smallest_bound_is_not_the_best(kind, monitor, tiny_networks, batch):
    callback = getattr(keras.callbacks, kind)
    model = GPVAE(*tiny_networks(), kernels.exponentiated_quadratic(1.0), **OPTIONS)
    model.compile("adam")
    with pytest.raises(ValueError, match=rf'{kind}\(monitor="{monitor}"\) takes the smallest .* give mode="max"'):
        model.fit(dataset_of(batch), callbacks=[callback(monitor)], verbose=0)
    assert model.num_steps == 0
    with pytest.raises(ValueError, match=kind):
        check_monitors([callback(monitor, min_delta=2.0)])
    check_monitors([callback(monitor, mode="max"), callback("val_loss"), keras.callbacks.TerminateOnNaN()])


def test_the_best_checkpoint_is_asked_for_the_same(tmp_path):
    with pytest.raises(ValueError, match='ModelCheckpoint.monitor="val_elbo"'):
        check_monitors(keras.callbacks.ModelCheckpoint(str(tmp_path), monitor="val_elbo", save_best_only=True))
    check_monitors(keras.callbacks.ModelCheckpoint(str(tmp_path), monitor="val_elbo"))
    check_monitors(None)


def test_callbacks_of_a_list_of_keras_and_of_ones_own():
    stopping = keras.callbacks.EarlyStopping("val_elbo")
    with pytest.raises(ValueError, match="EarlyStopping"):
        check_monitors(keras.callbacks.CallbackList([keras.callbacks.TerminateOnNaN(), stopping]))
    own = keras.callbacks.Callback()
    own.monitor = "val_elbo"  # without Keras' monitor_op, it says nowhere what the best is
    check_monitors([own])


@pytest.mark.parametrize("name", ["EarlyStopping", "CSVLogger", "Callback", "OfMine"])
def test_callbacks_of_keras_3_are_refused(name, tiny_networks, batch):
    """They read attributes that a model of tf_keras does not have."""
    kinds = {
        "CSVLogger": lambda: keras3.callbacks.CSVLogger("log"),
        "OfMine": type(name, (keras3.callbacks.Callback,), {}),
    }
    callback = kinds.get(name, getattr(keras3.callbacks, name, None))()
    model = GPVAE(*tiny_networks(), kernels.exponentiated_quadratic(1.0), **OPTIONS)
    model.compile("adam")
    instead = "Callback" if name == "OfMine" else name
    expected = (
        rf"^callbacks has a \S+\.{name}, which is no tf_keras.*: import tf_keras, .*tf_keras\.callbacks\.{instead}$"
    )
    for given in (callback, [keras.callbacks.TerminateOnNaN(), callback]):
        with pytest.raises(TypeError, match=expected):
            model.fit(dataset_of(batch), callbacks=given, verbose=0)
        with pytest.raises(TypeError, match=expected):
            model.evaluate(dataset_of(batch), callbacks=given, verbose=0)
    assert model.num_steps == 0


@pytest.mark.parametrize("option", ["sample_weight", "class_weight", "y"])
def test_weights_and_targets_are_refused(option, tiny_networks, batch):
    """Keras dropped the weights of arrays without a word."""
    model = GPVAE(*tiny_networks(), kernels.exponentiated_quadratic(1.0), **OPTIONS)
    model.compile("adam")
    for verb in ("fit", "evaluate", "train_on_batch", "test_on_batch"):
        if (verb, option) == ("fit", "y") or option == "class_weight" and "train" not in verb and verb != "fit":
            continue  # which has a sentence of its own; Keras' method does not take it
        with pytest.raises(TypeError, match=f"^{verb} takes no {option}: a model is trained on the bound"):
            getattr(model, verb)(batch, **{option: np.ones(3)})
    assert model.num_steps == 0


@pytest.mark.parametrize("name", ["missing_mask", "masks", "sample_weight"])
def test_entries_that_look_read_and_are_not(name, rng):
    batch = tiny.videos(rng)
    model = GPVAE(*tiny.build_networks(), kernels.exponentiated_quadratic(1.0), **OPTIONS)
    model.compile("adam")
    with pytest.raises(
        ValueError, match=f"batch has '{name}', which the model does not read: what is missing is said by 'mask'"
    ):
        model.fit(dataset_of({**batch, name: tf.ones([2, 3], tf.bool)}), verbose=0)


def test_what_keras_does_to_arrays_alone_is_refused_of_batches(tiny_networks, batch):
    model = GPVAE(*tiny_networks(), kernels.exponentiated_quadratic(1.0), **OPTIONS)
    model.compile("adam")
    with pytest.raises(TypeError, match="fit takes no batch_size of data that come in batches"):
        model.fit(dataset_of(batch), batch_size=1)
    with pytest.raises(TypeError, match="evaluate takes no batch_size of data that come in batches"):
        model.evaluate(dataset_of(batch), batch_size=1)
    with pytest.raises(TypeError, match="fit takes no validation_split .* give validation_data"):
        model.fit(dataset_of(batch), validation_split=0.25)
    assert model.num_steps == 0
    model.fit({name: part.numpy() for name, part in batch.items()}, batch_size=1, verbose=0)
    assert model.num_steps == len(batch["observations"])
