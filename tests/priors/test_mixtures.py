"""Mixtures against scipy, their draws, and that their parameters learn."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

from gpvae_tf.as_coded.priors import AsCodedComponents, AsCodedMixture
from gpvae_tf.priors import GaussianComponents, MixtureOfGaussians, Prior, StandardNormal

K, L = 4, 2
SEED = tf.constant([3, 4])


def spread(components, rng):
    """Components with means and variances of their own."""
    components.means.assign(rng.normal(size=components.means.shape))
    components.log_variances.assign(rng.uniform(-1.5, 0.5, components.means.shape))
    return components


@pytest.fixture
def mixture(rng):
    return MixtureOfGaussians(spread(GaussianComponents(K, L), rng))


def component_densities(z, components):
    means, deviations = components.means.numpy(), np.exp(0.5 * components.log_variances.numpy())
    return stats.norm.logpdf(z[..., None, :], means, deviations).sum(axis=-1)


def integral(prior: Prior, edge: float = 12.0, points: int = 400) -> float:
    """Of a density over two dimensions, by the rule of rectangles on a grid."""
    axis = np.linspace(-edge, edge, points)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).astype(np.float32)
    return float(np.exp(prior.log_prob(tf.constant(grid)).numpy().astype(np.float64)).sum() * (axis[1] - axis[0]) ** 2)


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


def test_the_authors_mixture_is_a_mean_of_logs_and_no_density(rng):
    """One Gaussian with less than unit mass, and nothing that trains."""
    prior = AsCodedMixture(AsCodedComponents(K, L))
    z = rng.normal(size=(5, L)).astype(np.float32)
    expected = component_densities(z, prior.components).mean(axis=-1)
    np.testing.assert_allclose(prior.log_prob(tf.constant(z)), expected, rtol=1e-5)
    assert prior.trainable_variables == ()
    mixture = MixtureOfGaussians(prior.components)
    assert np.all(prior.log_prob(tf.constant(z)) <= mixture.log_prob(tf.constant(z)))
    assert integral(prior, 25.0) < 0.9999 and abs(integral(mixture, 25.0) - 1.0) < 1e-4


def test_the_authors_variances_are_two_different_ones():
    components = AsCodedComponents(200, 40)
    assert np.all((components.means >= 0) & (components.means < 1))
    assert 4.0 <= np.min(components().variance) < 4.1 and 6.9 < np.max(components().variance) < 7.03
    deviation = np.sqrt(components.for_sampling().variance)
    assert 1.0 <= deviation.min() < 1.01 and 2.7 < deviation.max() < 2.72
    np.testing.assert_array_equal(components.for_sampling().mean, components().mean)
    fixed = AsCodedComponents(3, 2, fixed_variance=True)
    np.testing.assert_allclose(fixed().variance, (1.0 + np.exp(0.5)) ** 2 * np.ones((3, 2)), rtol=1e-6)


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
