"""Exact GP regression against explicit inverses in numpy, TFP's two homoscedastic classes, and finite differences."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf import kernels
from gpvae_tf.gp import exact
from tests.support import oracles

N, S, B, L = 6, 4, 2, 3
TIGHT = dict(rtol=1e-10, atol=1e-10)


@pytest.fixture
def problem(rng):
    """B data sets of L channels with heteroscedastic noise; inputs shared by channels, one length scale per channel."""
    x, x_new = rng.uniform(0.0, 5.0, (B, N, 2)), rng.uniform(0.0, 5.0, (B, S, 2))
    y, s = rng.normal(size=(B, L, N)), rng.uniform(0.05, 2.0, (B, L, N))
    return x, x_new, y, s, np.array([0.7, 1.0, 1.8])


def run(problem, mask=None):
    """Results of the library for all data sets and channels at once."""
    x, x_new, y, s, length_scales = problem
    kernel = kernels.exponentiated_quadratic(length_scales)
    k_nn, k_ns = kernels.matrix(kernel, x, x), kernels.matrix(kernel, x, x_new)
    regression = exact.condition(k_nn, tf.constant(y), tf.constant(s), mask)
    return {
        "here": exact.marginals(regression, k_nn, kernels.diagonal(kernel, tf.constant(x))),
        "new": exact.marginals(regression, k_ns, kernels.diagonal(kernel, tf.constant(x_new))),
        "cov": exact.covariance(regression, k_ns, kernels.matrix(kernel, x_new, x_new)).numpy(),
        "log_z": regression.log_marginal_likelihood.numpy(),
    }


def assert_matches_oracle(got, problem, keep=slice(None)):
    """Compares every data set and channel with the formulas on the points `keep`."""
    x, x_new, y, s, length_scales = problem
    for b, c in np.ndindex(B, L):
        xs, ys, ss = x[b][keep], y[b, c][keep], s[b, c][keep]
        k = lambda x1, x2, scale=length_scales[c]: oracles.rbf(x1, x2, scale)
        mean, cov = oracles.exact_posterior(k(xs, xs), k(xs, x_new[b]), k(x_new[b], x_new[b]), ys, ss)
        np.testing.assert_allclose(got["new"].mean[b, c], mean, **TIGHT)
        np.testing.assert_allclose(got["new"].variance[b, c], np.diag(cov), **TIGHT)
        np.testing.assert_allclose(got["cov"][b, c], cov, **TIGHT)
        mean, cov = oracles.exact_posterior(k(xs, xs), k(xs, x[b]), k(x[b], x[b]), ys, ss)
        np.testing.assert_allclose(got["here"].mean[b, c], mean, **TIGHT)
        np.testing.assert_allclose(got["here"].variance[b, c], np.diag(cov), **TIGHT)
        log_z = oracles.log_normal(ys, np.zeros(len(ys)), k(xs, xs) + np.diag(ss))
        np.testing.assert_allclose(got["log_z"][b, c], log_z, **TIGHT)


def test_matches_explicit_inverses(problem):
    assert_matches_oracle(run(problem), problem)


def test_masked_points_are_removed(problem):
    """Also from the results at their own inputs; what they hold plays no part."""
    x, x_new, y, s, length_scales = problem
    keep = np.array([True, False, True, True, False, True])
    y, s = np.where(keep, y, np.nan), np.where(keep, s, np.nan)
    assert_matches_oracle(run((x, x_new, y, s, length_scales), keep), problem, keep)


def test_masks_may_differ_between_data_sets(problem):
    keep = np.ones((B, 1, N), bool)
    keep[1, 0, 2:] = False
    got, full = run(problem, keep), run(problem)
    np.testing.assert_array_equal(got["log_z"][0], full["log_z"][0])
    assert np.all(np.abs(got["log_z"][1] - full["log_z"][1]) > 1e-3)


def test_nothing_observed_is_the_prior(problem):
    got = run(problem, np.zeros(N, bool))
    np.testing.assert_array_equal(got["log_z"], np.zeros((B, L)))
    np.testing.assert_array_equal(got["new"].mean, np.zeros((B, L, S)))
    np.testing.assert_array_equal(got["new"].variance, np.ones((B, L, S)))


def test_homoscedastic_matches_tfp(rng):
    x, x_new, y = rng.uniform(0.0, 5.0, (N, 1)), rng.uniform(0.0, 5.0, (S, 1)), rng.normal(size=N)
    kernel, noise = kernels.exponentiated_quadratic(1.3, 0.8), 0.3
    regression = exact.condition(kernel.matrix(x, x), tf.constant(y), tf.fill([N], tf.constant(noise, tf.float64)))
    ours = exact.marginals(regression, kernel.matrix(x, x_new), kernel.apply(x_new, x_new))
    options = dict(observation_noise_variance=np.float64(noise), jitter=0.0)
    reference = tfp.distributions.GaussianProcessRegressionModel(
        kernel, x_new, x, y, predictive_noise_variance=np.float64(0.0), **options
    )
    np.testing.assert_allclose(ours.mean, reference.mean(), **TIGHT)
    np.testing.assert_allclose(ours.variance, reference.variance(), **TIGHT)
    log_z = tfp.distributions.GaussianProcess(kernel, x, **options).log_prob(y)
    np.testing.assert_allclose(regression.log_marginal_likelihood, log_z, **TIGHT)


@pytest.mark.parametrize("mask", [None, [True, False, True, True]])
def test_gradients_match_finite_differences(rng, mask):
    """Of log Z and of the posterior marginals, with respect to y, the noise and the length scale."""
    n = 4
    x = rng.uniform(0.0, 4.0, (n, 1))
    arguments = [tf.constant(a) for a in (rng.normal(size=n), rng.uniform(0.2, 1.0, n), np.float64(1.2))]

    def outputs(y, noise, length_scale):
        k_nn = tfp.math.psd_kernels.ExponentiatedQuadratic(length_scale=length_scale).matrix(x, x)
        regression = exact.condition(k_nn, y, noise, mask)
        mean, variance = exact.marginals(regression, k_nn, tf.linalg.diag_part(k_nn))
        return tf.concat([regression.log_marginal_likelihood[tf.newaxis], mean, variance], 0)

    theoretical, numerical = tf.test.compute_gradient(outputs, arguments, delta=1e-5)
    for name, ours, reference in zip(("y", "noise", "length_scale"), theoretical, numerical, strict=True):
        np.testing.assert_allclose(ours, reference, rtol=1e-6, atol=1e-8, err_msg=name)
        assert np.abs(reference).max() > 1e-2  # the test would see a gradient that is cut off
