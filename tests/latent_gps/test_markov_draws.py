"""Draws of whole functions of MarkovGP: their moments are those of the joint prediction, which they do without."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.latent_gps import LatentDataset, MarkovGP
from gpvae_tf.latent_gps.markov import MarkovPosterior
from tests.support.regression_gps import problem

NUM = 4_000
SEED = tf.constant([3, 5])


def gp():
    return MarkovGP(kernels.matern(1.5, [1.0, 2.0], 1.2))


def assert_moments(draws, mean, covariance):
    """Means and covariances of draws [S, ..., L, s] within five standard errors."""
    draws, mean, covariance = map(np.asarray, (draws, mean, covariance))
    variance = np.diagonal(covariance, axis1=-2, axis2=-1)
    assert np.max(np.abs(draws.mean(axis=0) - mean) / np.sqrt(variance / NUM)) < 5.0
    deviations = draws - mean
    found = np.einsum("S...i,S...j->...ij", deviations, deviations) / NUM
    errors = np.sqrt((variance[..., :, None] * variance[..., None, :] + covariance**2) / NUM)
    assert np.max(np.abs(found - covariance) / errors) < 5.0


def test_draws_have_the_moments_of_the_joint_prediction(rng, monkeypatch):
    """At unsorted queries, some at data; no joint covariance is made for them."""
    drawn = problem(rng, 7)
    posterior = gp().condition(LatentDataset(*drawn[:4]))
    expected = posterior.predict_joint(drawn.queries)
    monkeypatch.setattr(MarkovPosterior, "predict_joint", None)
    draws = posterior.draw_functions(drawn.queries, SEED, NUM)
    assert draws.shape == (NUM, 2, 2, 5)
    assert_moments(draws, *expected)
    rows = draws.numpy().reshape(NUM, 4, 5) - np.reshape(expected[0], (4, 5))
    between = np.einsum("Sai,Sbi->abi", rows, rows)[~np.eye(4, dtype=bool)] / NUM  # data sets and channels
    assert np.max(np.abs(between)) < 5.0 * np.max(np.diagonal(expected[1], axis1=-2, axis2=-1)) / np.sqrt(NUM)


def test_a_draw_is_one_function(rng):
    """Equal queries have equal values, and one draw has no axis of draws."""
    drawn = problem(rng, 7)
    posterior = gp().condition(LatentDataset(*drawn[:4]))
    twice = tf.concat([drawn.queries, drawn.queries], axis=-2)
    one = posterior.draw_functions(twice, SEED)
    np.testing.assert_allclose(one[..., :5], one[..., 5:], rtol=1e-6, atol=1e-6)
    assert one.shape == (2, 2, 10)


def test_the_number_of_draws_may_be_a_tensor(rng):
    drawn = problem(rng, 3)

    @tf.function(input_signature=[tf.TensorSpec([], tf.int32), tf.TensorSpec([2, None, 1], tf.float64)])
    def draw(num, x):
        return gp_.condition(LatentDataset(*drawn[:4])).draw_functions(x, SEED, num)

    gp_ = gp()
    expected = gp_.condition(LatentDataset(*drawn[:4])).draw_functions(drawn.queries, SEED, 2)
    np.testing.assert_allclose(draw(2, drawn.queries), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("unsorted", [False, True])
def test_draws_of_the_prior(unsorted):
    x = np.array([0.0, 0.3, 2.0, 2.5])[[2, 0, 3, 1] if unsorted else slice(None), None]
    prior = gp()
    draws = prior.draw_prior(tf.tile(tf.constant(x[None]), [NUM, 1, 1]), 2, SEED)
    assert_moments(draws, np.zeros((2, 4)), prior.prior_covariance(tf.constant(x)))
