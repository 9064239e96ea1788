"""A column of times: numbers, durations or dates, with a time zone or without."""

import datetime

import numpy as np
import pandas as pd
import pytest

from gpvae_tf.data import from_dataframe
from gpvae_tf.data.frame_layout import layout_at


@pytest.mark.parametrize(
    ("times", "kind"),
    [
        ([0, 1], "numbers"),
        ([0.5, 1.5], "numbers"),
        (pd.to_timedelta([0, 1], unit="h"), "durations"),
        (["2024-01-01", "2024-01-02"], "dates"),
        (pd.to_datetime(["2024-01-01", "2024-01-02"]), "dates"),
        ([datetime.date(2024, 1, 1), datetime.date(2024, 1, 2)], "dates"),
        (["2024-01-01T10:00:00+01:00", "2024-07-01T10:00:00+02:00"], "dates with a time zone"),
        (["2024-01-01T10:00:00Z", "2024-01-02T10:00:00Z"], "dates with a time zone"),
        (pd.to_datetime(["2024-01-01", "2024-01-02"]).tz_localize("UTC"), "dates with a time zone"),
    ],
)
def test_what_times_are_is_known_from_their_column(times, kind):
    layout = from_dataframe(pd.DataFrame({"t": times, "v": [1.0, 2.0]}), time="t", values="v").layout
    assert layout.time_kind == layout.take([0]).time_kind == kind


def test_durations_of_other_times():
    """A frame of one series, which has no column of ids."""
    hours = pd.to_timedelta([0, 1], unit="h")
    read = from_dataframe(pd.DataFrame({"t": hours, "v": [1.0, 2.0]}), time="t", values="v")
    other = layout_at(read, read.layout.roles, np.array([[[1800.0], [5.5]]]), np.array([2]))
    assert other.frame["t"].tolist() == [pd.Timedelta(minutes=30), pd.Timedelta(seconds=5.5)]
    assert other.frame.columns.tolist() == ["t", "v"] and other.time_kind == "durations"


@pytest.mark.parametrize(
    ("zoned", "bare"),
    [
        ("2024-03-01T10:00:00+01:00", "2024-03-02T10:00:00"),
        ("2024-03-01 10:00-0530", "2024-03-02 10:00"),
        ("2024-03-01T10:00Z", "2024-03-02"),
        ("20240301T100000+01", "20240302T100000"),
        (pd.Timestamp("2024-03-01", tz="UTC"), datetime.date(2024, 3, 2)),
        (datetime.datetime(2024, 3, 1, tzinfo=datetime.timezone.utc), datetime.datetime(2024, 3, 2)),
    ],
)
def test_times_with_and_without_a_time_zone_in_one_column_are_refused(zoned, bare):
    """When the others are is not known: pandas takes them for UTC."""
    read = lambda *times: from_dataframe(
        pd.DataFrame({"t": pd.Series(times, dtype=object), "v": np.arange(len(times)) + 0.5}), time="t", values="v"
    )
    with pytest.raises(
        ValueError, match="column 't' has '.*' in row 1, with no time zone, and .* in the first row, whi"
    ):
        read(zoned, bare)
    with pytest.raises(
        ValueError, match="in row 1 and 1 more, with a time zone, and .*, which has none; give all of t"
    ):
        read(bare, zoned, zoned)
    for one in (zoned, bare):
        assert read(one).num_sequences == 1
