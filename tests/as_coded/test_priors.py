"""CP-VAE's priors as coded: a mean of logs that is no density, fixed components, draws of another variance."""

import numpy as np
import tensorflow as tf

from gpvae_tf.as_coded.priors import AsCodedComponents, AsCodedMixture
from gpvae_tf.priors import ConditionalGaussians, MixtureOfGaussians
from tests.support.mixtures import component_densities, integral

K, L = 4, 2
SEED = tf.constant([3, 4])


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


def test_the_authors_draws_have_another_variance_than_the_bound():
    prior = ConditionalGaussians(AsCodedComponents(K, L))
    draws = prior.sample_given(tf.tile(prior.one_hot([1]), [20_000, 1]), SEED).numpy()[:, :L]
    np.testing.assert_allclose(draws.var(axis=0), prior.components.for_sampling().variance[1], rtol=0.05)
    assert not np.allclose(draws.var(axis=0), prior.components().variance[1], rtol=0.1)
    assert prior.trainable_variables == ()
