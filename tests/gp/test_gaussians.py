"""Expectations of Gaussian log densities against quadrature and TFP; masked sums."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf.gp import gaussians
from gpvae_tf.types import Gaussian
from tests.support import oracles

tfd = tfp.distributions
SEED = tf.constant([3, 4])


def test_expected_log_density_matches_quadrature(rng):
    mean, y = rng.normal(size=(2, 3, 5)), rng.normal(size=(2, 3, 5))
    variance, s = rng.uniform(0.1, 2.0, (2, 3, 5)), rng.uniform(0.1, 2.0, (2, 3, 5))
    ours = gaussians.expected_log_density(Gaussian(tf.constant(mean), tf.constant(variance)), y, tf.constant(s))
    expected = oracles.per_channel(oracles.expected_log_density, mean, variance, y, s)
    np.testing.assert_allclose(ours, expected, rtol=1e-10)


def test_kl_standard_normal_matches_tfp(rng):
    mean, variance = rng.normal(size=(3, 5)), rng.uniform(0.1, 2.0, (3, 5))
    ours = gaussians.kl_standard_normal(Gaussian(tf.constant(mean), tf.constant(variance)))
    zero = np.float64(0.0)
    expected = tfd.kl_divergence(tfd.Normal(mean, np.sqrt(variance)), tfd.Normal(zero, zero + 1.0))
    np.testing.assert_allclose(ours, tf.reduce_sum(expected, -1), rtol=1e-12)


def test_a_hidden_point_has_no_gradient_whatever_it_holds():
    """0 * NaN is NaN: hiding the terms of a sum hides them from its value only."""
    keep, ones = tf.constant([True, False, False]), tf.ones([3], tf.float64)
    mean, y, variance, noise = (
        tf.constant([0.5, *hidden], tf.float64)
        for hidden in ([np.nan, 1e30], [np.nan, 1e300], [0.0, np.nan], [np.nan, 0.0])
    )
    with tf.GradientTape() as tape:
        tape.watch([mean, variance, y, noise])
        q = Gaussian(mean, variance)
        sums = (
            gaussians.kl_standard_normal(q, keep),
            gaussians.expected_log_density(Gaussian(ones, ones), y, noise, keep),
        )
        total = tf.add_n(sums)
    for gradient in tape.gradient(total, [mean, variance, y, noise]):
        assert gradient[0] != 0.0
        np.testing.assert_array_equal(gradient[1:], 0.0)


@pytest.mark.parametrize("num", [None, 7])
def test_every_number_of_a_joint_draw_has_noise_of_its_own(num):
    """Data sets, channels and draws are independent of each other, whatever covariance they share."""
    found = gaussians.draw_jointly(tf.zeros([2, 3, 4], tf.float64), tf.eye(4, dtype=tf.float64), SEED, num).numpy()
    assert found.shape == ((2, 3, 4) if num is None else (num, 2, 3, 4))
    assert len(np.unique(found)) == found.size


def test_masks_remove_points(rng):
    keep = np.array([True, False, True, True, False])
    mean, y, variance, s = (tf.constant(rng.uniform(0.5, 1.0, (3, 5))) for _ in range(4))
    only = lambda tensor: tf.constant(tensor.numpy()[:, keep])
    s_unset = tf.where(keep, s, tf.constant(np.nan, tf.float64))
    np.testing.assert_allclose(
        gaussians.expected_log_density(Gaussian(mean, variance), y, s_unset, keep),
        gaussians.expected_log_density(Gaussian(only(mean), only(variance)), only(y), only(s)),
        rtol=1e-14,
    )
    np.testing.assert_allclose(
        gaussians.kl_standard_normal(Gaussian(mean, variance), keep),
        gaussians.kl_standard_normal(Gaussian(only(mean), only(variance))),
        rtol=1e-14,
    )
    np.testing.assert_allclose(gaussians.masked_sum(s_unset, keep), tf.reduce_sum(only(s), -1), rtol=1e-14)
