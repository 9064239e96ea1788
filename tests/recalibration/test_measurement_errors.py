"""Factors of predictions where values were measured with errors of known size, on data drawn here."""

import numpy as np
import pytest
import scipy.optimize
import scipy.special
import scipy.stats

from gpvae_tf.recalibration import Conformal, HeldOut, ResidualGP, StudentTScaling, VarianceScaling
from gpvae_tf.recalibration.variance_scaling import LEAST_SCALE, scales
from gpvae_tf.types import Imputation, Predictive

N, POINTS, CHANNELS = 30, 80, 2
SAID, TRUE, LEVEL = 0.5, 0.8, 0.9  # standard deviations that the model says and that are, and a level


@pytest.fixture
def known(rng):
    """Predictions of 0 of values with errors of two sizes."""
    errors = rng.choice([0.1, 3.0], size=(N, POINTS, CHANNELS))
    truth = TRUE * rng.normal(size=errors.shape) + errors * rng.normal(size=errors.shape)
    where = rng.uniform(size=errors.shape) < 0.7
    inputs = np.zeros((N, POINTS, 1))
    return HeldOut(truth, np.zeros_like(truth), np.full_like(truth, SAID), where, inputs, errors=errors)


def imputation(mean, stddev):
    half = scipy.stats.norm.ppf(0.5 + LEVEL / 2.0) * stddev
    return Imputation(mean, mean, stddev, mean - half, mean + half)


@pytest.mark.parametrize("per", [(), ("channel",), ("series", "channel")])
def test_the_factor_is_that_of_what_was_measured(known, per):
    repair = VarianceScaling.fit(known, per)
    np.testing.assert_allclose(np.sqrt(np.mean(np.square(repair.factors))) * SAID, TRUE, rtol=0.05)
    if per == ():  # of the greatest likelihood
        cost = lambda f: (
            -np.sum(
                scipy.stats.norm.logpdf(known.truth, 0.0, np.sqrt((f * SAID) ** 2 + known.errors**2)), where=known.where
            )
        )
        found = scipy.optimize.minimize_scalar(cost, bounds=(0.1, 10.0), method="bounded", options={"xatol": 1e-8})
        np.testing.assert_allclose(repair.factors.item(), found.x, rtol=1e-5)
    without = VarianceScaling.fit(known._replace(errors=None), per)
    assert np.all(without.factors * SAID > 1.5 * TRUE)


def test_no_errors_are_errors_of_0(known):
    none = known._replace(errors=np.zeros_like(known.errors))
    for per in ((), ("series",)):
        np.testing.assert_array_equal(
            VarianceScaling.fit(none, per).factors, VarianceScaling.fit(known._replace(errors=None), per).factors
        )
    squares, where = np.square(known.truth), known.where
    total, count = scales(squares, np.where(where, SAID**2, 0.0), np.zeros_like(squares), (0, 1, 2))
    np.testing.assert_allclose(total, np.sum(squares, where=where) / SAID**2, rtol=1e-12)
    assert count == np.sum(where)


def test_how_uncertain_a_scale_is(rng):
    """2,000 groups of 100 residuals, half of whose variance is that of the errors: as 25 without errors."""
    shape = (2_000, 100, 1)
    squares = np.square(rng.normal(scale=np.sqrt(2.0), size=shape))
    total, count = scales(squares, np.ones(shape), np.ones(shape), (1, 2))
    np.testing.assert_allclose(np.mean(count), 25.0, rtol=0.02)
    np.testing.assert_allclose(np.var(np.log(total / count)), scipy.special.polygamma(1, 12.5), rtol=0.15)


def test_intervals_of_values_as_they_are_measured_hold_them_whatever_their_error(known):
    repair, rest = VarianceScaling.fit(known), ~known.where
    filled = imputation(known.mean, np.sqrt(SAID**2 + known.errors**2))
    made = repair.measured_with(known.errors).imputation(filled, LEVEL)
    inside = np.asarray((made.lower <= known.truth) & (known.truth <= made.upper))
    for size in (0.1, 3.0):
        chosen = rest & (known.errors == size)
        low, high = scipy.stats.binom.ppf([0.0005, 0.9995], chosen.sum(), LEVEL) / chosen.sum()
        assert low <= inside[chosen].mean() <= high
    assert np.all(made.stddev.numpy() > known.errors)
    alone = repair.imputation(imputation(known.mean, known.stddev), LEVEL)
    np.testing.assert_allclose(alone.stddev, repair.factors.item() * SAID, rtol=1e-6)
    np.testing.assert_allclose(made.stddev, np.sqrt(np.square(alone.stddev) + known.errors**2), rtol=1e-6)


def test_a_predictive_of_measured_values(known):
    variance = SAID**2 + known.errors**2
    predicted = Predictive(known.mean, 0.2 * variance, 0.8 * variance, np.stack([known.mean - 1.0]), None)
    repair = VarianceScaling([[[2.0]]]).measured_with(known.errors)
    made = repair.predictive(predicted, [0.2])
    np.testing.assert_allclose(made.stddev**2, 4.0 * SAID**2 + known.errors**2, rtol=1e-5)
    np.testing.assert_allclose(made.quantiles[0], -made.stddev / np.sqrt(variance), rtol=1e-5)
    with pytest.raises(ValueError, match="log_density is of what is measured, not of values with errors"):
        repair.log_density(lambda y: y, known.truth, known.mean)


def test_errors_that_explain_everything_leave_a_factor(known):
    """They were stated too large: no likelihood has a maximum above 0."""
    repair = VarianceScaling.fit(known._replace(errors=np.full_like(known.errors, 10.0)))
    np.testing.assert_allclose(repair.factors, np.sqrt(LEAST_SCALE), rtol=1e-6)


@pytest.mark.parametrize("kind", [Conformal, StudentTScaling, ResidualGP])
def test_kinds_that_cannot_tell_errors_apart(known, kind):
    with pytest.raises(ValueError, match="held_out has errors of measurement, which VarianceScaling alone"):
        kind.fit(known)
    made = kind.fit(known._replace(errors=None))
    with pytest.raises(ValueError, match=f"{kind.__name__} takes no errors of measurement; VarianceScaling does"):
        made.measured_with(known.errors)
