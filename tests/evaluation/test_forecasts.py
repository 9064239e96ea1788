"""Forecasts at their edges: truths at the ends of intervals, draws of which most are equal."""

import numpy as np
import pytest
import scipy.stats

from gpvae_tf.evaluation.forecasts import SampleForecast


def test_the_ends_of_an_interval_lie_within_it():
    forecast = SampleForecast(np.tile(np.arange(1.0, 10.0)[:, None], (1, 2)))
    np.testing.assert_array_equal(forecast.share_within(np.array([1.0, 9.0]), 0.8), [1.0, 1.0])


def test_draws_of_which_most_are_equal_have_a_density():
    """Their quartiles are one number: the bandwidth is that of the standard deviation."""
    draws, truth = np.array([0.0] * 9 + [5.0]), np.array([0.3])
    bandwidth = 1.06 * np.std(draws, ddof=1) * 10**-0.2
    expected = np.log(np.mean(scipy.stats.norm.pdf(truth, draws, bandwidth)))
    np.testing.assert_allclose(SampleForecast(draws[:, None]).log_density(truth), [expected])
    with pytest.raises(ValueError, match="samples has entries whose draws are all equal"):
        SampleForecast(np.zeros((10, 1))).log_density(truth)
