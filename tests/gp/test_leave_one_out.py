"""Leave-one-out predictions against loops over the points, and weights where distances are extreme."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf.gp import leave_one_out
from gpvae_tf.types import Gaussian
from tests.support import oracles

tfd = tfp.distributions
N, S, D, L = 7, 4, 2, 3
TIGHT = dict(rtol=1e-9, atol=1e-12)


@pytest.fixture
def x(rng):
    return rng.normal(size=(N, D))


@pytest.fixture
def z(rng):
    return rng.normal(size=(N, L))


def printed(x, length_scale):
    """Eq. 6: the kernel matrix without its diagonal, rows normalised."""
    w = oracles.rbf(x, x, length_scale)
    w -= np.diag(np.diag(w))
    return w / w.sum(axis=1, keepdims=True)


def test_weights_are_the_normalised_kernel(x):
    w = leave_one_out.weights(tf.constant(x), 0.7).numpy()
    np.testing.assert_allclose(w, printed(x, 0.7), **TIGHT)
    np.testing.assert_array_equal(np.diag(w), np.zeros(N))
    np.testing.assert_allclose(w.sum(axis=1), np.ones(N), rtol=1e-12)


def test_the_only_point_cannot_be_left_out():
    x = tf.zeros([1, 1])
    with pytest.raises(ValueError, match="x has 1 points; weights without one of them need at least 2"):
        leave_one_out.cross_weights(tf.zeros([2, 1]), x, 1.0, tf.constant([0, -1]))
    np.testing.assert_array_equal(leave_one_out.cross_weights(tf.zeros([2, 1]), x, 1.0), np.ones((2, 1)))


def test_leading_dimensions_are_batches(rng):
    x = rng.normal(size=(2, N, D))
    w = leave_one_out.weights(tf.constant(x), 0.7)
    for b in range(2):
        np.testing.assert_allclose(w[b], printed(x[b], 0.7), **TIGHT)


@pytest.mark.parametrize("spread", [0.0, 1e-20, 1e4, 1e15])
def test_weights_and_gradients_are_finite_at_any_distance(spread, rng):
    """Points that coincide, and points so far apart that every kernel value is zero."""
    x = tf.constant(spread * rng.normal(size=(N, D)), tf.float32)
    length_scale = tf.constant(1.0)
    with tf.GradientTape() as tape:
        tape.watch([x, length_scale])
        w = leave_one_out.weights(x, length_scale)
        value = tf.reduce_sum(w * rng.normal(size=(N, N)).astype(np.float32))
    np.testing.assert_allclose(tf.reduce_sum(w, axis=1), np.ones(N), rtol=1e-5)
    np.testing.assert_array_equal(tf.linalg.diag_part(w), np.zeros(N))
    assert all(np.all(np.isfinite(g)) for g in tape.gradient(value, [x, length_scale]))
    if spread == 0.0:
        np.testing.assert_allclose(w, (1.0 - np.eye(N)) / (N - 1), rtol=1e-6)
    if spread == 1e4:
        assert np.all(np.max(w, axis=1) == 1.0)


def test_cross_weights(x, rng):
    new = rng.normal(size=(S, D))
    kernel = oracles.rbf(new, x, 0.7)
    ours = leave_one_out.cross_weights(tf.constant(new), tf.constant(x), 0.7)
    np.testing.assert_allclose(ours, kernel / kernel.sum(axis=1, keepdims=True), **TIGHT)


def test_excluding_oneself_gives_the_weights_of_training(x):
    ours = leave_one_out.cross_weights(tf.constant(x), tf.constant(x), 0.7, tf.range(N))
    np.testing.assert_allclose(ours, printed(x, 0.7), **TIGHT)
    some = leave_one_out.cross_weights(tf.constant(x), tf.constant(x), 0.7, tf.constant([0, -1, -1, 3, -1, -1, -1]))
    np.testing.assert_allclose(some.numpy()[[0, 3]], printed(x, 0.7)[[0, 3]], **TIGHT)
    assert np.all(np.diag(some)[[1, 2, 4, 5, 6]] > 0)


def test_a_far_away_query_takes_its_nearest_point(x):
    w = leave_one_out.cross_weights(tf.constant([[1e9, 0.0]], tf.float64), tf.constant(x), 0.7)
    np.testing.assert_array_equal(w[0], np.arange(N) == x[:, 0].argmax())


def test_the_gp_predicts_each_point_from_the_others(x, z):
    """Eq. 3 by brute force: a regression on n - 1 points for every point."""
    k, s = oracles.rbf(x, x, 0.7, 1.3), 0.2
    ours = leave_one_out.leave_one_out(tf.constant(k), tf.constant(z), tf.constant(s, tf.float64))
    for i in range(N):
        rest = np.delete(np.arange(N), i)
        for l_ in range(L):
            mean, variance = oracles.exact_posterior(
                k[np.ix_(rest, rest)], k[rest, i : i + 1], k[i : i + 1, i : i + 1], z[rest, l_], np.full(N - 1, s)
            )
            np.testing.assert_allclose(ours.mean[i, l_], mean[0], **TIGHT)
            np.testing.assert_allclose(ours.variance[i, 0], variance[0, 0] + s, **TIGHT)


def test_the_kl_of_all_latents_is_that_of_two_gaussians(x, z, rng):
    """Eq. 1 by TFP, for each channel; the shares add up to it."""
    k, s, variance = oracles.rbf(x, x, 0.7, 1.3), 0.2, rng.uniform(0.1, 2.0, (N, L))
    shares = leave_one_out.joint_kl(
        tf.constant(k), Gaussian(tf.constant(z), tf.constant(variance)), tf.constant(s, k.dtype)
    )
    prior = tfd.MultivariateNormalTriL(np.zeros(N), np.linalg.cholesky(k + s * np.eye(N)))
    expected = [
        tfd.kl_divergence(tfd.MultivariateNormalTriL(m, np.diag(np.sqrt(v))), prior) for m, v in zip(z.T, variance.T)
    ]
    assert shares.shape == (N,)
    np.testing.assert_allclose(tf.reduce_sum(shares), np.sum(expected), rtol=1e-9)
    precision = np.linalg.inv(k + s * np.eye(N))
    terms = np.diag(precision)[:, None] * variance + z * (precision @ z) - 1.0 - np.log(variance)
    own = 0.5 * np.sum(terms - np.linalg.slogdet(precision)[1] / N, axis=1)
    np.testing.assert_allclose(shares, own, rtol=1e-9, atol=1e-9)


def test_the_kl_of_every_latent_given_the_others(x, z, rng):
    """Eq. 2: weights of the others by a solve for every point, E_q of the squared error term by term."""
    k, s, variance = oracles.rbf(x, x, 0.7, 1.3), 0.2, rng.uniform(0.1, 2.0, (N, L))
    ours = leave_one_out.predictive_kl(
        tf.constant(k), Gaussian(tf.constant(z), tf.constant(variance)), tf.constant(s, k.dtype)
    )
    for i in range(N):
        rest = np.delete(np.arange(N), i)
        weights = np.linalg.solve(k[np.ix_(rest, rest)] + s * np.eye(N - 1), k[rest, i])
        spread = k[i, i] + s - weights @ k[rest, i]
        error = (z[i] - weights @ z[rest]) ** 2 + variance[i] + weights**2 @ variance[rest]
        expected = 0.5 * np.sum(np.log(spread / variance[i]) + error / spread - 1.0)
        np.testing.assert_allclose(ours[i], expected, rtol=1e-9)


def test_the_gp_at_new_points(x, z, rng):
    new, s = rng.normal(size=(S, D)), 0.2
    k_ns = oracles.rbf(x, new, 0.7)
    expected = [oracles.exact_posterior(oracles.rbf(x, x, 0.7), k_ns, np.eye(S), c, np.full(N, s))[0] for c in z.T]
    matrices = (tf.constant(oracles.rbf(x, x, 0.7)), tf.constant(k_ns.T), tf.constant(z))
    ours = leave_one_out.predict(*matrices, tf.constant(s, tf.float64))
    np.testing.assert_allclose(ours.numpy().T, expected, **TIGHT)


def test_a_single_point_has_no_others():
    with pytest.raises(ValueError, match="x has 1 points; leave-one-out weights need at least 2"):
        leave_one_out.weights(tf.zeros([1, D]), 1.0)
