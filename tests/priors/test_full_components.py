"""Gaussians with full covariances by tfd.MultivariateNormalTriL: a mixture, conditionals, and CP-VAE's bound."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

import gpvae_tf
from gpvae_tf.as_coded.priors import AsCodedMixture
from gpvae_tf.models.cp_estimators import Enumerate
from gpvae_tf.priors import ConditionalGaussians, FullCovarianceComponents, GaussianComponents, MixtureOfGaussians
from tests.support import cp_problem
from tests.support.mixtures import integral

tfd = tfp.distributions
K, D = cp_problem.K, cp_problem.D
SEED = tf.constant([3, 4])


@pytest.fixture
def components(rng):
    """Away from their start, N(m, I)."""
    components = FullCovarianceComponents(K, D)
    for variable in components.trainable_variables:
        variable.assign(rng.normal(size=variable.shape))
    return components


@pytest.fixture
def expected(components):
    """The K distributions, made of the variables by hand."""
    lower, log_variances = components.lower.numpy(), components.log_variances.numpy()
    factors = np.tril(lower, -1) + np.stack([np.diag(np.exp(0.5 * row)) for row in log_variances])
    return tfd.MultivariateNormalTriL(components.means.numpy(), factors.astype(np.float32))


def test_densities(components, expected, rng):
    z, numbers = rng.normal(size=(3, 5, D)).astype(np.float32), rng.integers(0, K, (3, 5))
    each = expected.log_prob(z[..., None, :]).numpy()
    np.testing.assert_allclose(components.log_densities(tf.constant(z)), each, rtol=1e-4, atol=1e-4)
    prior = ConditionalGaussians(components)
    ours = prior.log_prob(tf.concat([z, prior.one_hot(numbers)], axis=-1))
    np.testing.assert_allclose(ours, np.take_along_axis(each, numbers[..., None], -1)[..., 0] - np.log(K), rtol=1e-4)
    given = prior.given(prior.one_hot(numbers))
    np.testing.assert_allclose(given.variance, expected.variance().numpy()[numbers], rtol=1e-5)
    mixture = tfd.MixtureSameFamily(tfd.Categorical(logits=np.zeros(K, np.float32)), expected)
    np.testing.assert_allclose(MixtureOfGaussians(components).log_prob(tf.constant(z)), mixture.log_prob(z), rtol=1e-4)


def test_a_mixture_integrates_to_one(components):
    components.means.assign(0.3 * components.means)
    assert integral(MixtureOfGaussians(components), edge=25.0, points=700) == pytest.approx(1.0, rel=1e-3)


def test_draws(components, expected):
    num = 40_000
    prior = ConditionalGaussians(components)
    of_one = prior.sample_given(tf.tile(prior.one_hot([1]), [num, 1]), SEED).numpy()[:, :D]
    of_any = MixtureOfGaussians(components).sample(num, SEED).numpy()
    means, covariances = expected.mean().numpy(), expected.covariance().numpy()
    overall = means.mean(axis=0)
    spread = covariances.mean(axis=0) + np.cov(means.T, bias=True)
    for draws, mean, covariance in ((of_one, means[1], covariances[1]), (of_any, overall, spread)):
        deviations = np.sqrt(np.diag(covariance))
        np.testing.assert_array_less(np.abs(draws.mean(axis=0) - mean), 5 * deviations / np.sqrt(num))
        allowed = 0.05 * np.outer(deviations, deviations)
        np.testing.assert_array_less(np.abs(np.cov(draws.T) - covariance), allowed)
    assert abs(np.corrcoef(of_one.T)[0, 1]) > 0.2


def test_the_bound_of_cp_vae(rng, components, expected):
    """B2 is sum_k q(c_k | y) KL(q(z | y, c_k) || p(z | c_k)) by TFP, and all of the prior has a gradient."""
    model, images = cp_problem.build(prior=ConditionalGaussians(components)), cp_problem.images(rng)
    for layer in model.posterior.trainable_variables:
        layer.assign(0.7 * rng.normal(size=layer.shape))
    q = model.posterior.condition(images)
    mean, variance = (np.float32(part) for part in q.every())
    kls = tfd.kl_divergence(tfd.MultivariateNormalTriL(mean, tf.linalg.diag(np.sqrt(variance))), expected)
    wanted = -np.sum(tf.nn.softmax(q.logits) * np.float64(kls), axis=-1)
    step = tf.function(lambda: _bound_and_gradients(model, images))
    kl, gradients = step()
    np.testing.assert_allclose(kl, wanted, rtol=1e-4)
    assert len(gradients) == 3 and all(np.all(np.isfinite(g)) and np.any(g != 0.0) for g in gradients)


def _bound_and_gradients(model, images):
    with tf.GradientTape() as tape:
        bound = model.bound({"observations": images}, Enumerate(), SEED)
        total = tf.reduce_sum(bound.elbo)
    return bound.parts["kl"], tape.gradient(total, model.prior.trainable_variables)


def test_they_start_as_the_diagonal_ones(rng):
    """The same means; the bound and draws differ by rounding."""
    images = cp_problem.images(rng)
    diagonal = cp_problem.build(prior=ConditionalGaussians(GaussianComponents(K, D)))
    full = cp_problem.build(prior=ConditionalGaussians(FullCovarianceComponents(K, D)))
    for ours, theirs in zip(full.posterior.trainable_variables, diagonal.posterior.trainable_variables, strict=True):
        ours.assign(theirs)
    for ours, theirs in zip(full.decoder.trainable_variables, diagonal.decoder.trainable_variables, strict=True):
        ours.assign(theirs)
    bounds = [model.bound({"observations": images}, Enumerate(), SEED).elbo for model in (full, diagonal)]
    np.testing.assert_allclose(*bounds, rtol=1e-6)
    np.testing.assert_allclose(full.prior.sample(9, SEED), diagonal.prior.sample(9, SEED), rtol=1e-5, atol=1e-6)
    mixtures = [MixtureOfGaussians(model.prior.components) for model in (full, diagonal)]
    np.testing.assert_allclose(*(mixture.sample(9, SEED) for mixture in mixtures), rtol=1e-5, atol=1e-6)


def test_they_are_saved_with_what_they_learned(components, tmp_path, rng):
    model, images = cp_problem.build(prior=ConditionalGaussians(components)), cp_problem.images(rng)
    model.save(tmp_path / "model")
    bounds = [
        each.bound({"observations": images}, Enumerate(), SEED)
        for each in (gpvae_tf.load_model(tmp_path / "model"), model)
    ]
    np.testing.assert_array_equal(*(bound.parts["kl"] for bound in bounds))


def test_what_takes_diagonal_ones_says_so(components):
    with pytest.raises(TypeError, match="components are FullCovarianceComponents, and this takes Gaussians with diag"):
        AsCodedMixture(components).log_prob(tf.zeros([1, D]))
