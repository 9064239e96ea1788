"""Sparse GP regression against Eqs. 3-7 and 9 of SVGP-VAE with explicit inverses, TFP, and finite differences."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf.gp import factorization, sparse
from tests.support import oracles
from tests.support.sparse_problem import L, M, N, Problem

tfd = tfp.distributions
TIGHT = dict(rtol=1e-9, atol=1e-10)


@pytest.fixture
def problem(rng):
    return Problem(rng)


@pytest.mark.parametrize("scale", [1.0, 6.5])
def test_equations_3_to_7_and_9(problem, scale):
    p, q = problem, problem.q(scale)
    mu, cov = sparse.inducing_moments(p.factor, q)
    a_new = sparse.project(p.factor, tf.constant(p.k_ms))
    new, new_cov = sparse.marginals(q, a_new, np.diag(p.k_ss)), sparse.covariance(q, a_new, p.k_ss)
    kl, bound, titsias = sparse.prior_kl(q), p.hensman(q, scale), p.titsias()
    for channel, (y, s) in enumerate(zip(p.y, p.s, strict=True)):
        mu_l, cov_l = oracles.optimal_q(p.k_mm, p.k_mn, y, s, scale)
        np.testing.assert_allclose(mu[channel], mu_l, **TIGHT)
        np.testing.assert_allclose(cov[channel], cov_l, **TIGHT)
        mean_l, new_l = oracles.sparse_posterior(p.k_mm, p.k_ms, p.k_ss, mu_l, cov_l)
        np.testing.assert_allclose(new.mean[channel], mean_l, **TIGHT)
        np.testing.assert_allclose(new.variance[channel], np.diag(new_l), **TIGHT)
        np.testing.assert_allclose(new_cov[channel], new_l, **TIGHT)
        np.testing.assert_allclose(kl[channel], oracles.kl_to_prior(mu_l, cov_l, p.k_mm), **TIGHT)
        np.testing.assert_allclose(
            bound[channel], oracles.hensman(p.k_mm, p.k_mn, p.k_nn, y, s, mu_l, cov_l, scale), **TIGHT
        )
        np.testing.assert_allclose(titsias[channel], oracles.titsias(p.k_mm, p.k_mn, p.k_nn, y, s), **TIGHT)


def test_prior_kl_matches_tfp(problem, rng):
    """Unwhitened, by an independent implementation."""
    root = np.tril(rng.normal(size=(L, M, M)))
    q = sparse.WhitenedGaussian(tf.constant(rng.normal(size=(L, M))), tf.constant(root))
    mu, cov = sparse.inducing_moments(problem.factor, q)
    prior = tfd.MultivariateNormalTriL(tf.zeros(M, tf.float64), problem.factor)
    expected = tfd.kl_divergence(tfd.MultivariateNormalTriL(mu, tf.linalg.cholesky(cov)), prior)
    np.testing.assert_allclose(sparse.prior_kl(q), expected, rtol=1e-9)


def test_prior_kl_is_zero_at_the_prior():
    q = sparse.WhitenedGaussian(tf.zeros([L, M], tf.float64), tf.eye(M, batch_shape=[L], dtype=tf.float64))
    np.testing.assert_array_equal(sparse.prior_kl(q), np.zeros(L))


def test_statistics_add_over_mini_batches(problem):
    """Unequal batches; and N/b times the statistics of N/b copies of a batch is the whole."""
    p, whole = problem, problem.stats()
    parts = [p.stats(slice(0, 3)), p.stats(slice(3, N))]
    for name in whole._fields:
        np.testing.assert_allclose(sum(getattr(part, name) for part in parts), getattr(whole, name), rtol=1e-12)
    half = p.stats(slice(0, N // 2))
    twice = sparse.SufficientStatistics(2.0 * half.precision, 2.0 * half.vector)
    scaled, repeated = sparse.optimal_q(half, tf.constant(2.0, tf.float64)), sparse.optimal_q(twice)
    np.testing.assert_allclose(scaled.mean, repeated.mean, rtol=1e-12)
    np.testing.assert_allclose(scaled.sqrt, repeated.sqrt, rtol=1e-12)


def test_homoscedastic_matches_tfp(rng):
    """TFP's closed form of the optimal q(f_m), and the dense N(y | 0, Q + s I); its default jitter is off here."""
    p, noise = Problem(rng, noise=0.4), np.float64(0.4)
    kernel = tfp.math.psd_kernels.ExponentiatedQuadratic(length_scale=np.float64(1.0))
    location, scale = tfd.VariationalGaussianProcess.optimal_variational_posterior(
        kernel, p.points, p.x, p.y, observation_noise_variance=noise, jitter=0.0
    )
    mu, cov = sparse.inducing_moments(p.factor, p.q())
    np.testing.assert_allclose(mu, location, rtol=1e-8)
    root = scale.numpy().T  # TFP 0.25 returns R^-1 K_mm, R R^T = Sigma: A of Eq. 5 is its transpose times itself
    np.testing.assert_allclose(cov, np.tile(root @ root.T, (L, 1, 1)), rtol=1e-8)
    dense = tfd.MultivariateNormalFullCovariance(
        tf.zeros(N, tf.float64), p.k_mn.T @ np.linalg.solve(p.k_mm, p.k_mn) + noise * np.eye(N)
    )
    trace = np.sum(1.0 - np.sum(p.k_mn * np.linalg.solve(p.k_mm, p.k_mn), axis=0)) / noise
    np.testing.assert_allclose(p.titsias(), dense.log_prob(p.y) - 0.5 * trace, rtol=1e-9)


def test_masked_points_are_removed(problem):
    p, keep = problem, np.arange(N) % 3 != 1
    y, s = tf.constant(np.where(keep, p.y, np.nan)), tf.constant(np.where(keep, p.s, np.nan))
    only = lambda array: tf.constant(np.asarray(array)[..., keep])
    masked, removed = sparse.statistics(p.a, y, s, keep), sparse.statistics(only(p.a), only(p.y), only(p.s))
    np.testing.assert_allclose(masked.precision, removed.precision, rtol=1e-12)
    np.testing.assert_allclose(masked.vector, removed.vector, rtol=1e-12)
    data, rest = (p.a, p.k_diag, y, s), (only(p.a), only(p.k_diag), only(p.y), only(p.s))
    np.testing.assert_allclose(sparse.titsias_bound(*data, keep), sparse.titsias_bound(*rest), rtol=1e-10)
    q = sparse.optimal_q(removed)
    np.testing.assert_allclose(
        sparse.hensman_bound(q, *data, scale=3.0, mask=keep), sparse.hensman_bound(q, *rest, scale=3.0), rtol=1e-10
    )


@pytest.mark.parametrize("mask", [None, [True, False, True, True, True]])
def test_gradients_match_finite_differences(rng, mask):
    """Of L_T, L_H at the optimum scaled by N/b, and q_S's marginals; w.r.t. y, noise, length scale, inducing points."""
    n = 5
    x = np.arange(n, dtype=np.float64)[:, None]
    arguments = (rng.normal(size=n), rng.uniform(0.2, 1.0, n), np.float64(1.1), np.array([[0.3], [2.1], [3.6]]))

    @tf.function
    def outputs(y, s, length_scale, points):
        kernel = tfp.math.psd_kernels.ExponentiatedQuadratic(length_scale=length_scale)
        a = sparse.project(factorization.cholesky(kernel.matrix(points, points), name="K_mm"), kernel.matrix(points, x))
        k_diag = tf.ones(n, tf.float64)
        q = sparse.optimal_q(sparse.statistics(a, y, s, mask), tf.constant(4.0, tf.float64))
        bounds = [sparse.titsias_bound(a, k_diag, y, s, mask)]
        bounds.append(sparse.hensman_bound(q, a, k_diag, y, s, scale=4.0, mask=mask))
        return tf.concat([tf.stack(bounds), *sparse.marginals(q, a, k_diag)], 0)

    theoretical, numerical = tf.test.compute_gradient(outputs, [tf.constant(a) for a in arguments], delta=1e-5)
    names = ("y", "noise", "length_scale", "inducing_points")
    for name, ours, reference in zip(names, theoretical, numerical, strict=True):
        np.testing.assert_allclose(ours, reference, rtol=1e-6, atol=1e-7, err_msg=name)
        assert np.abs(reference).max() > 1e-2  # the test would see a gradient that is cut off
