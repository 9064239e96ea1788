"""p(z | c) / K by scipy, draws from chosen categories and weights."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from gpvae_tf.priors import ConditionalGaussians, GaussianComponents
from tests.support.mixtures import spread

K, D = 4, 2
SEED = tf.constant([3, 4])


@pytest.fixture
def prior(rng):
    return ConditionalGaussians(spread(GaussianComponents(K, D), rng))


def test_density_is_that_of_the_category(prior, rng):
    z, numbers = rng.normal(size=(3, 5, D)).astype(np.float32), rng.integers(0, K, (3, 5))
    means, log_variances = prior.components.means.numpy(), prior.components.log_variances.numpy()
    deviations = np.exp(0.5 * log_variances)[numbers]
    expected = stats.norm.logpdf(z, means[numbers], deviations).sum(axis=-1) - np.log(K)
    ours = prior.log_prob(tf.concat([z, prior.one_hot(numbers)], axis=-1))
    np.testing.assert_allclose(ours, expected, rtol=1e-5)
    given = prior.given(prior.one_hot(numbers))
    np.testing.assert_allclose(given.mean, means[numbers], rtol=1e-6)
    np.testing.assert_allclose(given.variance, deviations**2, rtol=1e-5)


def test_draws_from_a_category_follow_its_gaussian(prior):
    draws = prior.sample_given(tf.tile(prior.one_hot([2]), [20_000, 1]), SEED).numpy()
    np.testing.assert_array_equal(draws[:, D:], np.tile(np.eye(K)[2], (20_000, 1)))
    for d in range(D):
        loc, scale = prior.components.means[2, d], np.exp(0.5 * prior.components.log_variances[2, d])
        assert stats.kstest((draws[:, d] - loc) / scale, stats.norm.cdf).pvalue > 1e-3


def test_categories_may_be_in_double_precision(prior):
    """As NumPy's are."""
    one_hot = np.eye(prior.num_categories)
    draws = prior.sample_given(one_hot, (0, 1))
    assert draws.dtype == tf.float64
    assert prior.sample_given(one_hot.astype(np.float32), (0, 1)).dtype == tf.float32


def test_categories_are_uniform_or_as_weighted(prior):
    counts = prior.sample(20_000, SEED).numpy()[:, D:].sum(axis=0)
    assert stats.chisquare(counts).pvalue > 1e-3
    weights = [0.5, 0.0, 0.3, 0.2]
    counts = prior.sample(20_000, SEED, weights).numpy()[:, D:].sum(axis=0)
    assert counts[1] == 0 and stats.chisquare(counts[[0, 2, 3]], 20_000 * np.array([0.5, 0.3, 0.2])).pvalue > 1e-3


def test_category_and_noise_are_independent(prior):
    """Draws of a category are standard normal once centred and scaled, whichever category it is."""
    draws = prior.sample(20_000, SEED).numpy()
    numbers = draws[:, D:].argmax(axis=-1)
    means, deviations = prior.components.means.numpy(), np.exp(0.5 * prior.components.log_variances.numpy())
    noise = (draws[:, :D] - means[numbers]) / deviations[numbers]
    for k in range(K):
        assert all(stats.kstest(noise[numbers == k, d], "norm").pvalue > 1e-3 for d in range(D))


@pytest.mark.parametrize("weights", [[0.5, 0.5], [0.5, 0.5, 0.5, -0.5], [0.2, 0.2, 0.2, 0.2]])
def test_weights_must_be_probabilities(prior, weights):
    with pytest.raises(ValueError, match="weights must be 4 probabilities that sum to 1"):
        prior.sample(3, SEED, weights)


@pytest.mark.parametrize("number", [-1, K])
def test_categories_that_do_not_exist_are_refused(prior, number):
    with pytest.raises(ValueError, match=f"categories has {number}; the model has 0, ..., {K - 1}"):
        prior.one_hot([0, number])
    compiled = tf.function(prior.one_hot, input_signature=[tf.TensorSpec([None], tf.int32)])
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"categories has a number outside 0, ..., {K - 1}"):
        compiled([0, number])
    np.testing.assert_array_equal(compiled([0, K - 1]), np.eye(K)[[0, K - 1]])
