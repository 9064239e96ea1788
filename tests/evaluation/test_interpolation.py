"""Linear interpolation of what is missing, the last value, and that of a period before."""

import numpy as np

from gpvae_tf.evaluation.interpolation import last_value, linear_interpolation, one_period_before


def test_neighbours_in_the_order_of_the_inputs():
    values = np.array([[[0.0], [99.0], [30.0], [99.0], [10.0]]])
    inputs = np.array([[[0.0], [2.0], [3.0], [9.0], [1.0]]])  # unsorted
    mask = np.array([[True, False, True, False, True]])
    found = linear_interpolation(values, inputs, mask)
    np.testing.assert_allclose(found[0, :, 0], [0.0, 20.0, 30.0, 30.0, 10.0])


def test_every_entry_by_itself(rng):
    values, inputs = rng.normal(size=(3, 8, 2, 2)), np.tile(np.arange(8.0)[:, None], (3, 1, 1))
    mask = rng.uniform(size=values.shape) < 0.6
    mask[:, 0] = mask[:, -1] = True
    mask[1, :, 0, 1] = False  # never seen in this sequence
    found = linear_interpolation(np.where(mask, values, np.nan), inputs, mask)
    np.testing.assert_array_equal(found[mask], values[mask])
    np.testing.assert_allclose(found[1, :, 0, 1], values[:, :, 0, 1][mask[:, :, 0, 1]].mean())
    at = np.flatnonzero(mask[2, :, 1, 0])
    np.testing.assert_allclose(found[2, :, 1, 0], np.interp(np.arange(8), at, values[2, at, 1, 0]))
    np.testing.assert_array_equal(linear_interpolation(values, inputs, None), values)


def test_the_last_value_in_the_order_of_the_inputs():
    values = np.array([[[9.0], [99.0], [30.0], [99.0], [99.0], [10.0]]])
    inputs = np.array([[[1.0], [2.0], [3.0], [9.0], [-1.0], [1.5]]])  # unsorted
    mask = np.array([[True, False, True, False, False, True]])
    np.testing.assert_array_equal(last_value(values, inputs, mask)[0, :, 0], [9.0, 10.0, 30.0, 30.0, 9.0, 10.0])


def test_the_last_value_of_every_entry_by_itself(rng):
    values, inputs = rng.normal(size=(3, 8, 2)), np.tile(np.arange(8.0)[:, None], (3, 1, 1))
    mask = rng.uniform(size=values.shape) < 0.5
    mask[1, :, 1] = False  # never seen
    found = last_value(np.where(mask, values, np.nan), inputs, mask)
    for i, t, c in np.ndindex(values.shape):
        before, all_ = np.flatnonzero(mask[i, : t + 1, c]), np.flatnonzero(mask[i, :, c])
        expected = values[i, before[-1], c] if before.size else values[i, all_[0], c] if all_.size else 0.0
        assert found[i, t, c] == expected
    np.testing.assert_array_equal(last_value(values, inputs, None), values)


def test_a_period_before(rng):
    """What repeats comes back, however far ahead, from times in any order; an entry that is new is interpolated."""
    times = 1.7e9 + 0.1 * rng.permutation(60)
    wave = np.sin(2 * np.pi * (times - 1.7e9) / 1.2)[:, np.newaxis] + [0.0, 5.0]
    mask = (times < 1.7e9 + 3.65)[:, np.newaxis] & (rng.uniform(size=wave.shape) < 0.9)
    mask[:, 1] = times > 1.7e9 + 5.0  # the second begins so late that there is no period before
    values, inputs = np.where(mask, wave, np.nan)[np.newaxis], times[np.newaxis, :, np.newaxis]
    found = one_period_before(values, inputs, mask[np.newaxis], 1.2)[0]
    np.testing.assert_array_equal(found[mask], wave[mask])
    order = np.argsort(times)
    late = order[37:]  # after 3.65, two periods
    seen = order[mask[order, 0]]
    back = np.interp(
        times[late] - 1.2 * np.ceil(np.round((times[late] - times[seen[-1]]) / 1.2, 3)), times[seen], wave[seen, 0]
    )
    np.testing.assert_allclose(found[late, 0], back, atol=1e-6)
    assert np.max(np.abs(found[late, 0] - wave[late, 0])) < 0.3
    line = linear_interpolation(values, inputs, mask[np.newaxis])[0]
    np.testing.assert_array_equal(found[:, 1], line[:, 1])


def test_a_period_before_of_times_that_were_rounded():
    """One period and not two in float32, and the first value, of which rounding takes nothing away."""
    times = np.float32([20002.4, 20003.1, 20003.8])
    values, mask = np.arange(3.0)[np.newaxis, :, np.newaxis], np.array([[True, True, False]])
    assert one_period_before(values, times[np.newaxis, :, np.newaxis], mask, 0.7)[0, 2, 0] == 1.0
    times = np.append(np.arange(2, 10) / 10.0, 1.2)
    values, mask = np.arange(9.0)[np.newaxis, :, np.newaxis], (np.arange(9) < 8)[np.newaxis]
    assert one_period_before(values, times[np.newaxis, :, np.newaxis], mask, 1.0)[0, 8, 0] == 0.0
