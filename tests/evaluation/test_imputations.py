"""Scores of filled-in entries against their definitions, for Bernoulli and for other forecasts."""

import numpy as np
import pytest
import scipy.stats
import scoringrules
import tensorflow as tf

from gpvae_tf.evaluation.bernoulli_forecast import BernoulliForecast
from gpvae_tf.evaluation.forecasts import NormalForecast
from gpvae_tf.evaluation.imputations import LEVEL, FilledIn, Totals, auroc, check_classes, fill_in
from gpvae_tf.models.prediction.predictor import draw_marginals
from tests.support import sequence_models, tiny

P = np.array([0.0, 0.02, 0.05, 0.3, 0.5, 0.96, 1.0])


def test_a_bernoulli_forecast_is_scipys():
    law, forecast = scipy.stats.bernoulli(P), BernoulliForecast(P)
    np.testing.assert_array_equal(forecast.mean(), law.mean())
    np.testing.assert_allclose(forecast.stddev(), law.std())
    levels = np.array([0.01, 0.045, 0.5, 0.955, 0.99])
    np.testing.assert_array_equal(forecast.quantiles(levels), np.maximum(law.ppf(levels[:, None]), 0.0))
    truth = np.array([0, 1, 0, 1, 0, 1, 1])
    np.testing.assert_allclose(forecast.log_density(truth), law.logpmf(truth))
    grid = np.linspace(-0.5, 1.5, 4_000, endpoint=False) + 0.00025
    steps = law.cdf(grid[:, None]) - (truth <= grid[:, None])
    np.testing.assert_allclose(forecast.crps(truth), np.mean(np.square(steps), axis=0) * 2.0, atol=1e-9)
    assert forecast.at(P > 0.1).shape == (4,)


def test_a_value_lies_in_an_interval_in_part():
    """The mean over the forecast's own law is the level; a value of the share u in [F(y - 1), F(y)] is drawn here."""
    forecast, inside = BernoulliForecast(P), []
    for truth, law in ((np.zeros(7), 1.0 - P), (np.ones(7), P)):
        low = np.where(truth == 0, 0.0, 1.0 - P)
        drawn = low + np.linspace(0.0, 1.0, 20_001)[:, None] * law
        share = np.mean((drawn >= 0.05) & (drawn <= 0.95), axis=0)
        found = forecast.share_within(truth, 0.9)
        np.testing.assert_allclose(found[law > 0], share[law > 0], atol=1e-3)
        inside.append(law * found)
    np.testing.assert_allclose(np.sum(inside, axis=0), 0.9, atol=1e-12)


def test_the_share_of_real_values_is_whether_they_are_inside():
    forecast = NormalForecast(np.zeros(3), np.ones(3))
    np.testing.assert_array_equal(forecast.share_within(np.array([-2.0, 1.0, 1.7]), 0.9), [0.0, 1.0, 0.0])


def test_totals_are_means_over_what_is_scored(rng):
    """Frames are scored whole, and batches count by their entries."""
    totals, parts = Totals(binary=True), []
    for num in (2, 5):
        truth, p = rng.integers(0, 2, (num, 3, 4)), rng.uniform(size=(num, 3, 4))
        scored = rng.uniform(size=(num, 3)) < 0.6
        forecast = BernoulliForecast(p)
        one, mixture = -rng.uniform(size=p.shape), forecast.log_density(truth)
        totals.add(truth, scored, FilledIn(p, one, mixture, forecast))
        parts.append([part[scored].ravel() for part in (truth, p, one)])
    truth, p, one = (np.concatenate(column) for column in zip(*parts))
    right = np.where(truth == 1, p, 1.0 - p)
    expected = {
        "nll_one_draw": -one,
        "nll": -np.log(right),
        "mse": (p > 0.5) != truth,
        "mse_of_mean": (p - truth) ** 2,
        "crps": (p - truth) ** 2,
        "coverage": right > 0.05,
        "width": (p > 0.05) & (p < 0.95),
        "share_within": BernoulliForecast(p).share_within(truth, LEVEL),
    }
    found = totals.means()
    assert set(found) == {f"missing_{name}" for name in expected}
    for name, values in expected.items():
        np.testing.assert_allclose(found[f"missing_{name}"], np.mean(values), err_msg=name)


def test_real_values_are_not_rounded():
    totals, truth = Totals(binary=False), np.zeros((1, 1, 1))
    density = np.full(truth.shape, -1.0)
    totals.add(truth, truth == 0.0, FilledIn(truth + 0.4, density, density, NormalForecast(truth + 0.4, truth + 1.0)))
    found = totals.means()
    assert found["missing_mse"] == pytest.approx(0.16) and found["missing_mse_of_mean"] == pytest.approx(0.16)
    assert found["missing_crps"] == pytest.approx(scoringrules.crps_normal(0.0, 0.4, 1.0))


def test_pixels_are_filled_in_by_the_mean_over_draws(rng):
    """The densities are those of pixels that are 1 with the decoded probability: of one draw's, and of all draws'."""
    model, batch, num = sequence_models.vae("float64"), tiny.videos(rng), 20
    batch |= {"mask": tf.constant(rng.uniform(size=batch["observations"].shape) < 0.5)}
    truth, marginals = batch["observations"].numpy(), model.latents_given(batch)
    found = fill_in(model, batch, truth, binary=True, num_samples=num, seed=3)
    p = model.decode(draw_marginals(marginals, tf.constant([3, 0]), num)).numpy()
    np.testing.assert_allclose(found.forecast.mean(), np.mean(p, axis=0), rtol=1e-6)
    np.testing.assert_allclose(found.mean, model.decode(marginals.mean), rtol=1e-9)
    law = lambda p: scipy.stats.bernoulli.logpmf(truth, p)
    np.testing.assert_allclose(found.one_draw, law(p[0]), rtol=1e-6)
    np.testing.assert_allclose(found.mixture, law(np.mean(p, axis=0)), rtol=1e-6)
    assert np.max(np.abs(found.one_draw - found.mixture)) > 0.01


def test_the_second_half_is_classified():
    """By what the first half says of it, which is wrong of every one where the sign has turned."""
    labels = np.tile([0, 1], 10)
    imputed = (2.0 * labels - 1.0)[:, None, None] * np.repeat([1.0, -1.0], 10)[:, None, None] * np.ones((20, 3, 2))
    assert auroc(imputed, labels)["auroc"] == 0.0
    assert auroc(np.abs(imputed) * (2.0 * labels - 1.0)[:, None, None], labels) == {"auroc": 1.0, "auprc": 1.0}


@pytest.mark.parametrize("labels", [np.repeat([3, 5], 4), np.ones(6, int), np.array([0])])
def test_labels_that_no_classifier_can_be_trained_and_scored_by(labels):
    for check in (check_classes, lambda given: auroc(np.zeros((len(given), 2, 3)), given)):
        with pytest.raises(ValueError, match="both halves must have the same classes, two or more; got"):
            check(labels)
    check_classes(np.tile([3, 5], 4))
