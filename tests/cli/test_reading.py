"""Files of the command line: predictions go where their data came from, and what is damaged is named."""

import numpy as np
import pytest
import xarray

from gpvae_tf import data
from gpvae_tf.cli import reading
from tests.support import damage

VALUES = np.arange(24.0).reshape(2, 4, 3)
TIMES = np.array([0.0, 1.0, 2.5, 4.0])


@pytest.fixture
def series(tmp_path):
    xarray.Dataset({"v": (("series", "time", "channel"), VALUES)}, {"time": TIMES}).to_netcdf(tmp_path / "a.nc")
    return data.load(tmp_path / "a.nc")


def test_netcdf_goes_back_to_netcdf(tmp_path, series):
    (path,) = reading.write(str(tmp_path / "b.nc"), series, VALUES + 1.0, lower=VALUES, upper=VALUES + 2.0)
    written = xarray.load_dataset(path)
    for name, expected in (("v", VALUES + 1.0), ("v_lower", VALUES), ("v_upper", VALUES + 2.0)):
        assert written[name].dims == ("series", "time", "channel")
        np.testing.assert_array_equal(written[name], expected)
    np.testing.assert_array_equal(written["time"], TIMES)


def test_variables_have_names_and_arrays_have_none(series):
    assert reading.columns_of(series) == {"time": "time", "series": "series", "values": ["v"]}
    assert reading.columns_of(series.take(slice(1))) == reading.columns_of(series)
    assert reading.columns_of(data.from_arrays(VALUES, TIMES)) == {}


def test_other_endings_are_refused(tmp_path, series):
    with pytest.raises(ValueError, match=r"--out=.*b.txt ends in '.txt'; expected .nc or .npz"):
        reading.write(str(tmp_path / "b.txt"), series, VALUES)
    with pytest.raises(ValueError, match=r"--out=.*b.nc ends in '.nc'; expected .npz"):
        reading.write(str(tmp_path / "b.nc"), data.from_arrays(VALUES, TIMES), VALUES)


def test_damaged_inputs_are_named(tmp_path, series):
    np.savez(tmp_path / "at.npz", inputs=TIMES)
    found = reading.load_inputs(str(tmp_path / "at.npz"), series)
    np.testing.assert_array_equal(found.inputs[1, :, 0], TIMES)
    whole = (tmp_path / "at.npz").read_bytes()
    for content in damage.cuts(whole):
        (tmp_path / "cut.npz").write_bytes(content)
        with pytest.raises(ValueError, match="cut.npz cannot be read as an .npz of plain arrays: "):
            reading.load_inputs(str(tmp_path / "cut.npz"), series)
    for arrays, message in (
        ({"x": TIMES}, "has the arrays x; expected inputs or times"),
        ({"inputs": 1.0}, "a single"),
    ):
        np.savez(tmp_path / "at.npz", **arrays)
        with pytest.raises(ValueError, match=message):
            reading.load_inputs(str(tmp_path / "at.npz"), series)
