"""Values that are refused, and how many draws a quantile needs."""

import numpy as np
import pytest

from gpvae_tf import checks


@pytest.mark.parametrize(
    ("value", "positive"), [(1.0, False), (-0.1, False), (np.nan, False), (0.0, True), (1.0, True)]
)
def test_what_is_no_share_is_named(value, positive):
    bracket = r"\(" if positive else r"\["
    with pytest.raises(ValueError, match=rf"part must lie in {bracket}0, 1\), got {value}"):
        checks.check_fraction("part", value, positive=positive)


def test_a_share_is_handed_on():
    assert checks.check_fraction("part", 0.0) == 0.0 and checks.check_fraction("part", 0.3, positive=True) == 0.3


@pytest.mark.parametrize("value", [(10.0, 0.1), (-1.0, 0.0), (np.nan, 1.0), (1e-3,), (np.inf, np.inf), 0.5, ("a", "b")])
@pytest.mark.parametrize("positive", [False, True])
def test_what_is_no_range_is_named(value, positive):
    with pytest.raises(ValueError, match=r"clip must be two numbers \(low, high\) with 0 <=? low <= high, got "):
        checks.check_range("clip", value, positive=positive)
    checks.check_range("clip", (1e-30, 1e-30), positive=positive), checks.check_range("clip", [1, np.inf])


def test_ranges_from_zero_may_be_refused():
    checks.check_range("clip", (0.0, 1.0))
    with pytest.raises(
        ValueError, match=r"clip must be two numbers \(low, high\) with 0 < low <= high, got \(0.0, 1.0"
    ):
        checks.check_range("clip", (0.0, 1.0), positive=True)


def test_numbers_that_are_not_whole_are_refused():
    """Floats of whole value too: what they count is a size, where TensorFlow refuses them later."""
    for wrong in (2.5, 2.0, np.float32(3.0), np.nan):
        with pytest.raises(ValueError, match=f"size must be a whole number, got .*{wrong}"):
            checks.at_least_one("size", wrong)
    with pytest.raises(ValueError, match="size must be >= 1, got 0"):
        checks.at_least_one("size", 0)
    assert checks.at_least_one("size", 2) == checks.at_least_one("size", np.int64(2)) == 2


def test_numbers_on_the_wrong_side_of_0_are_named():
    """Zero is refused by one of the two, NaN by both."""
    checks.check_not_negative(first=0, second=0.5), checks.check_positive(first=1e-9)
    for wrong in (-1, -1e-9, np.nan):
        with pytest.raises(ValueError, match=f"second must be >= 0, got {wrong}"):
            checks.check_not_negative(first=0.0, second=wrong)
    for wrong in (0, -1.0, np.nan):
        with pytest.raises(ValueError, match=f"second must be positive, got {wrong}"):
            checks.check_positive(first=1, second=wrong)


@pytest.mark.parametrize("several", [[np.ones(4), np.ones(4)], (np.ones(4), np.ones(4)), {"a": 1, "b": 2}])
def test_several_tensors_are_not_one(several):
    kind = type(several).__name__
    with pytest.raises(ValueError, match=rf"^the output is a {kind} of 2 tensors; expected one, \[\.\.\., 4\]$"):
        checks.check_shape("the output", several, ("...", 4))


@pytest.mark.parametrize(
    ("interval", "num"), [(0.5, 3), (0.9, 19), (0.95, 39), (float(np.float32(0.95)), 39), (0.951, 40)]
)
def test_the_fewest_draws_of_an_interval(interval, num):
    lower, upper = checks.interval_tails(interval)
    assert checks.draws_needed(lower) == num and abs(upper + lower - 1.0) < 1e-12 and lower < upper
