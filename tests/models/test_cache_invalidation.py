"""Attributes that are assigned after a model has answered: its answers are those of a model that was made with them."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.likelihoods import GaussianLikelihood, StudentTLikelihood
from gpvae_tf.models import GPVAE, SVGPVAE, ImageVAE
from gpvae_tf.objectives import BetaELBO
from gpvae_tf.posteriors import MeanField
from gpvae_tf.saving.configurable import attributes_of
from gpvae_tf.scaling import Scaling
from tests.support import sequence_models, tiny
from tests.support.sequence_models import OPTIONS


@pytest.fixture
def batch(rng):
    return tiny.videos(rng)


def gp_vae(**options):
    return GPVAE(*NETWORKS, sequence_models._kernel(), **OPTIONS | options)


def svgp_vae(**options):
    return SVGPVAE(*NETWORKS, sequence_models._kernel(), sequence_models._points(), **OPTIONS | options)


NETWORKS = tiny.build_networks()
ATTRIBUTES = {
    "likelihood": GaussianLikelihood(0.3),
    "scaling": Scaling(scale=5.0, input_scale=3.0),
    "noise_clip": (0.5, 0.6),
}


def answers(model, batch):
    """What was observed and missing of it, and the latents in between."""
    imputed = model.impute(batch | {"mask": tf.constant(np.arange(7) != 3)[tf.newaxis] | np.zeros([3, 1], bool)})
    return *imputed, *model.predict_f(batch, batch["inputs"] + 0.5)


@pytest.mark.parametrize("name", ATTRIBUTES)
@pytest.mark.parametrize("build", [gp_vae, svgp_vae])
def test_predictions_follow_what_is_assigned(build, name, batch):
    model, value = build(), ATTRIBUTES[name]
    answers(model, batch)
    setattr(model, name, value)
    for ours, expected in zip(answers(model, batch), answers(build(**{name: value}), batch), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-6)
    assert attributes_of(model)[name] is value  # and so it is saved


@pytest.mark.parametrize("name", ["noise_clip", "sample_clip"])
def test_clips_that_are_no_ranges_are_refused(name):
    """By the constructor, and where they are assigned later."""
    message = rf"{name} must be two numbers \(low, high\) .*, got \(10.0, 0.1\)"
    with pytest.raises(ValueError, match=message):
        gp_vae(**{name: (10.0, 0.1)})
    model = gp_vae()
    before = getattr(model, name)
    with pytest.raises(ValueError, match=message):
        setattr(model, name, (10.0, 0.1))
    assert getattr(model, name) == before
    model.noise_clip, model.sample_clip = (0.1, 0.2), (0.0, 1.0)
    model.noise_clip = model.sample_clip = None
    assert model.noise_clip is None and model.sample_clip == gp_vae().sample_clip


def test_images_follow_their_likelihood(batch):
    images = {"observations": batch["observations"][0]}
    build = lambda **options: ImageVAE(MeanField(NETWORKS[0], 2), NETWORKS[1], event_shape=tiny.IMAGE_SHAPE, **options)
    model, likelihood = build(), StudentTLikelihood()
    usual = model.impute(images).stddev
    model.likelihood = likelihood
    np.testing.assert_allclose(model.impute(images).stddev, build(likelihood=likelihood).impute(images).stddev)
    assert np.all(model.impute(images).stddev > usual)


def test_steps_are_compiled_anew():
    """Those of training and testing each once."""
    model = gp_vae()
    model.compile("sgd")
    made = [make() for make in (model.make_train_function, model.make_test_function)]
    assert [model.make_train_function(), model.make_test_function()] == made
    model.noise_clip = (0.1, 0.2)
    anew = [model.make_train_function(), model.make_test_function()]
    assert not {*map(id, made)} & {*map(id, anew)}
    assert [model.make_train_function(), model.make_test_function()] == anew


def test_the_same_object_drops_nothing(batch):
    model = gp_vae()
    model.check_batch(batch)
    kept = model.data_distribution, model._compiled_latent_dataset
    model.likelihood, model.noise_clip = model.likelihood, model.noise_clip
    model.check_batch(batch)  # which assigns input_dim
    assert model.data_distribution is kept[0] and model._compiled_latent_dataset is kept[1]


def test_a_callback_changes_what_is_trained_on(batch):
    """Keras asks for the step once, before the first epoch."""
    model = gp_vae()
    model.compile(keras.optimizers.SGD(0.0))
    change = lambda epoch, logs: setattr(model, "objective", BetaELBO(float(epoch)))
    callbacks = [keras.callbacks.LambdaCallback(on_epoch_begin=change)]
    logs = model.fit(tf.data.Dataset.from_tensors(batch), epochs=3, verbose=0, callbacks=callbacks).history
    for beta in range(3):
        expected = -(logs["reconstruction"][beta] + beta * logs["regularizer"][beta])
        np.testing.assert_allclose(logs["loss"][beta], expected, rtol=1e-4)


def test_answers_follow_another_decoder(batch):
    model, data = gp_vae(), tf.data.Dataset.from_tensors(batch)
    model.compile("sgd")
    ask = lambda: (model.evaluate(data, verbose=0, return_dict=True)["loss"], model.impute(batch).mean.numpy())
    usual = ask()
    model.decoder = keras.models.clone_model(model.decoder)
    model.decoder.set_weights([weight + 0.5 for weight in model.decoder.get_weights()])
    assert all(np.any(a != b) for a, b in zip(ask(), usual))


def test_many_models_are_no_function_that_is_traced_too_often(batch, monkeypatch):
    """TensorFlow counts tracings by the code of a method, which all models share."""
    warned = []
    monkeypatch.setattr(tf.get_logger(), "warning", lambda *words: warned.append(words))
    for _ in range(6):
        gp_vae().checked_latent_dataset(batch)
    assert not warned
