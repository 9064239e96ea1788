"""Times far from zero, datetimes of every kind and object ids: nothing is merged without a word."""

import datetime
import warnings

import numpy as np
import pandas as pd
import pytest

from gpvae_tf.data import as_seconds, from_arrays
from gpvae_tf.data.distinct import check_distinct
from gpvae_tf.defaults.facts import Facts
from gpvae_tf.models.input_checks import check_inputs
from gpvae_tf.scaling import are_scattered, merged

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
        with pytest.warns(UserWarning, match="had been float32, which keeps 128 apart.* Give float64"):
            inputs_of(times.astype(np.float64))


def test_small_steps_that_float32_has_merged_are_refused():
    times = 1e5 + 0.002 * np.arange(8)
    assert np.unique(inputs_of(times)).size == 8
    with pytest.raises(ValueError, match="float32 keeps 0.00781 apart"):
        inputs_of(times.astype(np.float32))


@pytest.mark.parametrize(
    "times",
    [
        np.arange(2040.0, 2060.0),  # 15 are left of 20
        1500.0 + 0.25 * np.arange(50),
        0.1 * np.arange(500),  # all different, but a quarter of a step from where they were
        4000.0 + np.cumsum(np.tile([3.0, 5.0, 8.0], 20)),
        25.0 * np.arange(2000),
    ],
    ids=lambda times: f"{times[0]}-{len(times)}",
)
def test_times_that_float16_has_merged_are_refused(times):
    """float32 would hold them well, and so would not say so; in a list of unequal lengths, too."""
    half, message = times.astype(np.float16), "inputs, column 0, .* float16 keeps .* apart: neighbours are merged"
    with pytest.raises(ValueError, match=message):
        from_arrays(np.zeros((1, len(times), 1)), half)
    with pytest.raises(ValueError, match=message):
        from_arrays([np.zeros((len(times), 1)), np.zeros((3, 1))], [half, np.arange(3, dtype=np.float16)])
    assert np.unique(from_arrays(np.zeros((1, len(times), 1)), times.astype(np.float32)).inputs).size == len(times)


@pytest.mark.parametrize(
    "times",
    [
        np.arange(2048.0),
        np.delete(np.arange(1000.0, 2048.0), [3, 40, 41]),
        0.5 * np.arange(2000),
        2.0 * np.arange(2000),
        128.0 * np.arange(500),
        np.linspace(0.0, 1.0, 60),
        np.stack([np.arange(300) % 20, np.arange(300) // 20], axis=-1) + 1500.0,  # pixels
        np.stack(np.divmod(np.delete(np.arange(300), [5, 77]), 20), axis=-1) + 1500.0,
    ],
    ids=lambda times: f"{times.ravel()[0]}-{times.ravel()[1]:.3g}-{len(times)}",
)
def test_times_that_float16_holds_are_fine(times):
    half = times.astype(np.float16)
    inputs = from_arrays(np.zeros((1, len(times), 1)), half).inputs
    np.testing.assert_array_equal(inputs[0], half.reshape(len(times), -1))


IDS = np.array([9_000_001, 9_000_002, 9_000_004, 9_000_009])  # every integer here is a float32 number, and 1 step apart


@pytest.mark.parametrize(
    "times",
    [
        np.arange(2_460_000.5, 2_460_100.5),  # Julian days
        np.arange(738_000.0, 738_100.0, 0.25),  # MATLAB's days, every 6 hours
        np.delete(np.arange(2_460_000.5, 2_460_100.5), [3, 40, 41]),
        np.arange(3_000_000.0, 3_000_100.0).repeat(3),
        np.arange(5_000_000, 5_000_500),
        np.arange(8_388_600.0, 8_388_700.0),  # around 2^23, where float32's steps become 1
        28_333_330.0 + 10.0 * np.arange(50),  # Unix time in minutes
        28_333_330.0 + 2.0 * np.arange(50),
        28_333_330 + np.array([0, 2, 4, 8, 10, 14]),  # the same, whole numbers that cannot have been rounded
        np.datetime64(1_699_999_744, "s") + np.timedelta64(512, "s") * np.arange(20),
        IDS.astype(float),
        IDS.repeat(2),
        np.append(np.arange(50.0), 20_000_000.0),
        np.arange(2_460_000.5, 2_460_100.5, 0.25),  # every 6 hours, 1 step of float32 each
        2_460_000.5 + np.array([0, 1, 3, 5, 6, 8, 10, 11]),  # whole days, 4 steps of float32 each
    ],
    ids=lambda times: f"{times.dtype}-{times[0]}-{len(times)}",
)
def test_times_that_are_float32_numbers_by_nature_are_fine(times):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        inputs = from_arrays(np.zeros((1, len(times), 1)), times).inputs
    seconds = times.astype("datetime64[s]").astype(float) if times.dtype.kind == "M" else times
    np.testing.assert_array_equal(inputs[..., 0].ravel(), seconds)


@pytest.mark.parametrize("hour", range(24))
def test_times_that_were_merged_in_pairs_are_told(hour):
    """3-hourly Julian days, of which float32 makes 6-hourly ones; beside objects, every time may be there twice."""
    times = 2_460_000.5 + hour / 24.0 + 0.125 * np.arange(50)
    with pytest.warns(UserWarning, match="float32, which keeps 0.25 apart"):
        from_arrays(np.zeros((1, 50, 1)), times.astype(np.float32).astype(np.float64))


def test_every_time_may_be_there_once_for_every_object():
    times, objects = np.arange(2_460_000.5, 2_460_010.5, 0.25), np.arange(2.0)
    places = np.stack([times.repeat(2), np.tile(objects, len(times))], axis=-1)
    np.testing.assert_array_equal(from_arrays(np.zeros((1, len(places), 1)), places).inputs[0], places)


def test_sequences_of_unequal_length_are_not_merged_by_their_padding():
    times = [9_000_000.0 + np.arange(5), 9_000_000.0 + np.arange(9)]
    assert from_arrays([np.zeros((len(one), 1)) for one in times], times).inputs.shape == (2, 9, 1)


def test_stations_with_steps_of_their_own_are_not_merged():
    times = [np.arange(2_460_000.5, 2_460_100.5, step) for step in (0.25, 0.5)]
    assert from_arrays([np.zeros((len(one), 1)) for one in times], times).lengths.tolist() == [400, 200]


def test_integers_of_unequal_length_have_never_been_float32():
    """With a hole each, they would look rounded as floating-point numbers."""
    times = [28_333_330 + 2 * np.delete(np.arange(size), 3) for size in (20, 30)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert from_arrays([np.zeros((len(one), 1)) for one in times], times).lengths.tolist() == [19, 29]


@pytest.mark.parametrize(
    "times",
    [
        1.7e9 + 300.0 * np.arange(50),  # not merged, but moved by up to 64 of 300
        1.7e9 + 1.0 * np.arange(2000),
        9_000_000.0 + 0.1 * np.arange(200),
        131_000.0 + 0.002 * np.arange(100_000),  # from steps of 2^-7 to 2^-6
        -1.7e9 + 300.0 * np.arange(50),
        1.7e9 + 150.0 * np.arange(50),
        2_460_000.5 + 0.3 * np.arange(50),  # steps of 1 and 2, so that all are multiples of the smallest
        2_460_000.5 + 0.4 * np.arange(50),
        2_460_000.5 + 0.7 * np.arange(50),
        2_460_000.5 + 0.1 * np.arange(50),
        2_460_000.5 + np.cumsum(0.25 * np.tile([1.2, 2.9, 4.3, 3.6, 2.1, 1.4, 5.7], 5)),
        2_460_000.5 + np.cumsum(0.25 * np.tile([2.1, 1.9, 2.0, 5.1, 1.9, 2.1, 2.9, 9.0], 5)),
        1.7e9 + 140.0 * np.arange(20),  # one gap of 256 among gaps of 128
    ],
)
def test_float32_that_was_cast_later_is_told(times):
    with pytest.warns(UserWarning, match="float32, which keeps .* merged or moved"):
        from_arrays(np.zeros((1, len(times), 1)), times.astype(np.float32).astype(np.float64))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.unique(from_arrays(np.zeros((1, len(times), 1)), times).inputs).size == len(times)


@pytest.mark.parametrize(
    "times",
    [
        np.delete(np.arange(2_460_000.5, 2_460_100.5, 0.25), 7),  # every 6 hours, 1 step of float32 each
        np.delete(np.arange(2_460_000.5, 2_460_100.5, 0.25), slice(None, None, 10)),
        1_699_999_744.0 + 128.0 * np.delete(np.arange(100), slice(3, None, 8)),
    ],
)
def test_times_with_holes_that_only_look_rounded_are_taken(times):
    """A guess is no reason to refuse data; NumPy's own integers are no guess."""
    with pytest.warns(UserWarning, match="look as if they had been float32"):
        inputs = from_arrays(np.zeros((1, len(times), 1)), times).inputs
    np.testing.assert_array_equal(inputs[0, :, 0], times)


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


@pytest.mark.parametrize("period, step", [(24.0, 0.18301270189), (365.0, None)])
@pytest.mark.parametrize("wave", [np.cos, np.sin])
def test_seasons_that_rounding_keeps_apart_are_equal(period, step, wave):
    """Every period gives other numbers, 1e-16 away."""
    hours = np.arange(5 * period)
    season = wave(2 * np.pi * hours / period)
    assert len(np.unique(season)) > period / 2 + 1  # more than there are
    data = from_arrays(np.zeros((4, len(hours), 1)), np.stack([hours, season], axis=-1))
    expected = np.median(np.diff(np.unique(np.round(season, 9))))
    np.testing.assert_allclose(data.scaling.input_scale, [1.0, expected], rtol=1e-6)
    assert step is None or expected == pytest.approx(step)
    check_inputs(data.inputs, np.asarray(data.scaling.inputs(data.inputs)))


def test_merged():
    np.testing.assert_array_equal(merged(np.array([[1 + 1e-12, 0.0], [1.0, 2.0]])), [[1.0, 0.0], [1.0, 2.0]])
    bursts = np.concatenate([0.01 * np.arange(100), 1e8 + 0.01 * np.arange(100)])  # they are times of their own
    for values in (bursts, np.arange(5.0), np.full(3, 2.0), np.empty(0), np.array([7], np.float32)):
        np.testing.assert_array_equal(merged(values), values)


def test_values_far_from_0_are_not_scattered(rng):
    values = rng.uniform(size=(1, 400))
    assert are_scattered(values) and not are_scattered(1e6 + values)


def test_short_sequences_over_a_long_time_keep_their_times(rng):
    """200 ms of samples lie within 1e-9 of the ten years that 40 recordings span."""
    times = 1.4e9 + np.arange(40)[:, np.newaxis] * 86400.0 * 91.0 + np.arange(200) * 1e-3
    data = from_arrays(rng.normal(size=(40, 200, 1)), times[..., np.newaxis])
    np.testing.assert_allclose(data.scaling.input_scale, 1e-3, rtol=1e-3)
    assert Facts.of(data).points.shape[0] > 1000


def test_points_anywhere_in_a_plane_may_have_close_neighbours_in_a_column(rng):
    """Two of a million points have nearly equal first coordinates, and are far apart all the same."""
    points = 0.5 + rng.random((1, 1_500_000, 2), np.float32)
    check_distinct("inputs", points)
    check_inputs(points)
    with pytest.raises(ValueError, match="inputs, column 0, has values up to .* neighbours are merged or moved"):
        check_distinct("inputs", points[..., :1])
    with pytest.raises(ValueError, match="in column 0, whose neighbours float32 cannot tell apart"):
        check_inputs(points[..., :1])
    clock = 2.69 + np.arange(300_000) / 1e6
    samples = np.stack([clock, points[0, : len(clock), 1]], axis=-1)[np.newaxis]
    with pytest.raises(ValueError, match="inputs, column 0, has values up to"):  # a clock beside a coordinate
        check_distinct("inputs", samples.astype(np.float32))
    with pytest.raises(ValueError, match="inputs, column 0, has values up to"):  # far from 0
        check_distinct("inputs", (1000.0 + points).astype(np.float32))
