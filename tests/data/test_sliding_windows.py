"""Windows of a long series, and predictions of windows put together again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpvae_tf.data import from_arrays, stitch, to_dataframe, windows


def series(size, num=1, **options):
    values = np.random.default_rng(size).normal(size=(num, size, 2)).astype(np.float32)
    return from_arrays(values, 100.0 + np.arange(size), **options)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(1, 3), st.integers(1, 40), st.data())
def test_untouched_values_come_back_bit_for_bit(num, size, data):
    length = data.draw(st.integers(1, size))
    overlap = data.draw(st.integers(0, length - 1))
    whole = series(size, num)
    cut = windows(whole, length, overlap)
    np.testing.assert_array_equal(stitch(cut.observations, like=cut), whole.observations)
    np.testing.assert_array_equal(stitch(cut.inputs, like=cut), whole.inputs)
    starts = cut.layout.starts.reshape(num, -1)
    assert np.all(starts[:, 0] == 0) and np.all(starts[:, -1] == size - length)
    assert np.all(np.diff(starts) <= length - overlap) and np.all(np.diff(starts) >= 1)


def test_windows_hold_what_they_were_cut_from():
    mask = np.arange(10)[None] % 3 > 0
    whole = series(10, mask=mask, batch_size=2, shuffle_seed=1, standardize=True)
    cut = windows(whole, 4, 1, batch_size=3)
    assert cut.layout.starts.tolist() == [0, 3, 6] and len(cut) == 1 and cut.shuffle_seed == 1
    for number, start in enumerate([0, 3, 6]):
        for name in ("observations", "inputs", "mask"):
            np.testing.assert_array_equal(getattr(cut, name)[number], getattr(whole, name)[0, start : start + 4])
    assert cut.scaling is whole.scaling


def test_the_last_window_ends_where_the_series_ends():
    assert windows(series(10), 4, 2).layout.starts.tolist() == [0, 2, 4, 6]
    assert windows(series(11), 4, 2).layout.starts.tolist() == [0, 2, 4, 6, 7]
    assert windows(series(4), 4).layout.starts.tolist() == [0]


def test_relative_times_count_from_the_start_of_each_window():
    cut = windows(series(10), 4, 1, relative=True)
    np.testing.assert_array_equal(cut.inputs[..., 0], np.tile(np.arange(4.0), (3, 1)))
    assert cut.scaling.input_offset.tolist() == [1.5] and cut.scaling.input_scale.tolist() == [1.0]


def test_windows_fade_into_each_other_linearly():
    cut = windows(series(7), 4, 1)
    two = np.stack([np.zeros((4, 1)), np.ones((4, 1))])
    np.testing.assert_allclose(stitch(two, like=cut)[0, :, 0], [0, 0, 0, 0.5, 1, 1, 1])
    cut = windows(series(5), 4, 3)
    np.testing.assert_allclose(stitch(two[..., 0], like=cut)[0], [0, 0.25, 0.5, 0.75, 1])


def test_some_of_the_windows_in_another_order():
    """What they hold comes back, and nowhere is there a number that no window gave."""
    whole = series(10, num=2)
    cut = windows(whole, 4, 1)  # starts 0, 3, 6 of both sequences
    shuffled = cut.take([5, 2, 0, 3, 1, 4])
    np.testing.assert_array_equal(stitch(shuffled.observations, like=shuffled), whole.observations)
    for taken in ([0, 2], [2, 0]):
        some = cut.take(taken)
        expected = whole.observations.copy()
        expected[0, 4:6] = expected[1] = np.nan
        np.testing.assert_array_equal(stitch(some.observations, like=some), expected)
    two = np.stack([np.ones((4, 1)), np.zeros((4, 1))])
    np.testing.assert_allclose(stitch(two, like=cut.take([1, 0]))[0, :7, 0], [0, 0, 0, 0.5, 1, 1, 1])


def test_sequences_of_unequal_length():
    values = [np.arange(5.0)[:, None], np.arange(8.0)[:, None]]
    whole = from_arrays(values, [value[:, 0] for value in values])
    cut = windows(whole, 3, 1)
    assert cut.layout.sequences.tolist() == [0, 0, 1, 1, 1, 1] and cut.layout.starts.tolist() == [0, 2, 0, 2, 4, 5]
    assert cut.mask.all()
    np.testing.assert_array_equal(stitch(cut.observations, like=cut), whole.observations)


def test_a_window_of_nothing_but_gaps_stays():
    mask = np.ones((1, 10), bool)
    mask[0, 3:7] = False
    cut = windows(series(10, mask=mask), 3)
    assert cut.mask.any(axis=1).tolist() == [True, False, True, True]


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((11,), r"length must lie in 1, ..., 10 \(the points of the shortest sequence\), got 11"),
        ((0,), "length must lie in 1, ..., 10"),
        ((4, 4), "overlap must lie in 0, ..., length - 1 = 3, got 4"),
        ((4, -1), "overlap must lie in 0"),
    ],
)
def test_lengths_that_do_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        windows(series(10), *arguments)


def test_what_cannot_be_stitched():
    cut = windows(series(10), 4)
    with pytest.raises(ValueError, match="like are windows; give what stitch makes of them"):
        to_dataframe(like=cut)
    with pytest.raises(ValueError, match="like does not come from windows"):
        stitch(np.zeros((1, 10)), like=series(10))
    with pytest.raises(ValueError, match=r"values has shape \(2, 4\); expected \[3, 4\] and any further sizes"):
        stitch(np.zeros((2, 4)), like=cut)
    assert stitch(np.ones((3, 4), int), like=cut).dtype == np.float64
    assert windows(series(10), 4).take([0, 2]).layout.starts.tolist() == [0, 6]
