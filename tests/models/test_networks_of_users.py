"""Networks that a user brings: refused if their weights would not train, and any tf.Module else."""

import keras as keras3
import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf._keras import TrainingMode, keras
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.models import GPVAE, VAE, BandedGPVAE, HierarchicalVAE, ImageVAE, NonparametricVAE
from gpvae_tf.models.latent_regression import KernelRegression
from gpvae_tf.networks.gated import GatedNetworks
from gpvae_tf.posteriors import MeanField, TwoLevelPosterior
from gpvae_tf.training.optimizers import make_optimizer
from tests.support.tiny import IMAGE_SHAPE, LATENT_DIM, NUM_FRAMES, NUM_VIDEOS

OPTIONS = dict(event_shape=IMAGE_SHAPE, latent_dim=LATENT_DIM)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_keras_usual_policy_serves_models_of_images_too(policy, monkeypatch, rng):
    """Networks that end in half precision: what they give is widened, as latent-GP models do it."""
    keras.mixed_precision.set_global_policy(policy)
    try:
        net = lambda inputs, outputs: keras.Sequential(
            [keras.layers.Input((inputs,)), keras.layers.Dense(8, "tanh"), keras.layers.Dense(outputs)]
        )
        options = dict(event_shape=(4,), likelihood=GaussianLikelihood(1.0))
        of_pair = keras.layers.Concatenate()
        pair = [keras.layers.Input((4,)), keras.layers.Input((2,))]
        models = [
            ImageVAE(MeanField(net(4, 4), 2), net(2, 4), **options),
            NonparametricVAE(net(4, 4), net(4, 2), net(2, 4), latent_dim=2, predictor=KernelRegression(0.5), **options),
            ImageVAE(
                TwoLevelPosterior(MeanField(net(4, 4), 2), keras.Model(pair, keras.layers.Dense(4)(of_pair(pair))), 2),
                net(4, 4),
                **options,
            ),
        ]
    finally:
        keras.mixed_precision.set_global_policy("float32")
    batch = {"observations": tf.constant(rng.normal(size=(6, 4)), tf.float32)}
    for model in models:
        model.compile(keras.optimizers.Adam(1e-3), run_eagerly=True)
        assert model.elbo(batch).elbo.dtype == tf.float32
        model.fit(tf.data.Dataset.from_tensors(batch), verbose=0)


def test_untracked_networks_are_refused(tiny_networks):
    """Their weights would silently never train."""
    encoder, decoder = tiny_networks()
    dense = keras3.Sequential([keras3.layers.Flatten(), keras3.layers.Dense(4)])
    for wrong in (dense, lambda images: images, tf.Module(), None):
        with pytest.raises(TypeError, match="^encoder must be a tf_keras layer or model.*import tf_keras"):
            GPVAE(wrong, decoder, kernels.exponentiated_quadratic(), **OPTIONS)
        with pytest.raises(TypeError, match="^decoder must be"):
            GPVAE(encoder, wrong, kernels.exponentiated_quadratic(), **OPTIONS)


class LinearEncoder(tf.Module):
    """A user's own module, without Keras."""

    def __init__(self):
        super().__init__()
        self.weights = tf.Variable(tf.random.stateless_normal([36, 2 * LATENT_DIM], [3, 4]) / 6.0)

    def __call__(self, images):
        return tf.reshape(images, [-1, 36]) @ self.weights


def test_a_module_trains(tiny_networks, batch):
    encoder = LinearEncoder()
    model = GPVAE(encoder, tiny_networks()[1], kernels.exponentiated_quadratic(), **OPTIONS)
    model.compile(make_optimizer(1e-2))
    before = encoder.weights.numpy()
    model.fit(tf.data.Dataset.from_tensors(batch), verbose=0)
    assert np.all(encoder.weights.numpy() != before)


def test_overflow_in_a_missing_frame_does_not_reach_the_gradient(tiny_networks, batch):
    """An encoder without a bound makes exp(log variance) infinite there, and 0 * inf is NaN."""
    model = GPVAE(LinearEncoder(), tiny_networks()[1], kernels.exponentiated_quadratic(), **OPTIONS)
    keep = np.tile(np.arange(NUM_FRAMES) != 2, (NUM_VIDEOS, 1))
    filler = tf.constant([1e4, -1e4, 0.0])[:, None, None, None, None]  # one sign or the other overflows
    images = tf.where(keep[..., None, None, None], batch["observations"], filler)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model.elbo(batch | {"observations": images, "mask": keep}).elbo)
    assert all(np.all(np.isfinite(g)) for g in tape.gradient(loss, model.trainable_variables))


def test_frozen_networks_compute_in_the_dtype_they_have(tiny_networks, batch):
    encoder, decoder = tiny_networks("float64")
    model = GPVAE(encoder, decoder, kernels.exponentiated_quadratic(), **OPTIONS)
    expected = model.reconstruct(batch)
    decoder.trainable = False
    assert model.network_dtype == expected.dtype == tf.float64
    np.testing.assert_array_equal(model.reconstruct(batch), expected)


def two_outputs(shape, *sizes):
    """A network whose means and log variances are two tensors, as Keras' examples of VAEs have them."""
    inputs = keras.Input(shape)
    flat = keras.layers.Flatten()(inputs)
    return keras.Model(inputs, [keras.layers.Reshape(size)(keras.layers.Dense(np.prod(size))(flat)) for size in sizes])


def test_two_outputs_are_refused(tiny_networks, batch):
    """Keras' examples of VAEs have means and log variances as two tensors."""
    encoder, decoder = tiny_networks()
    wrong_encoder = two_outputs(IMAGE_SHAPE, (LATENT_DIM,), (LATENT_DIM,))
    wrong_decoder = two_outputs((LATENT_DIM,), IMAGE_SHAPE, IMAGE_SHAPE)
    wrong_sequences = two_outputs((NUM_FRAMES, *IMAGE_SHAPE), (NUM_FRAMES, 4), (NUM_FRAMES, 2))
    kernel, family = kernels.exponentiated_quadratic(), lambda encoder: MeanField(encoder, LATENT_DIM)
    of_encoder, of_decoder = ("the encoder's", ".*, 4"), ("the decoder's", ".*, 6, 6, 1")
    for model, (whose, size) in (
        (GPVAE(wrong_encoder, decoder, kernel, **OPTIONS), of_encoder),
        (GPVAE(encoder, wrong_decoder, kernel, **OPTIONS), of_decoder),
        (BandedGPVAE(wrong_sequences, decoder, kernel, **OPTIONS), ("the encoder's", "3, 7, 6")),
        (ImageVAE(family(wrong_encoder), decoder, event_shape=IMAGE_SHAPE), of_encoder),
        (ImageVAE(family(encoder), wrong_decoder, event_shape=IMAGE_SHAPE), of_decoder),
        (NonparametricVAE(wrong_encoder, encoder, decoder, **OPTIONS), of_encoder),
        (NonparametricVAE(encoder, encoder, wrong_decoder, **OPTIONS), of_decoder),
        (NonparametricVAE(encoder, wrong_encoder, decoder, **OPTIONS), ("the location encoder's", "B, D")),
    ):
        given = batch if len(model.batch_axes) == 2 else {"observations": batch["observations"][0]}
        expected = rf"^{whose} output is a list of 2 tensors; expected one, \[{size}\]$"
        with pytest.raises(ValueError, match=expected):
            model.elbo(given)


class Noting(keras.layers.Layer):
    """Notes the mode that it is called in."""

    def __init__(self):
        super().__init__()
        self.modes = []

    def call(self, inputs, training=None):
        self.modes.append(bool(training))
        return inputs


def normalising(*flatten, shape=IMAGE_SHAPE):
    """A network with a layer that notes its mode, batch normalisation and dropout."""
    layers = [keras.layers.InputLayer(shape), *(flatten or [keras.layers.Flatten()]), Noting()]
    layers += [keras.layers.BatchNormalization(), keras.layers.Dropout(0.5), keras.layers.Dense(2 * LATENT_DIM)]
    return keras.Sequential(layers)


def two_level(conditional):
    """A two-level VAE with this p(z_1 | z_2)."""
    gated = GatedNetworks(IMAGE_SHAPE, 8)
    top = MeanField(gated.encoder(LATENT_DIM), LATENT_DIM)
    encoder, decoder = (make(LATENT_DIM, LATENT_DIM) for make in (gated.second_encoder, gated.two_level_decoder))
    return HierarchicalVAE(top, encoder, conditional, decoder, **OPTIONS)


def models_of(tiny_networks):
    """A model of every way that a network of a user's is called, each with that network."""
    decoder = lambda: tiny_networks()[1]
    kernel = kernels.exponentiated_quadratic
    whole = normalising(keras.layers.Reshape((-1, 36)), shape=(None, *IMAGE_SHAPE))
    for network, make in (
        (normalising(), lambda encoder: GPVAE(encoder, decoder(), kernel(), **OPTIONS)),
        (normalising(), lambda encoder: VAE(encoder, decoder(), **OPTIONS)),
        (normalising(), lambda encoder: ImageVAE(MeanField(encoder, LATENT_DIM), decoder(), event_shape=IMAGE_SHAPE)),
        (normalising(), lambda encoder: NonparametricVAE(encoder, tiny_networks()[0], decoder(), **OPTIONS)),
        (whole, lambda encoder: BandedGPVAE(encoder, decoder(), kernel(), coupled=False, **OPTIONS)),
        (normalising(shape=(LATENT_DIM,)), two_level),
    ):
        yield network, make(network)


def test_networks_train_in_training_steps_only(tiny_networks, batch):
    """Batch normalisation follows the data, and dropout drops, in `fit`; neither anywhere else."""
    for network, model in models_of(tiny_networks):
        given = batch if len(model.batch_axes) == 2 else {"observations": batch["observations"][0]}
        noting, normalisation, *_ = network.layers[1:]
        model.compile(make_optimizer(1e-2), run_eagerly=True)
        model.fit(tf.data.Dataset.from_tensors(given), verbose=0)
        assert noting.modes[-1] is True and np.any(normalisation.moving_mean != 0.0), type(model)
        moved, _ = normalisation.moving_mean.numpy(), noting.modes.clear()
        model.evaluate(tf.data.Dataset.from_tensors(given), verbose=0)
        model.reconstruct(given)
        model.elbo(given)
        assert noting.modes and not any(noting.modes), type(model)
        np.testing.assert_array_equal(normalisation.moving_mean, moved)


def test_a_failed_step_leaves_the_mode(tiny_networks, batch):
    model = next(models_of(tiny_networks))[1]
    model.compile(make_optimizer(1e-2), run_eagerly=True)
    with pytest.raises(KeyError):
        model.train_step({"inputs": batch["inputs"]})
    assert not TrainingMode.is_on()


def test_a_skipped_step_leaves_no_trace_in_moving_averages(tiny_networks, batch):
    """Batch normalization sees the batch before its gradients turn out not to be finite."""
    model = GPVAE(normalising(), tiny_networks()[1], kernels.exponentiated_quadratic(), **OPTIONS)
    model.compile(keras.optimizers.SGD(1e-3))
    averages = [variable for variable in model.encoder.non_trainable_variables if "moving" in variable.name]
    good = tf.data.Dataset.from_tensors(batch)
    before = [variable.numpy() for variable in averages]
    model.fit(good, verbose=0)
    once = [variable.numpy() for variable in averages]
    assert len(averages) == 2 and all(np.any(a != b) for a, b in zip(once, before))
    bad = good.map(lambda each: {**each, "observations": each["observations"] * np.nan})
    model.fit(good.concatenate(bad), verbose=0)
    assert model.num_skipped == 1
    assert all(np.all(np.isfinite(variable)) for variable in averages)
