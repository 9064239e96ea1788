"""Inducing-point locations: shapes, dtypes, and the grid."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import inducing
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


@pytest.mark.parametrize("locations", [1.7e9 + 60.0 * np.arange(5.0)[:, None], [[1e39]]])
def test_points_that_their_dtype_makes_one_are_refused(locations):
    """Times in seconds since 1970 lie 128 s apart in float32."""
    with pytest.raises(ValueError, match="locations has points that are one, or infinite, in float32: give dtype"):
        InducingPoints(np.asarray(locations))
    np.testing.assert_array_equal(InducingPoints(locations, dtype="float64")(tf.float64)[0], locations)
    assert InducingPoints(np.zeros((2, 1))).num_points == 2  # which are one in any dtype


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


VIEWS = np.deg2rad(np.linspace(0, 360, 17)[:-1])


@pytest.mark.parametrize(("per_view", "num"), [(0.5, 8), (1.0, 16), (1.5, 24), (2.0, 32)])
def test_any_number_of_points_can_be_spread_over_the_views(rng, per_view, num):
    points = inducing.views_and_objects(VIEWS, rng.normal(size=(50, 3)), per_view, seed=0)
    assert points.shape == (num, 4)
    counts = np.sum(np.isclose(points[:, :1], VIEWS), axis=0)
    assert counts.sum() == num and set(counts) <= {int(per_view), int(np.ceil(per_view))}


def test_drawn_object_vectors_keep_the_correlation_of_the_data(rng):
    """Independent draws per dimension would lose it (B11)."""
    first = rng.normal(size=(200, 1))
    vectors = np.concatenate([first, first], axis=1) + rng.normal(0, 0.01, (200, 2)) + [5.0, -5.0]
    drawn = inducing.views_and_objects(VIEWS, vectors, 10.0, seed=1)[:, 1:]
    assert np.corrcoef(drawn.T)[0, 1] > 0.99
    assert np.allclose(drawn.mean(0), [5.0, -5.0], atol=0.4)


def test_object_vectors_may_ignore_the_data(rng):
    drawn = inducing.views_and_objects(VIEWS, np.full((20, 2), 100.0), 30.0, seed=0, spread=1.5)[:, 1:]
    assert abs(drawn.mean()) < 0.2 and drawn.std() == pytest.approx(1.5, rel=0.1)


def test_too_few_points_per_view_are_refused(rng):
    with pytest.raises(ValueError, match="per_view = 0.01 leaves no inducing point on 16 views"):
        inducing.views_and_objects(VIEWS, rng.normal(size=(20, 2)), 0.01, seed=0)


FEW = {  # one object, equal ones, no more than dimensions, and a line
    "one": [[1.0, 2.0]],
    "equal": [[1.0, 2.0]] * 9,
    "two": [[1.0, 2.0], [2.0, 1.0]],
    "line": [[i, 2.0 * i] for i in range(9)],
}


@pytest.mark.parametrize("name", FEW)
def test_vectors_without_a_density_are_named(name):
    vectors = np.array(FEW[name])
    with pytest.raises(ValueError, match=r"object_vectors has \d different vectors, which do not fill their 2 dim"):
        inducing.views_and_objects(np.arange(3.0), vectors, 2, seed=0)
    assert inducing.views_and_objects(np.arange(3.0), vectors, 2, seed=0, spread=1.0).shape == (6, 3)
