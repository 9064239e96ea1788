"""Batches of points, endless streams, parts, and the scaling that a data set suggests."""

import itertools
import sys

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.data import SequenceData, from_arrays

POINTS = 23


@pytest.fixture
def series(rng):
    """One series of 23 points, four of them missing; values and times tell the number of the point."""
    values = np.arange(POINTS, dtype=np.float64)[None, :, None] + [0.0, 0.5]
    mask = np.ones((1, POINTS), bool)
    mask[0, [0, 4, 11, 22]] = False
    return values, 10.0 * np.arange(POINTS)[None, :, None], mask


@pytest.mark.parametrize("shared", [False, True])
def test_batches_of_points_cover_the_observed_ones(series, shared):
    values, times, mask = series
    data = from_arrays(values, times[0] if shared else times, mask, points_per_batch=5, shuffle_seed=3)
    assert data.num_data == 19 and len(data) == 4 == len(data.dataset)
    batches = list(data)
    assert [batch["observations"].shape for batch in batches] == [(1, 5, 2)] * 3 + [(1, 4, 2)]
    assert all(batch["mask"].numpy().all() for batch in batches)
    seen = np.concatenate([batch["observations"][0, :, 0] for batch in batches])
    np.testing.assert_array_equal(np.concatenate([batch["inputs"][0, :, 0] for batch in batches]), 10 * seen)
    assert sorted(seen) == np.flatnonzero(mask[0]).tolist() and sorted(seen) != seen.tolist()
    again = np.concatenate([batch["observations"][0, :, 0] for batch in data])
    assert sorted(again) == sorted(seen) and np.any(again != seen)


def test_predictions_see_all_points_in_their_order(series):
    values, times, mask = series
    data = from_arrays(values, times, mask, points_per_batch=5, shuffle_seed=3, repeat=True)
    batches = list(data.in_order())
    for name, expected in (("observations", np.where(mask[..., None], values, 0)), ("inputs", times), ("mask", mask)):
        np.testing.assert_array_equal(np.concatenate([batch[name] for batch in batches], axis=1), expected)


def test_one_element_spec(series):
    values, times, mask = series
    spec = from_arrays(values, times, mask, points_per_batch=5).dataset.element_spec
    assert spec["observations"].shape.as_list() == [1, None, 2] and spec["mask"].shape.as_list() == [1, None]
    spec = from_arrays(values, times, mask, batch_size=5).dataset.element_spec
    assert spec["observations"].shape.as_list() == [None, POINTS, 2] and spec["inputs"].dtype == tf.float64


@pytest.mark.parametrize("options", [dict(points_per_batch=4), dict(batch_size=2)])
def test_a_stream_can_start_anywhere(rng, options):
    size = 1 if "points_per_batch" in options else 7
    values, times = rng.normal(size=(size, POINTS, 2)), np.arange(POINTS)
    build = lambda seed=0: from_arrays(values, times, shuffle_seed=seed, repeat=True, **options)
    whole = [batch["observations"].numpy() for batch in itertools.islice(build(), 15)]
    late = [batch["observations"].numpy() for batch in itertools.islice(build().stream(start_step=9), 6)]
    for one, other in zip(whole[9:], late):
        np.testing.assert_array_equal(one, other)
    assert np.any(whole[0] != next(iter(build(1)))["observations"])


def test_a_stream_without_a_seed_keeps_the_order(rng):
    values = rng.normal(size=(4, 3, 2)).astype(np.float32)
    stream = from_arrays(values, np.arange(3), batch_size=3, repeat=True)
    rows = np.concatenate([batch["observations"] for batch in itertools.islice(stream, 4)])
    np.testing.assert_array_equal(rows, np.concatenate([values, values]))


def test_attributes(series):
    values, times, mask = series
    data = from_arrays(values, times, mask)
    assert isinstance(data, SequenceData)
    assert (data.event_shape, data.input_dim, data.num_sequences, data.num_data, len(data)) == ((2,), 1, 1, None, 1)
    assert "1 sequences of 23 points, observations (2,), 1 inputs, 82.6% observed" in repr(data)
    assert from_arrays(values, times).share_observed == 1.0 and "everything observed" in repr(
        from_arrays(values, times)
    )
    with pytest.raises(ValueError, match="read-only"):
        data.observations[0] = 1.0


def test_one_copy_of_the_pixels():
    """The arrays are views of the tensors that batches are gathered from."""
    frames = np.zeros((2, 3, 4, 4, 1), np.float32)
    data = from_arrays(frames, np.arange(3))
    assert not data.observations.flags.owndata
    assert not np.shares_memory(data.observations, frames)  # a change of the user's array changes no batch
    before = sys.getrefcount(frames)
    list(data)
    assert sys.getrefcount(frames) == before


def test_a_part_keeps_the_scaling(rng):
    values, times = rng.normal(size=(6, 5, 2)), rng.uniform(size=(6, 5, 1))
    data = from_arrays(values, times, batch_size=4, standardize=True)
    part = data.take(slice(4, None))
    np.testing.assert_array_equal(part.observations, values[4:])
    np.testing.assert_array_equal(data.take(np.arange(6) == 2).inputs, times[2:3])
    assert part.scaling is data.scaling and len(part) == 1 and part.num_sequences == 2


def test_input_scaling(rng):
    times = 1_700_000_000.0 + 60.0 * np.sort(rng.permutation(40)[:30]).reshape(1, 30)
    temperature = np.full((1, 30), 21.0)
    ids = np.full((1, 30), 20230001.0)
    inputs = np.stack([times, temperature, ids], axis=-1)
    scaling = from_arrays(np.zeros((1, 30, 1)), inputs, id_columns=[2]).scaling
    assert scaling.input_offset.tolist() == [0.5 * (times.min() + times.max()), 21.0, 0.0]
    assert scaling.input_scale.tolist() == [60.0, 1.0, 1.0]
    assert not scaling.changes_observations


def test_a_column_that_is_constant_within_sequences_is_spaced_between_them():
    inputs = np.stack([np.tile(np.arange(3.0), (4, 1)), np.tile([[0.0], [5.0], [10.0], [15.0]], (1, 3))], axis=-1)
    assert from_arrays(np.zeros((4, 3, 1)), inputs).scaling.input_scale.tolist() == [1.0, 5.0]


def test_columns_that_vary_together_have_scales_that_suit_each_other(rng):
    """400 points of a plane are 20 in a row; beside times of a clock a column extends as far as these do."""
    plane = np.stack([rng.uniform(0.0, 1000.0, 400), 100.0 * rng.integers(0, 8, 400)], axis=-1)
    scaling = from_arrays(np.zeros((1, 400, 1)), plane).scaling
    np.testing.assert_allclose(scaling.input_scale, np.ptp(plane, axis=0) / 19.0, rtol=1e-6)
    names = from_arrays(np.zeros((1, 400, 1)), plane, id_columns=[1]).scaling.input_scale
    np.testing.assert_allclose(names, [np.median(np.diff(np.sort(plane[:, 0]))), 1.0], rtol=1e-5)
    clock = 60.0 * np.delete(np.arange(410.0), np.arange(100, 110))  # with a gap
    heat = rng.normal(size=400)
    beside = np.stack([clock, heat, heat.round()], axis=-1)
    expected = [60.0, *np.ptp(beside[:, 1:], axis=0) / 409.0]
    for inputs in (beside, np.stack([beside] * 3)):
        found = from_arrays(np.zeros((1 if inputs.ndim == 2 else 3, 400, 1)), inputs).scaling.input_scale
        np.testing.assert_allclose(found, [*expected[:2], 1.0], rtol=1e-5)  # whole numbers stay one apart


def test_observations_are_standardised_per_channel_over_what_is_observed(rng):
    values = rng.normal(size=(4, 5, 3, 2)) * [1.0, 50.0] + [0.0, 1e6]
    mask = rng.uniform(size=values.shape) < 0.7
    values[~mask] = 1e9
    scaling = from_arrays(values, np.arange(5), mask, standardize=True).scaling
    for channel in range(2):
        seen = values[..., channel][mask[..., channel]]
        assert scaling.offset[channel] == pytest.approx(seen.mean(), rel=1e-12)
        assert scaling.scale[channel] == pytest.approx(seen.std(), rel=1e-9)
    points = mask.any(axis=(2, 3))
    points[0, 0] = False
    scaling = from_arrays(
        np.where(points[..., None, None], 3.5, 7.0) * np.ones((3, 2)), np.arange(5), points, standardize=True
    )
    assert scaling.scaling.offset.tolist() == [3.5, 3.5] and scaling.scaling.scale.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("shared", [False, True])
def test_the_example_is_of_observed_points(series, shared):
    """As those of `dataset` are; nothing is seen of the first five points here."""
    values, times, mask = series
    mask[0, :5] = False
    example = from_arrays(values, times[0] if shared else times, mask, points_per_batch=4, shuffle_seed=3).example
    assert example["inputs"].numpy().tolist() == [[[50.0], [60.0], [70.0], [80.0]]]
    assert example["observations"][0, :, 0].numpy().tolist() == [5.0, 6.0, 7.0, 8.0] and example["mask"].numpy().all()
    few = from_arrays(values, times, mask, points_per_batch=50).example
    assert few["mask"].shape == (1, mask.sum()) and few["mask"].numpy().all()


def test_one_sequence_is_taken_by_its_number(rng):
    sequences = from_arrays(rng.normal(size=(3, 5, 2)), np.arange(5.0)[:, np.newaxis])
    for which in (1, [1], slice(1, 2), np.arange(3) == 1):
        np.testing.assert_array_equal(sequences.take(which).observations, sequences.observations[1:2])
    for which in (3, -4, [0, 3]):
        with pytest.raises(IndexError, match="sequences has the number (3|-4); the 3 sequences are 0 to 2"):
            sequences.take(which)
    assert (
        sequences.take([-1, 0, -1]).observations[:, 0, 0].tolist() == sequences.observations[[2, 0, 2], 0, 0].tolist()
    )


@pytest.mark.parametrize("which", [[], slice(5, 9), slice(0), np.zeros(3, bool), np.array([], int), np.zeros((0, 2))])
def test_no_sequence_at_all_is_refused(rng, which):
    """What would be left can be neither printed, nor iterated over, nor validated on."""
    sequences = from_arrays(rng.normal(size=(3, 5, 2)), np.arange(5.0))
    with pytest.raises(ValueError, match="take chose none of the 3 sequences"):
        sequences.take(which)


@pytest.mark.parametrize(
    ("which", "found"),
    [
        (np.ones(4, bool), r"bool of shape \(4,\); expected bool of shape \(3,\), one truth value for each of the 3"),
        (np.ones(2, bool), r"bool of shape \(2,\); expected bool of shape \(3,\)"),
        (True, r"bool of shape \(\); expected bool of shape \(3,\)"),
        (
            [0.0],
            r"float64 of shape \(1,\); expected a slice, a boolean array of shape \(3,\), or numbers of .* the 3 seq",
        ),
        (["north"], r"<U5 of shape \(1,\); expected a slice"),
        (None, r"object of shape \(\); expected a slice"),
        ([[0, 1]], r"int64 of shape \(1, 2\); expected a slice"),
    ],
)
def test_a_wrong_choice_of_sequences_is_named(rng, which, found):
    with pytest.raises(ValueError, match=f"sequences is {found}"):
        from_arrays(rng.normal(size=(3, 5, 2)), np.arange(5.0)).take(which)
