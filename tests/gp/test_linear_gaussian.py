"""The linear-Gaussian posterior and its density against explicit inverses and TFP."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf.gp import linear_gaussian

tfd = tfp.distributions


@pytest.fixture
def problem(rng):
    """Tangents J^T [2, 3, 5], noise variances [2, 5], residuals [2, 5]."""
    return rng.normal(size=(2, 3, 5)), rng.uniform(0.2, 2.0, (2, 5)), rng.normal(size=(2, 5))


def covariances(tangents, noise):
    return np.array([np.linalg.inv(np.eye(3) + t @ np.diag(1.0 / s) @ t.T) for t, s in zip(tangents, noise)])


def test_posterior(problem):
    tangents, noise, residual = problem
    factor = linear_gaussian.precision_factor(tf.constant(tangents), tf.constant(noise))
    mean = linear_gaussian.posterior_mean(factor, *(tf.constant(part) for part in (tangents, residual, noise)))
    expected = covariances(tangents, noise)
    np.testing.assert_allclose(np.linalg.inv(factor @ tf.linalg.matrix_transpose(factor)), expected, rtol=1e-10)
    for b in range(2):
        np.testing.assert_allclose(mean[b], expected[b] @ tangents[b] @ (residual[b] / noise[b]), rtol=1e-10)


def test_density_and_kl_match_tfp(problem, rng):
    tangents, noise, _ = problem
    mean, z = rng.normal(size=(2, 3)), rng.normal(size=(4, 2, 3))
    factor = linear_gaussian.precision_factor(tf.constant(tangents), tf.constant(noise))
    q = tfd.MultivariateNormalFullCovariance(mean, covariances(tangents, noise))
    np.testing.assert_allclose(linear_gaussian.log_density(tf.constant(z), mean, factor), q.log_prob(z), rtol=1e-10)
    p = tfd.MultivariateNormalDiag(np.zeros(3), np.ones(3))
    kl = linear_gaussian.kl_standard_normal(tf.constant(mean), factor)
    np.testing.assert_allclose(kl, tfd.kl_divergence(q, p), rtol=1e-10)


def test_draws_have_the_covariance(problem):
    """draw is affine in the noise: C^-T times its transpose is A^-1."""
    tangents, noise, _ = problem
    factor = linear_gaussian.precision_factor(tf.constant(tangents), tf.constant(noise))
    unit = tf.constant(np.tile(np.eye(3)[:, None], (1, 2, 1)))  # [3, 2, 3], one unit vector per draw
    columns = linear_gaussian.draw(tf.zeros([2, 3], tf.float64), factor, unit).numpy()
    for b, expected in enumerate(covariances(tangents, noise)):
        np.testing.assert_allclose(columns[:, b].T @ columns[:, b], expected, rtol=1e-10)
