"""A Gaussian with a bidiagonal precision factor against dense matrices, TFP and the chain that it is."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf.gp import banded

N = 6


@pytest.fixture
def q():
    rng = np.random.default_rng(0)
    parts = rng.normal(size=(2, 3, N)), rng.uniform(0.5, 2.0, (2, 3, N)), rng.normal(size=(2, 3, N))
    return banded.BandedGaussian(*map(tf.constant, parts))


def dense(q):
    factor = np.zeros((2, 3, N, N))
    for place in np.ndindex(2, 3):
        factor[place] = np.diag(q.diagonal[place]) + np.diag(q.upper[place][:-1], 1)
    return factor, np.linalg.inv(np.swapaxes(factor, -1, -2) @ factor)


def prior():
    x = np.arange(N) * 0.7
    return np.exp(-0.5 * (x[:, None] - x) ** 2) + 0.1 * np.eye(N)


def test_solves_and_marginals(q):
    factor, covariance = dense(q)
    rhs = np.random.default_rng(1).normal(size=(2, 3, N, 2))
    np.testing.assert_allclose(q.solve(rhs), np.linalg.solve(factor, rhs))
    np.testing.assert_allclose(q.solve(rhs, adjoint=True), np.linalg.solve(np.swapaxes(factor, -1, -2), rhs))
    np.testing.assert_allclose(q.marginals().variance, np.diagonal(covariance, axis1=-2, axis2=-1))


def test_it_is_a_chain_from_the_end(q):
    noise = np.random.default_rng(2).normal(size=(2, 3, N))
    x = np.zeros((2, 3, N + 1))
    for i in reversed(range(N)):
        x[..., i] = (noise[..., i] - q.upper[..., i] * x[..., i + 1] * (i < N - 1)) / q.diagonal[..., i]
    np.testing.assert_allclose(q.solve(noise[..., None])[..., 0], x[..., :-1])


def test_kl_is_that_of_tfp(q):
    mvn = tfp.distributions.MultivariateNormalFullCovariance
    expected = tfp.distributions.kl_divergence(mvn(q.mean, dense(q)[1]), mvn(tf.zeros(N, tf.float64), prior()))
    np.testing.assert_allclose(banded.kl(q, tf.linalg.cholesky(prior())), expected, rtol=1e-10)


def test_kl_to_the_markov_prior_that_it_can_be_is_zero():
    """Matern-1/2 has a bidiagonal factor: b_i = (1 - r^2)^-1/2, u_i = -r b_i, and 1 for the last b."""
    x, r = np.arange(N) * 0.5, np.exp(-0.5)
    diagonal = np.r_[np.full(N - 1, (1 - r**2) ** -0.5), 1.0]
    q = banded.BandedGaussian(tf.zeros(N, tf.float64), tf.constant(diagonal), tf.constant(-r * diagonal))
    k = np.exp(-np.abs(x[:, None] - x))
    np.testing.assert_allclose(banded.kl(q, tf.linalg.cholesky(k)), 0.0, atol=1e-12)


def test_the_conditional_is_the_priors_averaged_over_q(q):
    covariance, x, new = dense(q)[1], np.arange(N) * 0.7, np.array([0.3, 9.0])
    k_ns = np.exp(-0.5 * (x[:, None] - new) ** 2)
    k_ss = np.exp(-0.5 * (new[:, None] - new) ** 2)
    weights = np.linalg.solve(prior(), k_ns)
    mean, found = banded.conditional(q, tf.linalg.cholesky(prior()), tf.constant(k_ns), tf.constant(k_ss))
    np.testing.assert_allclose(mean, q.mean @ weights)
    np.testing.assert_allclose(found, k_ss - weights.T @ (prior() - covariance) @ weights, atol=1e-12)
