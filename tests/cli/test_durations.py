"""Times that flags state: in words, in numbers, and what is none."""

import warnings

import numpy as np
import pandas as pd
import pytest

from gpvae_tf import data
from gpvae_tf.cli.durations import in_time_units

DATES = {"time": pd.date_range("2024-01-01", periods=5, freq="h"), "value": np.arange(5.0)}
HOURLY = data.from_dataframe(pd.DataFrame(DATES), time="time", values="value")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7d", 604_800.0),
        ("7D", 604_800.0),
        ("7 d", 604_800.0),
        ("7 days", 604_800.0),
        ("2w", 1_209_600.0),
        ("1d12h", 129_600.0),
        ("24h", 86_400.0),
        ("90min", 5_400.0),
        ("P1DT2H", 93_600.0),
        ("90", 90.0),
    ],
)
def test_durations_are_seconds_of_dates(text, seconds):
    """Whatever case of letters the versions of pandas warn of or refuse."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert in_time_units("horizon", text, HOURLY) == seconds


@pytest.mark.parametrize("text", ["7x", "d", "NaT", "-7d", "inf", "", "99999999999d", "1M"])
def test_what_is_no_time_is_refused_by_its_flag(text):
    with pytest.raises(ValueError, match="--horizon"):
        in_time_units("horizon", text, HOURLY)
