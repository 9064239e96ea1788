"""Data sets of xarray in memory as sequences, where to predict in them, and the way back."""

import numpy as np
import pandas as pd
import pytest
import xarray

from gpvae_tf import data

DAYS = np.datetime64("2024-01-01", "ns") + np.arange(3) * np.timedelta64(1, "D")
HEAT = xarray.Dataset(
    {
        "heat": (("station", "time", "lat"), np.arange(12.0).reshape(2, 3, 2)),
        "cloud": (("time", "station"), np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])),
        "height": ("station", [100.0, 900.0]),
    },
    {"time": DAYS, "station": ["north", "south"], "lat": [46.0, 47.0]},
)
READ = dict(values="heat", series="station", covariates="cloud", conditions="height")
LATER = xarray.Dataset(
    {"cloud": (("station", "time"), [[0.7, 0.8], [0.9, 1.0]]), "height": ("station", [901.0, 101.0])},
    {"time": DAYS[1:] + np.timedelta64(7, "D"), "station": ["south", "north"]},
)


def test_a_data_set_is_read_as_its_file_is_and_stays_as_it_is(tmp_path):
    HEAT.to_netcdf(tmp_path / "a.nc")
    before = HEAT.copy(deep=True)
    read, of_file = data.from_xarray(HEAT, **READ), data.from_netcdf(tmp_path / "a.nc", **READ)
    np.testing.assert_array_equal(read.observations, of_file.observations)
    np.testing.assert_array_equal(read.inputs, of_file.inputs)
    assert read.layout.ids == of_file.layout.ids == ["north", "south"] and read.roles == of_file.roles
    made = data.to_xarray(read.observations, like=read, lower=read.observations - 1.0)
    assert HEAT.identical(before)
    xarray.testing.assert_equal(made.drop_vars("heat_lower"), HEAT)
    np.testing.assert_array_equal(made["heat_lower"], HEAT["heat"] - 1.0)


def test_an_array_is_its_only_variable():
    for array, name in ((HEAT["heat"], "heat"), (HEAT["heat"].rename(None), "value")):
        read = data.from_xarray(array, series="station")
        assert read.channel_names == [name] and read.event_shape == (2, 1)


def test_queries_are_in_the_order_of_the_known_series():
    """What is no series and no time, such as a grid, is as in the known data, and values are not looked at."""
    known = data.from_xarray(HEAT, **READ, batch_size=1)
    asked = data.queries(LATER.assign(heat=LATER["cloud"]), like=known)
    assert asked.layout.ids == ["north", "south"] and asked.event_shape == (2, 1) and asked.share_observed == 0.0
    np.testing.assert_array_equal(asked.inputs[..., 1:], [[[0.9, 101], [1.0, 101]], [[0.7, 901], [0.8, 901]]])
    assert asked.inputs[0, :, 0].tolist() == [known.inputs[0, 1, 0] + 7 * 86400, known.inputs[0, 2, 0] + 7 * 86400]
    assert asked.batch_size == 1 and asked.scaling is known.scaling
    made = data.to_xarray(np.ones((2, 2, 2, 1)), like=asked, stddev=np.zeros((2, 2, 2, 1)))
    assert made["heat"].dims == ("station", "time", "lat") and made["lat"].values.tolist() == [46.0, 47.0]
    assert made["time"].values.tolist() == LATER["time"].values.tolist() and (made["heat_stddev"] == 0.0).all()


def test_queries_without_series_are_of_all_of_them():
    known = data.from_xarray(HEAT, values="heat", series="station")
    at = xarray.Dataset(coords={"time": LATER["time"]})
    asked = data.queries(at, like=known)
    assert asked.layout.ids == ["north", "south"] and asked.inputs.shape == (2, 2, 1)
    one = LATER.sel(station="south")  # which keeps its id
    assert data.queries(one, like=known.take([1])).layout.ids == ["south"]
    with pytest.raises(ValueError, match="series 'north' is in the known data and not in the data set"):
        data.queries(one, like=known)
    without_ids = data.from_xarray(HEAT.drop_vars("station"), values="heat", series="station").take([1])
    assert data.queries(at, like=without_ids).inputs.shape == (1, 2, 1)
    alone = data.from_xarray(HEAT["heat"].sel(station="south", drop=True))
    assert data.queries(at, like=alone).inputs.shape == (1, 2, 1)


def test_queries_are_restored_to_the_units_of_their_series():
    each = data.per_series(data.from_xarray(HEAT[["heat"]], series="station"))
    asked = data.queries(LATER, like=each)
    made = data.to_xarray(data.restore(np.zeros(asked.observations.shape), like=each), like=asked)
    expected = HEAT["heat"].mean(("time", "lat")).broadcast_like(made["heat"])
    np.testing.assert_allclose(made["heat"], expected.transpose(*made["heat"].dims), rtol=1e-6)


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda d: d.drop_vars("cloud"), "there is no variable 'cloud' for the covariate; there are"),
        (lambda d: d.assign_coords(lat=[50.0, 60.0]), "has a dimension 'lat' that is not that of the known data"),
        (lambda d: d.assign_coords(lat=[46.0]), "has a dimension 'lat' that is not that of the known data"),
        (lambda d: d.drop_vars("time"), "there is no coordinate 'time', which would be the times"),
        (lambda d: d.assign(time=[3.0, 4.0]), "coordinate 'time' has times that are numbers; expected dates"),
        (lambda d: d.isel(station=[0]), "series 'north' is in the known data and not in the data set"),
        (lambda d: d.assign(station=["north", "west"]), "series 'south' is in the known data and not in the data set"),
        (lambda d: d.where(d["cloud"] != 0.8), r"covariate 'cloud' is missing in row \(0, 1\); a prediction needs all"),
        (lambda d: d["cloud"].to_numpy(), "dataset is ndarray; expected an xarray.Dataset or DataArray"),
    ],
)
def test_refused(change, message):
    with pytest.raises(ValueError, match=message):
        data.queries(change(LATER), like=data.from_xarray(HEAT, **READ))


def test_data_sets_ask_about_data_sets():
    frame = pd.DataFrame({"time": [1.0, 2.0], "y": [1.0, 2.0]})
    with pytest.raises(ValueError, match="at is Dataset; expected a data frame, or for data of from_xarray a data set"):
        data.queries(LATER, like=data.from_dataframe(frame, time="time", values="y"))
    with pytest.raises(ValueError, match="like comes neither from from_xarray nor from_netcdf"):
        data.to_xarray(frame, like=data.from_dataframe(frame, time="time", values="y"))
