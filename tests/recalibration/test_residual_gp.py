"""The residual GP on data drawn here: what a model misses in a series is found, and nothing is where there is none."""

import numpy as np
import pytest
import scipy.special
import scipy.stats

from gpvae_tf import recalibration
from gpvae_tf.recalibration import HeldOut, ResidualGP, StudentTScaling, VarianceScaling
from gpvae_tf.recalibration.kriging import regressions
from gpvae_tf.types import Imputation, Predictive

N, POINTS, CHANNELS, SAID, LEVEL = 8, 60, 2, 0.5, 0.9
TIMES = np.broadcast_to(np.arange(POINTS, dtype=np.float64)[:, None], (N, POINTS, 1))
SHAPE = (N, POINTS, CHANNELS)


def held(truth, where, mean=0.0):
    """A model that says the same of everything."""
    return HeldOut(truth, np.full(SHAPE, mean), np.full(SHAPE, SAID), where, TIMES)


def imputation(mean=0.0):
    filled = np.full(SHAPE, mean)
    return Imputation(filled, filled, np.full(SHAPE, SAID), filled, filled)


def predictive(num, mean=0.0):
    shape = (N, num, CHANNELS)
    quarter = np.full(shape, SAID**2 / 4)
    return Predictive(np.full(shape, mean), quarter, 3 * quarter, np.zeros((0, *shape)), np.zeros((9, *shape)))


def within(truth, filled, where):
    return np.mean(((filled.lower <= truth) & (truth <= filled.upper))[where])


@pytest.fixture
def where(rng):
    return rng.uniform(size=SHAPE) < 0.7


def test_levels_and_waves_that_the_model_misses_are_found(rng, where):
    """Series with levels and phases of their own about a mean of 0, a tenth as much noise: most of that is seen."""
    level, phase = rng.normal(size=(N, 1, CHANNELS)), rng.uniform(0.0, 6.0, (N, 1, CHANNELS))
    truth = level + np.sin(TIMES / 6.0 + phase) + 0.1 * rng.normal(size=SHAPE)
    better = ResidualGP.fit(held(truth, where)).imputation(imputation(), LEVEL)
    errors = np.asarray(better.mean) - truth
    assert np.sqrt(np.mean(errors[~where] ** 2)) < 0.15
    assert abs(within(truth, better, ~where) - LEVEL) < 0.05
    np.testing.assert_allclose(np.median(better.stddev[~where]), 0.115, atol=0.015)
    stretched = VarianceScaling.fit(held(truth, where)).imputation(imputation(), LEVEL)
    assert np.mean(better.stddev) < 0.3 * np.mean(stretched.stddev)


def test_noise_alone_is_a_variance_scaling(rng, where):
    sizes = np.geomspace(0.01, 1.0, N)[:, None, None]
    truth = sizes * rng.normal(size=SHAPE)
    better = ResidualGP.fit(held(truth, where)).imputation(imputation(), LEVEL)
    assert np.mean(np.square(better.mean / sizes)) < 0.1
    scaled = VarianceScaling.fit(held(truth, where), ("series", "channel")).imputation(imputation(), LEVEL)
    np.testing.assert_allclose(better.stddev, scaled.stddev, rtol=0.25)
    assert abs(within(truth, better, ~where) - LEVEL) < 0.05


def test_a_model_that_knows_nothing_of_a_series_is_left_aside(rng, where):
    """Its mean is 3 times noise; the series' own level and wave are as good as if it had said nothing."""
    truth = 5.0 + np.sin(TIMES / 6.0) + 0.1 * rng.normal(size=SHAPE)
    wild = held(truth, where)._replace(mean=3.0 * rng.normal(size=SHAPE))
    filled = imputation()._replace(mean=3.0 * rng.normal(size=SHAPE))
    errors = np.asarray(ResidualGP.fit(wild).imputation(filled, LEVEL).mean) - truth
    assert np.sqrt(np.mean(errors[~where] ** 2)) < 0.15


def test_a_model_that_is_right_stays(rng, where):
    mean = np.cumsum(rng.normal(size=SHAPE), axis=1)
    truth = mean + 0.3 * rng.normal(size=SHAPE)
    better = ResidualGP.fit(held(truth, where)._replace(mean=mean)).imputation(imputation()._replace(mean=mean), LEVEL)
    assert np.sqrt(np.mean(np.square(better.mean - mean))) < 0.1
    np.testing.assert_allclose(better.stddev, 0.3, rtol=0.4)


def test_spreads_that_the_model_says_are_kept(rng, where):
    """Errors of the sizes that it says, times 2: so are the intervals, entry by entry."""
    said = rng.uniform(0.2, 2.0, SHAPE)
    truth = 2.0 * said * rng.normal(size=SHAPE)
    known = held(truth, where)._replace(stddev=said)
    better = ResidualGP.fit(known).imputation(imputation()._replace(stddev=said), LEVEL)
    np.testing.assert_allclose(better.stddev / said, 2.0, rtol=0.45)


def test_few_values_leave_the_mean(rng, where):
    where[3] = np.arange(POINTS)[:, None] < 4
    truth = 4.0 + rng.normal(size=SHAPE)
    better = ResidualGP.fit(held(truth, where)).predictive(predictive(POINTS), ())
    np.testing.assert_array_equal(better.mean[3], 0.0)
    pooled = np.sqrt(np.mean(np.square(truth[where])))
    np.testing.assert_allclose(better.stddev[3], pooled)
    np.testing.assert_allclose(better.noise_variance[3], pooled**2)
    assert np.all(np.asarray(better.mean)[4:] > 2.0)


def test_predictions_elsewhere_are_those_of_the_same_gps(rng, where):
    truth = 2.0 + np.sin(TIMES / 6.0) + 0.1 * rng.normal(size=SHAPE)
    own = ResidualGP.fit(held(truth, where))
    filled = own.imputation(imputation(), LEVEL)
    tails = (0.05, 0.5, 0.95)
    there = own.at(TIMES[:, 10:30]).predictive(predictive(20), tails)
    for found, expected in zip(there.quantiles, (filled.lower, filled.mean, filled.upper)):
        np.testing.assert_allclose(found, expected[:, 10:30], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(there.stddev, filled.stddev[:, 10:30])
    assert there.samples is None and np.all(there.latent_variance >= 0.0) and np.all(there.noise_variance > 0.0)
    between = own.at(TIMES + 0.5).predictive(predictive(POINTS), ())
    errors = between.mean - 2.0 - np.sin((TIMES + 0.5) / 6.0)
    assert np.sqrt(np.mean(np.square(errors[:, :-1]))) < 0.1
    far = own.at(TIMES + 500.0).predictive(predictive(POINTS), ())
    assert np.mean(far.latent_variance) > 3.0 * np.mean(between.latent_variance)


def test_moments_are_those_of_the_mixture(rng, where):
    """Of all hyperparameters and both trends, by the second moment; the noise's part is the mean of theirs."""
    truth, mean = rng.normal(size=(2, *SHAPE)) + np.sin(TIMES / 3.0)
    better = ResidualGP.fit(held(truth, where)._replace(mean=mean)).predictive(predictive(POINTS, mean), ())
    y, m, seen = truth[0].T, mean[0].T, where[0].T
    trends = np.stack([m, np.broadcast_to(np.mean(y, axis=1, where=seen, keepdims=True), m.shape)])
    found = [each.at_queries for each in regressions(TIMES[0], TIMES[0], (y - trends) / SAID, seen)]
    weights = scipy.special.softmax([part.log_evidence for part in found], axis=(0, 1))
    means = np.stack([trends + SAID * part.mean for part in found])
    squares = SAID**2 * np.stack([part.variance for part in found]) + means**2
    expected = np.sum(weights * means, axis=(0, 1))
    np.testing.assert_allclose(better.mean[0], expected.T, rtol=1e-6)
    np.testing.assert_allclose(
        better.stddev[0] ** 2, (np.sum(weights * squares, axis=(0, 1)) - expected**2).T, rtol=1e-6
    )
    noise = SAID**2 * np.sum(weights * np.stack([part.noise for part in found]), axis=(0, 1))
    np.testing.assert_allclose(better.noise_variance[0], noise.T, rtol=1e-6)


def test_what_was_observed_stays_as_it_was(rng, where):
    truth = rng.normal(size=SHAPE) + 2.0
    truth[:, :20] = 0.0  # what the model says too
    filled = imputation()._replace(filled=np.where(where, truth, 0.0))
    better = ResidualGP.fit(held(truth, where)).imputation(filled, LEVEL)
    np.testing.assert_array_equal(better.filled, np.where(where, truth, better.mean))


def test_what_is_missing_now_is_moved_whatever_was_known_at_the_fit(rng, where):
    """Filled in with the recalibrated mean; a value that was observed just where it was predicted stays."""
    truth = np.sin(TIMES / 6.0) + np.zeros(SHAPE)
    truth[where & (rng.uniform(size=SHAPE) < 0.2)] = 0.0
    fitted, now = ResidualGP.fit(held(truth, where)), where & (rng.uniform(size=SHAPE) < 0.6)
    made = fitted.imputation(imputation()._replace(filled=np.where(now, truth, 0.0)), LEVEL)
    np.testing.assert_array_equal(made.filled[now], truth[now])
    missing = where & ~now & (truth != 0.0)
    assert missing.any()
    np.testing.assert_array_equal(np.asarray(made.filled)[missing], np.asarray(made.mean)[missing])


def test_tails_are_fitted_to_what_is_left(rng, where):
    """Student errors about a level of every series: the scaling finds their degrees of freedom, and covers."""
    truth = rng.normal(size=(N, 1, 1)) + 0.3 * rng.standard_t(3.0, size=SHAPE)
    own = ResidualGP.fit(held(truth, where))
    left = own.left_out()
    scores = left.standardized()[where]
    assert abs(np.mean(scores**2) - 1.0) < 0.3 and np.corrcoef(left.mean[where], truth[where])[0, 1] > 0.7
    tails = StudentTScaling.fit(left)
    assert 2.1 < tails.df < 6.0
    moved = own.imputation(imputation(), LEVEL)
    law = scipy.stats.t(tails.df, moved.mean, tails.scales(moved))
    assert abs(np.mean(np.abs(law.cdf(truth) - 0.5)[~where] < 0.45) - LEVEL) < 0.04


def test_a_value_that_is_left_out_is_that_of_a_fit_without_it(rng):
    """Six values about a level of 50 where the model says 0: the level is that of the other five."""
    where = np.broadcast_to((np.arange(POINTS)[:, None] + 5 * np.arange(CHANNELS)) % 10 == 0, SHAPE)
    truth, said = 50.0 + rng.normal(size=SHAPE), rng.uniform(0.2, 2.0, SHAPE)
    known = held(np.where(where, truth, np.nan), where)._replace(stddev=said)
    left = ResidualGP.fit(known).left_out()
    for number in range(6):
        kept = where & (np.cumsum(where, axis=1) - 1 != number)
        gone = where & ~kept
        refit = ResidualGP.fit(known._replace(where=kept)).imputation(imputation()._replace(stddev=said), LEVEL)
        for ours, expected in ((left.mean, refit.mean), (left.stddev, refit.stddev)):
            np.testing.assert_allclose(ours[gone], expected[gone], rtol=1e-6)


def test_it_is_saved_and_loaded(rng, where, tmp_path):
    truth = np.where(where, rng.normal(size=SHAPE), np.nan)  # what is missing may be anything
    own = ResidualGP.fit(held(truth, where))
    own.save(tmp_path / "own.json")
    again = recalibration.load(tmp_path / "own.json")
    assert type(again) is ResidualGP
    found, expected = (each.imputation(imputation(), LEVEL) for each in (again, own))
    np.testing.assert_allclose(found.lower, expected.lower, rtol=1e-12)


def test_what_it_was_not_fitted_for_is_refused(rng, where):
    known = held(rng.normal(size=SHAPE), where)
    own = ResidualGP.fit(known)
    with pytest.raises(ValueError, match=r"of shape \[8, 60, 2\], these have \[8, 20, 2\]; at\(inputs\)"):
        own.predictive(predictive(20), ())
    with pytest.raises(ValueError, match=r"inputs has shape \[3, 60, 1\]; expected \[8, s, 1\]"):
        own.at(TIMES[:3])
    with pytest.raises(ValueError, match=r"inputs has shape \[8, 7, 1\]; expected \[8, 60, D\]"):
        ResidualGP.fit(known._replace(inputs=TIMES[:, :7]))
    with pytest.raises(ValueError, match="held_out has no inputs"):
        ResidualGP.fit(known._replace(inputs=None))
    with pytest.raises(ValueError, match="per must be .*, or nothing: every channel of every series has a GP"):
        ResidualGP.fit(known, ("channel",))
    with pytest.raises(ValueError, match="held_out has no entry that was hidden"):
        ResidualGP.fit(known._replace(where=np.zeros_like(where)))


def test_series_that_are_too_long_are_refused():
    """Before hours of work."""
    long = np.ones((1, 5_001, 1))
    with pytest.raises(ValueError, match="the series have 5,001 points, and a residual GP of n points takes O"):
        ResidualGP(0.0 * long, long, long, long > 0, long)
