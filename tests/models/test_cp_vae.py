"""CP-VAE: K = 1 is a VAE with a learned Gaussian, bounds agree with each other and the exact KL, generation."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.experiments.cp_vae.presets import ESTIMATORS
from gpvae_tf.models.cp_estimators import Enumerate, Relaxed, StraightThrough
from gpvae_tf.models.cp_vae import CPVAE
from gpvae_tf.models.image_vae import ImageVAE
from gpvae_tf.posteriors import MeanField
from gpvae_tf.priors import ConditionalGaussians, GaussianComponents, MixtureOfGaussians, StandardNormal
from tests.support.cp_problem import SHAPE, B, D, K, build, images

SEED = tf.constant([3, 4])


class Function(tf.Module):
    """A network that is a function, with nothing of its own to train."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def __call__(self, inputs):
        return self.function(inputs)


@pytest.fixture
def batch(rng):
    return {"observations": images(rng)}


@pytest.fixture
def model(rng):
    return build(rng)


def reconstructions(model, batch, estimator, runs=30):
    """Mean over runs and its standard error, [B] each."""
    function = tf.function(lambda seed: model.bound(batch, estimator, seed).reconstruction)
    values = np.array([function(tf.constant([run, 9])) for run in range(runs)])
    return values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(runs)


def test_one_category_is_a_vae_with_one_learned_gaussian(rng, batch):
    """The same q, p(z) and p(y | z) as an ImageVAE on the same networks, and no category to pay for."""
    model = build(rng, num_categories=1, num_samples=4000)
    one = lambda z: tf.concat([z, tf.ones_like(z[..., :1])], axis=-1)

    def encode(images):
        gaussian = model.posterior.condition(images).every()
        return tf.concat([gaussian.mean[:, 0], tf.math.log(gaussian.variance[:, 0])], axis=-1)

    decoder = Function(lambda z: model.decoder(one(z)))
    prior = MixtureOfGaussians(model.prior.components)
    posterior = MeanField(Function(encode), D)
    vae = ImageVAE(posterior, decoder, event_shape=SHAPE, prior=prior, num_samples=4000)
    z = tf.constant(rng.normal(size=(5, B, D)))
    np.testing.assert_allclose(
        model.log_prob(batch["observations"], one(z)),
        vae.log_prob(batch["observations"], tf.cast(z, tf.float64)),
        rtol=1e-6,
    )
    np.testing.assert_allclose(
        model.encode(batch["observations"]).log_prob(one(z)), vae.encode(batch["observations"]).log_prob(z), rtol=1e-6
    )
    ours, expected = model.elbo(batch, SEED), vae.elbo(batch, SEED)
    np.testing.assert_array_equal(ours.parts["category_kl"], np.zeros(B))
    np.testing.assert_allclose(ours.parts["kl"], expected.parts["kl"], rtol=0.05)  # theirs by Monte Carlo
    np.testing.assert_allclose(ours.reconstruction, expected.reconstruction, rtol=0.02)


def test_enumeration_is_the_mean_of_many_hard_draws(model, rng, batch):
    model.num_samples = 500
    enumerated, first_error = reconstructions(model, batch, Enumerate())
    drawn, second_error = reconstructions(model, batch, StraightThrough(0.7))
    error = np.hypot(first_error, second_error)
    assert np.all(np.abs(enumerated - drawn) < 4.0 * error) and np.all(error < 0.05)
    assert np.all(first_error < second_error)  # nothing about c is drawn


def test_relaxed_draws_become_hard_as_they_cool(model, batch):
    model.num_samples = 50
    hard = model.bound(batch, StraightThrough(1e-3), SEED)
    cold, warm = (model.bound(batch, Relaxed(tau), SEED).reconstruction for tau in (1e-4, 1.0))
    np.testing.assert_allclose(cold, hard.reconstruction, rtol=1e-3)
    assert np.all(np.abs(warm - hard.reconstruction) > 1e-3)


def test_every_estimator_has_the_same_exact_divergences(model, batch):
    bounds = [model.bound(batch, ESTIMATORS[name](0.7), SEED) for name in ("enumerate", "relaxed")]
    bounds.append(model.bound(batch, ESTIMATORS["straight_through"](0.7), SEED + 1))
    for bound in bounds[1:]:
        for name in model.part_names:
            np.testing.assert_allclose(bound.parts[name], bounds[0].parts[name], rtol=1e-12)
    for bound in bounds:
        np.testing.assert_allclose(bound.elbo, bound.reconstruction + sum(bound.parts.values()), rtol=1e-12)
        assert bound.elbo.shape == (B,) and np.all(bound.num_points == 1.0)


def test_the_exact_kl_agrees_with_the_bound_of_image_vae(rng, batch):
    """ImageVAE on the same parts: the expectation enumerated too, the divergence by Monte Carlo."""
    model = build(rng, num_samples=4000, estimator=Enumerate())
    ours, expected = model.elbo(batch, SEED), ImageVAE.elbo_given(model, batch, batch, SEED)
    np.testing.assert_allclose(ours.regularizer, expected.parts["kl"], rtol=0.05)
    np.testing.assert_allclose(ours.reconstruction, expected.reconstruction, rtol=0.02)


@pytest.mark.parametrize("name", [*ESTIMATORS])
def test_gradients_reach_everything(name, rng, batch):
    model = build(rng, estimator=ESTIMATORS[name](0.7))
    with tf.GradientTape() as tape:
        loss = -tf.reduce_mean(model.elbo(batch, SEED).elbo)
    gradients = tape.gradient(loss, model.trainable_variables)
    for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
        assert gradient is not None and np.any(gradient != 0), variable.name


def fit(model, rng, steps=3):
    model.compile(keras.optimizers.Adam(0.01))
    data = tf.data.Dataset.from_tensors({"observations": np.float32(images(rng))}).repeat(steps)
    return model.fit(data, verbose=0).history


def test_the_prior_s_means_and_variances_move_in_training(rng, eagerly):
    model = build(policy="float32")
    own = [model.prior.components.means, model.prior.components.log_variances]
    before = [variable.numpy() for variable in own]
    history = fit(model, rng)
    assert {"elbo", "reconstruction", "regularizer", "category_kl", "kl", "skipped"} <= set(history)
    assert all(np.all(v.numpy() != start) for v, start in zip(own, before, strict=True))


def test_gradients_of_straight_through_reach_the_logits(model, batch):
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(model.bound(batch, StraightThrough(0.7), SEED).reconstruction)
    gradients = tape.gradient(value, model.posterior.logit_head.trainable_variables)
    assert all(np.any(gradient != 0) for gradient in gradients)


def test_evaluation_uses_its_own_estimator(rng, batch):
    model = build(rng, estimator=Relaxed(0.7), test_estimator=Enumerate())
    model.compile()
    logs = model.test_step(batch)
    expected = model.bound(batch, Enumerate(), model.step_seed(salt=1))
    np.testing.assert_allclose(logs["elbo"], np.mean(expected.elbo), rtol=1e-6)


def test_evaluation_follows_the_training_estimator_without_one(rng):
    """Also one that is given later; the relaxed bound, which is none, stayed."""
    model = build(rng, estimator=Relaxed(0.7))
    model.estimator = Enumerate()
    assert isinstance(model.test_estimator, Enumerate)
    model.test_estimator = StraightThrough()
    model.estimator = Relaxed(0.5)
    assert isinstance(model.test_estimator, StraightThrough)


def test_generation(model, rng, batch):
    weights = np.mean(model.categories(batch["observations"]), axis=0)
    np.testing.assert_allclose(weights.sum(), 1.0, rtol=1e-6)
    for generated in (
        model.sample(6, SEED),
        model.decode(model.prior.sample(6, SEED, weights)),
        model.sample_category(2, 6, SEED),
        model.reconstruct(batch)[:1],
    ):
        assert generated.shape[1:] == SHAPE and np.all((generated >= 0) & (generated <= 1))
    np.testing.assert_array_equal(model.sample_category(2, 6, 7), model.sample_category(2, 6, (7, 0)))
    z = rng.normal(size=(3, D))
    chosen = model.decode_as(z, [2, 0, 1])
    expected = model.decode(np.concatenate([z, np.eye(K)[[2, 0, 1]]], axis=-1))
    np.testing.assert_allclose(chosen, expected, rtol=1e-6)
    np.testing.assert_allclose(model.decode_as(z, 1)[2], chosen[2], rtol=1e-6)
    np.testing.assert_allclose(model.sample(6, SEED), model.decode(model.prior.sample(6, SEED)), rtol=1e-6)
    np.testing.assert_array_equal(model.prior.sample(6, SEED, np.eye(K)[1])[:, D:], np.tile(np.eye(K)[1], (6, 1)))


def test_a_category_s_draws_come_from_its_gaussian(model):
    """As if drawn by hand: the noise is the same, so other means move every image."""
    before = model.sample_category(1, 5, SEED)
    model.prior.components.means.assign_add([[1.0, 1.0], [0.0, 0.0], [1.0, 1.0]])
    np.testing.assert_array_equal(model.sample_category(1, 5, SEED), before)
    model.prior.components.means.assign_add([[0.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    assert np.all(model.sample_category(1, 5, SEED) != before)


def test_refusals(model, rng, batch):
    posterior, decoder = model.posterior, model.decoder
    with pytest.raises(TypeError, match="prior must be ConditionalGaussians for latents .z, c., got StandardNormal"):
        CPVAE(posterior, decoder, event_shape=SHAPE, prior=StandardNormal(D + K))
    with pytest.raises(ValueError, match="prior has 4 categories, the posterior has 3"):
        CPVAE(posterior, decoder, event_shape=SHAPE, prior=ConditionalGaussians(GaussianComponents(K + 1, D - 1)))
    for argument in ("analytic_kl", "num_data"):
        with pytest.raises(TypeError, match=f"CPVAE takes no {argument}, which would have no effect on its bound"):
            CPVAE(posterior, decoder, event_shape=SHAPE, **{argument: 1})
    with pytest.raises(ValueError, match="observations has shape"):
        model.elbo({"observations": batch["observations"][:, :3]})
    for act in (lambda: model.sample_category(K, 2, SEED), lambda: model.decode_as(np.zeros((2, D)), [0, K])):
        with pytest.raises(ValueError, match=f"categories has {K}; the model has 0, ..., {K - 1}"):
            act()
    with pytest.raises(ValueError, match="weights must be 3 probabilities"):
        model.prior.sample(2, SEED, [1.0, 1.0, 1.0])
    with pytest.raises(ValueError, match="num_components must be >= 1, got 0"):
        GaussianComponents(0, D)
