"""Masks of points as masks of entries."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.entry_masks import as_one, entry_mask, over_events


def test_values_of_points_have_axes_of_size_one_behind(rng):
    values = rng.normal(size=(2, 3))
    assert over_events(values, 4).shape == (2, 3, 1, 1) and over_events(values, 2).shape == (
        2,
        3,
    )
    np.testing.assert_array_equal(over_events(tf.constant(values), 4), values.reshape(2, 3, 1, 1))
    of_any_size = tf.function(lambda x: over_events(x, 3), input_signature=[tf.TensorSpec([None, None])])
    np.testing.assert_array_equal(of_any_size(tf.cast(values, tf.float32))[..., 0], np.float32(values))


def test_masks_of_points_of_entries_and_none_become_masks_of_entries(rng):
    entries = rng.uniform(size=(2, 3, 4)) < 0.5
    np.testing.assert_array_equal(entry_mask(entries, (2, 3, 4)), entries)
    expected = np.repeat(entries[..., :1], 4, axis=-1)
    np.testing.assert_array_equal(entry_mask(tf.constant(entries[..., 0]), (2, 3, 4)), expected)
    everything = entry_mask(None, (2, 3, 4))
    assert everything.dtype == bool and everything.shape == (2, 3, 4) and everything.all()


@pytest.mark.parametrize("make", [np.asarray, tf.constant])
def test_channels_of_one_value_have_one_value(make):
    values = np.arange(12).reshape(3, 4)
    np.testing.assert_array_equal(as_one(make(values), np.array([0, 1, 0, 1])), values[:, [0, 1, 0, 1]])
    for apart in (None, np.arange(4)):
        np.testing.assert_array_equal(as_one(make(values), apart), values)
