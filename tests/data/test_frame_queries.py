"""Rows of a frame at which to predict, and predictions as columns of that frame."""

import numpy as np
import pandas as pd
import pytest

from gpvae_tf import GPVAE
from gpvae_tf.data import from_arrays, from_dataframe, per_series, queries, restore, to_dataframe

DAYS = pd.to_datetime(["2024-05-01", "2024-05-02", "2024-05-05"])
KNOWN = pd.DataFrame(
    {
        "station": ["north"] * 3 + ["south"] * 2,
        "time": [*DAYS, *DAYS[:2]],
        "rain": [0.5, 1.5, np.nan, 2.5, 0.5],
        "height": [10.0, 10.0, 11.0, 200.0, 201.0],
    }
)
FUTURE = pd.DataFrame(
    {
        "height": [203.0, 12.0, 202.0, 14.0, 13.0],
        "time": pd.to_datetime(["2024-05-09", "2024-05-06", "2024-05-07", "2024-05-10", "2024-05-08"]),
        "station": ["south", "north", "south", "north", "north"],
    },
    index=[7, 5, 3, 2, 9],
)
READ = dict(time="time", series="station", values="rain", covariates="height")
DAY = 86400.0


def test_inputs_are_in_the_order_of_the_known_series_and_of_time():
    known = from_dataframe(KNOWN, **READ, batch_size=1)
    asked = queries(FUTURE, like=known)
    assert asked.layout.ids == known.layout.ids == ["north", "south"] and asked.lengths.tolist() == [3, 2]
    start = pd.Timestamp("2024-05-01").timestamp()
    np.testing.assert_array_equal(asked.inputs[..., 0], start + DAY * np.array([[5, 7, 9], [6, 8, 8]]))
    np.testing.assert_array_equal(asked.inputs[..., 1], [[12, 13, 14], [202, 203, 203]])
    assert asked.scaling is known.scaling and asked.batch_size == 1 and asked.share_observed == 0.0
    assert queries(FUTURE, like=known.take([1, 0]).take([1, 0])).inputs.tolist() == asked.inputs.tolist()
    assert (
        queries(FUTURE[FUTURE["station"] == "south"], like=known.take([1])).inputs.tolist()
        == asked.inputs[1:, :2].tolist()
    )


def test_predictions_are_columns_of_the_frame():
    """In its order and with its index; values that it has are not looked at, and 0 is a prediction."""
    known = from_dataframe(KNOWN, **READ)
    expected = FUTURE[["station", "time", "height"]].assign(rain=FUTURE["height"] - 12.0, rain_lower=FUTURE["height"])
    for frame in (FUTURE, FUTURE.assign(rain="unknown", other=None)):
        asked = queries(frame, like=known)
        made = to_dataframe(asked.inputs[..., 1:] - 12.0, like=asked, lower=asked.inputs[..., 1:])
        pd.testing.assert_frame_equal(made, expected)
        assert to_dataframe(like=asked)["rain"].isna().all()


def test_a_model_predicts_there(rng):
    known = from_dataframe(KNOWN, **READ)
    asked = queries(FUTURE, like=known)
    made = GPVAE.from_data(known, 1, units=4, verbose=False).predict_y(
        known.example, asked.inputs, num_samples=4, quantiles=()
    )
    forecast = to_dataframe(made.mean, like=asked, stddev=made.stddev)
    assert forecast.index.tolist() == FUTURE.index.tolist() and np.isfinite(forecast[["rain", "rain_stddev"]]).all(None)


def test_predictions_for_standardised_series_are_restored_first():
    each = per_series(from_dataframe(KNOWN, **READ))
    asked = queries(FUTURE, like=each)
    frame = to_dataframe(restore(np.zeros(asked.observations.shape), like=each), like=asked)
    means = KNOWN.groupby("station")["rain"].mean()
    np.testing.assert_allclose(frame["rain"], means[FUTURE["station"]], rtol=1e-6)


def test_one_series_needs_no_ids():
    known = from_dataframe(KNOWN[:3], time="time", values=["rain"])
    asked = queries(FUTURE[["time"]], like=known)
    assert asked.inputs.shape == (1, 5, 1) and to_dataframe(like=asked).columns.tolist() == ["time", "rain"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop(columns="height"), "frame has no column 'height'; it has 'time', 'station'"),
        (lambda f: f.drop(columns="time"), "frame has no column 'time'"),
        (
            lambda f: f[f["station"] == "north"],
            "series 'south' is in the known data and not in the frame; expected the same in both",
        ),
        (lambda f: f.replace({"south": "west"}), "series 'south' is in the known data and not in the frame"),
        (
            lambda f: pd.concat([f, f[:1].replace({"south": "west"})]),
            "series 'west' is in the frame and not in the known",
        ),
        (
            lambda f: f.assign(time=range(5)),
            "column 'time' has times that are numbers; expected dates, as the known data have",
        ),
        (
            lambda f: f.assign(time=f["time"].dt.tz_localize("UTC")),
            "that are dates with a time zone; expected dates, as",
        ),
        (lambda f: f.assign(height=f["height"].where(f.index != 3)), "covariate 'height' is missing in row 3; a pred"),
        (lambda f: f.assign(time=f["time"].where(f.index != 3)), "column 'time' has no time in row 3"),
        (lambda f: pd.concat([f, f[:1]]), "rows 7 and 7 both have 'station' = 'south' and 'time' = "),
        (lambda f: f[:0], "frame has no rows"),
        (lambda f: f["time"], "at is Series; expected a data frame"),
    ],
)
def test_what_is_wrong_with_the_frame_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        queries(change(FUTURE), like=from_dataframe(KNOWN, **READ))


@pytest.mark.parametrize("missing", [0, -999])
def test_a_number_may_stand_for_a_missing_covariate(missing):
    known = from_dataframe(KNOWN.replace({"rain": {0.5: 3.0}}), **READ, missing=missing)
    assert queries(FUTURE, like=known, missing=missing).inputs.shape == (2, 3, 2)
    with pytest.raises(ValueError, match="covariate 'height' is missing in row 2; a prediction needs all"):
        queries(FUTURE.replace({"height": {14.0: missing}}), like=known, missing=missing)


def test_data_of_arrays_have_no_columns_to_read():
    with pytest.raises(
        ValueError, match="like does not come from from_dataframe, or variables of from_xarray that are"
    ):
        queries(FUTURE, like=from_arrays(np.zeros((1, 3, 1)), np.arange(3.0)))
