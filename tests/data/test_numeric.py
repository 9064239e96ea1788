"""Times far from zero, datetimes of every kind and object ids: nothing is merged without a word."""

import datetime

import numpy as np
import pandas as pd
import pytest

from gpvae_tf.data import as_seconds, from_arrays

START = np.datetime64("2024-03-01T10:00:00")
EPOCH = 1_709_287_200.0  # the same in seconds since 1970, by `date -u -d 2024-03-01T10:00 +%s`
FRAMES = np.zeros((4, 8, 2))


def inputs_of(times):
    return from_arrays(FRAMES, times, batch_size=4).inputs


def test_unix_times_a_minute_apart_stay_apart():
    times = 1_700_000_000.0 + 60.0 * np.arange(8)
    batch = next(iter(from_arrays(FRAMES, times, batch_size=4)))
    np.testing.assert_array_equal(batch["inputs"][2, :, 0], times)


@pytest.mark.parametrize("step", [60.0, 3600.0])  # the second are all different, but wrong by up to 64
def test_times_that_float32_has_merged_are_refused(step):
    times = (1_700_000_000.0 + step * np.arange(8)).astype(np.float32)
    with pytest.raises(ValueError, match=r"inputs, column 0, has values up to 17000\d+, which float32 keeps 128 apart"):
        inputs_of(times)
    if step == 60.0:  # a later cast does not bring back what is lost
        with pytest.raises(ValueError, match="merged or moved. Give float64"):
            inputs_of(times.astype(np.float64))


def test_small_steps_that_float32_has_merged_are_refused():
    times = 1e5 + 0.002 * np.arange(8)
    assert np.unique(inputs_of(times)).size == 8
    with pytest.raises(ValueError, match="float32 keeps 0.00781 apart"):
        inputs_of(times.astype(np.float32))


def test_nanoseconds_as_integers_keep_their_milliseconds_but_not_their_nanoseconds():
    start = 1_700_000_000_000_000_000
    assert np.unique(inputs_of(start + 10**6 * np.arange(8))).size == 8
    with pytest.raises(ValueError, match="which float64 keeps 256 apart"):
        inputs_of(start + np.arange(0, 800, 100))


def test_equal_inputs_are_fine():
    places = np.zeros((4, 8, 2), np.float32)
    places[:, ::2, 0] = 3.0
    np.testing.assert_array_equal(inputs_of(places), places)
    rng = np.random.default_rng(0)
    assert inputs_of(rng.uniform(size=8).astype(np.float32).repeat(4).reshape(4, 8, 1)).shape == (4, 8, 1)


def test_eight_digit_ids_stay_apart():
    ids = np.array([20230001, 20230002, 20230003, 20230004])
    places = np.stack([np.tile(np.arange(8.0), (4, 1)), np.tile(ids[:, None], (1, 8))], axis=-1)
    np.testing.assert_array_equal(inputs_of(places)[:, 0, 1], ids)
    with pytest.raises(ValueError, match="inputs, column 1, .* float32"):
        inputs_of(places.astype(np.float32))


@pytest.mark.parametrize("unit", ["m", "s", "ms", "us", "ns"])
def test_datetimes_of_every_unit_are_seconds_since_1970(unit):
    times = START.astype(f"datetime64[{unit}]") + np.arange(8) * np.timedelta64(1, "m")
    np.testing.assert_array_equal(inputs_of(times)[0, :, 0], EPOCH + 60.0 * np.arange(8))


def test_coarse_datetimes():
    np.testing.assert_array_equal(as_seconds(np.array(["1970", "1971"], "datetime64[Y]")), [0.0, 365 * 86400.0])
    np.testing.assert_array_equal(as_seconds(np.array(["1970-01-03", "NaT"], "datetime64[D]")), [2 * 86400.0, np.nan])
    assert as_seconds(np.datetime64("1969-12-31T23:59:59.5")) == -0.5


@pytest.mark.parametrize(
    "times",
    [
        pd.date_range("2024-03-01 10:00", periods=8, freq="s"),
        pd.date_range("2024-03-01 10:00", periods=8, freq="s").to_series(),
        pd.date_range("2024-03-01 11:00", periods=8, freq="s", tz="Europe/Berlin"),
        list(pd.date_range("2024-03-01 10:00", periods=8, freq="s")),
        [datetime.datetime(2024, 3, 1, 10, 0, second) for second in range(8)],
    ],
    ids=["index", "series", "zone", "timestamps", "datetime"],
)
def test_times_of_pandas_and_python(times):
    np.testing.assert_array_equal(inputs_of(times)[3, :, 0], EPOCH + np.arange(8))


def test_microseconds_since_1970_are_refused_with_a_way_out():
    times = START.astype("datetime64[us]") + np.arange(8) * np.timedelta64(1, "us")
    with pytest.raises(ValueError, match=r"float64 keeps 2.38e-07 apart: .* subtract an origin \(such as times - t"):
        inputs_of(times)
    np.testing.assert_allclose(inputs_of(times - times.min())[0, :, 0], 1e-6 * np.arange(8), rtol=1e-12)


def test_durations_are_seconds():
    np.testing.assert_array_equal(inputs_of(np.arange(8) * np.timedelta64(500, "ms"))[0, :, 0], 0.5 * np.arange(8))
    with pytest.raises(ValueError, match="months and years have no fixed length"):
        inputs_of(np.arange(8).astype("timedelta64[M]"))


def test_timestamps_beside_numbers_are_refused_with_a_way_out():
    table = np.array([[pd.Timestamp("2024-03-01"), 1.5]] * 8, dtype=object)
    with pytest.raises(ValueError, match=r"inputs has dtype object with entries such as 1.5 .*.as_seconds\(times\)"):
        inputs_of(table)
    assert inputs_of(np.stack([as_seconds(table[:, 0]), table[:, 1].astype(float)], axis=-1)).shape == (4, 8, 2)


def test_a_time_that_is_not_known_is_refused():
    times = START + np.arange(8) * np.timedelta64(1, "s")
    times[5] = np.datetime64("NaT")
    with pytest.raises(ValueError, match=r"inputs has 1 values that are not finite, the first at index \(5, 0\)"):
        inputs_of(times)
