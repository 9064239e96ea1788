"""Inducing-point locations: shapes, dtypes, and the grid."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.inducing import InducingPoints, grid


@pytest.mark.parametrize("shape, with_channels", [((4, 2), (1, 4, 2)), ((3, 4, 2), (3, 4, 2))])
def test_locations(rng, shape, with_channels):
    """Stored in float32, handed out in the dtype of the algebra with a channel axis."""
    array = rng.normal(size=shape)
    points = InducingPoints(array)
    assert points.num_points == 4 and points.locations.dtype == tf.float32 and points.trainable_variables == ()
    assert points(tf.float64).dtype == tf.float64
    np.testing.assert_array_equal(points(tf.float64), array.reshape(with_channels).astype(np.float32))
    np.testing.assert_array_equal(InducingPoints(array, dtype="float64")(tf.float64), array.reshape(with_channels))
    assert InducingPoints(array, trainable=True).trainable_variables[0].shape == shape


@pytest.mark.parametrize("shape", [(4,), (0, 2), (4, 0), (1, 1, 1, 1)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"locations must be \[m, D\] or \[L, m, D\]"):
        InducingPoints(np.zeros(shape))


def test_values_must_be_finite():
    with pytest.raises(ValueError, match="locations has entries that are not finite"):
        InducingPoints(np.array([[np.nan]]))


def test_grid():
    np.testing.assert_allclose(grid(1.0, 3.0, 5), [[1.0], [1.5], [2.0], [2.5], [3.0]])
    np.testing.assert_array_equal(grid(1.0, 3.0, 5, channels=2), [grid(1.0, 3.0, 5)] * 2)
    np.testing.assert_array_equal(grid(1.0, 3.0, 1), [[1.0]])
    with pytest.raises(ValueError, match="m must be >= 1, got 0"):
        grid(1.0, 3.0, 0)
    with pytest.raises(ValueError, match="m = 4 inducing points for 3 inputs"):
        grid(1.0, 3.0, 4, num_inputs=3)
    with pytest.raises(ValueError, match="start < stop, got 3.0 and 1.0"):
        grid(3.0, 1.0, 4)
