"""XLA compiles the algebra and its gradient where sizes are not known when it is traced (batches of a free size)."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.gp import exact, factorization, leave_one_out, linalg, low_rank, sparse
from gpvae_tf.types import Gaussian

DOUBLE = tf.float64


def exact_regression(k, y, noise):
    """log Z, and means, variances and covariances at the data's own inputs."""
    regression = exact.condition(k, y, noise)
    marginals = exact.marginals(regression, k, linalg.diagonal(k))
    return [regression.log_marginal_likelihood, *marginals, exact.covariance(regression, k, k)]


def sparse_mean(k, y, noise):
    q = sparse.optimal_q(
        sparse.statistics(linalg.solve_lower(factorization.cholesky(k, name="K", jitter=1e-6), k), y, noise)
    )
    return q.mean


def left_out(k, y, noise):
    return leave_one_out.weights(k[0], 0.7)


def divergences(k, y, noise):
    """KL(q(Z) || p(Z | X)) and the one of every point given the others."""
    q = Gaussian(*(tf.linalg.matrix_transpose(part[0]) for part in (y, noise)))
    return [kl(k[0, 0], q, noise[0, 0, 0]) for kl in (leave_one_out.joint_kl, leave_one_out.predictive_kl)]


def low_rank_density(k, y, noise):
    return low_rank.condition(low_rank.statistics(k[0], tf.linalg.matrix_transpose(y[0])), noise[0, 0, 0]).log_density


@pytest.mark.parametrize("function", [exact_regression, sparse_mean, left_out, divergences, low_rank_density])
def test_values_and_gradients_compile_for_free_sizes(rng, function):
    points = rng.normal(size=(2, 1, 5, 2))
    k = np.exp(-0.5 * np.sum(np.square(points[..., :, None, :] - points[..., None, :, :]), axis=-1))
    given = [tf.constant(part) for part in (k, rng.normal(size=(2, 3, 5)), rng.uniform(0.5, 2.0, (2, 3, 5)))]

    def both(*tensors):
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            value = function(*tensors)
        return value, tape.gradient(value, tensors, unconnected_gradients="zero")

    sizes = [[None, None, None, None], [None, None, None], [None, None, None]]
    if function is low_rank_density:
        sizes = [[None, None, None, 5], [None, 3, None], [None, None, None]]
    signature = [tf.TensorSpec(size, DOUBLE) for size in sizes]
    compiled = tf.function(both, input_signature=signature, jit_compile=True, autograph=False)
    for ours, expected in zip(tf.nest.flatten(compiled(*given)), tf.nest.flatten(both(*given)), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-12)
