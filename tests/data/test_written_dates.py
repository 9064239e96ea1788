"""Dates written as one number are refused as times, and numbers that only look a little like them are not."""

import numpy as np
import pandas as pd
import pytest

from gpvae_tf.data import from_arrays, from_dataframe

HOURS = pd.date_range("2024-01-30 22:00", periods=60, freq="h")
DAYS = pd.date_range("2024-01-30", periods=60)


def read(times):
    return from_dataframe(pd.DataFrame({"when": times, "v": np.arange(float(len(times)))}), time="when", values="v")


@pytest.mark.parametrize(
    ("moments", "written"),
    [(DAYS, "%Y%m%d"), (HOURS, "%Y%m%d%H"), (HOURS, "%Y%m%d%H%M"), (HOURS, "%Y%m%d%H%M%S")],
)
@pytest.mark.parametrize("dtype", [np.int64, np.float64])
def test_dates_written_as_numbers_are_refused(moments, written, dtype):
    """With a way out that gives the times."""
    numbers = moments.strftime(written).astype(np.int64).astype(dtype)
    with pytest.raises(
        ValueError, match=r"column 'when' has dates written as numbers, 202401\d+ to .* give pandas"
    ) as e:
        read(numbers)
    assert str(e.value).endswith(f"to_datetime(frame['when'].astype(int).astype(str), format={written!r})")
    given = pd.to_datetime(pd.Series(numbers).astype(int).astype(str), format=written)
    np.testing.assert_array_equal(np.diff(read(given).inputs[0, :, 0]), (moments[1] - moments[0]).total_seconds())
    with pytest.raises(ValueError, match="inputs has dates written as numbers"):
        from_arrays(np.zeros((1, 60, 2)), numbers)


@pytest.mark.parametrize(
    "times",
    [
        [0, 1, 2],
        [2001, 2002, 2003],
        1_700_000_000 + 3600 * np.arange(60),
        1_912_010_100 + 60 * np.arange(60),  # Unix seconds of 2030, the first of which would be a date and an hour
        [20240101, 20240102, 20240132],
        [20240228, 20240230],
        [20241301, 20240101],
        [18991231, 18991230],
        [21010101, 20240101],
        [20240101.0, 20240101.5],
        [2024010124, 2024010100],
        [202401016000, 202401010000],
        [20240101],
    ],
    ids=lambda times: f"{times[0]}-{times[-1]}",
)
def test_other_numbers_are_times(times):
    np.testing.assert_array_equal(read(times).inputs[0, :, 0], np.sort(np.asarray(times, float)))
