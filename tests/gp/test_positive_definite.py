"""Values against numpy, and closed-form gradients against those that TensorFlow takes through the Cholesky factor."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.gp import factorization, linalg
from gpvae_tf.gp.positive_definite import PositiveDefinite

N, K = 5, 3
TIGHT = dict(rtol=1e-9, atol=1e-11)
FUNCTIONS = ["log_det", "inverse", "solve", "quadratic", "form"]


@pytest.fixture
def matrix(rng):
    """Two positive definite matrices."""
    root = rng.normal(size=(2, N, N))
    return root @ np.swapaxes(root, -1, -2) + np.eye(N)


def value(function, b, rhs):
    """One of the functions of a matrix and, where it takes one, a right-hand side."""
    given = PositiveDefinite(b, name="B")
    return getattr(given, function)(*([] if function in ("log_det", "inverse") else [rhs]))


def through_the_factor(function, b, rhs):
    """The same by the Cholesky factor."""
    factor = factorization.cholesky(b, name="B")
    half = linalg.solve_lower(factor, rhs)
    return {
        "log_det": lambda: linalg.log_det(factor),
        "inverse": lambda: tf.linalg.cholesky_solve(factor, tf.eye(N, batch_shape=b.shape[:-2], dtype=b.dtype)),
        "solve": lambda: tf.linalg.triangular_solve(factor, half, adjoint=True),
        "quadratic": lambda: tf.reduce_sum(tf.square(half), axis=-2),
        "form": lambda: tf.matmul(half, half, transpose_a=True),
    }[function]()


def value_and_gradients(compute, root, rhs, weights):
    """A value of B = R R^T, and the gradients of its weighted sum by R, which keeps B symmetric, and the other side."""
    with tf.GradientTape() as tape:
        tape.watch([root, rhs])
        result = compute(tf.matmul(root, root, transpose_b=True), rhs)
        total = tf.reduce_sum(result * weights(result.shape))
    return [result, *tape.gradient(total, [root, rhs], unconnected_gradients="zero")]


@pytest.mark.parametrize("lead_b, lead_rhs", [((2,), (2,)), ((), (2,)), ((2,), ()), ((2, 1), (3,))])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_values_and_gradients(function, lead_b, lead_rhs, rng):
    """Leading dimensions broadcast, and gradients have the shapes of what was given."""
    root, rhs = tf.constant(rng.normal(size=(*lead_b, N, N))), tf.constant(rng.normal(size=(*lead_rhs, N, K)))
    seed = int(rng.integers(2**31))
    weights = lambda shape: np.random.default_rng(seed).normal(size=shape)
    ours = value_and_gradients(lambda b, rhs: value(function, b, rhs), root, rhs, weights)
    expected = value_and_gradients(lambda b, rhs: through_the_factor(function, b, rhs), root, rhs, weights)
    for a, b in zip(ours, expected, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, **TIGHT)


def test_values_are_those_of_the_inverse(matrix, rng):
    rhs, b = rng.normal(size=(2, N, K)), PositiveDefinite(tf.constant(matrix), name="B")
    inverse = np.linalg.inv(matrix)
    form = np.swapaxes(rhs, -1, -2) @ inverse @ rhs
    np.testing.assert_allclose(b.log_det(), np.linalg.slogdet(matrix)[1], **TIGHT)
    np.testing.assert_allclose(b.inverse(), inverse, **TIGHT)
    np.testing.assert_allclose(b.solve(tf.constant(rhs)), inverse @ rhs, **TIGHT)
    np.testing.assert_allclose(b.form(tf.constant(rhs)), form, **TIGHT)
    np.testing.assert_allclose(b.quadratic(tf.constant(rhs)), np.diagonal(form, axis1=-2, axis2=-1), **TIGHT)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_second_derivatives(function, compiled, rng):
    """Those of a gradient along a direction, eagerly and of a compiled function that two tapes watch."""
    root, rhs, along = (tf.constant(rng.normal(size=(2, N, size))) for size in (N, K, N))
    found = []
    for compute in (value, through_the_factor):
        of = lambda root, rhs, compute=compute: compute(function, tf.matmul(root, root, transpose_b=True), rhs)
        of = tf.function(of, autograph=False) if compiled else of
        with tf.GradientTape() as outer:
            outer.watch([root, rhs])
            with tf.GradientTape() as inner:
                inner.watch(root)
                total = tf.reduce_sum(tf.sin(of(root, rhs)))
            slope = tf.reduce_sum(along * inner.gradient(total, root))
        found.append(outer.gradient(slope, [root, rhs], unconnected_gradients="zero"))
    for ours, expected in zip(*found, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-7, atol=1e-9)


def test_a_persistent_tape_over_a_compiled_function(matrix):
    """TensorFlow then makes the second derivative in advance, which nobody asked for."""
    b, of = tf.constant(matrix), tf.function(lambda b: PositiveDefinite(b, name="B").log_det(), autograph=False)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(b)
        one, two = tf.unstack(of(b))
    np.testing.assert_allclose(tape.gradient(one, b)[0], np.linalg.inv(matrix[0]), **TIGHT)
    np.testing.assert_allclose(tape.gradient(two, b)[1], np.linalg.inv(matrix[1]), **TIGHT)


def test_an_eager_failure_names_the_matrix():
    with pytest.raises(factorization.FactorizationError, match="I have a name.*not positive definite"):
        PositiveDefinite(tf.constant([[1.0, 2.0], [2.0, 1.0]]), name="I have a name")
