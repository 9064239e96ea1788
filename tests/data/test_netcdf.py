"""netCDF files, whose variables have named dimensions, and the way back."""

import importlib.util

import numpy as np
import pandas as pd
import pytest
import xarray

from gpvae_tf.data import from_arrays, load, to_netcdf

VALUES = np.arange(24.0).reshape(2, 4, 3)
TIMES = np.array([0.0, 1.0, 2.5, 4.0])


def test_netcdf(tmp_path):
    gaps = np.where(VALUES == 7.0, np.nan, VALUES)
    days = pd.date_range("2024-01-01", periods=4)
    for name, dims, values in (
        ("a", ("series", "time", "channel"), gaps),
        ("b", ("channel", "time", "series"), gaps.T),
    ):
        xarray.Dataset({"v": (dims, values)}, {"time": days}).to_netcdf(tmp_path / f"{name}.nc")
        data = load(tmp_path / f"{name}.nc")
        np.testing.assert_array_equal(data.observations, np.where(VALUES == 7.0, 0.0, VALUES))
        np.testing.assert_array_equal(data.inputs[1, :, 0], 1704067200.0 + 86400.0 * np.arange(4))
    channels = {name: (("series", "hour"), VALUES[..., i]) for i, name in enumerate("xyz")}
    xarray.Dataset({**channels, "other": ("series", [1.0, 2.0])}, {"hour": TIMES}).to_netcdf(tmp_path / "c.nc")
    np.testing.assert_array_equal(load(tmp_path / "c.nc", time="hour").observations, VALUES)
    assert load(tmp_path / "c.nc", time="hour", values=["y"]).observations[0, 1].tolist() == [4.0]


@pytest.mark.parametrize(
    "variables",
    [
        {"v": (("channel", "time", "series"), VALUES.T)},
        {"v": (("series", "time"), VALUES[..., 0]), "w": (("time", "series"), VALUES[..., 1].T)},
        {"v": (("lat", "time", "lon"), VALUES), "w": (("time", "lon", "lat"), VALUES.transpose(1, 2, 0) + 0.5)},
        {"v": ("time", VALUES[0, :, 0])},
    ],
    ids=["channels", "variables", "maps", "one series"],
)
def test_the_way_back_to_netcdf(tmp_path, variables):
    whole = xarray.Dataset(variables, {"time": TIMES, "lat": [1.0, 2.0]})
    whole.to_netcdf(tmp_path / "a.nc")
    data = load(tmp_path / "a.nc")
    to_netcdf(data.observations, tmp_path / "new" / "b.nc", like=data, lower=data.observations - 1)
    back = xarray.load_dataset(tmp_path / "new" / "b.nc")
    for name in whole:
        assert back[name].dims == whole[name].dims
        np.testing.assert_array_equal(back[name], whole[name])
        np.testing.assert_array_equal(back[f"{name}_lower"], whole[name] - 1)
    np.testing.assert_array_equal(back["time"], TIMES)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["b.nc"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_number_for_missing_values_of_a_netcdf_file_is_rounded_as_its_variable_is(tmp_path, dtype):
    """CMIP's 1e20 in float32, beside a variable of float64."""
    marked = np.where(TIMES == 1.0, 1e20, TIMES)
    variables = {"v": ("time", marked.astype(dtype)), "w": ("time", marked), "count": ("time", [1, 2, 3, 4])}
    xarray.Dataset(variables, {"time": TIMES}).to_netcdf(tmp_path / "a.nc")
    data = load(tmp_path / "a.nc", missing=1e20)
    np.testing.assert_array_equal(data.mask[0], np.stack([TIMES != 1.0, TIMES != 1.0, TIMES < 9.0], axis=-1))
    with pytest.raises(ValueError, match="missing must be 'nan' or a finite number, got 'none'"):
        load(tmp_path / "a.nc", missing="none")


@pytest.mark.parametrize("name", ["v_lower", "w_lower"])
def test_variables_and_coordinates_of_a_netcdf_file_are_not_replaced(tmp_path, name):
    coordinates = {"time": TIMES} | ({"v_lower": ("time", TIMES)} if name == "v_lower" else {})
    variables = {each: ("time", TIMES) for each in ("v", "w", "w_lower")}
    xarray.Dataset(variables, coordinates).to_netcdf(tmp_path / "a.nc")
    data = load(tmp_path / "a.nc", values=["w", "w_lower"] if name == "w_lower" else "v")
    with pytest.raises(ValueError, match=f"there is a variable or coordinate '{name}' already, which the 'lower' of "):
        to_netcdf(data.observations, tmp_path / "b.nc", like=data, lower=data.observations)
    assert not (tmp_path / "b.nc").exists()


def test_some_series_go_back_to_netcdf(tmp_path):
    variables = {"v": (("series", "time"), VALUES[..., 0]), "place": ("series", ["Bern", "Ulm"]), "height": 3.0}
    whole = xarray.Dataset(variables, {"time": TIMES, "series": ["a", "b"]})
    whole.to_netcdf(tmp_path / "a.nc")
    part = load(tmp_path / "a.nc").take([1])
    to_netcdf(part.observations, tmp_path / "b.nc", like=part)
    back = xarray.load_dataset(tmp_path / "b.nc")
    assert back["place"].values.tolist() == ["Ulm"] and back["height"] == 3.0  # variables without time
    assert back["series"].values.tolist() == ["b"] and back["v"].values.tolist() == [VALUES[1, :, 0].tolist()]
    with pytest.raises(ValueError, match=r"values has shape \(4,\); expected \(1, 4, 1\), as the observations"):
        to_netcdf(TIMES, tmp_path / "b.nc", like=part)
    with pytest.raises(ValueError, match="like comes neither from from_xarray nor"):
        to_netcdf(VALUES, tmp_path / "b.nc", like=from_arrays(VALUES, TIMES))


def test_netcdf_maps(tmp_path):
    xarray.Dataset({"v": (("lat", "lon", "time"), VALUES)}, {"time": TIMES[:3]}).to_netcdf(tmp_path / "a.nc")
    data = load(tmp_path / "a.nc")
    assert data.observations.shape == (1, 3, 2, 4, 1)
    np.testing.assert_array_equal(data.observations[0, 2, :, :, 0], VALUES[..., 2])


def test_a_netcdf_file_that_is_broken_inside(tmp_path, rng):
    """It opens; only reading its compressed values fails."""
    path, times = tmp_path / "a.nc", np.arange(4000.0)
    file = xarray.Dataset({"v": ("time", rng.normal(size=4000))}, {"time": times})
    file.to_netcdf(path, engine="netcdf4", encoding={"v": {"zlib": True}})
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes(2000) + whole[middle + 2000 :])
    with pytest.raises(ValueError, match="a.nc cannot be read as a netCDF file: .+"):
        load(path)


@pytest.mark.parametrize(
    "variables, coordinates, options, message",
    [
        (
            {"v": ("place", [1.0])},
            {},
            {},
            r"a.nc: there is no variable with the dimension 'time'; .* v\('place',\)",
        ),
        ({"v": ("time", TIMES)}, {}, {}, "a.nc: the dimension 'time' has no coordinate"),
        ({"v": ("time", TIMES)}, {"time": TIMES}, dict(values="w"), "a.nc: there is no variable 'w'; there are v"),
        (
            {"v": ("time", TIMES), "w": (("series", "time"), VALUES[..., 0])},
            {"time": TIMES},
            {},
            r"a.nc: variable 'w' has the dimensions \('series', 'time'\), 'v' \('time',\)",
        ),
    ],
)
def test_netcdf_files_that_do_not_fit(tmp_path, variables, coordinates, options, message):
    xarray.Dataset(variables, coordinates).to_netcdf(tmp_path / "a.nc")
    with pytest.raises(ValueError, match=message):
        load(tmp_path / "a.nc", **options)


def test_netcdf_without_its_packages(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    (tmp_path / "a.nc").write_bytes(b"")
    with pytest.raises(ImportError, match=r"a .nc file needs xarray and netCDF4: pip install 'gpvae_tf\[netcdf\]'"):
        load(tmp_path / "a.nc")
