"""Columns of exposures, from arrays and tables through everything that changes data and back."""

import numpy as np
import pandas as pd
import pytest

from gpvae_tf import data

FRAME = pd.DataFrame(
    {
        "town": ["b", "a", "b", "a", "b"],
        "year": [2, 1, 1, 2, 3],
        "people": [40.0, 100.0, 30.0, 120.0, 50.0],
        "hours": [1.0, 2.0, 3.0, 4.0, 5.0],
        "cases": [3.0, 9.0, np.nan, 11.0, 2.0],
        "visits": [1.0, 2.0, 3.0, 4.0, 5.0],
    }
)
READ = dict(series="town", time="year", values=["cases", "visits"])


def test_a_column_for_all_values():
    """The last column of the inputs, with its mean for a scale, whichever values are missing."""
    read = data.from_dataframe(FRAME, **READ, exposure="people")
    assert read.roles.exposure == (1, 1) and read.input_dim == 2
    assert read.unpadded(read.inputs)[0].tolist() == [[1, 30], [2, 40], [3, 50]]
    np.testing.assert_allclose(read.scaling.input_scale, [1.0, FRAME["people"].mean()])
    assert read.scaling.input_offset[1] == 0.0
    np.testing.assert_array_equal(read.exposures[1, 1], [120.0, 120.0])


def test_a_column_for_each_value_behind_the_covariates():
    read = data.from_dataframe(FRAME, **READ | {"values": ["cases"]}, covariates="hours", exposure={"cases": "people"})
    assert read.roles.exposure == (2,) and read.inputs[1, 0].tolist() == [1, 2, 100]
    apart = data.from_dataframe(FRAME, **READ, exposure={"visits": "hours", "cases": "people"})
    assert apart.roles.exposure == (1, 2) and apart.inputs[1, 0].tolist() == [1, 100, 2]  # in the order of the values


def test_the_mean_is_that_of_points_where_something_was_observed():
    counts, inputs = np.ones((1, 3, 1)), np.array([[0.0, 10.0], [1.0, 30.0], [2.0, 1000.0]])
    read = data.from_arrays(counts, inputs, np.array([[True, True, False]]), exposure=1)
    assert read.scaling.input_scale[1] == 20.0
    nothing = data.from_arrays(counts, inputs, np.zeros((1, 3), bool), exposure=1, require_observed=False)
    np.testing.assert_allclose(nothing.scaling.input_scale[1], 1040.0 / 3.0)


def test_everything_that_changes_data_keeps_them():
    read = data.from_dataframe(FRAME, **READ, exposure="people")
    assert read.take([1]).roles == data.windows(read, length=2).roles == read.roles
    np.testing.assert_array_equal(read.take([1]).exposures, read.exposures[[1]])
    with pytest.raises(ValueError, match="data has exposures, which are of counts"):
        data.per_series(read)
    assert np.all(data.from_arrays(np.ones((1, 3, 2, 2)), np.arange(3)).exposures == 1.0)


def test_the_way_back_and_queries():
    read = data.from_dataframe(FRAME, **READ, exposure="people")
    back = data.to_dataframe(like=read)
    pd.testing.assert_frame_equal(back[["town", "year", "people", "cases", "visits"]], FRAME.drop(columns="hours"))
    future = pd.DataFrame({"town": ["a", "b"], "year": [3, 4], "people": [130.0, 60.0]})
    asked = data.queries(future, like=read)
    assert asked.inputs[:, 0].tolist() == [[4, 60], [3, 130]] and asked.roles == read.roles
    with pytest.raises(ValueError, match="no column 'people'"):
        data.queries(future.drop(columns="people"), like=read)
    with pytest.raises(ValueError, match="exposure 'people' is 0 in row 1; expected more than 0"):
        data.queries(future.assign(people=[130.0, 0.0]), like=read)


def test_a_file_reads_them_and_does_not_take_them_for_values(tmp_path):
    FRAME.to_csv(tmp_path / "towns.csv", index=False)
    read = data.load(tmp_path / "towns.csv", series="town", time="year", exposure={"cases": "people"})
    assert read.channel_names == ["hours", "cases", "visits"] and read.roles.exposure == (None, 1, None)
    classes = data.load(tmp_path / "towns.csv", **READ | {"classes": "visits"}, exposure="people")
    assert classes.roles.exposure == (1, *[None] * 5)


@pytest.mark.parametrize(
    ("changed", "options", "message"),
    [
        ({}, {"exposure": "inhabitants"}, "no column 'inhabitants'"),
        ({}, {"exposure": {"deaths": "people"}}, "exposure has 'deaths', which is not among the values"),
        (
            {},
            {"exposure": {"cases": ["people"]}},
            r"exposure has \['people'\] for the column of a value; expected a name",
        ),
        ({}, {"exposure": ["people"]}, r"exposure is \['people'\]; expected {VALUE: COLUMN}"),
        (
            {},
            {"exposure": "year"},
            "exposure has 'year', which is a column of ids, times, covariates or values already",
        ),
        ({}, {"exposure": "people", "covariates": "people"}, "exposure has 'people', which is a column of ids"),
        (
            {},
            {"exposure": "people", "values": "visits", "classes": "visits"},
            "no column of numbers that it could be of",
        ),
        ({"people": [1, 2, 3, -4, 5]}, {"exposure": "people"}, "exposure 'people' is -4 in row 3"),
        (
            {"people": [1, 2, 3, np.nan, 5]},
            {"exposure": "people"},
            "exposure 'people' is missing in row 3, which has values; exposures must be known",
        ),
        ({"year": 1}, {"exposure": "people"}, "rows 0 and 2 both have 'town' = 'b' and 'year' = 1"),
    ],
)
def test_what_is_wrong_is_named(changed, options, message):
    with pytest.raises(ValueError, match=message):
        data.from_dataframe(FRAME.assign(**changed), **READ | options)


def test_large_float32_exposures_are_no_times():
    """Libraries of 20 to 50 million reads, which float32 rounds, and the time beside them is looked at alone."""
    inputs = np.stack([np.arange(5.0), [2e7, 2e7 + 1, 5e7, 3e7, 4e7]], axis=-1).astype(np.float32)
    assert data.from_arrays(np.ones((1, 5, 1)), inputs, exposure=1).input_dim == 2
    inputs[:, 0] += 2.0**24
    with pytest.raises(ValueError, match="inputs, column 0, has values up to"):
        data.from_arrays(np.ones((1, 5, 1)), inputs, exposure=1)


def test_arrays_whose_column_is_wrong():
    counts, inputs = np.ones((2, 3, 1)), np.stack([np.arange(3.0), [1.0, 0.0, 2.0]], axis=-1)
    with pytest.raises(
        ValueError, match=r"exposures in column 1 that are not positive and finite, the first at \(1,\)"
    ):
        data.from_arrays(counts, inputs, exposure=1)
    with pytest.raises(ValueError, match="exposure has column 2; inputs has the columns 0 to 1"):
        data.from_arrays(counts, inputs, exposure=2)
