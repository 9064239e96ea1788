"""SavedModels of counts with exposures answer as the model does, and refuse exposures that are not positive."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import GPVAE, BandedGPVAE, data, serving
from tests.support.seeds import seed_networks

SEED = tf.constant([3, 4])


@pytest.fixture
def sequences(rng):
    inputs = np.stack([np.tile(np.arange(6.0), (2, 1)), rng.uniform(10.0, 500.0, (2, 6))], axis=-1)
    counts = rng.poisson(0.05 * inputs[..., 1:])
    return data.from_arrays(counts, inputs, rng.uniform(size=counts.shape) < 0.8, exposure=1)


@pytest.fixture
def model(sequences):
    seed_networks()
    return GPVAE.from_data(sequences, latent_dim=2, units=4, verbose=False)


def test_answers_are_the_model_s_own(model, sequences, tmp_path):
    served, batch = serving.load(model.export(tmp_path, input_dim=2)), next(iter(sequences.in_order()))
    query = np.array(batch["inputs"])[:, ::2] * [1.0, 3.0] + [0.5, 0.0]
    context = {f"context_{name}": part for name, part in batch.items()}
    expected = model.condition_on(batch).predict_y(query, 40, SEED, quantiles=(0.1, 0.9))
    levels = {"num_samples": tf.constant(40), "seed": SEED, "levels": tf.constant([0.1, 0.9])}
    found = served("predict_y_masked", **context, query_inputs=query, **levels)
    np.testing.assert_allclose(found["mean"], expected.mean, rtol=1e-4)
    np.testing.assert_allclose(found["quantiles"], expected.quantiles, rtol=1e-4)
    z = np.ones((2, 3, 2), np.float32)
    np.testing.assert_allclose(served("decode", latents=z, inputs=query)["observations"], model.decode(z, query))
    whole = tf.where(batch["mask"], batch["observations"], 1.0)
    encoded = served("encode", observations=whole, inputs=batch["inputs"])
    np.testing.assert_allclose(encoded["mean"], model.encode(whole, batch["inputs"]).mean, rtol=1e-4)


def test_a_context_in_the_file(model, sequences, tmp_path):
    batch = next(iter(sequences.in_order()))
    served = serving.load(model.export(tmp_path, input_dim=2, context=batch))
    query = np.array(batch["inputs"])[:, :2]
    predictor = model.condition_on(batch)
    np.testing.assert_allclose(
        served("generate", query_inputs=query)["observations"], predictor.generate(query), rtol=1e-4
    )
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="query_inputs has exposures in column 1 that are not above 0"
    ):
        served("generate", query_inputs=query * [1.0, 0.0])


def test_exposures_that_are_not_positive_are_refused(model, sequences, tmp_path):
    """Times may be negative."""
    served, batch = serving.load(model.export(tmp_path, input_dim=2)), next(iter(sequences.in_order()))
    whole = tf.where(batch["mask"], batch["observations"], 1.0)
    context = {"context_observations": whole, "context_inputs": np.array(batch["inputs"]) - [100.0, 0.0]}
    served("predict", **context, query_inputs=context["context_inputs"])
    for name in ("context_inputs", "query_inputs"):
        request = {**context, "query_inputs": context["context_inputs"]}
        request[name] = request[name] * [1.0, -1.0]
        with pytest.raises(
            tf.errors.InvalidArgumentError, match=f"{name} has exposures in column 1 that are not above 0"
        ):
            served("predict", **request)


def test_every_kind_has_signatures(sequences, tmp_path):
    """Its encoder takes inputs, too."""
    seed_networks()
    model = BandedGPVAE.from_data(sequences, latent_dim=2, units=4, verbose=False)
    served, batch = serving.load(model.export(tmp_path, input_dim=2)), next(iter(sequences.in_order()))
    whole = tf.where(batch["mask"], batch["observations"], 1.0)
    found = served("encode", observations=whole, inputs=batch["inputs"])
    np.testing.assert_allclose(found["mean"], model.encode(whole, batch["inputs"]).mean, rtol=1e-4, atol=1e-6)
