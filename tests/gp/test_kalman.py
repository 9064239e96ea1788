"""Regression in state-space form of several data sets at once; `MarkovGP`'s tests compare one with the exact GP."""

import numpy as np
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.gp import kalman, kalman_predictions
from gpvae_tf.latent_gps.kernel_state_space import state_space_of

L, N, S = 2, 5, 3  # channels, times, data sets


def test_data_sets_that_share_times_and_noise_are_those_one_by_one(rng):
    """Their means, pulls, log likelihoods and smoothed means; a point is missing."""
    space = state_space_of(kernels.matern(1.5, [0.7, 2.0], 1.3), tf.float64)
    times = tf.constant([[0.0, 0.4, 0.4, 1.0, 2.5]], tf.float64)
    precision = np.where(np.arange(N) == 2, 0.0, rng.uniform(0.5, 4.0, (L, N)))
    y = np.where(precision[..., None] > 0.0, rng.normal(size=(L, N, S)), 0.0)
    together = kalman.regress(space, times, tf.constant(y), tf.constant(precision))
    means = kalman_predictions.means_at_data(space, together)
    for s in range(S):
        alone = kalman.regress(space, times, tf.constant(y[..., s]), tf.constant(precision))
        for name in ("predicted_mean", "mean", "pull"):
            np.testing.assert_allclose(getattr(together, name)[..., s], getattr(alone, name)[..., 0], rtol=1e-10)
        np.testing.assert_allclose(together.log_likelihood[..., s], alone.log_likelihood, rtol=1e-10)
        np.testing.assert_allclose(means[..., s], kalman_predictions.at_data(space, alone).mean, rtol=1e-10)
