"""Every registered model (`tests.support.registry`) that is saved and loaded is equal to what it was."""

import numpy as np
import tensorflow as tf

import gpvae_tf
from gpvae_tf._keras import keras
from tests.support import registry


def moved(entry, batch):
    """A model whose variables, whole numbers aside, have other values than any new one."""
    model = entry.build()
    entry.prepare(model, batch)
    for number, variable in enumerate(model.variables):
        if variable.dtype.is_floating:
            change = 0.01 * np.cos(np.arange(variable.shape.num_elements()) + number)
            variable.assign_add(tf.constant(change.reshape(variable.shape), variable.dtype))
    model.steps.assign(7)
    return model


@registry.having("save")
def test_a_loaded_model_is_the_saved_one(entry, rng, tmp_path, eagerly):
    batch = entry.batch(rng)
    model = moved(entry, batch)
    model.save(tmp_path / "model")
    keras.utils.set_random_seed(5)
    loaded = gpvae_tf.load_model(tmp_path / "model")
    assert type(loaded) is type(model) and loaded.name == model.name
    for attribute in ("variables", "trainable_variables"):
        expected, found = getattr(model, attribute), getattr(loaded, attribute)
        assert [v.name.rpartition("/")[2] for v in found] == [v.name.rpartition("/")[2] for v in expected]
        for old, new in zip(expected, found, strict=True):
            np.testing.assert_array_equal(new.numpy(), old.numpy(), err_msg=old.name)
            assert new.dtype == old.dtype
    np.testing.assert_array_equal(loaded.reconstruct(batch), model.reconstruct(batch))
    if "predict_y" not in entry.cannot:
        inputs = entry.queries(model, batch)
        for value, found in zip(*(m.condition_on(batch).predict_f(inputs) for m in (model, loaded)), strict=True):
            np.testing.assert_array_equal(found, value)
    seed = tf.constant([3, 4])
    np.testing.assert_array_equal(loaded.elbo(batch, seed=seed).elbo, model.elbo(batch, seed=seed).elbo)
