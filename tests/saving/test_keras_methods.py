"""Keras' own ways to save: each brings everything back, or refuses in one sentence (HDF5 has Keras' layers only)."""

import os

import numpy as np
import pytest
import tensorflow as tf

import gpvae_tf
from gpvae_tf import saving
from gpvae_tf._keras import keras
from tests.support import sequence_models


def filled(value):
    """A model whose trainable variables are all one number."""
    model = sequence_models.svgp_vae()
    for variable in model.trainable_variables:
        variable.assign(tf.fill(variable.shape, tf.cast(value, variable.dtype)))
    return model


@pytest.mark.parametrize("name", ["w.h5", "w.weights.h5", "w.hdf5", "w.keras", "W.H5"])
def test_files_of_keras_are_refused(name, tmp_path):
    model, path = filled(7), os.fspath(tmp_path / name)
    for way in (model.save, model.save_weights, model.load_weights):
        with pytest.raises(saving.SavingError, match=r"no kernel, likelihood or inducing points: use model\.save"):
            way(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("save_format", ["h5", "keras"])
def test_formats_of_keras_are_refused(save_format, tmp_path):
    for way in (filled(7).save, filled(7).save_weights):
        with pytest.raises(saving.SavingError, match=f"save_format='{save_format}' would hold"):
            way(tmp_path / "w", save_format=save_format)


def test_functions_of_keras_are_refused(tmp_path):
    model = filled(7)
    ways = {
        "save_model, .keras": lambda: keras.models.save_model(model, tmp_path / "m.keras"),
        "save_model, folder": lambda: keras.models.save_model(model, os.fspath(tmp_path / "m")),
        "clone_model": lambda: keras.models.clone_model(model),
        "to_json": model.to_json,
    }
    for name, way in ways.items():
        with pytest.raises(saving.SavingError, match=r"Keras has no format for SVGPVAE: use model\.save\(folder\)"):
            way(), name
    with pytest.raises(NotImplementedError, match="It does not work for subclassed models"), pytest.warns(UserWarning):
        keras.models.save_model(model, os.fspath(tmp_path / "m.h5"))
    model.save(tmp_path / "model")
    with pytest.raises(OSError, match="SavedModel file does not exist"):
        keras.models.load_model(tmp_path / "model")


def test_weights_without_an_ending_bring_everything_back(tmp_path):
    filled(7).save_weights(tmp_path / "w")
    model = filled(2)
    model.compile("adam")  # whose state is not in the file
    model.load_weights(tmp_path / "w")
    assert len(model.trainable_variables) == 4 + 4 + 2
    assert all(np.all(variable.numpy() == 7) for variable in model.trainable_variables)


def test_weights_of_another_model_are_refused(tmp_path):
    """Keras would restore what it finds."""
    sequence_models.vae().save_weights(tmp_path / "w")
    with pytest.raises(saving.SavingError, match=f"{tmp_path / 'w'} lacks variables of the model"):
        sequence_models.svgp_vae().load_weights(tmp_path / "w")
    sequence_models.vae().save(tmp_path / "model")
    with pytest.raises(saving.SavingError, match="model is a whole model: read it by gpvae_tf.load_model"):
        sequence_models.vae().load_weights(tmp_path / "model")


def test_callbacks_of_keras_work_with_their_defaults(tmp_path, rng, eagerly):
    """They look at "val_loss", which what is done to the weights makes worse in the second epoch."""
    data = tf.data.Dataset.from_tensors(sequence_models.videos(rng))
    model = sequence_models.svgp_vae()
    model.compile(keras.optimizers.SGD(0.5e-4))
    best, last = tmp_path / "best", tmp_path / "last"
    spoil = lambda epoch, logs: model.decoder.set_weights([weight + 1.0 for weight in model.decoder.get_weights()])
    callbacks = [
        keras.callbacks.ModelCheckpoint(os.fspath(best), save_best_only=True),
        keras.callbacks.ModelCheckpoint(os.fspath(last), save_weights_only=True),
        keras.callbacks.EarlyStopping(),
        keras.callbacks.ReduceLROnPlateau(patience=0),
        keras.callbacks.LambdaCallback(on_epoch_end=spoil),
    ]
    history = model.fit(data, validation_data=data, epochs=5, verbose=0, callbacks=callbacks).history
    assert len(history["val_loss"]) == 2 and history["val_loss"][1] > history["val_loss"][0]
    np.testing.assert_allclose(model.optimizer.learning_rate, 0.5e-5)  # after the epoch that was worse
    loaded = gpvae_tf.load_model(best)
    assert loaded.num_steps == 1 and loaded.optimizer.iterations == 1
    np.testing.assert_allclose(loaded.evaluate(data, verbose=0)[0], history["val_loss"][0], rtol=1e-6)
    other = filled(2)
    other.load_weights(os.fspath(last))
    other.compile()
    np.testing.assert_allclose(other.evaluate(data, verbose=0)[0], history["val_loss"][1], rtol=1e-6)


def test_refused_weights_leave_the_model_as_it_was(tmp_path):
    other = sequence_models.vae()
    other.set_weights([weight + 1 for weight in other.get_weights()])
    other.save_weights(tmp_path / "w")
    model = sequence_models.svgp_vae()
    before = model.get_weights()
    with pytest.raises(saving.SavingError):
        model.load_weights(tmp_path / "w")
    for found, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(found, expected)
