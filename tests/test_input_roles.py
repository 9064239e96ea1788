"""Which columns of the inputs are conditions, and exposures of which channels; what is refused."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.input_roles import NO_ROLES, InputRoles

NAMES = ["cases", "tests", "heat"]


@pytest.mark.parametrize(
    ("value", "columns"),
    [
        (2, (2, 2, 2)),
        (np.int64(2), (2, 2, 2)),
        ({"cases": 2}, (2, None, None)),
        ({0: 1, "tests": 3}, (1, 3, None)),
        ({}, ()),
        (None, ()),
    ],
)
def test_exposures_of_channels(value, columns):
    assert InputRoles.of((), value, NAMES).exposure == columns


@pytest.mark.parametrize(
    ("conditions", "exposure", "message"),
    [
        ((), 0, r"exposure has the input columns \[0\]; expected those from 1 on, as column 0 is the time"),
        ((), "population", "exposure is 'population'; expected the number of an input column, or {channel: column}"),
        ((), True, "exposure is True; expected the number of an input column"),
        ((), {"deaths": 1}, "with channels among cases, tests, heat"),
        ((), {0: 1, "cases": 2}, "exposure has a channel by its name and its number"),
        ((), {3: 1}, "exposure has the channel 3; there are cases, tests, heat"),
        ((0,), None, r"conditions has the input columns \[0\]; expected those from 1 on"),
        ((2, 1, 2), None, r"conditions has columns twice, or those of exposures: \[2, 1, 2\]"),
        ((1,), {"cases": 1}, "conditions has columns twice, or those of exposures"),
    ],
)
def test_what_is_no_role_is_refused(conditions, exposure, message):
    with pytest.raises(ValueError, match=message):
        InputRoles.of(conditions, exposure, NAMES)


def test_columns_that_a_kernel_sees():
    roles = InputRoles((4,), (2, None, 1))
    assert roles.exposures == [1, 2] and roles.used == [1, 2, 4] and roles.others(6) == [0, 3, 5]
    assert roles.has_exposure(3).tolist() == [True, False, True] and bool(roles)
    assert not InputRoles() and InputRoles().others(2) == [0, 1] and not InputRoles().has_exposure(2).any()
    assert InputRoles(exposure=(None, None)) == InputRoles()
    with pytest.raises(ValueError, match="conditions has column 4; inputs has the columns 0 to 3"):
        roles.others(4)
    with pytest.raises(ValueError, match="exposure has columns for 3 channels; there are 2"):
        roles.has_exposure(2)


def test_entries_have_the_exposures_of_their_channels(rng):
    """Pictures [2, 4, C] at points [3, 5]; a channel without one has 1, whatever stands in the last column."""
    inputs = rng.uniform(1.0, 9.0, (3, 5, 4))
    found = InputRoles(exposure=(2, None, 1)).exposure_per_entry(tf.constant(inputs), event_ndims=3).numpy()
    assert found.shape == (3, 5, 1, 1, 3)
    expected = np.stack([inputs[..., 2], np.ones((3, 5)), inputs[..., 1]], axis=-1)
    np.testing.assert_array_equal(found[:, :, 0, 0], expected)
    assert InputRoles((1,)).exposure_per_entry(tf.constant(inputs), event_ndims=3) is None


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_exposures_are_positive_and_conditions_any_numbers(bad):
    roles, inputs = InputRoles((2,), (1,)), np.ones((2, 3, 3))
    inputs[..., [0, 2]] = [bad, bad if np.isfinite(bad) else 1.0]
    roles.check(inputs)
    inputs[1, 2, 1] = bad
    with pytest.raises(
        ValueError, match=r"exposures in column 1 that are not positive and finite, the first at \(1, 2\)"
    ):
        roles.check(inputs)
    inputs[1, 2, 1:] = [1.0, np.nan]
    with pytest.raises(ValueError, match=r"conditions in column 2 that are not finite, the first at \(1, 2\)"):
        roles.check(inputs)


def test_roles_in_words():
    names = ["time", "people", "age", "sex"]
    assert InputRoles((3, 2), (None, 1)).in_words(names) == "conditions sex, age; exposure people"
    assert NO_ROLES.in_words(names) == "no conditions or exposure"
