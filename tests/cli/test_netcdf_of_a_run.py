"""A netCDF file with what is known at every time, from `gpvae fit` and its resumption to predictions and scores."""

import numpy as np
import pandas as pd
import pytest
import xarray

from gpvae_tf import load_model
from gpvae_tf.input_roles import InputRoles
from tests.support.gpvae_command import SMALL, call

DIMS = ("town", "time")
READING = ["--series=town", "--exposure=deaths:sick,cases:people", "--conditions=height,soil", "--classes=soil"]


@pytest.fixture(scope="module")
def towns(tmp_path_factory):
    rng = np.random.default_rng(0)
    people = np.repeat(rng.integers(100, 900, (12, 1)), 8, axis=1)
    counts = {"cases": rng.poisson(0.05 * people).astype(float), "deaths": rng.poisson(4.0, (12, 8)).astype(float)}
    counts["cases"][rng.uniform(size=(12, 8)) < 0.2] = np.nan
    known = {"people": (DIMS, people), "sick": ("time", np.arange(20, 28))}
    known |= {"height": ("town", rng.uniform(0, 900, 12)), "soil": ("town", np.array(["clay", "sand"] * 6))}
    path = tmp_path_factory.mktemp("towns") / "towns.nc"
    times = np.datetime64("2024-01-01T00:00:00", "ns") + np.arange(8) * np.timedelta64(7, "D")
    variables = {name: (DIMS, values) for name, values in counts.items()} | known
    xarray.Dataset(variables, {"time": times, "town": [f"t{i}" for i in range(12)]}).to_netcdf(path)
    return path


@pytest.fixture(scope="module")
def run(towns):
    assert call("fit", towns, f"--out={towns.parent / 'run'}", *READING, *SMALL) == 0
    return towns.parent / "run"


def test_a_run_reads_its_file_again(run, towns, tmp_path, capsys):
    """Columns of exposures stood as they were named, and in another order when the run read them again."""
    assert load_model(run / "model").roles == InputRoles((1, 2, 3), (4, 5))
    assert call("fit", towns, f"--out={run}", *READING, *SMALL, "--resume", "--steps=4") == 0
    assert "sequences are new" not in capsys.readouterr().out
    assert call("impute", run, towns, f"--out={tmp_path / 'filled.nc'}") == 0
    filled = xarray.load_dataset(tmp_path / "filled.nc")
    assert filled["cases"].notnull().all() and filled["soil"].values.tolist() == ["clay", "sand"] * 6
    assert call("evaluate", run, towns, f"--out={tmp_path / 'scores.json'}") == 0


def test_predictions_at_other_times_are_a_table_with_the_names_of_the_file(run, towns, tmp_path, capsys):
    later = np.datetime64("2024-03-04").astype("M8[s]").astype(float)
    inputs = np.tile([later, 500.0, 0.0, 1.0, 400.0, 30.0], (12, 1, 1))
    np.savez(tmp_path / "at.npz", inputs=inputs)
    out = tmp_path / "later.csv"
    assert call("predict", run, towns, f"--at={tmp_path / 'at.npz'}", f"--out={out}") == 0
    by_arrays = pd.read_csv(out)
    assert by_arrays.columns.tolist()[:8] == ["town", "time", "height", "soil", "people", "sick", "cases", "deaths"]
    assert by_arrays.iloc[2, :6].tolist() == ["t2", "2024-03-04", 500, "sand", 400, 30]
    by_arrays.iloc[::-1, :6].to_csv(tmp_path / "at.csv", index=False)
    assert call("predict", run, towns, f"--at={tmp_path / 'at.csv'}", f"--out={out}") == 0
    by_table = pd.read_csv(out)
    pd.testing.assert_frame_equal(by_table.iloc[::-1].reset_index(drop=True), by_arrays)
    by_arrays.iloc[3:5, :6].assign(soil="salt").to_csv(tmp_path / "at.csv", index=False)
    assert call("predict", run, towns, f"--at={tmp_path / 'at.csv'}", f"--out={out}") == 1
    assert "'soil' has 'salt' in row 0 and 1 more, which is none of its classes" in capsys.readouterr().err


def test_predictions_at_the_coordinates_of_a_file_are_such_a_file(run, towns, tmp_path, capsys):
    """Of some towns in another order, or of all if it has none; as a table of the same rows has them."""
    later = np.array(["2024-03-04", "2024-03-11"], "M8[ns]")
    known = {"people": 300, "sick": ("time", [30, 31]), "soil": ("town", ["sand", "clay"]), "height": 500.0}
    xarray.Dataset(known, {"time": later, "town": ["t3", "t1"]}).to_netcdf(tmp_path / "at.nc")
    out = tmp_path / "later.nc"
    assert call("predict", run, towns, f"--at={tmp_path / 'at.nc'}", f"--out={out}") == 0
    made = xarray.load_dataset(out)
    assert made["town"].values.tolist() == ["t1", "t3"] and made["soil"].values.tolist() == ["clay", "sand"]
    assert made["cases"].dims == made["cases_lower"].dims == DIMS and (made["cases_lower"] <= made["cases_upper"]).all()
    rows = xarray.load_dataset(tmp_path / "at.nc").to_dataframe().reset_index()
    rows.to_csv(tmp_path / "at.csv", index=False)
    assert call("predict", run, towns, f"--at={tmp_path / 'at.csv'}", f"--out={tmp_path / 'later.csv'}") == 0
    by_table = pd.read_csv(tmp_path / "later.csv").sort_values(["town", "time"])
    np.testing.assert_allclose(made["cases"].to_numpy().ravel(), by_table["cases"], rtol=1e-6)
    of_all = xarray.load_dataset(tmp_path / "at.nc").drop_dims("town").assign(soil="clay")
    of_all.to_netcdf(tmp_path / "at.nc")
    assert call("predict", run, towns, f"--at={tmp_path / 'at.nc'}", f"--out={out}") == 0
    assert xarray.load_dataset(out)["town"].size == 12
    assert call("sample", run, f"--at={tmp_path / 'at.nc'}", f"--out={tmp_path / 'drawn.npz'}", "--num=2") == 0
    assert np.load(tmp_path / "drawn.npz")["inputs"][:, 1:].tolist() == [[500, 1, 0, 300, 30], [500, 1, 0, 300, 31]]
    of_all.drop_vars("height").to_netcdf(tmp_path / "at.nc")
    assert call("predict", run, towns, f"--at={tmp_path / 'at.nc'}", f"--out={out}") == 1
    assert "at.nc: there is no variable 'height' for the condition" in capsys.readouterr().err


def test_draws_from_the_prior_at_the_rows_of_a_table(run, tmp_path):
    """Without the columns of ids and values."""
    known = {"height": 100.0, "soil": "sand", "people": 300, "sick": 25}
    pd.DataFrame({"time": ["2024-05-01", "2024-05-08"], **known}).to_csv(tmp_path / "at.csv", index=False)
    assert call("sample", run, f"--at={tmp_path / 'at.csv'}", f"--out={tmp_path / 'drawn.npz'}", "--num=2") == 0
    assert np.load(tmp_path / "drawn.npz")["inputs"][:, 1:].tolist() == [[100, 0, 1, 300, 25]] * 2
