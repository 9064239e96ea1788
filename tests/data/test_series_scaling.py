"""Series standardised one by one, and predictions in their units again."""

import numpy as np
import pytest

from gpvae_tf.data import from_arrays, per_series, restore

N, POINTS, C = 6, 30, 2


@pytest.fixture
def series(rng):
    """Series whose levels and noise differ a thousandfold, with gaps."""
    sizes = np.geomspace(0.001, 1.0, N)[:, None, None]
    values = 50.0 + sizes * (7.0 + rng.normal(size=(N, POINTS, C)))
    mask = rng.uniform(size=values.shape) < 0.8
    return from_arrays(np.where(mask, values, np.nan), np.arange(POINTS), mask, standardize=True), values


def test_what_is_observed_is_standardised_in_every_series(series):
    given, _ = series
    each = per_series(given)
    observed = np.where(given.mask, each.observations, np.nan)
    np.testing.assert_allclose(np.nanmean(observed, axis=1), 0.0, atol=1e-3)
    np.testing.assert_allclose(np.nanstd(observed, axis=1), 1.0, atol=1e-3)
    assert np.all(each.observations[~given.mask] == 0.0)
    np.testing.assert_array_equal(each.mask, given.mask)
    np.testing.assert_array_equal(each.inputs, given.inputs)
    assert not each.scaling.changes_observations and each.scaling.input_scale == given.scaling.input_scale


def test_predictions_come_back_in_the_units_of_the_series(series):
    given, values = series
    each = per_series(given)
    back = restore(each.observations.astype(np.float64), like=each)
    np.testing.assert_allclose(back[given.mask], values[given.mask], rtol=1e-6)
    draws = np.stack([each.observations, each.observations + 1.0])[:, :, :7]  # at other times, in front of them draws
    spread = restore(np.ones((N, 7, C)), like=each, spread=True)
    np.testing.assert_allclose(np.diff(restore(draws, like=each), axis=0)[0], spread, rtol=1e-2)
    expected = np.nanstd(np.where(given.mask, values, np.nan), axis=1, keepdims=True)
    np.testing.assert_allclose(spread, np.broadcast_to(expected, spread.shape), rtol=1e-6)
    some = each.take([4, 1])
    np.testing.assert_array_equal(restore(some.observations, like=some), restore(each.observations, like=each)[[4, 1]])


def test_a_series_without_change_or_values_has_the_scale_of_all(rng):
    values = rng.normal(size=(4, 20, 1))
    values[0] = 3.3
    mask = np.ones(values.shape, bool)
    mask[1, 1:] = False
    each = per_series(from_arrays(values, np.arange(20.0), mask))
    assert np.all(each.observations[0] == 0.0) and each.observations[1, 0, 0] == 0.0
    within = (values[2:] - values[2:].mean(axis=1, keepdims=True)).ravel()
    pooled = np.sqrt(np.sum(np.square(within)) / mask.sum())
    np.testing.assert_allclose(each.layout.scale[:2].ravel(), pooled, rtol=1e-6)


def test_what_has_no_series_is_refused(series):
    given, _ = series
    with pytest.raises(ValueError, match="data is standardised per series already"):
        per_series(per_series(given))
    with pytest.raises(ValueError, match="per_series needs whole series"):
        per_series(from_arrays(np.zeros((1, 9, 2)), np.arange(9.0), points_per_batch=3))
    with pytest.raises(ValueError, match="like does not come from per_series"):
        restore(given.observations, like=given)
    with pytest.raises(ValueError, match=r"values has shape \(5, 30, 2\); expected \['...', 6, 's', 2\]"):
        restore(given.observations[:5], like=per_series(given))
