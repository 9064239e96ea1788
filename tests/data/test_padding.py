"""Lists of sequences of unequal length."""

import numpy as np
import pytest

from gpvae_tf.data import from_arrays

LENGTHS = (5, 8, 2)


@pytest.fixture
def observations(rng):
    return [rng.normal(size=(n, 4, 2)) for n in LENGTHS]


@pytest.fixture
def inputs(rng):
    return [np.sort(rng.uniform(size=(n, 1)), axis=0) for n in LENGTHS]


def test_shorter_sequences_are_padded_and_masked(observations, inputs):
    data = from_arrays(observations, inputs, batch_size=3)
    batch = next(iter(data))
    np.testing.assert_array_equal(batch["mask"], np.arange(8) < np.array(LENGTHS)[:, None])
    np.testing.assert_array_equal(data.lengths, LENGTHS)
    for i, n in enumerate(LENGTHS):
        np.testing.assert_array_equal(batch["observations"][i, :n], observations[i].astype(np.float32))
        np.testing.assert_array_equal(batch["observations"][i, n:], 0.0)
        np.testing.assert_array_equal(batch["inputs"][i, :n], inputs[i])
        np.testing.assert_array_equal(batch["inputs"][i, n:], np.tile(inputs[i][-1], (8 - n, 1)))


def test_predictions_are_cut_back(observations, inputs):
    data = from_arrays(observations, inputs)
    for cut, given in zip(data.unpadded(data.observations), observations):
        np.testing.assert_array_equal(cut, given.astype(np.float32))


def test_masks_of_points_and_of_entries_go_together(observations, inputs, rng):
    mask = [rng.uniform(size=one.shape) < 0.6 for one in observations]
    mask[1] = np.arange(8) != 3
    data = from_arrays(observations, inputs, mask)
    assert data.mask.shape == data.observations.shape
    np.testing.assert_array_equal(data.mask[0, :5], mask[0])
    assert not data.mask[1, 3].any() and data.mask[1, 4:].all() and not data.mask[2, 2:].any()
    points = from_arrays(observations, inputs, [one.any(axis=(1, 2)) if one.ndim > 1 else one for one in mask])
    assert points.mask.shape == (3, 8)


def test_nan_and_padding_go_together(observations, inputs):
    observations[0][2, 1, 1] = np.nan
    data = from_arrays(observations, inputs, missing="nan")
    assert data.mask.shape == data.observations.shape
    assert data.mask.sum() == 8 * sum(LENGTHS) - 1 and not data.mask[0, 2, 1, 1]
    assert data.share_observed == pytest.approx(1 - 1 / (8 * sum(LENGTHS)))


def test_lists_of_one_length_are_arrays(rng):
    observations, inputs = [rng.normal(size=(3, 2)) for _ in range(4)], [[1.0, 2.0, 3.0]] * 4
    assert from_arrays(observations, inputs).mask is None
    assert from_arrays(tuple(observations), inputs).observations.shape == (4, 3, 2)


def test_datetimes_in_lists(observations):
    times = [np.datetime64("1970-01-01T00:00:00") + np.arange(n) * np.timedelta64(1, "h") for n in LENGTHS]
    np.testing.assert_array_equal(from_arrays(observations, times).inputs[2, :2, 0], [0.0, 3600.0])


def test_the_scaling_ignores_the_padding(observations):
    times = [10.0 * np.arange(n) for n in LENGTHS]
    scaling = from_arrays(observations, times, standardize=True).scaling
    assert scaling.input_scale == 10.0 and scaling.input_offset == 35.0
    np.testing.assert_allclose(scaling.offset, np.concatenate(observations).mean(axis=(0, 1)))
    np.testing.assert_allclose(scaling.scale, np.concatenate(observations).std(axis=(0, 1)))


@pytest.mark.parametrize(
    "name, change, message",
    [
        ("inputs", lambda x: x[:2], "observations has 3 sequences, inputs has 2"),
        (
            "inputs",
            lambda x: x[1],
            r"inputs has shape \(8, 1\), but observations is a list .* one array for each of the 3",
        ),
        ("inputs", lambda x: [x[1], *x[1:]], r"inputs\[0\] has shape \(8, 1\); expected \[5, D\]"),
        ("inputs", lambda x: [*x[:2], np.zeros((2, 3))], r"inputs\[2\] has shape \(2, 3\) and inputs\[0\] \(5, 1\)"),
        (
            "mask",
            lambda x: [np.ones(n, bool) for n in (5, 7, 2)],
            r"mask\[1\] is bool \(7,\); expected",
        ),
        ("mask", lambda x: [np.ones(5), np.ones(8), np.ones(2)], r"mask\[0\] is float64 \(5,\); expected bool"),
        ("mask", lambda x: [np.ones(5, bool)], "observations has 3 sequences, mask has 1"),
        ("observations", lambda x: [*x[:2], np.zeros((2, 4, 3))], r"observations\[2\] has shape \(2, 4, 3\) and obs"),
        (
            "observations",
            lambda x: [*x[:2], np.zeros((0, 4, 2))],
            r"observations\[2\] is empty; leave it out",
        ),
        ("observations", lambda x: [*x[:2], [["a"] * 4] * 2], r"observations\[2\] holds text such as"),
    ],
)
def test_the_sequence_at_fault_is_named(observations, inputs, name, change, message):
    arguments = dict(observations=observations, inputs=inputs, mask=None)
    arguments[name] = change(arguments[name])
    with pytest.raises(ValueError, match=message):
        from_arrays(**arguments)


def test_a_list_that_is_ragged_within_a_sequence():
    with pytest.raises(ValueError, match=r"observations\[1\] is a nested list of unequal lengths"):
        from_arrays([[[1.0]], [[1.0, 2.0], [3.0]]], [[0.0], [0.0, 1.0]])
