"""The GP encoder as a posterior family: its special cases, its bound, its start and its cost."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

import gpvae_tf
from gpvae_tf import kernels
from gpvae_tf._keras import TrainingMode, keras
from gpvae_tf.kernels import psd_kernels
from gpvae_tf.models.image_vae import ImageVAE
from gpvae_tf.posteriors import MeanField
from gpvae_tf.posteriors.gp_encoder import WEIGHTS, GPEncoder
from gpvae_tf.posteriors.random_weights import FullCovariance
from tests.support.tiny import IMAGE_SHAPE, LATENT_DIM

tfd = tfp.distributions
FEATURE_DIM, NUM_DATA = 5, 100
SEED = tf.constant([1, 2])


def trunk(outputs=FEATURE_DIM) -> keras.Sequential:
    layers = [keras.layers.InputLayer(IMAGE_SHAPE), keras.layers.Flatten()]
    return keras.Sequential([*layers, keras.layers.Dense(outputs, "tanh")])


@pytest.fixture
def images(batch):
    return tf.reshape(batch["observations"], [-1, *IMAGE_SHAPE])


@pytest.fixture
def build(tiny_networks):
    """A model with a GP encoder; q(W, U) moved away from where it starts, unless told otherwise."""

    def model(weights="full", *, moved=True, encoder=None, decoder=None, **options) -> ImageVAE:
        networks = tiny_networks()
        encoder, decoder = encoder or networks[0], decoder or networks[1]
        posterior = GPEncoder(encoder, trunk(), trunk(), LATENT_DIM, FEATURE_DIM, weights=weights, **options)
        rng = np.random.default_rng(5)
        for weight in posterior.weights if moved else ():
            for variable in weight.trainable_variables:
                variable.assign_add(0.3 * rng.normal(size=variable.shape))
        return ImageVAE(posterior, decoder, event_shape=IMAGE_SHAPE, num_data=NUM_DATA)

    return model


@pytest.mark.parametrize("weights", ["full", "diagonal", "mean", "deterministic"])
def test_with_a_zero_posterior_of_the_weights_it_is_the_vae(build, tiny_networks, images, weights):
    encoder, decoder = tiny_networks()
    model = build(weights, moved=False, encoder=encoder, decoder=decoder, initial_deviation=1e-8)
    vae = ImageVAE(MeanField(encoder, LATENT_DIM), decoder, event_shape=IMAGE_SHAPE)
    ours, expected = (m.elbo({"observations": images}, seed=SEED) for m in (model, vae))
    np.testing.assert_allclose(ours.reconstruction, expected.reconstruction, rtol=1e-5)
    np.testing.assert_allclose(ours.parts["kl"], expected.parts["kl"], rtol=1e-5, atol=1e-6)
    for part, other in zip(model.encode(images).gaussian, vae.encode(images).gaussian):
        np.testing.assert_allclose(part, other, rtol=1e-5)


def test_what_another_kernel_learns_is_trained(build):
    """A product with a network around a kernel hides variables, if nothing is done about it."""
    learned = kernels.positive(0.4, name="constant", trainable=True, dtype="float32")
    kernel = kernels.on_columns(psd_kernels.Constant(learned), slice(0, 2)) * kernels.linear(dtype="float32")
    assert any(variable is learned.trainable_variables[0] for variable in build(kernel=kernel).trainable_variables)


def test_another_kernel_is_the_linear_one_on_its_features(build, tiny_networks, images):
    """k = 0.5^2 + (psi^T psi')^2 on 5 features is an inner product of 26; the linear one is what is there without."""
    kernel = psd_kernels.Polynomial(bias_amplitude=0.5, exponent=2.0)
    encoder, decoder = tiny_networks()
    ours = build(kernel=kernel, encoder=encoder, decoder=decoder)
    assert [weight.mean.shape for weight in ours.posterior.weights] == 2 * [(LATENT_DIM, FEATURE_DIM**2 + 1)]
    of_kernel = lambda psi: keras.Sequential([psi, keras.layers.Lambda(lambda x: kernels.finite_features(kernel, x))])
    features = [of_kernel(psi) for psi in ours.posterior.features]
    same = GPEncoder(encoder, *features, LATENT_DIM, FEATURE_DIM**2 + 1)
    same.weights = ours.posterior.weights
    q = ours.encode(images)
    for part, other in zip((*q.gaussian, *q.f, *q.h), (*(p := same.condition(images)).gaussian, *p.f, *p.h)):
        np.testing.assert_allclose(part, other, rtol=1e-5, atol=1e-6)
    assert np.all(np.isfinite(ours.elbo({"observations": images}, seed=SEED).elbo))
    plain, linear = (build(kernel=k, encoder=encoder, decoder=decoder) for k in (None, psd_kernels.Linear()))
    for mine, theirs in zip(plain.posterior.features, linear.posterior.features, strict=True):
        theirs.set_weights(mine.get_weights())
    for part, other in zip(plain.encode(images).gaussian, linear.encode(images).gaussian):
        np.testing.assert_allclose(part, other, rtol=1e-6)


def test_the_same_moments_in_training(rng):
    """Inference leaves the zeros of L_j out of its products, and training does not."""
    weights, features = FullCovariance(3, 70, 0.5), tf.constant(rng.normal(size=(5, 70)), tf.float32)
    weights.mean.assign(rng.normal(size=(3, 70)))
    weights.raw_factor.assign(rng.normal(size=(3, 70, 70)))
    inferred = weights.project(features)
    with TrainingMode():
        trained = weights.project(features)
    for one, other in zip(inferred, trained):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6)


def test_a_kernel_is_saved(build, images, tmp_path):
    model = build(kernel=psd_kernels.Linear(0.4) + psd_kernels.Polynomial(exponent=2.0))
    model.save(tmp_path / "model")
    loaded = gpvae_tf.load_model(tmp_path / "model")
    np.testing.assert_array_equal(*(each.elbo({"observations": images}, seed=SEED).elbo for each in (loaded, model)))


def test_a_kernel_of_infinitely_many_features_is_refused(build):
    with pytest.raises(ValueError, match="contains ExponentiatedQuadratic, .* no finite vector of weights to have"):
        build(kernel=kernels.exponentiated_quadratic())


def test_the_bound_of_eq_15(build, images):
    """Its parts for weights that are known, and that it lies below the ordinary bound under Eq. 13."""
    model = build()
    bound, q = model.elbo({"observations": images}, seed=SEED), model.encode(images)
    draw_seed, kl_seed = tf.unstack(tf.random.split(tf.unstack(tf.random.split(SEED))[1]))
    z = q.sample(1, draw_seed).z
    np.testing.assert_allclose(bound.reconstruction, model.log_likelihood(images, z)[0], rtol=1e-5)
    np.testing.assert_allclose(bound.parts["kl"], -q.kl_in_bound(kl_seed), rtol=1e-6)
    assert np.all(bound.parts["kl"] < -q.kl_standard_normal())
    kl = 0.0
    for weight in model.posterior.weights:
        mean, factor = (np.asarray(part, np.float64) for part in (weight.mean, weight.factor()))
        assert np.all(np.triu(factor, 1) == 0.0) and np.all(np.diagonal(factor, axis1=1, axis2=2) > 0.0)
        for mu, low in zip(mean, factor):
            kl += 0.5 * (np.sum(low**2) + mu @ mu - FEATURE_DIM - np.linalg.slogdet(low @ low.T)[1])
    np.testing.assert_allclose(bound.parts["weights_kl"], np.full(21, -kl / NUM_DATA), rtol=1e-5)
    np.testing.assert_allclose(bound.regularizer, bound.parts["kl"] + bound.parts["weights_kl"], rtol=1e-6)


def test_the_first_function_moves_the_mean_and_the_second_the_deviation(build, images):
    """Eq. 13 by hand: b + W psi_m, and (c + U psi_s)^2 with what both weights spread."""
    model = build()
    q, (b, twice_log_c) = model.encode(images), np.split(model.posterior.encoder(images).numpy(), 2, axis=-1)
    (f, f_spread), (h, h_spread) = (
        (psi @ w.mean.numpy().T, np.sum(np.einsum("lpk,bp->blk", w.factor(), psi) ** 2, axis=-1))
        for w, psi in zip(model.posterior.weights, (each(images).numpy() for each in model.posterior.features))
    )
    deviation = np.exp(0.5 * twice_log_c) + h
    assert np.abs(f - h).max() > 0.1 and np.abs(f_spread - h_spread).max() > 0.1
    np.testing.assert_allclose(q.mean, b + f, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(q.gaussian.variance, deviation**2 + f_spread + h_spread, rtol=1e-4)
    np.testing.assert_allclose(q.deviation.mean, deviation, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(q.deviation.variance, h_spread, rtol=1e-4)


@pytest.mark.parametrize("weights", ["diagonal", "mean"])
def test_the_kl_of_ablated_weights(build, weights):
    """That of Gaussians with diagonal covariances; without any, what it has of the means."""
    posterior = build(weights).posterior
    deviations = [np.exp(w.log_scale) if weights == "diagonal" else np.ones(w.mean.shape) for w in posterior.weights]
    expected = sum(
        np.sum(tfd.kl_divergence(tfd.Normal(np.float64(w.mean), np.float64(s)), tfd.Normal(np.float64(0.0), 1.0)))
        for w, s in zip(posterior.weights, deviations)
    )
    np.testing.assert_allclose(posterior.regularizer(), expected, rtol=1e-5)


def test_the_monte_carlo_bound_has_the_same_mean(build, images):
    model = build()
    closed = model.encode(images)
    model.posterior.log_square_samples = 50_000
    sampled = model.encode(images)
    np.testing.assert_allclose(sampled.kl_in_bound(SEED), closed.kl_in_bound(SEED), atol=0.1)
    assert np.any(sampled.kl_in_bound(SEED) != sampled.kl_in_bound(SEED + 1))


def test_uncertainty_of_an_image(build, images):
    """sum_j |L_j^T psi_m|^2 + |G_j^T psi_s|^2."""
    model = build()
    q, total = model.encode(images), 0.0
    for weight, psi in zip(model.posterior.weights, model.posterior.features):
        features, factor = psi(images).numpy(), weight.factor().numpy()
        total = total + np.array([[np.sum((low.T @ row) ** 2) for low in factor] for row in features])
    np.testing.assert_allclose(q.uncertainty(), total.sum(axis=1), rtol=1e-5)
    assert np.all(build("mean").encode(images).uncertainty() == 0.0)


@pytest.mark.parametrize("kernel", [None, psd_kernels.Polynomial(bias_amplitude=0.5, exponent=2.0)])
@pytest.mark.parametrize("weights", ["full", "diagonal"])
def test_weights_start_at_the_scale_of_the_features(build, images, weights, kernel):
    """Those of a kernel, where there is one."""
    q = build(weights, moved=False, example_images=images, kernel=kernel).encode(images)
    for function in (q.f, q.h):
        assert np.mean(function.variance) == pytest.approx(0.01, rel=1e-4)
        assert np.all(function.mean == 0.0)


@pytest.mark.parametrize("weights", list(WEIGHTS))
def test_everything_trains(build, images, weights):
    model = build(weights)
    with tf.GradientTape() as tape:
        elbo = tf.reduce_sum(model.elbo({"observations": images}).elbo)
    variables = model.trainable_variables
    assert len(variables) == 4 + 4 + 2 * 2 + 2 * (2 if weights in ("full", "diagonal") else 1)
    gradients = tape.gradient(elbo, variables)
    assert all(g is not None and np.all(np.isfinite(g)) and np.any(g != 0.0) for g in gradients)
    assert ("weights_kl" in model.part_names) == (weights != "deterministic")


def test_no_loop_over_latent_dimensions(tiny_networks):
    """As many graph operations at 20 latent dimensions as at 2."""

    def operations(latent_dim: int) -> int:
        posterior = GPEncoder(trunk(2 * latent_dim), trunk(), trunk(), latent_dim, FEATURE_DIM)
        function = tf.function(lambda images: posterior.condition(images).gaussian)
        return len(function.get_concrete_function(tf.TensorSpec([8, *IMAGE_SHAPE])).graph.get_operations())

    assert operations(2) == operations(20)


def test_what_is_refused(build, images):
    with pytest.raises(ValueError, match="weights must be one of full, diagonal, mean, deterministic, got 'half'"):
        build("half")
    with pytest.raises(ValueError, match="initial_deviation must be positive, got 0"):
        build(initial_deviation=0.0)
    with pytest.raises(ValueError, match="example_images must give features a size.*mean square of 0"):
        build(example_images=tf.zeros_like(images))
    with pytest.raises(ValueError, match="log_square_samples must be >= 1, got 0"):
        build(log_square_samples=0)
    model = build()
    with pytest.raises(ValueError, match="num_data is None"):
        ImageVAE(model.posterior, model.decoder, event_shape=IMAGE_SHAPE)
    wrong = GPEncoder(model.posterior.encoder, trunk(4), trunk(), LATENT_DIM, FEATURE_DIM)
    with pytest.raises(ValueError, match=r"the features has shape \(21, 4\); expected \[B, 5\]"):
        wrong.condition(images)
