"""Laplace inference: exact where the decoder is affine, exact Jacobians, and what it refuses."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import priors
from gpvae_tf._keras import keras
from gpvae_tf.likelihoods import BernoulliLikelihood, GaussianLikelihood
from gpvae_tf.models.image_vae import ImageVAE
from gpvae_tf.posteriors import Laplace
from gpvae_tf.posteriors.linearization import check_dense, dense_tangents, forward_tangents
from tests.support import families
from tests.support.linear_gaussian import IMAGE_SHAPE, LinearGaussian, constant_encoder

SEED = tf.constant([3, 4])
START = np.array([2.0, -3.0])


def build(known: LinearGaussian, **options) -> ImageVAE:
    posterior = Laplace(constant_encoder(START), 2, **options)
    return ImageVAE(
        posterior, known.decoder, event_shape=IMAGE_SHAPE, likelihood=GaussianLikelihood(known.noise_variance)
    )


@pytest.mark.parametrize("jacobian", ["dense", "forward"])
@pytest.mark.parametrize("num_steps", [1, 3])
def test_exact_for_an_affine_decoder(rng, jacobian, num_steps):
    """One full step reaches the posterior, full covariance included, so the bound is log p(y) at any draw."""
    known = LinearGaussian(rng)
    images = known.images(rng, 5)
    model = build(known, jacobian=jacobian, num_steps=num_steps, update_rate=1.0)
    q, (means, covariance) = model.encode(images), known.posterior(images)
    np.testing.assert_allclose(q.mean, means, rtol=1e-5, atol=1e-6)  # the noise variance is float32
    for factor in q.factor.numpy():
        np.testing.assert_allclose(np.linalg.inv(factor @ factor.T), covariance, rtol=1e-5)
    model.analytic_kl = False
    np.testing.assert_allclose(
        model.elbo({"observations": images}, seed=SEED).elbo, known.log_likelihood(images), rtol=1e-6
    )


def test_steps_are_damped_as_in_the_authors_code(rng):
    """a_t = rate / (t + 1): the distance to the posterior mean shrinks by prod (1 - a_t)."""
    known = LinearGaussian(rng)
    images = known.images(rng, 4)
    means, _ = known.posterior(images)
    for num_steps, rest in ((1, 0.5), (2, 0.5 * 0.75), (4, 0.5 * 0.75 * (1 - 0.5 / 3) * (1 - 0.5 / 4))):
        ours = build(known, num_steps=num_steps).encode(images).mean
        np.testing.assert_allclose(ours, means + rest * (START - means), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("tangents_of", [dense_tangents, forward_tangents])
def test_jacobians_are_exact(tangents_of):
    decoder, z = families.decoder("float64"), tf.random.stateless_normal([4, 2], (1, 2), dtype=tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(z)
        flat = tf.reshape(decoder(z), [4, -1])
    output, tangents = tangents_of(decoder, z)
    np.testing.assert_allclose(output, flat, rtol=1e-12)
    np.testing.assert_allclose(tf.linalg.matrix_transpose(tangents), tape.batch_jacobian(flat, z), rtol=1e-10)


@pytest.mark.parametrize(
    "layer",
    [keras.layers.ReLU(), keras.layers.ReLU(negative_slope=0.3), keras.layers.Activation("relu")],
    ids=["relu", "leaky", "activation"],
)
def test_jacobians_of_every_layer_that_is_taken(layer):
    first = keras.layers.Dense(6, bias_initializer="random_normal", dtype="float64")
    last = keras.layers.Dense(3, use_bias=False, dtype="float64")
    decoder = keras.Sequential([keras.layers.InputLayer((2,), dtype="float64"), first, layer, last])
    check_dense(decoder)
    z = tf.random.stateless_normal([4, 2], (1, 2), dtype=tf.float64)
    for ours, expected in zip(dense_tangents(decoder, z), forward_tangents(decoder, z), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-6)


def test_the_precision_is_that_of_the_linearisation_at_the_last_mean(rng):
    """A = I + J^T J / s with J at mu_T: a curved decoder has another one at mu_(T-1)."""
    layers = [keras.layers.Dense(8, "tanh", dtype="float64"), keras.layers.Dense(12, dtype="float64")]
    decoder = keras.Sequential([*layers, keras.layers.Reshape(families.IMAGE_SHAPE, dtype="float64")])
    posterior = Laplace(constant_encoder(START), 2, num_steps=1, jacobian="forward")
    model = families.model_of(posterior, decoder=decoder)
    q = model.encode(tf.constant(rng.normal(size=(4, *families.IMAGE_SHAPE))))

    def precision(z):
        with tf.GradientTape() as tape:
            tape.watch(z)
            flat = tf.reshape(model.decoder(z), [4, -1])
        slopes = tape.batch_jacobian(flat, z)
        return np.eye(2) + tf.matmul(slopes, slopes, transpose_a=True) / 2.0

    found = tf.matmul(q.factor, q.factor, transpose_b=True)
    np.testing.assert_allclose(found, precision(q.mean), rtol=1e-6)
    assert np.abs(found - precision(tf.tile([START], [4, 1]))).max() > 0.01


def convolutional() -> keras.Sequential:
    layers = [
        keras.layers.InputLayer((2,)),
        keras.layers.Dense(4 * 3 * 2, "tanh"),
        keras.layers.Reshape((4, 3, 2)),
        keras.layers.Conv2DTranspose(1, 3, padding="same"),
    ]
    return keras.Sequential(layers)


def test_convolutional_decoders_by_jacobian_vector_products(rng):
    """The mean approaches the mode of the posterior: the gradient of log p(y, z) there falls."""
    images = families.images_of(rng, 4)
    decoder = convolutional()

    def slope(num_steps):
        posterior = Laplace(constant_encoder([0.8, -0.8], "float32"), 2, num_steps=num_steps, jacobian="forward")
        model = families.model_of(posterior, decoder=decoder)
        z = model.encode(images).mean[tf.newaxis]
        with tf.GradientTape() as tape:
            tape.watch(z)
            total = tf.reduce_sum(model.log_prob(images, z))
        return np.linalg.norm(tape.gradient(total, z)[0], axis=-1)

    assert np.all(slope(6) < 0.7 * slope(1))


def test_training_sees_through_the_steps(rng):
    """The gradient in the decoder's weights against central differences, for both Jacobians."""
    known = LinearGaussian(rng)
    images = known.images(rng, 2)
    kernel = known.decoder.trainable_variables[0]
    start = kernel.numpy()
    for jacobian in ("dense", "forward"):
        model = build(known, num_steps=2, jacobian=jacobian)
        bound = lambda model=model: tf.reduce_sum(model.elbo({"observations": images}, seed=SEED).elbo)
        with tf.GradientTape() as tape:
            value = bound()
        ours = tape.gradient(value, kernel).numpy()
        for entry in ((0, 3), (1, 7)):
            shift = np.zeros_like(start)
            shift[entry] = 1e-5
            kernel.assign(start + shift)
            above = bound()
            kernel.assign(start - shift)
            numeric = (above - bound()) / 2e-5
            kernel.assign(start)
            assert ours[entry] == pytest.approx(numeric.numpy(), rel=1e-5)


def test_what_is_refused(rng):
    encoder = families.network(2)
    for options, message in (
        (dict(num_steps=0), "num_steps must be >= 1, got 0"),
        (dict(update_rate=0.0), r"update_rate must lie in \(0, 1\], got 0"),
        (dict(jacobian="exact"), "jacobian must be one of dense, forward, got 'exact'"),
    ):
        with pytest.raises(ValueError, match=message):
            Laplace(encoder, 2, **options)
    with pytest.raises(ValueError, match="joint is None"):
        Laplace(encoder, 2).condition(families.images_of(rng, 1))
    with pytest.raises(ValueError, match="likelihood must be Gaussian for this posterior, got Bernoulli"):
        families.model_of(Laplace(encoder, 2), likelihood=BernoulliLikelihood())
    mixture = priors.MixtureOfGaussians(priors.GaussianComponents(2, 2))
    with pytest.raises(ValueError, match="prior must be StandardNormal for this posterior, got MixtureOfGaussians"):
        families.model_of(Laplace(encoder, 2), prior=mixture)


@pytest.mark.parametrize(
    "layer, found",
    [
        (lambda: keras.layers.Conv2DTranspose(1, 3, padding="same", name="conv"), "it has conv"),
        (lambda: keras.layers.Activation("tanh", name="squash"), "it has squash"),
        (lambda: keras.layers.Dense(1, "sigmoid", name="last"), "it has last"),
        (lambda: keras.layers.ReLU(6.0, name="bounded"), "it has bounded"),
        (lambda: keras.layers.ReLU(threshold=0.5, name="late"), "it has late"),
    ],
)
def test_decoders_that_their_weights_do_not_linearise(layer, found):
    decoder = keras.Sequential([keras.layers.InputLayer((2,)), keras.layers.Dense(12), keras.layers.Reshape((4, 3, 1))])
    decoder.add(layer())
    with pytest.raises(ValueError, match=f"decoder cannot be linearised by its weights.*{found}.*jacobian='forward'"):
        families.model_of(Laplace(families.network(2), 2), decoder=decoder)
    families.model_of(Laplace(families.network(2), 2, jacobian="forward"), decoder=decoder)


def test_a_functional_decoder_goes_forward_only():
    inputs = keras.Input((2,))
    decoder = keras.Model(inputs, keras.layers.Reshape((4, 3, 1))(keras.layers.Dense(12)(inputs)))
    with pytest.raises(ValueError, match="it is a Functional"):
        families.model_of(Laplace(families.network(2), 2), decoder=decoder)
