"""Distributions of data from SavedModels: of a model with its data inside, at times that float32 merges."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels, likelihoods, serving
from gpvae_tf._keras import keras
from gpvae_tf.models import GPVAE
from gpvae_tf.scaling import Scaling
from tests.support import sequence_models

C, L, N = 3, 2, 6
TIMES = 1.7e9 + 20.0 * np.arange(N)[None, :, None]  # twenty seconds apart; float32 steps by 128
DRAWS = {"num_samples": tf.constant(50), "seed": tf.constant([3, 4]), "levels": tf.constant([0.05, 0.95])}


@pytest.fixture(scope="module")
def model():
    scaling = Scaling(input_offset=1.7e9, input_scale=20.0, offset=[1.0, 0.0, -2.0], scale=[1.0, 2.0, 0.5])
    networks = [
        keras.Sequential([keras.layers.InputLayer((a,)), keras.layers.Dense(b)]) for a, b in ((C, 2 * L), (L, C))
    ]
    likelihood = likelihoods.GaussianLikelihood(0.1)
    options = dict(event_shape=(C,), latent_dim=L, likelihood=likelihood, scaling=scaling)
    return GPVAE(*networks, kernels.exponentiated_quadratic(1.5), **options)


@pytest.fixture(scope="module")
def data():
    observations = np.random.default_rng(0).normal(size=(1, N, C)).astype(np.float32)
    return {"observations": tf.constant(observations), "inputs": tf.constant(TIMES)}


@pytest.fixture(scope="module")
def query():
    return tf.constant(TIMES[:, :4] + 10.0)


def served(servable, folder):
    return tf.saved_model.load(str(servable.write_version(folder))).signatures


def test_a_conditioned_model_answers_without_a_context(model, data, query, tmp_path):
    predictor = model.condition_on(data)
    signatures = served(serving.ServablePredictor(model, predictor, 1), tmp_path)
    mean, variance = predictor.predict_f(query)
    latents = signatures["predict_f"](query_inputs=query)
    np.testing.assert_allclose(latents["mean"], mean, rtol=1e-5)
    np.testing.assert_allclose(latents["variance"], variance, rtol=1e-4)
    assert np.unique(latents["mean"].numpy().round(5), axis=1).shape == (1, 4, L)  # four times, four answers
    np.testing.assert_allclose(
        signatures["generate"](query_inputs=query)["observations"], predictor.generate(query), rtol=1e-4
    )
    asked = {name: DRAWS[name] for name in ("num_samples", "seed")} | {"interval": tf.constant(0.9)}
    interval = signatures["predict_interval"](query_inputs=query, **asked)
    expected = predictor.predict_y(query, 50, DRAWS["seed"], quantiles=(0.05, 0.95))
    found = signatures["predict_y"](query_inputs=query, **DRAWS)
    for name, part in (expected._asdict() | {"stddev": expected.stddev}).items():
        assert found[name].dtype == tf.float32
        np.testing.assert_allclose(found[name], part, rtol=1e-3, atol=1e-4, err_msg=name)
    for name, part in {"mean": expected.mean, "stddev": expected.stddev}.items():
        np.testing.assert_allclose(interval[name], part, rtol=1e-3, atol=1e-4)
    for name, part in zip(("lower", "upper"), expected.quantiles):
        np.testing.assert_allclose(interval[name], part, rtol=1e-3, atol=1e-4)


def test_queries_about_another_number_of_data_sets_are_refused(rng):
    """One data set would be taken for each of the three that the model was given."""
    model, batch = sequence_models.gp_vae(), sequence_models.videos(rng)
    servable = serving.ServablePredictor(model, model.condition_on(batch), 1)
    ask = servable.functions["predict_f"]
    assert ask(batch["inputs"])["mean"].shape[0] == 3
    for wrong in (batch["inputs"][:1], tf.tile(batch["inputs"], [2, 1, 1])):
        with pytest.raises(tf.errors.InvalidArgumentError, match="query_inputs must have the 3 data sets"):
            ask(wrong)
    for name, arguments in servable.arguments.items():  # as warm-up requests ask
        servable.functions[name](*(argument.example_value() for argument in arguments.values()))
    with pytest.raises(ValueError, match="input_dim makes queries of 2 columns; the predictor takes 1"):
        serving.ServablePredictor(model, model.condition_on(batch), 2)
    any_number = serving.ServablePredictor(deep := sequence_models.deep_svigp(), deep.condition_on(), 2)
    assert any_number.arguments["predict_f"]["query_inputs"].num_sets is None


def test_requests_that_make_no_sense_are_refused(model, data, query):
    """As they come, since a signature's batch is free."""
    functions = serving.ServableLatentGP(model, 1).functions
    context = data["observations"], data["inputs"]
    two = tf.concat([query, query], axis=0)
    for name, more in (("predict", {}), ("predict_y", DRAWS)):
        with pytest.raises(tf.errors.InvalidArgumentError, match="same number of data sets"):
            functions[name](*context, two, *more.values())
    for wrong, message in (
        ({"num_samples": tf.constant(18)}, "num_samples is below 2, or below"),
        ({"levels": tf.constant([0.0, 0.5])}, "levels holds values below 1e-06"),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            functions["predict_y"](*context, query, *(DRAWS | wrong).values())
    nineteen = functions["predict_y"](*context, query, *(DRAWS | {"num_samples": tf.constant(19)}).values())
    np.testing.assert_allclose(nineteen["quantiles"][1], nineteen["samples"].numpy().max(axis=0), rtol=1e-4)
