"""Every registered model (`tests.support.registry`) in half precision: trained, resumed, saved, exported and served."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import load_model, serving
from gpvae_tf._keras import keras
from gpvae_tf.serving import warm_up
from gpvae_tf.training.checkpoints import Checkpoints
from tests.support import registry
from tests.support.seeds import seed_networks

SEED = tf.constant([3, 4])
# Of a hidden unit: bfloat16 has 8 bits, float16 11.
TOLERANCE = {"mixed_bfloat16": 0.03, "mixed_float16": 0.005}
half_precision = pytest.mark.parametrize("policy", TOLERANCE)


def started(entry, policy, batch):
    """A model that is ready to train eagerly, with the same first weights every time."""
    seed_networks()
    model = entry.build(policy=policy)
    adam = keras.optimizers.Adam(1e-3)
    # A loss scale that has settled: losses of 5e5 overflow in float16 with the usual first one, 2^15.
    model.compile(keras.mixed_precision.LossScaleOptimizer(adam, initial_scale=2.0**-6), run_eagerly=True)
    entry.prepare(model, batch)
    return model


def trained(model, step):
    model.fit(step, verbose=0)
    return [variable.numpy() for variable in (*model.weights, *model.optimizer.variables)]


@half_precision
@registry.having("bound")
def test_trains_resumes_and_saves(entry, policy, rng, tmp_path):
    """Resumed and saved bit for bit; the bound is that of the same weights in float32 but for rounding."""
    batch = entry.batch(rng)
    step = tf.data.Dataset.from_tensors(batch)
    model = started(entry, policy, batch)
    assert any(getattr(part, "compute_dtype", None) == policy.removeprefix("mixed_") for part in model.submodules)
    before = [variable.numpy() for variable in model.trainable_variables]
    for variable in model.weights:  # which no step may leave in half precision
        assert variable.dtype not in (tf.float16, tf.bfloat16), variable.name
    trained(model, step)
    Checkpoints(tmp_path / "run", model).save(1)
    state = trained(model, step)
    assert all(np.all(np.isfinite(value)) for value in state) and model.num_skipped == 0
    assert any(np.any(new.numpy() != old) for new, old in zip(model.trainable_variables, before, strict=True))

    resumed = started(entry, policy, batch)
    assert Checkpoints(tmp_path / "run", resumed).restore() == 1
    for found, expected in zip(trained(resumed, step), state, strict=True):
        np.testing.assert_array_equal(found, expected)

    model.save(tmp_path / "model")
    bound = model.elbo(batch, seed=SEED).elbo
    np.testing.assert_array_equal(load_model(tmp_path / "model").elbo(batch, seed=SEED).elbo, bound)
    whole = started(entry, "float32", batch)
    whole.set_weights(model.get_weights())
    expected = whole.elbo(batch, seed=SEED).elbo
    assert bound.dtype == expected.dtype and np.any(bound != expected)
    np.testing.assert_allclose(bound, expected, rtol=TOLERANCE[policy])


@half_precision
@registry.having("export")
def test_is_served(entry, policy, rng, tmp_path, monkeypatch):
    """The SavedModel answers float32 numbers, those of the model but for what compilation rounds otherwise."""
    batch = entry.batch(rng)
    model = started(entry, policy, batch)
    monkeypatch.setattr(warm_up, "possible", lambda: False)  # which would run every function once more
    signatures = serving.load(entry.servable(model, batch).write_version(tmp_path)).signatures
    for name, (arguments, expected) in entry.answers(model, batch).items():
        found = signatures[name](**{key: tf.convert_to_tensor(value) for key, value in arguments.items()})
        for key, value in expected.items():
            assert found[key].dtype == tf.float32, (name, key)
            scale = 1.0 + np.max(np.abs(value))
            apart = np.abs(np.asarray(found[key]) - value) > 2 * TOLERANCE[policy] * scale
            # A CPU that computes in bfloat16 rounds probabilities otherwise, and a draw of yes or no may fall over.
            of_draws = ("samples", "quantiles", "lower", "upper")
            assert np.mean(apart) <= (0.01 if key in of_draws else 0.0), (name, key)
