"""SavedModels whose requests say how far values may be off answer as the model does."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import data, serving
from gpvae_tf.models import GPVAE
from gpvae_tf.saving.exporting import servable
from tests.support import sequence_models
from tests.support.seeds import seed_networks

SEED = tf.constant([3, 4])
HOW = {"num_samples": tf.constant(30), "seed": SEED, "interval": tf.constant(0.8)}


@pytest.fixture
def sequences(rng):
    times = np.sort(rng.uniform(0.0, 20.0, (2, 8)), axis=1)[..., np.newaxis]
    errors = rng.uniform(0.02, 2.0, (2, 8, 2))
    values = 10.0 + 5.0 * np.sin(times / [2.0, 3.0]) + errors * rng.normal(size=errors.shape)
    return data.from_arrays(values, times, rng.uniform(size=values.shape) < 0.8, errors=errors)


@pytest.fixture
def model(sequences):
    seed_networks()
    return GPVAE.from_data(sequences, latent_dim=2, units=4, verbose=False)


def test_answers_are_the_model_s_own(model, sequences, tmp_path):
    served = serving.load(model.export(tmp_path, input_dim=1, errors=True))
    batch = next(iter(sequences.in_order()))
    query = batch["inputs"][:, ::2] + 0.1
    context = {f"context_{name}": part for name, part in batch.items()}
    asked = {"query_inputs": query, "num_samples": HOW["num_samples"], "seed": SEED}
    levels = {"levels": tf.constant([0.1, 0.9])}
    whole = {name: part for name, part in batch.items() if name != "mask"}
    of_whole = {f"context_{name}": part for name, part in whole.items()}

    known, of_all = model.condition_on(batch), model.condition_on(whole)
    expected, all_of_it = (each.predict_y(query, 30, SEED, quantiles=(0.1, 0.9)) for each in (known, of_all))
    for name, request, predictor in (("predict_masked", context, known), ("predict", of_whole, of_all)):
        found = served(name, **request, query_inputs=query)
        np.testing.assert_allclose(found["latent_mean"], predictor.predict_f(query).mean, rtol=1e-4, atol=1e-5)
    for name, request, right in (("predict_y_masked", context, expected), ("predict_y", of_whole, all_of_it)):
        found = served(name, **request, **asked, **levels)
        np.testing.assert_allclose(found["quantiles"], right.quantiles, rtol=1e-4)
    found = served("predict_interval", **context, **asked, interval=HOW["interval"])
    np.testing.assert_allclose(found["upper"], expected.quantiles[1], rtol=1e-4)
    made = model.impute(batch, 0.8, 30, SEED)
    found = served("impute", **batch, **HOW)
    for name in ("filled", "stddev", "lower", "upper"):
        np.testing.assert_allclose(found[name], getattr(made, name), rtol=1e-4, err_msg=name)
    exact = served("impute", **batch | {"errors": tf.zeros_like(batch["errors"])}, **HOW)
    assert np.abs(exact["mean"] - found["mean"]).max() > 1e-3
    anything = tf.where(batch["mask"], batch["errors"], -np.inf)
    np.testing.assert_array_equal(served("impute", **batch | {"errors": anything}, **HOW)["mean"], found["mean"])


def test_errors_that_cannot_be_are_refused(model, sequences, eagerly):
    batch = next(iter(sequences.in_order()))
    impute = servable(model, input_dim=1, errors=True).functions["impute"]
    refused = {
        -1.0: "errors holds values below 0 where mask is true",
        np.nan: "errors holds NaN or",
        1e19: "above 1e",
    }
    for wrong, message in refused.items():
        given = batch | {"errors": tf.fill(batch["errors"].shape, np.float32(wrong))}
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            impute(given["observations"], given["inputs"], given["mask"], given["errors"], *HOW.values())


def test_where_errors_have_no_effect_they_are_refused(rng):
    for blind in (sequence_models.gp_vae(), sequence_models.deep_svigp()):
        with pytest.raises(
            ValueError, match=r"errors=True needs a model whose encoder sees errors .*mask_channel=True"
        ):
            servable(blind, input_dim=1, errors=True)
    with pytest.raises(ValueError, match="errors=True is of a context in every request; those of `context` are in"):
        servable(sequence_models.gp_vae(), input_dim=1, errors=True, context=sequence_models.videos(rng))
