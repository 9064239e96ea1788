"""What stands in a file is what is read: ids, durations, and no array whose name says that it matters is left out."""

import numpy as np
import pandas as pd
import pytest
import xarray

from gpvae_tf.data import load, to_dataframe, to_netcdf
from gpvae_tf.data.table_files import TABLES

VALUES = np.arange(24.0).reshape(2, 4, 3)
TIMES = np.array([0.0, 1.0, 2.5, 4.0])


@pytest.mark.parametrize(
    ("ids", "kept"),
    [
        (["007", "7"], ["007", "7"]),
        (["NA", "nan"], ["NA", "nan"]),
        (["1.0", "1"], ["1.0", "1"]),
        (["2", "b"], ["2", "b"]),
        (["7", "-12"], [7, -12]),
    ],
)
@pytest.mark.parametrize("options", [{}, {"series": "station"}], ids=["series", "named"])
@pytest.mark.parametrize("kind", [".csv", ".tsv"])
def test_ids_of_a_text_are_what_stands_there(tmp_path, ids, kept, options, kind):
    """Integers where that loses nothing, so that they meet those of a Parquet file."""
    files = [tmp_path / f"{name}{kind}" for name in "ab"]
    name = options.get("series", "series")
    frame = pd.DataFrame({name: np.repeat(ids, 3), "time": range(6), "v": VALUES[0, :2].ravel()})
    frame.to_csv(files[0], index=False, sep="," if kind == ".csv" else "\t")
    data = load(files[0], **options)
    assert data.layout.ids == kept and data.lengths.tolist() == [3, 3]
    with open(files[1], "wb") as file:
        TABLES[kind].write(to_dataframe(like=data), file)
    assert files[1].read_text() == files[0].read_text()


def test_yes_or_no_with_an_empty_cell_of_a_csv(tmp_path):
    (tmp_path / "a.csv").write_text("time,v,open\n0,1.5,True\n1,2.5,\n2,3.5,False\n")
    found = load(tmp_path / "a.csv")
    assert found.mask[0, :, 1].tolist() == [True, False, True]
    assert found.observations[0, :, 1].tolist() == [1.0, 0.0, 0.0]


def test_an_empty_id_of_a_csv_is_none(tmp_path):
    (tmp_path / "a.csv").write_text("series,time,v\na,0,NA\na,1,2\n,2,3\n")
    with pytest.raises(ValueError, match="a.csv: column 'series' has no id in row 2"):
        load(tmp_path / "a.csv")


@pytest.mark.parametrize("name", ["missing_mask", "masks", "Mask", "sample_weight", "context"])
def test_arrays_of_an_npz_that_look_read_and_are_not_are_refused(tmp_path, name):
    np.savez(tmp_path / "a.npz", observations=VALUES, times=TIMES, lower=VALUES, **{name: VALUES > 1})
    with pytest.raises(
        ValueError, match=f"a.npz: it has the array '{name}', which is not read: what is missing is said"
    ):
        load(tmp_path / "a.npz")


def test_durations_of_a_netcdf_file_are_numbers_in_its_unit(tmp_path):
    """Whatever the version of xarray; coordinates of dates are decoded all the same."""
    days = pd.date_range("2024-01-01", periods=4)
    variables = {"v": (("series", "time"), VALUES[..., 0], {"units": "days"})}
    xarray.Dataset(variables, {"time": days}).to_netcdf(tmp_path / "a.nc")
    data = load(tmp_path / "a.nc")
    np.testing.assert_array_equal(data.observations[..., 0], VALUES[..., 0])
    np.testing.assert_array_equal(data.inputs[1, :, 0], 1704067200.0 + 86400.0 * np.arange(4))
    to_netcdf(data.observations, tmp_path / "b.nc", like=data)
    assert xarray.load_dataset(tmp_path / "b.nc")["time"].dtype.kind == "M"
    lead = {"time": ("time", TIMES, {"units": "hours"})}
    xarray.Dataset({"v": (("series", "time"), VALUES[..., 0])}, lead).to_netcdf(tmp_path / "c.nc")
    data = load(tmp_path / "c.nc")
    np.testing.assert_array_equal(data.inputs[0, :, 0], TIMES)
    to_netcdf(data.observations, tmp_path / "d.nc", like=data)
    back = xarray.load_dataset(tmp_path / "d.nc", decode_timedelta=False)["time"]
    assert back.values.tolist() == TIMES.tolist() and back.attrs["units"] == "hours"


def test_variables_keep_their_units(tmp_path):
    attributes = {"units": "K", "long_name": "temperature of the sea", "standard_name": "sea_surface_temperature"}
    variables = {"sst": (("series", "time"), VALUES[..., 0], attributes)}
    xarray.Dataset(variables, {"time": TIMES}).to_netcdf(tmp_path / "a.nc")
    data = load(tmp_path / "a.nc")
    to_netcdf(data.observations, tmp_path / "b.nc", like=data, lower=data.observations)
    back = xarray.load_dataset(tmp_path / "b.nc")
    assert back["sst"].attrs == attributes
    assert back["sst_lower"].attrs == {"units": "K", "long_name": "temperature of the sea"}
