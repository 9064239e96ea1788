"""Values that are refused, masks in the shape of what they are of, and how many draws a quantile needs."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import shapes


@pytest.mark.parametrize(
    ("value", "positive"), [(1.0, False), (-0.1, False), (np.nan, False), (0.0, True), (1.0, True)]
)
def test_what_is_no_share_is_named(value, positive):
    bracket = r"\(" if positive else r"\["
    with pytest.raises(ValueError, match=rf"part must lie in {bracket}0, 1\), got {value}"):
        shapes.check_fraction("part", value, positive=positive)


def test_a_share_is_handed_on():
    assert shapes.check_fraction("part", 0.0) == 0.0 and shapes.check_fraction("part", 0.3, positive=True) == 0.3


def test_values_of_points_have_axes_of_size_one_behind(rng):
    values = rng.normal(size=(2, 3))
    assert shapes.over_events(values, 4).shape == (2, 3, 1, 1) and shapes.over_events(values, 2).shape == (2, 3)
    np.testing.assert_array_equal(shapes.over_events(tf.constant(values), 4), values.reshape(2, 3, 1, 1))
    of_any_size = tf.function(lambda x: shapes.over_events(x, 3), input_signature=[tf.TensorSpec([None, None])])
    np.testing.assert_array_equal(of_any_size(tf.cast(values, tf.float32))[..., 0], np.float32(values))


def test_masks_of_points_of_entries_and_none_become_masks_of_entries(rng):
    entries = rng.uniform(size=(2, 3, 4)) < 0.5
    np.testing.assert_array_equal(shapes.entry_mask(entries, (2, 3, 4)), entries)
    expected = np.repeat(entries[..., :1], 4, axis=-1)
    np.testing.assert_array_equal(shapes.entry_mask(tf.constant(entries[..., 0]), (2, 3, 4)), expected)
    everything = shapes.entry_mask(None, (2, 3, 4))
    assert everything.dtype == bool and everything.shape == (2, 3, 4) and everything.all()


@pytest.mark.parametrize(
    ("interval", "num"), [(0.5, 3), (0.9, 19), (0.95, 39), (float(np.float32(0.95)), 39), (0.951, 40)]
)
def test_the_fewest_draws_of_an_interval(interval, num):
    assert shapes.draws_needed((1.0 - interval) / 2.0) == num
