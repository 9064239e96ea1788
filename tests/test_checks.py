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
