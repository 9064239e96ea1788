"""A user's arrays: batches, shuffling, missing frames and entries, and errors that say where."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.data import from_arrays

VIDEOS, FRAMES = 5, 3


@pytest.fixture
def observations(rng):
    return rng.uniform(size=(VIDEOS, FRAMES, 4, 4, 1))


@pytest.fixture
def inputs(rng):
    return rng.uniform(size=(VIDEOS, FRAMES, 2))


@pytest.fixture
def mask():
    known = np.ones((VIDEOS, FRAMES), bool)
    known[1, 2] = known[4, 0] = False
    return known


def gather(data, name):
    return np.concatenate([batch[name].numpy() for batch in data])


def test_batches_hold_whole_data_sets(observations, inputs):
    batches = list(from_arrays(observations, inputs, batch_size=2).dataset.as_numpy_iterator())
    assert [batch["observations"].shape for batch in batches] == [(2, 3, 4, 4, 1), (2, 3, 4, 4, 1), (1, 3, 4, 4, 1)]
    assert all(sorted(batch) == ["inputs", "observations"] for batch in batches)
    assert {(name, array.dtype.name) for batch in batches for name, array in batch.items()} == {
        ("observations", "float32"),
        ("inputs", "float64"),
    }
    np.testing.assert_array_equal(np.concatenate([b["observations"] for b in batches]), observations.astype(np.float32))
    np.testing.assert_array_equal(np.concatenate([b["inputs"] for b in batches]), inputs)


def test_inputs_may_be_shared(observations, inputs):
    data = from_arrays(observations, inputs[0], batch_size=2)
    np.testing.assert_array_equal(gather(data, "inputs"), np.tile(inputs[0], (VIDEOS, 1, 1)))
    np.testing.assert_array_equal(data.inputs, np.tile(inputs[0], (VIDEOS, 1, 1)))
    assert data.inputs.strides[0] == 0  # one copy for all sequences


def test_one_time_a_point_needs_no_axis(observations, inputs):
    times = inputs[..., 0]
    np.testing.assert_array_equal(from_arrays(observations, times).inputs, times[..., None])
    np.testing.assert_array_equal(
        from_arrays(observations, times[0]).inputs, np.tile(times[0][:, None], (VIDEOS, 1, 1))
    )


def test_single_precision_stays(observations, inputs):
    data = from_arrays(observations.astype(np.float16), inputs.astype(np.float32), batch_size=2)
    assert data.observations.dtype == data.inputs.dtype == np.float32
    assert from_arrays(observations, inputs, standardize=True).observations.dtype == np.float64
    assert from_arrays((observations * 255).astype(np.uint8), inputs, standardize=True).observations.dtype == np.float32


def test_shuffling_is_reproducible_and_keeps_pairs(observations, inputs):
    first = inputs[:, 0, 0]
    build = lambda seed: from_arrays(observations, inputs, batch_size=2, shuffle_seed=seed)
    orders = []
    for _ in range(2):
        data = build(1)
        for _ in range(2):  # two epochs
            batches = list(data)
            row = np.concatenate([b["inputs"] for b in batches])[:, 0, 0]
            order = [int(np.flatnonzero(first == value)[0]) for value in row]
            loaded = np.concatenate([b["observations"] for b in batches])
            np.testing.assert_array_equal(loaded, observations[order].astype(np.float32))
            orders.append(order)
    assert orders[:2] == orders[2:]  # the same again from the start
    assert orders[0] != orders[1]  # but another order in the second epoch
    assert sorted(orders[0]) == list(range(VIDEOS))
    assert any(np.any(gather(build(seed), "inputs") != gather(build(1), "inputs")) for seed in (2, 3))


def test_missing_frames_may_hold_anything(observations, inputs, mask):
    observations[~mask], inputs[4, 0] = np.nan, np.inf
    data = from_arrays(observations, inputs, mask, batch_size=2)
    np.testing.assert_array_equal(gather(data, "mask"), mask)
    loaded = gather(data, "observations")
    np.testing.assert_array_equal(loaded[mask], observations[mask].astype(np.float32))
    np.testing.assert_array_equal(loaded[~mask], 0.0)
    inputs[4, 0] = inputs[4, 1]  # the first known one, as there is none before it
    np.testing.assert_array_equal(gather(data, "inputs"), inputs)


def test_an_unknown_time_of_a_missing_frame_is_that_of_the_frame_before(observations, inputs, mask):
    mask[2, 1:] = False
    inputs[1, 2] = inputs[2, 1:] = np.nan
    data = from_arrays(observations, inputs, mask)
    np.testing.assert_array_equal(data.inputs[1, 2], inputs[1, 1])
    np.testing.assert_array_equal(data.inputs[2], np.tile(inputs[2, 0], (3, 1)))
    mask[:, 1] = False
    shared = np.array([1.0, np.nan, 3.0])
    np.testing.assert_array_equal(from_arrays(observations, shared, mask).inputs[0, :, 0], [1.0, 1.0, 3.0])
    mask[3, 1] = True  # one sequence has a frame there
    for given in (None, mask):
        with pytest.raises(ValueError, match=r"inputs has 1 values that are not finite, the first at index \(1, 0\)"):
            from_arrays(observations, shared, given)
    inputs[3, 1, 0] = np.nan
    with pytest.raises(ValueError, match=r"the first at index \(3, 1, 0\); every observed point needs its inputs"):
        from_arrays(observations, inputs, mask)


def test_entries_may_be_missing(observations, inputs, rng):
    mask = rng.uniform(size=observations.shape) < 0.5
    mask[0, 1] = False
    observations[~mask] = np.nan
    data = from_arrays(observations, inputs, mask, batch_size=2)
    np.testing.assert_array_equal(gather(data, "mask"), mask)
    np.testing.assert_array_equal(gather(data, "observations"), np.where(mask, observations, 0).astype(np.float32))
    by_nan = from_arrays(observations, inputs, missing="nan")
    np.testing.assert_array_equal(by_nan.mask, mask)
    both = from_arrays(observations, inputs, np.arange(15).reshape(5, 3) != 4, missing="nan")
    assert not both.mask[1, 1].any()
    np.testing.assert_array_equal(np.delete(both.mask.reshape(15, -1), 4, 0), np.delete(mask.reshape(15, -1), 4, 0))


def test_the_shape_of_the_mask_does_not_depend_on_the_gaps(observations, inputs, mask):
    """A model compiled for one element spec trains on some data and is tested on others."""
    assert from_arrays(observations, inputs, missing="nan").mask.all()
    observations[~mask] = np.nan
    data = from_arrays(observations, inputs, missing="nan")
    np.testing.assert_array_equal(data.mask, np.broadcast_to(mask[..., None, None, None], observations.shape))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_named_by_index(observations, inputs, bad):
    observations[2, 1, 3, 0, 0] = observations[3, 0, 0, 0, 0] = bad
    message = r"observations has 2 values that are not finite, the first at index \(2, 1, 3, 0, 0\); .*missing='nan'"
    with pytest.raises(ValueError, match=message):
        from_arrays(observations, inputs, batch_size=2)
    mask = np.ones((VIDEOS, FRAMES), bool)
    mask[3, 0] = False  # hides one of the two
    with pytest.raises(ValueError, match=message.replace("2 values", "1 values")):
        from_arrays(observations, inputs, mask, batch_size=2)
    inputs[0, 2, 1] = bad
    with pytest.raises(ValueError, match=r"inputs has 1 values that are not finite, the first at index \(0, 2, 1\)"):
        from_arrays(np.zeros_like(observations), inputs, batch_size=2)


def test_infinity_is_not_missing(observations, inputs):
    observations[2, 1, 3, 0, 0], observations[0] = np.inf, np.nan
    observations[0, 0] = 1.0
    with pytest.raises(ValueError, match=r"observations has 1 values .* \(2, 1, 3, 0, 0\)"):
        from_arrays(observations, inputs, missing="nan")


@pytest.mark.parametrize(
    "change, message",
    [
        (dict(observations=np.zeros((5, 3))), r"observations has shape \(5, 3\); expected \[N, n, \*event\].*\[None\]"),
        (dict(observations=np.zeros((5, 0, 2))), r"observations has shape \(5, 0, 2\); expected at least one"),
        (dict(observations=[]), r"observations has shape \(0,\)"),
        (dict(observations=np.zeros((5, 3, 2), complex)), "observations has dtype complex128; expected real numbers"),
        (dict(observations=np.full((5, 3, 2), "1")), "observations holds text such as .*to_numeric"),
        (dict(observations=np.full((5, 3, 2), None)), "observations has dtype object with entries such as None"),
        (dict(observations=np.ma.zeros((5, 3, 2))), "observations is a NumPy masked array; give .*mask="),
        (dict(inputs=np.zeros((5, 2, 2))), r"inputs has shape \(5, 2, 2\); expected \[5, 3, D\]"),
        (dict(inputs=np.zeros((4, 3, 2))), r"inputs has shape \(4, 3, 2\).*observations has 5 sequences, inputs 4"),
        (dict(inputs=np.zeros(5)), r"inputs has shape \(5,\); .* one sequence of 5 points, give observations\[None\]"),
        (dict(lengths=[3, 3, 3, 3]), r"lengths must be 5 integers in 1, ..., 3, got int64 \[3 3 3 3\]"),
        (dict(lengths=[3, 3, 3, 0, 3]), "lengths must be 5 integers in 1, ..., 3"),
        (dict(lengths=[1.0] * 5), "lengths must be 5 integers in 1, ..., 3, got float64"),
        (
            dict(observations=np.full((5, 3, 2), 1e300)),
            "observations has 30 values that are not .*ends at 3e38",
        ),
        (dict(inputs=np.zeros((5, 3, 0))), r"inputs has shape \(5, 3, 0\)"),
        (dict(inputs=np.zeros(4)), r"inputs has shape \(4,\); expected \[5, 3, D\], or \[3, D\]"),
        (
            dict(observations=np.zeros((3, 3, 2)), inputs=np.zeros((3, 3))),
            r"inputs has shape \(3, 3\), which is \[N, n\] and \[n, D\]; give inputs\[..., None\]",
        ),
        (dict(inputs=np.full((5, 3), "2024-01-01")), "inputs holds text such as .*pandas.to_datetime"),
        (dict(mask=np.ones((5, 2), bool)), r"mask is bool \(5, 2\); expected bool \(5, 3\) or \(5, 3, 4, 4, 1\)"),
        (dict(mask=np.ones((5, 3))), r"mask is float64 \(5, 3\); expected bool .*mask.astype\(bool\) if 1 means obs"),
        (dict(mask=np.full((5, 3), 2)), r"mask is int64 \(5, 3\); expected bool .*True = observed"),
        (dict(mask=np.ones((5, 3, 4, 4), bool)), r"mask is bool \(5, 3, 4, 4\); expected"),
        (dict(mask=np.ones((5, 3, 4, 1, 1), bool)), r"mask is bool \(5, 3, 4, 1, 1\); .*np.broadcast_to"),
        (dict(mask=np.arange(5)[:, None].repeat(3, 1) != 3), "mask leaves nothing observed in sequence 3"),
        (dict(mask=np.zeros((5, 3, 4, 4, 1), bool)), "mask leaves nothing observed in sequence 0"),
        (dict(batch_size=0), "batch_size must be >= 1, got 0"),
        (dict(batch_size=None, points_per_batch=2), "points_per_batch needs one data set"),
        (dict(points_per_batch=2), "batch_size = 2 and points_per_batch = 2; give one of them"),
        (dict(missing="NaN"), "missing must be 'nan' or a finite number, got 'NaN'"),
        (dict(id_columns=[2]), "id_columns has 2; inputs has the columns 0 to 1"),
    ],
)
def test_wrong_arguments_are_named(observations, inputs, change, message):
    with pytest.raises(ValueError, match=message):
        from_arrays(**(dict(observations=observations, inputs=inputs, batch_size=2) | change))


def test_eight_bit_images_are_kept_as_they_are(inputs):
    images = np.arange(VIDEOS * FRAMES * 4, dtype=np.uint8).reshape(VIDEOS, FRAMES, 2, 2, 1)
    np.testing.assert_array_equal(from_arrays(images, inputs).observations, images.astype(np.float32))


def test_values_that_float32_can_hardly_tell_apart_stay_float64(inputs, rng):
    """Values in [0, 1] on an offset of a million, in one channel; not where predictions would merge them, too."""
    values = rng.uniform(size=(VIDEOS, FRAMES, 2)) + [0.0, 1e6]
    with pytest.warns(UserWarning, match="'channel 1' .* predictions, which are float32, are 0.0625 apart"):
        np.testing.assert_array_equal(from_arrays(values, inputs).observations, values)
    with pytest.raises(ValueError, match="'channel 1' .* lie between .*, which predictions in float32 cannot tell ap"):
        from_arrays(values + [0.0, 1e9], inputs)
    values[..., 1] = 1e6  # a constant has nothing to lose
    values[0, 0, 1] = np.nextafter(1e6, 2e6)  # but by rounding
    assert from_arrays(values, inputs).observations.dtype == np.float32
    mask = np.ones(values.shape, bool)
    mask[..., 1] = False
    assert not from_arrays(values, inputs, mask).observations[..., 1].any()


def test_large_values_stay_float64(inputs, rng):
    """Only where they were observed, and if they came so: of 9,000,000.4 float32 makes a whole number."""
    values = np.round(rng.uniform(8.4e6, 9e6, size=(VIDEOS, FRAMES, 2)), 2)
    data = from_arrays(values, inputs)
    np.testing.assert_array_equal(data.observations, values)
    assert next(iter(data))["observations"].dtype == tf.float64
    assert from_arrays(values.astype(np.float32), inputs).observations.dtype == np.float32
    assert from_arrays(values / 10.0, inputs).observations.dtype == np.float32
    mask = np.zeros((VIDEOS, FRAMES, 2), bool)
    mask[..., 0] = True
    assert from_arrays(values * [0.01, 1.0], inputs, mask).observations.dtype == np.float32


def test_padded_arrays_with_their_lengths(observations, inputs, mask):
    lengths = np.array([3, 1, 2, 3, 3])
    inputs[1, 1:] = np.nan
    data = from_arrays(observations, inputs, lengths=lengths)
    np.testing.assert_array_equal(data.mask, np.arange(FRAMES) < lengths[:, None])
    np.testing.assert_array_equal(data.lengths, lengths)
    mask[1, 2] = True  # behind the end all the same
    np.testing.assert_array_equal(from_arrays(observations, inputs, mask, lengths=lengths).mask, data.mask & mask)
    entries = from_arrays(observations, inputs, missing="nan", lengths=lengths).mask
    np.testing.assert_array_equal(entries.all(axis=(2, 3, 4)), data.mask)


@pytest.mark.parametrize("dtypes", [(np.float16, np.float16), (np.float32, np.float64), (np.float64, np.float64)])
def test_a_number_for_missing_values_is_as_each_array_rounds_it(dtypes):
    """-99.9 is no number of float32 or float16, and sequences of a list may be of several dtypes."""
    series = [np.arange(float(size))[:, np.newaxis].astype(dtype) for size, dtype in zip((4, 6), dtypes)]
    for one in series:
        one[1] = -99.9
    data = from_arrays(series, [np.arange(4.0), np.arange(6.0)], missing=-99.9)
    assert data.mask[..., 0].sum(axis=1).tolist() == [3, 5] and not data.mask[:, 1].any()
    whole = from_arrays(np.stack([series[0], series[0]]), np.arange(4.0), missing=-99.9)
    assert whole.mask[..., 0].sum(axis=1).tolist() == [3, 3]


@pytest.mark.parametrize("make", [lambda part: part, list], ids=["array", "list"])
def test_a_masked_array_is_refused_whatever_stands_for_missing(make):
    """NumPy's mask would be dropped in silence, and what lies behind it taken for observed."""
    values = np.ma.masked_array(np.ones((2, 4, 1)), mask=np.zeros((2, 4, 1), bool))
    values[0, 2, 0] = np.ma.masked
    with pytest.raises(ValueError, match="masked array"):
        from_arrays(make(values), np.arange(4.0), missing="nan")
