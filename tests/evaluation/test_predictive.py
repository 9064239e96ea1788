"""Scores of predictive distributions, against scoringrules, SciPy and what they must be on a forecast's own data."""

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import scoringrules
import tensorflow as tf

from gpvae_tf.evaluation import predictive
from gpvae_tf.evaluation.bernoulli_forecast import BernoulliForecast
from gpvae_tf.evaluation.student_t_forecast import StudentTForecast
from gpvae_tf.types import Gaussian, Imputation, Predictive

S, N = 60, 400


@pytest.fixture
def normal(rng):
    """Means, standard deviations, truth and draws [S, N] that all follow N(mean, stddev^2)."""
    mean, stddev = rng.normal(size=N), rng.uniform(0.3, 2.0, N)
    return mean, stddev, rng.normal(mean, stddev), rng.normal(mean, stddev, (S, N))


def test_crps_of_draws_is_scoringrules_fair_estimator(normal):
    *_, truth, samples = normal
    expected = scoringrules.crps_ensemble(truth, samples, m_axis=0, estimator="fair")
    np.testing.assert_allclose(predictive.crps(truth, samples), expected.mean(), rtol=1e-12)


def test_crps_of_a_normal_is_the_integral_of_its_squared_distribution_function(normal):
    mean, stddev, truth, _ = normal
    expected = scoringrules.crps_normal(truth, mean, stddev)
    np.testing.assert_allclose(predictive.crps(truth, (mean, stddev)), expected.mean(), rtol=1e-12)
    square = lambda y: (scipy.stats.norm.cdf(y, 0.5, 2.0) - (1.3 <= y)) ** 2
    integral, _ = scipy.integrate.quad(square, -30, 30, points=[1.3], limit=200)
    np.testing.assert_allclose(
        predictive.crps(np.array([1.3]), (np.array([0.5]), np.array([2.0]))), integral, rtol=1e-6
    )


@pytest.mark.parametrize("df", [1.5, 4.0, 80.0])
def test_scores_of_student_t(normal, df):
    mean, stddev, truth, _ = normal
    forecast, own = StudentTForecast(mean, stddev, df), scipy.stats.t(df, mean, stddev)
    np.testing.assert_allclose(predictive.crps(truth, forecast), scoringrules.crps_t(truth, df, mean, stddev).mean())
    np.testing.assert_allclose(predictive.nlpd(truth, forecast), -own.logpdf(truth).mean())
    np.testing.assert_allclose(predictive.interval(forecast, 0.8), own.ppf([[0.1], [0.9]]))
    square = lambda y: (scipy.stats.t.cdf(y, df, 0.5, 2.0) - (1.3 <= y)) ** 2
    integral, _ = scipy.integrate.quad(square, -2_000, 2_000, points=[-3.0, 1.3, 4.0], limit=500)
    one = StudentTForecast(np.array([0.5]), np.array([2.0]), df)
    np.testing.assert_allclose(predictive.crps(np.array([1.3]), one), integral, rtol=1e-3 if df < 2 else 1e-6)
    with pytest.raises(ValueError, match="df must be above 1 and finite, got 1.0"):
        StudentTForecast(mean, stddev, 1.0)


def test_the_fair_estimator_does_not_favour_few_or_many_draws(rng):
    """Two draws give the score of the distribution itself on average; the plain double mean would be 0.28 more."""
    truth, samples = rng.normal(size=200_000), rng.normal(size=(2, 200_000))
    exact = predictive.crps(truth, (np.zeros_like(truth), np.ones_like(truth)))
    assert abs(predictive.crps(truth, samples) - exact) < 0.01


def test_density_of_draws_is_a_kernel_estimate(normal):
    *_, truth, samples = normal
    quartiles = np.percentile(samples, [25, 75], axis=0)
    bandwidth = 1.06 * np.minimum(samples.std(axis=0, ddof=1), (quartiles[1] - quartiles[0]) / 1.34) / S**0.2
    expected = scoringrules.logs_ensemble(truth, samples, m_axis=0, bw=bandwidth)
    np.testing.assert_allclose(predictive.nlpd(truth, samples), expected.mean(), rtol=1e-9)


def test_density_of_a_normal(normal):
    mean, stddev, truth, _ = normal
    expected = -scipy.stats.norm(mean, stddev).logpdf(truth).mean()
    np.testing.assert_allclose(predictive.nlpd(truth, (mean, stddev)), expected, rtol=1e-12)


def test_a_gaussian_has_a_variance_and_a_pair_a_standard_deviation(normal):
    mean, stddev, truth, _ = normal
    gaussian, pair = Gaussian(tf.constant(mean), tf.constant(stddev**2)), (mean, stddev)
    for score in (predictive.crps, predictive.nlpd):
        assert score(truth, gaussian) == pytest.approx(score(truth, pair), rel=1e-12)
    np.testing.assert_allclose(predictive.interval(gaussian, 0.8), predictive.interval(pair, 0.8), rtol=1e-12)


def test_the_mixture_over_latents_is_no_normal(rng):
    """A latent of two values: the data's density has two modes, which a normal of equal moments has not."""
    truth = rng.choice([-3.0, 3.0], N) + 0.5 * rng.normal(size=N)
    log_density = np.log(0.5 * (scipy.stats.norm.pdf(truth, 3.0, 0.5) + scipy.stats.norm.pdf(truth, -3.0, 0.5)))
    moments = (np.zeros(N), np.full(N, np.sqrt(9.25)))
    assert predictive.nlpd_of(log_density) < predictive.nlpd(truth, moments) - 0.5


def test_intervals_of_draws_hold_their_share_of_further_draws(rng):
    """39 draws are the fewest for 95 %: their least and greatest. NumPy's default rule would hold 90 %."""
    samples, truth = rng.normal(size=(39, 100_000)), rng.normal(size=100_000)
    lower, upper = predictive.interval(samples, 0.95)
    np.testing.assert_allclose(lower, samples.min(axis=0))
    np.testing.assert_allclose(upper, samples.max(axis=0))
    assert abs(predictive.coverage(truth, lower, upper) - 0.95) < 0.003
    curve = predictive.calibration_curve(truth, samples)
    assert curve.num == truth.size and curve.error < 0.003
    np.testing.assert_allclose(curve.empirical, curve.nominal, atol=0.006)


def test_narrow_intervals_are_below_the_diagonal(normal):
    mean, stddev, truth, _ = normal
    curve = predictive.calibration_curve(truth, (mean, stddev / 2), levels=(0.5, 0.8))
    np.testing.assert_allclose(
        curve.empirical, 2 * scipy.stats.norm.cdf(scipy.stats.norm.ppf([0.75, 0.9]) / 2) - 1, atol=0.07
    )
    assert np.all(curve.empirical < curve.nominal) and curve.error > 0.1


def test_values_of_two_lie_in_intervals_in_part():
    """The law that the truth has is calibrated at every level, though all quantiles between the ends are 0 or 1."""
    truth, forecast = np.tile([0.0, 1.0], 500), BernoulliForecast(np.full(1000, 0.5))
    curve = predictive.calibration_curve(truth, forecast)
    np.testing.assert_allclose(curve.empirical, curve.nominal, atol=1e-12)
    assert predictive.scores(truth, forecast, level=0.8)["coverage"] == pytest.approx(0.8)


def test_where_chooses_entries_or_whole_frames(rng):
    """What is not chosen may be NaN; [B, n] chooses all channels of a frame."""
    truth, samples = rng.normal(size=(2, 5, 3)), rng.normal(size=(S, 2, 5, 3))
    frames = rng.uniform(size=(2, 5)) < 0.5
    entries = np.repeat(frames[..., None], 3, axis=-1)
    expected = predictive.scores(truth[frames], samples[:, frames])
    holes = np.where(entries, truth, np.nan)
    found = predictive.scores(holes, samples, frames)
    assert found == predictive.scores(holes, np.where(entries, samples, np.nan), entries) == expected
    np.testing.assert_allclose(found["mse"], np.mean((truth[frames] - samples.mean(axis=0)[frames]) ** 2))
    np.testing.assert_allclose(found["mae"], np.mean(np.abs(truth[frames] - np.median(samples, axis=0)[frames])))
    lower, upper = predictive.interval(samples, 0.95)
    np.testing.assert_allclose(found["width"], np.mean((upper - lower)[frames]))
    assert found["coverage"] == predictive.coverage(holes, lower, upper, frames)


TRUTH, DRAWS = np.zeros((2, 3)), np.random.default_rng(0).normal(size=(50, 2, 3))


@pytest.mark.parametrize(
    "score, message",
    [
        (lambda: predictive.mse(TRUTH, TRUTH.T), r"prediction has shape \(3, 2\); expected that of truth, \(2, 3\)"),
        (lambda: predictive.crps(TRUTH, DRAWS[0]), r"forecast is for an array of shape \(3,\); .* truth, \(2, 3\)"),
        (lambda: predictive.crps(TRUTH, DRAWS[:1]), r"samples has shape \(1, 2, 3\); expected \[S, ...\] with S >= 2"),
        (lambda: predictive.crps(TRUTH, (TRUTH, TRUTH[0])), r"stddev has shape \(3,\); expected \[2, 3\]"),
        (
            lambda: predictive.crps(TRUTH, [TRUTH, TRUTH]),
            r"type list and length 2; .* a tuple \(mean, stddev\)",
        ),
        (lambda: predictive.crps(TRUTH, (TRUTH, TRUTH, TRUTH)), "type tuple and length 3; expected an array of draws"),
        (lambda: predictive.crps(TRUTH, Imputation(*5 * [TRUTH])), "type Imputation and length 5; .* mean and stddev"),
        (lambda: predictive.crps(TRUTH, Predictive(*5 * [TRUTH])), "type Predictive and length 5; .* give the samples"),
        (lambda: predictive.nlpd(TRUTH, (TRUTH, TRUTH)), "stddev must be positive, the least is 0"),
        (lambda: predictive.crps(TRUTH * np.nan, DRAWS), "truth has 6 entries that are not finite; choose .* where"),
        (lambda: predictive.crps(TRUTH, DRAWS * np.inf), "samples has 300 entries that are not finite"),
        (lambda: predictive.mse(TRUTH, TRUTH, TRUTH), r"where is float64 of shape \(2, 3\); expected booleans"),
        (lambda: predictive.mse(TRUTH, TRUTH, np.ones(3, bool)), r"where is bool of shape \(3,\); .* \(2, 3\) or its"),
        (lambda: predictive.mse(TRUTH, TRUTH, TRUTH > 0), "where chooses no entry"),
        (
            lambda: predictive.scores(TRUTH, DRAWS, level=0.99),
            "50 draws; quantiles from 0.005 to 0.995 .* 199",
        ),
        (lambda: predictive.interval(DRAWS, 1.0), r"levels must lie in \(0, 1\), got \[1.0\]"),
        (lambda: predictive.scores(TRUTH, DRAWS, level=1.0), r"levels must lie in \(0, 1\), got \[1.0\]"),
        (
            lambda: predictive.calibration_curve(TRUTH, DRAWS, levels=(0.5, 0.0)),
            r"levels must lie in \(0, 1\), got \[0.5, 0.0\]",
        ),
        (lambda: predictive.nlpd(TRUTH, np.ones((50, 2, 3))), "draws are all equal: they have no density"),
        (lambda: predictive.coverage(TRUTH, TRUTH, TRUTH[0]), r"upper has shape \(3,\); expected that of truth"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(score, message):
    with pytest.raises(ValueError, match=message):
        score()
