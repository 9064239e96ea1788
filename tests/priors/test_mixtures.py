"""Mixtures against scipy, their draws, and that their parameters learn."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

from gpvae_tf.priors import GaussianComponents, MixtureOfGaussians, StandardNormal
from tests.support.mixtures import component_densities, integral, spread

K, L = 4, 2
SEED = tf.constant([3, 4])


@pytest.fixture
def mixture(rng):
    return MixtureOfGaussians(spread(GaussianComponents(K, L), rng))


def test_standard_normal(rng):
    z = rng.normal(size=(3, 5, L)).astype(np.float32)
    expected = stats.norm.logpdf(z).sum(axis=-1)
    np.testing.assert_allclose(StandardNormal(L).log_prob(tf.constant(z)), expected, rtol=1e-6)
    draws = StandardNormal(L).sample(20_000, SEED).numpy()
    assert draws.shape == (20_000, L)
    assert all(stats.kstest(draws[:, d], "norm").pvalue > 1e-3 for d in range(L))


def test_mixture_is_the_log_of_a_mean(mixture, rng):
    z = rng.normal(size=(3, 5, L)).astype(np.float32)
    expected = special.logsumexp(component_densities(z, mixture.components), axis=-1) - np.log(K)
    np.testing.assert_allclose(mixture.log_prob(tf.constant(z)), expected, rtol=1e-5)


def test_mixture_integrates_to_one(mixture):
    np.testing.assert_allclose(integral(mixture), 1.0, rtol=1e-4)


def test_mixture_draws_follow_its_distribution(mixture):
    draws = mixture.sample(20_000, SEED).numpy()
    means, deviations = mixture.components.means.numpy(), np.exp(0.5 * mixture.components.log_variances.numpy())
    for d in range(L):
        cdf = lambda x, d=d: stats.norm.cdf(x[:, None], means[:, d], deviations[:, d]).mean(axis=-1)
        assert stats.kstest(draws[:, d], cdf).pvalue > 1e-3
    np.testing.assert_array_equal(draws, mixture.sample(20_000, SEED))
    assert not np.array_equal(draws, mixture.sample(20_000, SEED + 1))


def test_one_standard_component_is_the_standard_normal(rng):
    z = tf.constant(rng.normal(size=(7, L)), tf.float32)
    one = MixtureOfGaussians(GaussianComponents(1, L, mean_scale=0.0))
    np.testing.assert_allclose(one.log_prob(z), StandardNormal(L).log_prob(z), rtol=1e-6)


def test_means_start_small_and_variances_at_one():
    components = GaussianComponents(500, 40)
    assert 0.095 < np.std(components.means) < 0.105 and np.all(components().variance == 1.0)
    assert not np.array_equal(components.means, GaussianComponents(500, 40, seed=1).means)


def test_means_and_variances_learn(mixture, rng):
    data = tf.constant(rng.normal([3.0, -1.0], [0.5, 2.0], (500, L)), tf.float32)
    assert {v.name for v in mixture.trainable_variables} == {"means:0", "log_variances:0"}
    before = [v.numpy() for v in mixture.trainable_variables]
    for _ in range(10):
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(mixture.log_prob(data))
        gradients = tape.gradient(loss, mixture.trainable_variables)
        for variable, gradient in zip(mixture.trainable_variables, gradients, strict=True):
            variable.assign_sub(0.3 * gradient)
    assert -float(tf.reduce_mean(mixture.log_prob(data))) < float(loss)
    assert all(np.all(v.numpy() != start) for v, start in zip(mixture.trainable_variables, before, strict=True))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(num_components=0, latent_dim=2), "num_components must be >= 1, got 0"),
        (dict(num_components=2, latent_dim=0), "latent_dim must be >= 1, got 0"),
        (dict(num_components=2, latent_dim=2, mean_scale=-1.0), "mean_scale must be >= 0, got -1.0"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(ValueError, match=message):
        GaussianComponents(**arguments)


def test_latents_of_another_length_are_refused(mixture):
    for prior in (mixture, StandardNormal(L)):
        with pytest.raises(ValueError, match="z has shape"):
            prior.log_prob(tf.zeros([3, L + 1]))
