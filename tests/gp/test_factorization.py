"""The jitter policy, and what happens to a matrix without a Cholesky factor."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.gp import factorization

NOT_DEFINITE = np.array([[1.0, 2.0], [2.0, 1.0]])
NOT_FINITE = np.array([[np.nan, 0.0], [0.0, 1.0]])


@pytest.mark.parametrize(
    "jitter, dtype, expected",
    [
        (1e-9, tf.float64, 1e-9),
        (1e-15, tf.float64, 1e-12),
        (1e-9, tf.float32, 1e-5),
        (1e-3, tf.float32, 1e-3),
        (0.0, tf.float32, 0.0),
        (0.0, "float64", 0.0),
    ],
)
def test_effective_jitter(jitter, dtype, expected):
    assert factorization.effective_jitter(jitter, dtype) == expected


@pytest.mark.parametrize("jitter", [-1e-9, float("nan")])
def test_effective_jitter_refuses(jitter):
    with pytest.raises(ValueError, match="jitter must be >= 0"):
        factorization.effective_jitter(jitter, tf.float64)


def test_no_cholesky_in_half_precision():
    with pytest.raises(ValueError, match="gp_dtype.*bfloat16"):
        factorization.effective_jitter(1e-9, tf.bfloat16)


def test_jitter_is_relative_to_the_mean_diagonal(rng):
    root = rng.normal(size=(3, 4, 4))
    matrix = 1e4 * root @ np.swapaxes(root, -1, -2)
    shift = 0.25 * np.trace(matrix, axis1=-2, axis2=-1) / 4
    expected = np.linalg.cholesky(matrix + shift[:, None, None] * np.eye(4))
    np.testing.assert_allclose(factorization.cholesky(tf.constant(matrix), name="K", jitter=0.25), expected, rtol=1e-12)


@pytest.mark.parametrize("matrix, cause", [(NOT_DEFINITE, "not positive definite"), (NOT_FINITE, "not finite")])
def test_eager_failure_names_the_matrix(matrix, cause):
    with pytest.raises(factorization.FactorizationError, match=rf"K_mm.*\(2, 2\).*float64.*1e-09.*{cause}"):
        factorization.cholesky(tf.constant(matrix), name="K_mm", jitter=1e-9)


def test_one_bad_matrix_of_a_batch_is_enough():
    with pytest.raises(factorization.FactorizationError):
        factorization.cholesky(tf.constant(np.stack([np.eye(2), NOT_DEFINITE])), name="K_mm")


@pytest.mark.parametrize("matrix", [NOT_DEFINITE, NOT_FINITE])
def test_graph_failure_is_nan_for_that_matrix_only(matrix):
    """A compiled step cannot raise; the finite-step guard of the optimizer sees the NaN."""
    factors = tf.function(lambda m: factorization.cholesky(m, name="K_mm"))(tf.constant(np.stack([np.eye(2), matrix])))
    np.testing.assert_array_equal(factors[0], np.eye(2))
    assert np.isnan(factors[1].numpy()).any()


def rounded_covariance(num=120):
    """A posterior's covariance at close inputs, computed in float32: 1e-4 of the prior's is left, with its errors."""
    x = np.linspace(0.0, 3.0, num, dtype=np.float32)
    prior = np.exp(-0.5 * (x[:, None] - x) ** 2)
    return prior - prior @ np.linalg.solve(prior + np.float32(1e-3) * np.eye(num, dtype=np.float32), prior)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_square_root_where_no_jitter_helps(compiled):
    """In float32 rounding makes eigenvalues far below -1e-5 of the diagonal; those are taken for 0."""
    matrix = rounded_covariance()
    shifted = matrix + 1e-5 * np.mean(np.diag(matrix)) * np.eye(len(matrix), dtype=np.float32)
    assert np.isnan(tf.linalg.cholesky(shifted)).any()
    root = lambda m: factorization.square_root(m, name="S", jitter=1e-6)
    found = (tf.function(root) if compiled else root)(tf.constant(matrix))
    assert found.dtype == tf.float32
    np.testing.assert_allclose(found @ tf.transpose(found), 0.5 * (matrix + matrix.T), atol=2e-6)


def test_a_square_root_is_the_cholesky_factor_where_there_is_one(rng):
    root = rng.normal(size=(3, 4, 4))
    matrix = root @ np.swapaxes(root, -1, -2)
    for dtype, jitter in ((np.float64, 1e-6), (np.float32, 1e-5)):
        expected = np.linalg.cholesky(matrix * (1.0 + jitter * np.eye(4)))
        found = factorization.square_root(tf.constant(matrix, dtype), name="S", jitter=1e-6)
        np.testing.assert_allclose(found, expected, rtol=10.0 * jitter, atol=10.0 * jitter)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_square_root_keeps_small_variances(compiled, rng):
    """Variances at data with little noise beside those far from data: jitter of the mean's size would swamp them."""
    root, scale = np.tril(rng.normal(size=(4, 4))) + 2.0 * np.eye(4), np.array([1e-4, 1e-4, 1.0, 0.0])
    matrix = np.outer(scale, scale) * (root @ root.T)
    find = lambda m: factorization.square_root(m, name="S", jitter=1e-6)
    found = (tf.function(find) if compiled else find)(tf.constant(matrix)).numpy()
    np.testing.assert_allclose(found @ found.T, matrix, rtol=1e-5, atol=1e-30)
    np.testing.assert_array_equal(found[3], 0.0)
    np.testing.assert_array_equal(find(tf.zeros([2, 3, 3])), np.zeros((2, 3, 3)))


def test_a_square_root_next_to_a_variance_below_zero():
    """Rounding leaves some; a variance that is next to nothing then gets its share of the mean, as the others."""
    found = factorization.square_root(tf.constant([[1.0, 0.0], [0.0, -1e-9]], tf.float64), name="S", jitter=1e-6)
    np.testing.assert_allclose(found @ tf.transpose(found), np.eye(2) * [1.0, 0.0], atol=2e-6)


def test_a_square_root_of_nothing_finite_is_refused():
    matrix = tf.constant([[1.0, np.nan], [np.nan, 1.0]])
    with pytest.raises(
        factorization.FactorizationError, match=r"S has no square root: shape \(2, 2\), entries that are not"
    ):
        factorization.square_root(matrix, name="S", jitter=1e-6)
    assert np.isnan(tf.function(lambda m: factorization.square_root(m, name="S", jitter=1e-6))(matrix)).any()
