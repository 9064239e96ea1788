"""Low rank plus noise against explicit N x N matrices, and the expansion's gradients against the exact density's."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.gp import low_rank, low_rank_expansion
from tests.support import oracles

N, H, L, S, ALPHA = 9, 4, 3, 5, 0.3
TIGHT = dict(rtol=1e-10, atol=1e-10)
ROWS = (slice(0, 2), slice(2, 7), slice(7, N))  # mini-batches of a partition


@pytest.fixture
def problem(rng):
    return {"z": tf.constant(rng.normal(size=(N, L))), "v": tf.constant(rng.normal(size=(N, H)))}


def covariance(v, alpha=ALPHA):
    return v @ v.T + alpha * np.eye(len(v))


def regress(z, v, alpha=ALPHA, mask=None):
    return low_rank.condition(low_rank.statistics(v, z, mask), tf.constant(alpha, tf.float64))


def exact(z, v, alpha):
    """-sum_l log N(z_l | 0, K) with the N x N matrix, by another route than the library's."""
    k = tf.matmul(v, v, transpose_b=True) + alpha * tf.eye(len(v), dtype=tf.float64)
    quadratic = tf.reduce_sum(z * tf.linalg.solve(k, z))
    return 0.5 * (quadratic + L * tf.linalg.logdet(2.0 * np.pi * k))


def surrogate(z, v, alpha, rows=slice(None)):
    """The expansion of all rows' density at this very point, at some rows."""
    regression = low_rank.condition(low_rank.statistics(v, z), alpha)
    expansion = low_rank_expansion.expand(regression, v[rows], z[rows])
    return low_rank_expansion.linearized(expansion, v[rows], z[rows], alpha)


def gradients(function, problem, *arguments):
    variables = [problem["z"], problem["v"], tf.constant(ALPHA, tf.float64)]
    with tf.GradientTape() as tape:
        tape.watch(variables)
        value = tf.reduce_sum(function(*variables, *arguments))
    return [value, *(tf.convert_to_tensor(g) for g in tape.gradient(value, variables))]


def test_density_is_that_of_the_full_matrix(problem):
    z, v = problem["z"].numpy(), problem["v"].numpy()
    expected = [oracles.log_normal(z[:, c], np.zeros(N), covariance(v)) for c in range(L)]
    regression = regress(**problem)
    np.testing.assert_allclose(regression.log_density, expected, **TIGHT)
    normalizer = np.linalg.slogdet(2.0 * np.pi * covariance(v))[1]
    np.testing.assert_allclose(regression.log_normalizer, normalizer, **TIGHT)


def test_leading_dimensions_are_data_sets(problem, rng):
    z, v = rng.normal(size=(2, N, L)), rng.normal(size=(2, N, H))
    both = regress(tf.constant(z), tf.constant(v))
    for b in range(2):
        one = regress(tf.constant(z[b]), tf.constant(v[b]))
        for ours, alone in zip(both[:5], one[:5], strict=True):
            np.testing.assert_allclose(ours[b], alone, **TIGHT)
    expansion = low_rank_expansion.expand(both, tf.constant(v), tf.constant(z))
    for ours, alone in zip(
        expansion, low_rank_expansion.expand(one, tf.constant(v[1]), tf.constant(z[1])), strict=True
    ):
        np.testing.assert_allclose(ours[1], alone, **TIGHT)


def test_statistics_add_up(problem):
    parts = [low_rank.statistics(problem["v"][rows], problem["z"][rows]) for rows in ROWS]
    for total, whole in zip(map(sum, zip(*parts)), low_rank.statistics(problem["v"], problem["z"]), strict=True):
        np.testing.assert_allclose(total, whole, **TIGHT)


def test_grouped_rows_need_no_features(rng):
    """Rows of two padded groups are Kronecker products of their own factor and the group's."""
    u, f, z = rng.normal(size=(2, 4, 3)), rng.normal(size=(2, 5)), rng.normal(size=(2, 4, L))
    mask = np.array([[True, True, True, False], [True, True, True, True]])
    v = np.stack([np.kron(u[g, i], f[g]) for g, i in np.argwhere(mask)])
    grouped = low_rank.grouped_statistics(tf.constant(u), tf.constant(f), tf.constant(z), mask)
    for ours, expected in zip(grouped, low_rank.statistics(tf.constant(v), tf.constant(z[mask])), strict=True):
        np.testing.assert_allclose(ours, expected, **TIGHT)


def test_masked_points_are_removed(problem):
    keep = np.array([True, False, True, True, True, False, True, True, True])
    masked = regress(tf.where(keep[:, None], problem["z"], np.nan), problem["v"], mask=keep)
    removed = regress(problem["z"].numpy()[keep], problem["v"].numpy()[keep])
    for ours, expected in zip(masked, removed, strict=True):
        np.testing.assert_allclose(ours, expected, **TIGHT)


def test_posterior_is_gp_regression(problem, rng):
    """With kernel matrix V V^T, homoscedastic noise alpha, and prior variance outside the features."""
    v_new, residual = rng.normal(size=(S, H)), rng.uniform(0.1, 1.0, S)
    regression, v = regress(**problem), problem["v"].numpy()
    ours = low_rank.marginals(regression, tf.constant(v_new), tf.constant(residual))
    k_ss = v_new @ v_new.T
    for c in range(L):
        z = problem["z"].numpy()[:, c]
        mean, cov = oracles.exact_posterior(v @ v.T, v @ v_new.T, k_ss, z, np.full(N, ALPHA))
        np.testing.assert_allclose(ours.mean[:, c], mean, **TIGHT)
        np.testing.assert_allclose(ours.variance[:, c], np.diag(cov) + residual, **TIGHT)
        np.testing.assert_allclose(low_rank.covariance(regression, tf.constant(v_new)), cov, **TIGHT)


def test_coefficients_by_explicit_inverse(problem):
    """The formulas as Casale et al. print them, channel by channel."""
    z, v = problem["z"].numpy(), problem["v"].numpy()
    inverse = np.linalg.inv(covariance(v))
    expansion = low_rank_expansion.expand(regress(**problem), problem["v"], problem["z"])
    np.testing.assert_allclose(expansion.a, inverse @ z, **TIGHT)
    b = sum(inverse @ v - inverse @ np.outer(z[:, c], z[:, c]) @ inverse @ v for c in range(L))
    np.testing.assert_allclose(expansion.b, b, **TIGHT)
    by_alpha = sum(0.5 * (np.trace(inverse) - z[:, c] @ inverse @ inverse @ z[:, c]) for c in range(L))
    np.testing.assert_allclose(tf.reduce_sum(expansion.c), by_alpha, **TIGHT)
    np.testing.assert_allclose(low_rank_expansion.noise_derivative(regress(**problem)), by_alpha, **TIGHT)
    np.testing.assert_allclose(
        low_rank.inverse_diagonal(regress(**problem), low_rank.project(regress(**problem), problem["v"])),
        np.diag(inverse),
        **TIGHT,
    )


def test_gradient_at_the_point_of_expansion_is_exact(problem):
    """By Z, V and alpha; so is the value."""
    for name, ours, expected in zip(
        ("value", "z", "v", "alpha"), gradients(surrogate, problem), gradients(exact, problem), strict=True
    ):
        np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-10, err_msg=name)
        assert np.all(np.abs(expected) > 1e-3)


def test_mini_batches_of_a_partition_sum_to_the_whole(problem):
    whole = gradients(exact, problem)
    parts = [gradients(surrogate, problem, rows) for rows in ROWS]
    for name, total, expected in zip(("value", "z", "v", "alpha"), map(sum, zip(*parts)), whole, strict=True):
        np.testing.assert_allclose(total, expected, rtol=1e-9, atol=1e-10, err_msg=name)
    for (_, by_z, by_v, _), rows in zip(parts, ROWS, strict=True):  # a mini-batch moves its own rows only, z exactly
        outside = np.delete(np.arange(N), rows)
        np.testing.assert_allclose(by_z[rows], whole[1][rows], rtol=1e-9)
        np.testing.assert_array_equal(by_z.numpy()[outside], np.zeros((len(outside), L)))
        np.testing.assert_array_equal(by_v.numpy()[outside], np.zeros((len(outside), H)))


def test_a_row_s_value_is_its_share_of_the_density(problem):
    z, inverse = problem["z"].numpy(), np.linalg.inv(covariance(problem["v"].numpy()))
    share = 0.5 * np.sum(z * (inverse @ z), axis=1)
    share += 0.5 * L * np.linalg.slogdet(2.0 * np.pi * covariance(problem["v"].numpy()))[1] / N
    np.testing.assert_allclose(surrogate(**problem, alpha=tf.constant(ALPHA, tf.float64)), share, **TIGHT)


def test_away_from_the_point_it_is_the_tangent(problem, rng):
    """Error of second order: a step ten times smaller leaves a hundredth of it."""
    z, v = problem["z"], problem["v"]
    expansion = low_rank_expansion.expand(regress(z, v), v, z)
    dz, dv, dalpha = rng.normal(size=(N, L)), rng.normal(size=(N, H)), 0.5

    def error(step):
        point = z + step * dz, v + step * dv, tf.constant(ALPHA + step * dalpha, tf.float64)
        value = tf.reduce_sum(low_rank_expansion.linearized(expansion, point[1], point[0], point[2]))
        return abs(float(value - exact(*point)))

    assert 50.0 < error(1e-3) / error(1e-4) < 200.0


def test_no_tensor_is_n_by_n():
    size = 1009

    @tf.function(input_signature=[tf.TensorSpec([size, L], tf.float64), tf.TensorSpec([size, H], tf.float64)])
    def step(z, v):
        with tf.GradientTape() as tape:
            tape.watch([z, v])
            value = tf.reduce_sum(surrogate(z, v, tf.constant(ALPHA, tf.float64)))
        return tape.gradient(value, [z, v])

    shapes = [tuple(out.shape) for op in step.get_concrete_function().graph.get_operations() for out in op.outputs]
    assert (size, H) in shapes and not [shape for shape in shapes if shape.count(size) > 1]
