"""What counts as a difference."""

import numpy as np
import pytest

from gpvae_tf.comparison import differences


def test_largest_relative_difference_and_where_it_is():
    theirs = np.array([[1.0, -2.0], [4.0, 8.0]])
    entry = differences.largest_difference(theirs * [[1.0, 1.0 + 1e-3], [1.0, 1.0]], theirs)
    assert entry.theirs == -2.0 and entry.ours == pytest.approx(-2.002)
    assert entry.difference == pytest.approx(1e-3)


def test_a_relative_change_of_1e5_in_one_entry_shows_in_float64(rng):
    theirs = rng.normal(size=50) * 10.0 ** rng.integers(-2, 2, 50)
    for i in range(theirs.size):
        ours = theirs.copy()
        ours[i] *= 1.0 + 1e-5
        assert differences.largest_difference(ours, theirs).difference > differences.band(theirs, 1e-6, 1e-4)


def test_entries_that_nearly_cancelled_do_not_explode():
    theirs = np.array([1.0, 1e-14, 0.0])
    assert differences.largest_difference(theirs + 1e-15, theirs).difference < 1e-9
    assert differences.largest_difference(theirs.astype(np.float32) + 1e-7, theirs.astype(np.float32)).difference < 2e-6


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_differs_on_either_side(bad):
    good = np.array([1.0, 2.0])
    for ours, theirs in ((np.array([1.0, bad]), good), (good, np.array([1.0, bad])), (np.full(2, bad),) * 2):
        assert differences.largest_difference(ours, theirs).difference == np.inf


def test_zeros():
    zeros = np.zeros(3)
    assert differences.largest_difference(zeros, zeros).difference == 0.0
    assert differences.largest_difference(zeros + 1e-300, zeros).difference == np.inf


def test_shapes_must_be_equal_and_not_empty():
    with pytest.raises(ValueError, match=r"\(3,\), theirs \(1, 3\)"):
        differences.largest_difference(np.ones(3), np.ones((1, 3)))
    with pytest.raises(ValueError, match="empty"):
        differences.largest_difference(np.ones(0), np.ones(0))


def test_bands_go_by_their_dtype():
    assert differences.band(np.ones(1), 1e-6, 1e-4) == 1e-6
    assert differences.band(np.ones(1, np.float32), 1e-6, 1e-4) == 1e-4


def test_table_aligns_columns():
    assert differences.table(("a", "bb"), [("long", "1")]) == "a     bb\nlong  1"
