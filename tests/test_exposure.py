"""Which columns of the inputs are exposures of which channels, and what is refused."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.exposure import Exposure

NAMES = ["cases", "tests", "heat"]


@pytest.mark.parametrize(
    ("value", "columns"),
    [
        (2, (2, 2, 2)),
        (np.int64(2), (2, 2, 2)),
        ({"cases": 2}, (2, None, None)),
        ({0: 1, "tests": 3}, (1, 3, None)),
        (Exposure((1, None, 2)), (1, None, 2)),
    ],
)
def test_columns_of_channels(value, columns):
    assert Exposure.of(value, NAMES).columns == columns


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (0, r"input columns \[0, 0, 0\] for the channels; expected one of the columns from 1 on"),
        ({}, "expected one of the columns from 1 on for a channel at least"),
        ("population", "exposure is 'population'; expected the number of an input column, or {channel: column}"),
        (True, "exposure is True; expected the number of an input column"),
        ({"deaths": 1}, "with channels among cases, tests, heat"),
        ({3: 1}, "exposure has the channel 3; there are cases, tests, heat"),
        (Exposure((1,)), "exposure has columns for 1 channels; there are 3"),
    ],
)
def test_what_is_no_exposure_is_refused(value, message):
    with pytest.raises(ValueError, match=message):
        Exposure.of(value, NAMES)


def test_columns_that_a_kernel_sees():
    exposure = Exposure((2, None, 1))
    assert exposure.used == [1, 2] and exposure.others(4) == [0, 3] and exposure.has.tolist() == [True, False, True]
    with pytest.raises(ValueError, match="exposure is column 2; inputs has the columns 0 to 1"):
        exposure.others(2)


def test_entries_have_the_exposures_of_their_channels(rng):
    """Pictures [2, 4, C] at points [3, 5]; a channel without one has 1, whatever stands in the last column."""
    inputs = rng.uniform(1.0, 9.0, (3, 5, 4))
    found = Exposure((2, None, 1)).per_entry(tf.constant(inputs), event_ndims=3).numpy()
    assert found.shape == (3, 5, 1, 1, 3)
    np.testing.assert_array_equal(
        found[:, :, 0, 0], np.stack([inputs[..., 2], np.ones((3, 5)), inputs[..., 1]], axis=-1)
    )


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan])
def test_exposures_are_positive(bad):
    inputs = np.ones((2, 3, 2))
    inputs[..., 0] = bad  # no exposure
    Exposure((1,)).check(inputs)
    inputs[1, 2, 1] = bad
    with pytest.raises(ValueError, match=r"exposures in column 1 that are not positive, the first at \(1, 2\)"):
        Exposure((1,)).check(inputs)
