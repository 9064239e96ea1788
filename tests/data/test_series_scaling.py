"""Series standardised one by one, and predictions in their units again."""

import numpy as np
import pandas as pd
import pytest
import xarray
from PIL import Image

from gpvae_tf.data import (
    from_arrays,
    from_dataframe,
    from_folder,
    from_netcdf,
    per_series,
    restore,
    to_dataframe,
    to_folder,
    to_netcdf,
    windows,
)

N, POINTS, C = 6, 30, 2


@pytest.fixture
def series(rng):
    """Series whose levels and noise differ a thousandfold, with gaps."""
    sizes = np.geomspace(0.001, 1.0, N)[:, None, None]
    values = 50.0 + sizes * (7.0 + rng.normal(size=(N, POINTS, C)))
    mask = rng.uniform(size=values.shape) < 0.8
    return from_arrays(np.where(mask, values, np.nan), np.arange(POINTS), mask, standardize=True), values


def test_what_is_observed_is_standardised_in_every_series(series):
    given, _ = series
    each = per_series(given)
    observed = np.where(given.mask, each.observations, np.nan)
    np.testing.assert_allclose(np.nanmean(observed, axis=1), 0.0, atol=1e-3)
    np.testing.assert_allclose(np.nanstd(observed, axis=1), 1.0, atol=1e-3)
    assert np.all(each.observations[~given.mask] == 0.0)
    np.testing.assert_array_equal(each.mask, given.mask)
    np.testing.assert_array_equal(each.inputs, given.inputs)
    assert not each.scaling.changes_observations and each.scaling.input_scale == given.scaling.input_scale


def test_predictions_come_back_in_the_units_of_the_series(series):
    given, values = series
    each = per_series(given)
    back = restore(each.observations.astype(np.float64), like=each)
    np.testing.assert_allclose(back[given.mask], values[given.mask], rtol=1e-6)
    draws = np.stack([each.observations, each.observations + 1.0])[:, :, :7]  # at other times, in front of them draws
    spread = restore(np.ones((N, 7, C)), like=each, spread=True)
    np.testing.assert_allclose(np.diff(restore(draws, like=each), axis=0)[0], spread, rtol=1e-2)
    expected = np.nanstd(np.where(given.mask, values, np.nan), axis=1, keepdims=True)
    np.testing.assert_allclose(spread, np.broadcast_to(expected, spread.shape), rtol=1e-6)
    some = each.take([4, 1])
    np.testing.assert_array_equal(restore(some.observations, like=some), restore(each.observations, like=each)[[4, 1]])


def test_a_series_without_change_or_values_has_the_scale_of_all(rng):
    values = rng.normal(size=(4, 20, 1))
    values[0] = 3.3
    mask = np.ones(values.shape, bool)
    mask[1, 1:] = False
    each = per_series(from_arrays(values, np.arange(20.0), mask))
    assert np.all(each.observations[0] == 0.0) and each.observations[1, 0, 0] == 0.0
    within = (values[2:] - values[2:].mean(axis=1, keepdims=True)).ravel()
    pooled = np.sqrt(np.sum(np.square(within)) / mask.sum())
    np.testing.assert_allclose(each.layout.scale[:2].ravel(), pooled, rtol=1e-6)


def test_what_has_no_series_is_refused(series):
    given, _ = series
    with pytest.raises(ValueError, match="data is standardised per series already"):
        per_series(per_series(given))
    with pytest.raises(ValueError, match="per_series needs whole series"):
        per_series(from_arrays(np.zeros((1, 9, 2)), np.arange(9.0), points_per_batch=3))
    with pytest.raises(ValueError, match="like does not come from per_series"):
        restore(given.observations, like=given)
    with pytest.raises(ValueError, match=r"values has shape \(5, 30, 2\); expected \['...', 6, 's', 2\]"):
        restore(given.observations[:5], like=per_series(given))


def test_names_of_a_table_are_kept():
    """Rows, ids and the precision of what was observed come back too, of some of the series as well."""
    rain = [0.1, np.nan, 2.5, 7.0, 8.0, 9.1]
    frame = pd.DataFrame({"site": list("bababa"), "day": [0, 0, 1, 1, 2, 2], "rain": rain, "snow": np.arange(6.0)})
    each = per_series(from_dataframe(frame, series="site", time="day", values=["rain", "snow"]))
    assert each.channel_names == ["rain", "snow"] and each.layout.take([0]).channel_names == ["rain", "snow"]
    pd.testing.assert_frame_equal(to_dataframe(like=each), frame)
    filled = restore(np.where(each.mask, each.observations, 0.0).astype(np.float32), like=each)
    back = to_dataframe(filled, like=each, lower=filled - 1.0)
    pd.testing.assert_series_equal(back["rain"], frame["rain"].fillna(np.float32((7.0 + 9.1) / 2)), rtol=1e-6)
    assert back["rain"][0] == 0.1 and back["rain_lower"][3] == pytest.approx(6.0, rel=1e-6)  # not float32(0.1)
    assert to_dataframe(like=each.take([1])).index.tolist() == [1, 3, 5]
    with pytest.raises(ValueError, match="like are windows"):
        to_dataframe(like=per_series(windows(from_arrays(np.ones((1, 6, 2)), np.arange(6.0)), 3)))


def test_arrays_without_names_are_a_frame_in_the_units_of_the_series(series):
    given, _ = series
    each, expected = to_dataframe(like=per_series(given)), to_dataframe(like=given)
    assert per_series(given).channel_names == ["channel 0", "channel 1"]
    pd.testing.assert_frame_equal(each, expected, rtol=1e-5)


def test_variables_and_frames_have_their_names_again(tmp_path):
    times = np.arange(3.0)
    xarray.Dataset({"u": ("time", times), "w": ("time", 5.0 * times)}, {"time": times}).to_netcdf(tmp_path / "a.nc")
    each = per_series(from_netcdf(tmp_path / "a.nc"))
    assert each.channel_names == ["u", "w"]
    to_netcdf(restore(each.observations, like=each), tmp_path / "b.nc", like=each)
    np.testing.assert_allclose(xarray.load_dataset(tmp_path / "b.nc")["w"], 5.0 * times, atol=1e-6)
    (tmp_path / "in").mkdir()
    for number in (1, 2):
        Image.fromarray(np.full((2, 2), 100 * number, np.uint8)).save(tmp_path / "in" / f"f{number}.png")
    each = per_series(from_folder(tmp_path / "in"))
    files = to_folder(restore(each.observations, like=each), tmp_path / "out", like=each)
    assert [file.name for file in files] == ["f1.png", "f2.png"]
    assert np.asarray(Image.open(files[1])).tolist() == [[200, 200], [200, 200]]
