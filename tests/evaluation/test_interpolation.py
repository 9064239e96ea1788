"""Linear interpolation of what is missing."""

import numpy as np

from gpvae_tf.evaluation.interpolation import linear_interpolation


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
