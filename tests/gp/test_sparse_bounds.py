"""The bounds of SVGP-VAE: what they equal, and the order L_H <= L_T <= log Z."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.gp import exact, gaussians, sparse
from tests.support import oracles
from tests.support.sparse_problem import L, M, N, Problem

TIGHT = dict(rtol=1e-9, atol=1e-10)


@pytest.fixture
def problem(rng):
    return Problem(rng)


def test_hensman_bound_of_a_free_q(problem, rng):
    """Not only at the optimum: any mean and any triangular root, lower (as variables are) included."""
    p, root = problem, np.tril(rng.normal(size=(L, M, M)))
    q = sparse.WhitenedGaussian(tf.constant(rng.normal(size=(L, M))), tf.constant(root))
    mu, cov = (part.numpy() for part in sparse.inducing_moments(p.factor, q))
    expected = [oracles.hensman(p.k_mm, p.k_mn, p.k_nn, *row, 2.5) for row in zip(p.y, p.s, mu, cov, strict=True)]
    np.testing.assert_allclose(p.hensman(q, 2.5), expected, **TIGHT)


def test_inducing_points_at_the_data_are_exact(rng):
    p = Problem(rng, points=lambda x: x)
    k_ns, k_ss = tf.constant(p.k_ns), tf.constant(p.k_ss)
    regression = exact.condition(tf.constant(p.k_nn), p.y, tf.constant(p.s))
    reference = exact.marginals(regression, k_ns, tf.linalg.diag_part(k_ss))
    a_new = sparse.project(p.factor, tf.constant(p.k_ms))
    ours = sparse.marginals(p.q(), a_new, np.diag(p.k_ss))
    np.testing.assert_allclose(ours.mean, reference.mean, rtol=1e-6)
    np.testing.assert_allclose(ours.variance, reference.variance, rtol=1e-6)
    joint = exact.covariance(regression, k_ns, k_ss)
    np.testing.assert_allclose(sparse.covariance(p.q(), a_new, k_ss), joint, atol=1e-6)
    np.testing.assert_allclose(p.titsias(), p.log_z(), rtol=1e-6)
    np.testing.assert_allclose(p.hensman(p.q()), p.log_z(), rtol=1e-6)


def test_hensman_is_largest_at_titsias(problem, rng):
    p, q = problem, problem.q()
    np.testing.assert_allclose(p.hensman(q), p.titsias(), **TIGHT)
    for size in (1e-2, 0.3):
        for _ in range(5):
            moved = sparse.WhitenedGaussian(
                q.mean + size * rng.normal(size=(L, M)), q.sqrt * (1.0 + size * rng.uniform(-1.0, 1.0, (L, M, M)))
            )
            assert np.all(p.hensman(moved) < p.titsias())


def test_titsias_rises_to_log_z_with_nested_points(rng):
    order = rng.permutation(N)
    bounds = [Problem(np.random.default_rng(1), points=lambda x, m=m: x[order[:m]]).titsias() for m in range(1, N + 1)]
    log_z = Problem(np.random.default_rng(1)).log_z()
    assert np.all(np.diff(bounds, axis=0) > 0.0)  # a strict rise: the points are informative
    assert np.all(np.array(bounds[:-1]) < log_z)
    np.testing.assert_allclose(bounds[-1], log_z, rtol=1e-9)


@pytest.mark.parametrize("num_data", [N, 50])
def test_equation_10_collapses(problem, num_data):
    """-E_qS[log q~] + (b/N) L_H, with L_H on the batch as the N/b-scaled sum, is -(b/N) KL."""
    p, scale = problem, num_data / N
    q = p.q(scale)
    cross_entropy = gaussians.expected_log_density(sparse.marginals(q, p.a, p.k_diag), p.y, tf.constant(p.s))
    term_by_term = -cross_entropy + p.hensman(q, scale) / scale
    np.testing.assert_allclose(term_by_term, -sparse.prior_kl(q) / scale, **TIGHT)
