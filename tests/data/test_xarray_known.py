"""Variables of a netCDF file that are known at every time: heights of stations, temperatures, populations; and back."""

import numpy as np
import pandas as pd
import pytest
import xarray

from gpvae_tf import data
from gpvae_tf.input_roles import InputRoles

DIMS = ("series", "time")
VALUES = np.array([[1.0, np.nan, 3.0], [4.0, 5.0, 6.0]])
VARIABLES = {
    "cases": (DIMS, VALUES),
    "deaths": (DIMS, VALUES - 1.0),
    "heat": (DIMS[::-1], np.arange(6.0).reshape(3, 2)),
    "holiday": ("time", np.array([0, 1, 0], np.int8)),
    "height": ("series", [100.0, 900.0]),
    "people": (DIMS, [[10.0, np.nan, 30.0], [40.0, 50.0, 60.0]]),
}
READ = dict(covariates="heat", conditions=["height", "holiday"], exposure={"cases": "people"})
DAYS = np.datetime64("1970-01-01") + np.arange(3).astype("m8[s]")


def written(path, changed=(), times=DAYS):
    xarray.Dataset(VARIABLES | dict(changed), {"time": times}).to_netcdf(path / "a.nc")
    return path / "a.nc"


def test_columns_of_inputs(tmp_path):
    """Where nothing was observed, what is missing is that of the time before."""
    read = data.load(written(tmp_path), **READ)
    first = [[0, 0, 100, 0, 10], [1, 2, 100, 1, 10], [2, 4, 100, 0, 30]]
    np.testing.assert_array_equal(read.inputs, [first, [[0, 1, 900, 0, 40], [1, 3, 900, 1, 50], [2, 5, 900, 0, 60]]])
    assert read.channel_names == ["cases", "deaths"] and read.roles == InputRoles((2, 3), (4, None))
    assert read.input_names == ["time", "heat", "height", "holiday", "people"]
    assert read.layout.time_kind == "dates"
    np.testing.assert_array_equal(data.load(tmp_path / "a.nc", **read.layout.columns()).inputs, read.inputs)


def test_what_all_series_share_is_not_repeated(tmp_path):
    path = written(tmp_path)
    assert data.load(path, values="cases", conditions="holiday").inputs.base.shape == (3, 2)
    alone = xarray.Dataset({"v": ("time", [1.0, 2.0, 4.0]), "heat": ("time", [7.0, 8.0, 9.0])}, {"time": np.arange(3)})
    alone.to_netcdf(path)
    assert data.load(path, covariates="heat").inputs.tolist() == [[[0, 7], [1, 8], [2, 9]]]


def test_coordinates_and_channels(tmp_path):
    """A coordinate of the series is no variable; and all channels of a variable have one exposure."""
    counts = np.arange(12.0).reshape(2, 3, 2)
    coordinates = {"time": np.arange(3), "height": ("series", [100.0, 900.0])}
    variables = {"counts": ((*DIMS, "channel"), counts), "people": ("series", [10.0, 20.0])}
    xarray.Dataset(variables, coordinates).to_netcdf(tmp_path / "a.nc")
    read = data.load(tmp_path / "a.nc", conditions="height", exposure="people")
    assert read.roles == InputRoles((1,), (2, 2)) and read.inputs[1, 0].tolist() == [0, 900, 20]
    data.to_netcdf(read.observations, tmp_path / "b.nc", like=read)
    assert data.load(tmp_path / "b.nc", **read.layout.columns()).roles == read.roles


def test_they_are_written_again(tmp_path):
    """Of some of the series, too."""
    read = data.load(written(tmp_path), **READ).take([1])
    data.to_netcdf(read.observations, tmp_path / "b.nc", like=read, lower=read.observations)
    again = data.load(tmp_path / "b.nc", **read.layout.columns())
    np.testing.assert_array_equal(again.inputs, read.inputs)
    assert again.roles == read.roles
    np.testing.assert_array_equal(xarray.load_dataset(tmp_path / "b.nc")["height"], [900.0])


def test_exposures_are_in_the_order_of_the_values(tmp_path):
    """However they are named, so that what a file was read with reads it again."""
    path = written(tmp_path, {"tests": ("time", [7.0, 8.0, 9.0])})
    read = data.load(path, values=["cases", "deaths"], exposure={"deaths": "tests", "cases": "people"})
    assert read.input_names == ["time", "people", "tests"] and read.roles == InputRoles((), (1, 2))
    assert data.load(path, **read.layout.columns()).roles == read.roles


def test_a_number_for_what_is_missing_in_whole_numbers(tmp_path):
    """Of what is known, where no value is; and a value that is missing needs nothing that is known."""
    path = written(tmp_path, {"cases": (DIMS, [[1, -9, 3], [4, 5, 6]]), "level": (DIMS, [[7, -9, 8], [1, 2, 3]])})
    read = data.load(path, values="cases", conditions="level", exposure="people", missing=-9)
    assert read.inputs[0].tolist() == [[0, 7, 10], [1, 7, 10], [2, 8, 30]] and not read.mask[0, 1, 0]
    with pytest.raises(
        ValueError, match=r"first at index \(0, 2, 1\); every observed point needs its inputs, here 'le"
    ):
        data.load(path, values="cases", conditions=["level", "height"], missing=8)


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([20240130, 20240131, 20240201], "times has dates written as numbers, 20240130 to 20240201"),
        (
            1.7e9 + np.float32([0, 60, 120]),
            "times, column 0, has values up to 1700000128, which float32 keeps 128 apart",
        ),
    ],
)
def test_times_beside_what_is_known_are_looked_at_as_others_are(tmp_path, times, message):
    with pytest.raises(ValueError, match=message):
        data.load(written(tmp_path, times=np.array(times)), **READ)


def test_a_file_of_one_series_is_read_as_that_of_many(tmp_path):
    """With the name that the many have; and what has other dimensions in its place is refused."""
    for name, refused in (("series", False), ("town", True)):
        whole = xarray.Dataset(VARIABLES, {"time": DAYS}).rename({"series": name} if name == "town" else {})
        whole.to_netcdf(tmp_path / "many.nc")
        columns = data.load(tmp_path / "many.nc", series=name, **READ).layout.columns()
        whole.isel({name: 0}).to_netcdf(tmp_path / "one.nc")
        found = data.load(tmp_path / "one.nc", **columns)
        assert found.num_sequences == 1 and found.inputs[0, 0].tolist() == [0, 0, 100, 0, 10]
        whole.rename({name: "place"}).to_netcdf(tmp_path / "other.nc")
        if refused:
            with pytest.raises(ValueError, match="series is 'town', which is no dimension of 'cases'; it has place, t"):
                data.load(tmp_path / "other.nc", series="town", values="cases")


@pytest.mark.parametrize(
    ("ids", "named"),
    [
        (None, [0, 1]),
        (np.array([b"a", b"b"]), ["a", "b"]),
        (np.array(["2024-01-01", "2024-02-01"], "M8[ns]"), list(pd.to_datetime(["2024-01-01", "2024-02-01"]))),
    ],
)
def test_ids_of_series(tmp_path, ids, named):
    """Of some of them too: without a coordinate they are their numbers in the file; and tables have them."""
    coordinates = {"time": DAYS} | ({} if ids is None else {"series": ids})
    xarray.Dataset(VARIABLES, coordinates).to_netcdf(tmp_path / "a.nc")
    read = data.load(tmp_path / "a.nc", values=["cases", "deaths"], conditions="height")
    assert read.layout.ids == named and read.take([1]).layout.ids == named[1:]
    rows = pd.DataFrame({"series": named[1:] * 2, "time": DAYS[:2] + np.timedelta64(9, "s"), "height": [1.0, 2.0]})
    asked = data.queries(rows, like=read.take([1]))
    assert asked.inputs.tolist() == [[[9, 1], [10, 2]]]
    table = data.to_dataframe(like=read)
    assert table.columns.tolist() == ["series", "time", "height", "cases", "deaths"]
    assert table["series"].tolist() == [named[0]] * 3 + [named[1]] * 3 and table["time"].tolist() == list(DAYS) * 2
    np.testing.assert_array_equal(table["cases"], VALUES.ravel())


SOILS = np.array(["clay", "sand"])


@pytest.mark.parametrize("dtype", [object, "U", "S"])
def test_variables_of_classes(tmp_path, dtype):
    """As texts or bytes over the series, and as numbers over both, one of which says that one is missing elsewhere."""
    phase = np.array([[1, 0, 2], [2, 2, 1]])
    path = written(tmp_path, {"soil": ("series", SOILS.astype(dtype)), "phase": (DIMS, phase)})
    options = dict(values="deaths", covariates=["phase"], conditions=["height", "soil"], classes=["soil", "phase"])
    read = data.load(path, **options, missing=0)
    assert read.input_names == ["time", "phase=1", "phase=2", "height", "soil=clay", "soil=sand"]
    expected = [[0, 1, 0, 100, 1, 0], [1, 1, 0, 100, 1, 0], [2, 0, 1, 100, 1, 0]]  # the second is of no value
    np.testing.assert_array_equal(read.inputs[0], expected)
    assert read.inputs[1, 2].tolist() == [2, 1, 0, 900, 0, 1] and read.roles == InputRoles((3, 4, 5))
    part = read.take([1])
    data.to_netcdf(part.observations, tmp_path / "b.nc", like=part)
    assert "soil=sand" not in xarray.load_dataset(tmp_path / "b.nc")
    again = data.load(tmp_path / "b.nc", **part.layout.columns(), missing=0)  # which has sand alone
    np.testing.assert_array_equal(again.inputs, read.inputs[[1]])
    with pytest.raises(
        ValueError, match=r"column 'phase' has '0' in row \(0, 1\), which is none of its classes '1', '2'"
    ):
        data.load(path, **options | {"classes": {"phase": [1, 2], "soil": None}})
    with pytest.raises(
        ValueError, match=r"classes has 'deaths', which is no covariate or condition: \['phase', 'height"
    ):
        data.load(path, **options | {"classes": "deaths"})


@pytest.mark.parametrize(
    ("changed", "options", "message"),
    [
        ({}, {"conditions": "width"}, "a.nc: there is no variable 'width' for the condition; there are "),
        ({}, {"covariates": "cases", "values": "cases"}, "covariate 'cases' is a variable of values, errors, times or"),
        ({}, {"covariates": "time"}, "covariate 'time' is a variable of values, errors, times or something known"),
        ({}, {"covariates": "people"}, "covariate 'people' is a variable of values, errors, times or something known"),
        (
            {"height": ("place", [1.0])},
            {},
            r"condition 'height' has the dimensions \('place',\); expected some of \('se",
        ),
        (
            {"height": ("series", [1.0, np.nan])},
            {},
            r"first at index \(1, 0, 2\); every observed point needs its inputs, here 'height'",
        ),
        ({"people": ("time", [1.0, 0.0, 2.0])}, {}, r"exposures in column 4 \('people'\) that are not positive"),
        ({"heat": ("time", [1.0, -9.0, 2.0])}, {"missing": -9}, r"first at index \(1, 1, 1\); .*, here 'heat'"),
        (
            {"height": ("series", ["low", "high"])},
            {},
            "'height' is not numeric but .* with 'low' in row 0; .* classes=",
        ),
        ({"height": ("series", DAYS[:2])}, {}, "column 'height' is not numeric but datetime64"),
        ({}, {"series": "place"}, "series is 'place', which is no dimension of 'cases'; it has series, time"),
        ({}, {"time": "hour"}, "time is 'hour', which is no dimension of 'cases'; it has series, time"),
        ({}, {"exposure": {"heat": "people"}}, "exposure has 'heat', which is not among the values"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, changed, options, message):
    with pytest.raises(ValueError, match=message):
        data.load(written(tmp_path, changed), **READ | {"values": ["cases", "deaths"]} | options)
