"""Deep SVIGP's q(f_m) as coded: not whitened, and trace terms in the place of draws."""

import numpy as np
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.as_coded.free_sparse_gp import AsCodedFreeGP
from gpvae_tf.gp import sparse
from gpvae_tf.inducing import InducingPoints
from tests.support.sparse_problem import L, M, N, Problem

TIGHT = dict(rtol=1e-9, atol=1e-9)
NOISE = 0.3


def random_q(rng):
    """A q(v) with a square root that is no triangle."""
    root = rng.normal(0.0, 0.4, (L, M, M)) + np.eye(M)
    return sparse.WhitenedGaussian(tf.constant(rng.normal(size=(L, M))), tf.constant(root))


def test_as_coded_starts_at_the_unit_gaussian_of_f_and_draws_its_mean(rng):
    """Not whitened: q(f_m) = N(0, I), whatever the prior. The trace terms stand in for the draws it never makes."""
    problem = Problem(rng)
    points = InducingPoints(problem.points, dtype="float64")
    options = dict(num_data=40, jitter=0.0, variable_dtype="float64", noise=lambda dtype: tf.constant(NOISE, dtype))
    gp = AsCodedFreeGP(kernels.exponentiated_quadratic(), points, L, **options)
    mask = tf.constant([np.arange(N) < 5])
    posterior = gp.at(tf.constant(problem.x)[None], mask)
    mu, cov = posterior.inducing_moments()
    np.testing.assert_allclose(mu, np.zeros((1, L, M)), **TIGHT)
    np.testing.assert_allclose(cov, np.tile(np.eye(M), (1, L, 1, 1)), **TIGHT)
    gp.assign(random_q(rng))
    posterior = gp.at(tf.constant(problem.x)[None], mask)
    mean, variance = posterior.marginals()
    np.testing.assert_array_equal(posterior.draw(tf.constant(rng.normal(size=(1, L, N)))), mean)
    parts = posterior.regularizer()
    assert tuple(parts) == gp.part_names
    np.testing.assert_allclose(parts["trace"], -0.5 * np.sum(variance[..., :5], axis=-1) / NOISE, **TIGHT)
