"""Solves, sums and products beside NumPy's."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.gp import linalg


def test_solves_and_log_det(rng):
    root = np.tril(rng.normal(size=(4, 4))) + 3.0 * np.eye(4)
    rhs = rng.normal(size=(4, 2))
    np.testing.assert_allclose(linalg.solve_lower(root, rhs), np.linalg.inv(root) @ rhs, rtol=1e-12)
    np.testing.assert_allclose(linalg.solve_lower_vec(root, rhs[:, 0]), np.linalg.inv(root) @ rhs[:, 0], rtol=1e-12)
    np.testing.assert_allclose(linalg.inverse_lower(tf.constant(root)), np.linalg.inv(root), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(linalg.log_det(root), np.linalg.slogdet(root @ root.T)[1], rtol=1e-12)


def test_precision_is_zero_where_missing():
    noise = tf.constant([0.5, 0.0, np.nan], tf.float64)  # what a missing point holds plays no part
    np.testing.assert_array_equal(linalg.precision_of(noise, [True, False, False]), [2.0, 0.0, 0.0])
    np.testing.assert_array_equal(linalg.precision_of(noise[:1], None), [2.0])


def test_information_is_zero_where_missing():
    y, noise = tf.constant([-3.0, np.nan, np.inf]), tf.constant([0.5, np.nan, 0.0])
    precision, values = linalg.information(y, noise, [True, False, False])
    np.testing.assert_array_equal([precision, values], [[2.0, 0.0, 0.0], [-3.0, 0.0, 0.0]])
    np.testing.assert_array_equal(linalg.information(y[:1], noise[:1], None), [[2.0], [-3.0]])


def test_adding_to_the_diagonal_is_what_set_diag_does(rng):
    """Value and gradient, to the last bit, for numbers and vectors that broadcast."""
    matrix = tf.constant(rng.normal(size=(2, 3, 4, 4)))
    upstream = rng.normal(size=(2, 3, 4, 4))
    for values in (tf.constant(1.0, tf.float64), tf.constant(rng.normal(size=(3, 1))), tf.constant(rng.normal(size=4))):
        found = []
        for add in (
            linalg.add_to_diagonal,
            lambda matrix, values: tf.linalg.set_diag(matrix, tf.linalg.diag_part(matrix) + values),
        ):
            with tf.GradientTape() as tape:
                tape.watch((matrix, values))
                added = add(matrix, values)
                value = tf.reduce_sum(added * upstream)
            found.append((added, *tape.gradient(value, (matrix, values))))
        for ours, expected in zip(*found, strict=True):
            np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("inner", [1, 3])
@pytest.mark.parametrize("transpose_a, transpose_b", [(False, False), (True, False), (False, True), (True, True)])
def test_products_and_their_gradients_are_those_of_matmul(inner, transpose_a, transpose_b, rng):
    shapes = (2, inner) if not transpose_a else (inner, 2), (inner, 4) if not transpose_b else (4, inner)
    given = [tf.constant(rng.normal(size=(5, *shape))) for shape in shapes]
    options = dict(transpose_a=transpose_a, transpose_b=transpose_b)
    found = []
    for multiply in (linalg.product, tf.matmul):
        with tf.GradientTape() as tape:
            tape.watch(given)
            result = multiply(*given, **options)
            total = tf.reduce_sum(tf.sin(result))
        found.append([result, *tape.gradient(total, given)])
    for ours, expected in zip(*found, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("size", [1, 2])
def test_small_systems_are_solved(size, rng):
    matrix, rhs = rng.normal(size=(6, size, size)) + 3.0 * np.eye(size), rng.normal(size=(6, size, 4))
    expected = np.linalg.solve(matrix, rhs)
    np.testing.assert_allclose(linalg.solve(tf.constant(matrix), tf.constant(rhs)), expected, rtol=1e-12)


def test_a_python_number_on_the_diagonal_has_all_its_digits():
    np.testing.assert_array_equal(linalg.add_to_diagonal(tf.zeros([2, 2], tf.float64), 0.3), 0.3 * np.eye(2))
