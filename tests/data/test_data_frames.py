"""Long data frames as sequences, and back."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gpvae_tf.data import from_arrays, from_dataframe, to_dataframe

# Two series, rows in no order, with an index of its own; "b" has no value at all at one time.
FRAME = pd.DataFrame(
    {
        "patient": ["b", "a", "a", "b", "a"],
        "day": [4.0, 2.5, 0.0, 1.0, 7.0],
        "heart": [80.0, np.nan, 70.1, np.nan, 71.0],
        "lungs": [1, 2, 3, 0, 5],
        "age": [50, 31, 31, 50, 31],
    },
    index=[10, 20, 30, 40, 50],
)
FRAME["lungs"] = FRAME["lungs"].astype("Int64").where(FRAME["lungs"] > 0)
READ = dict(time="day", values=["heart", "lungs"], series="patient")


def changed(column, row, value):
    frame = FRAME.astype({column: object}) if isinstance(value, str) else FRAME.copy()
    frame.loc[row, column] = value
    return frame


def test_series_are_sorted_by_time_and_masked():
    data = from_dataframe(FRAME, **READ, covariates="age")
    assert data.layout.ids == ["b", "a"] and data.lengths.tolist() == [2, 3]  # in the order of their first rows
    np.testing.assert_array_equal(data.inputs[0], [[1, 50], [4, 50], [4, 50]])
    np.testing.assert_array_equal(data.inputs[1], [[0, 31], [2.5, 31], [7, 31]])
    np.testing.assert_array_equal(data.observations[0], np.float32([[0, 0], [80, 1], [0, 0]]))
    np.testing.assert_array_equal(data.observations[1], np.float32([[70.1, 3], [0, 2], [71, 5]]))
    np.testing.assert_array_equal(data.mask[0], [[False, False], [True, True], [False, False]])
    np.testing.assert_array_equal(data.mask[1], [[True, True], [False, True], [True, True]])


def test_the_way_back_has_rows_names_and_precision_of_the_original():
    data = from_dataframe(FRAME, **READ)
    back = to_dataframe(like=data)
    pd.testing.assert_frame_equal(back, FRAME[["patient", "day", "heart", "lungs"]].astype({"lungs": float}))
    filled = np.where(data.mask, data.observations, np.float32(-1.0))
    frame = to_dataframe(filled, like=data, lower=filled - 1, upper=filled + 1)
    assert frame.columns.tolist() == [
        *("patient", "day", "heart", "lungs", "heart_lower", "lungs_lower", "heart_upper", "lungs_upper")
    ]
    assert frame["heart"].tolist() == [80.0, -1.0, 70.1, -1.0, 71.0]  # 70.1 is not rounded to float32
    assert frame["heart_upper"].tolist() == pytest.approx([81.0, 0.0, 71.1, 0.0, 72.0], rel=1e-6)


@pytest.mark.parametrize(
    ("role", "name"),
    [("values", "flux_stddev"), ("covariates", "flux_stddev"), ("series", "flux_lower"), ("time", "flux_upper")],
)
def test_columns_of_the_data_are_not_replaced(role, name):
    """Whatever is in them; without that array they are written as they are."""
    columns = {"values": ["flux"], "time": "day"}
    columns[role] = [*columns.get(role, []), name] if role in ("values", "covariates") else name
    frame = pd.DataFrame({"flux": [1.0, 2.0], "day": [0.0, 1.0], name: [3.0, 4.0]})
    data = from_dataframe(frame, **columns)
    added = {ending: data.observations for ending in ("stddev", "lower", "upper")}
    with pytest.raises(ValueError, match=f"there is a column '{name}' already, which the .* of 'flux' would replace"):
        to_dataframe(like=data, **added)
    del added[name.removeprefix("flux_")]
    assert to_dataframe(like=data, **added)[name].tolist() == [3.0, 4.0]


def test_a_missing_value_that_is_predicted_as_zero_is_zero():
    data = from_dataframe(FRAME, **READ)
    assert to_dataframe(data.observations, like=data).loc[[20, 40], "heart"].tolist() == [0.0, 0.0]


def test_a_number_may_stand_for_missing_values():
    """It is treated as NaN is, on the way back too."""
    marked = FRAME.fillna({"heart": -999.0})
    assert (marked["heart"] == -999.0).any()
    data, expected = from_dataframe(marked, **READ, missing=-999), from_dataframe(FRAME, **READ)
    np.testing.assert_array_equal(data.mask, expected.mask)
    values = np.zeros_like(data.observations)
    for made in (None, values):
        assert to_dataframe(made, like=data).equals(to_dataframe(made, like=expected))


def test_a_number_that_stands_for_a_missing_covariate_is_refused_where_there_are_values():
    with pytest.raises(ValueError, match="covariate 'age' is missing in row 10, which has values"):
        from_dataframe(changed("age", 10, -999), **READ, covariates="age", missing=-999)
    data = from_dataframe(changed("age", 40, -999), **READ, covariates="age", missing=-999)
    assert data.inputs[0, :, 1].tolist() == [50.0, 50.0, 50.0]


def test_some_of_the_series():
    data = from_dataframe(FRAME, **READ)
    part = data.take([1])
    assert part.layout.ids == ["a"]
    assert to_dataframe(like=part).index.tolist() == [20, 30, 50]


def test_one_series_without_ids():
    data = from_dataframe(FRAME[FRAME["patient"] == "a"], time="day", values="heart", points_per_batch=2)
    assert data.num_sequences == 1 and data.event_shape == (1,) and data.num_data == 2
    assert to_dataframe(like=data).columns.tolist() == ["day", "heart"]


def test_columns_may_have_numbers_for_names():
    """Alone and in lists, in every role, and on the way back."""
    frame = pd.DataFrame({0: [1.0, 2.0, 3.0], 1: [0.0, 1.0, 0.0], 2: [7, 7, 8], 3: [5.0, 6.0, 7.0], 4: [0.1, 0.2, 0.3]})
    data = from_dataframe(frame, time=1, values=0, series=2, covariates=3, errors=4)
    expected = from_dataframe(frame.rename(columns="c{}".format), time="c1", values="c0", series="c2", covariates="c3")
    for name in ("observations", "inputs", "mask"):
        np.testing.assert_array_equal(getattr(data, name), getattr(expected, name))
    assert data.layout.ids == [7, 8] and data.channel_names == ["0"]
    np.testing.assert_array_equal(
        data.errors, from_dataframe(frame, time=1, values=[0], series=2, errors={0: 4}).errors
    )
    assert to_dataframe(data.observations, like=data, lower=data.observations)["0_lower"].tolist() == [1.0, 2.0, 3.0]
    pd.testing.assert_frame_equal(to_dataframe(like=data)[list(frame.columns)], frame)
    assert from_dataframe(frame, time=1, values=0, series=2, covariates=3, id_columns=3).scaling.input_scale[1] == 1.0
    with pytest.raises(ValueError, match="frame has no column 5; it has 0, 1, 2"):
        from_dataframe(frame, time=1, values=5)


def test_two_columns_of_ids_are_to_be_made_one():
    """As the message says it, there and back."""
    frame = FRAME.assign(hospital=["x", "x", "y", "x", "y"])
    message = (
        r"series is \['hospital', 'patient'\]; expected the name of one column; of several make one: (frame.*), series"
    )
    for several in (["hospital", "patient"], ("hospital", "patient")):
        with pytest.raises(ValueError, match=message) as told:
            from_dataframe(frame, **(READ | {"series": several}))
    names = {"frame": frame}
    exec(str(told.value).split("make one: ")[1].split(", series=")[0], names)
    data = from_dataframe(frame, **(READ | {"series": "id", "values": "lungs"}), require_observed=False)
    assert data.layout.ids == ["x/b", "x/a", "y/a"]
    names["frame"] = to_dataframe(like=data)
    again = eval(str(told.value).split("has it too: ")[1], names)
    assert again.to_numpy().tolist() == frame[["hospital", "patient"]].to_numpy().tolist()
    with pytest.raises(ValueError, match=r"time is \['day'\]; expected the name of one column$"):
        from_dataframe(frame, **(READ | {"time": ["day"]}))


@pytest.mark.parametrize("zone", [None, "Europe/Berlin", "UTC"])
@pytest.mark.parametrize("as_text", [False, True])
def test_datetimes_with_and_without_zone(zone, as_text):
    moments = pd.date_range("2024-03-31 00:30", periods=5, freq="h", tz=zone)  # Berlin has no 02:30 on that day
    times = [moment.isoformat() for moment in moments] if as_text else moments
    frame = FRAME.assign(day=times)
    data = from_dataframe(frame, **READ)
    start = pd.Timestamp("2024-03-31 00:30").timestamp() - (3600 if zone == "Europe/Berlin" else 0)
    np.testing.assert_array_equal(data.inputs[1, :, 0], start + 3600.0 * np.array([1, 2, 4]))
    pd.testing.assert_series_equal(to_dataframe(like=data)["day"], frame["day"])


def test_durations():
    data = from_dataframe(FRAME.assign(day=pd.to_timedelta(FRAME["day"], unit="D")), **READ)
    np.testing.assert_array_equal(data.inputs[1, :, 0], 86400.0 * np.array([0, 2.5, 7]))


def test_named_columns_of_ids_are_not_scaled():
    data = from_dataframe(FRAME, **READ, covariates=["age"], id_columns="age", standardize=True)
    assert data.scaling.input_offset.tolist() == [3.5, 0.0] and data.scaling.input_scale[1] == 1.0
    assert data.scaling.offset.tolist() == pytest.approx([FRAME["heart"].mean(), FRAME["lungs"].mean()])


def test_arrays_become_a_frame_too(rng):
    values, times = rng.normal(size=(2, 3, 2)).astype(np.float32), np.arange(6.0).reshape(2, 3)
    mask = np.array([[True, False, True], [True, True, True]])
    frame = to_dataframe(like=from_arrays(values, np.stack([times, times**2], axis=-1), mask))
    assert frame.columns.tolist() == ["series", "time", "input_1", "value_0", "value_1"]
    assert frame["series"].tolist() == [0, 0, 0, 1, 1, 1] and frame["input_1"].tolist() == [0, 1, 4, 9, 16, 25]
    np.testing.assert_array_equal(frame[["value_0", "value_1"]].isna().any(axis=1), ~mask.reshape(-1))
    with pytest.raises(ValueError, match=r"observations have event shape \(2, 1\); a frame holds vectors"):
        to_dataframe(like=from_arrays(values[..., None], times))
    with pytest.raises(ValueError, match=r"lower has shape \(2, 3\); expected \(2, 3, 2\)"):
        to_dataframe(values, like=from_arrays(values, times), lower=times)


@pytest.mark.parametrize(
    "frame, change, message",
    [
        (FRAME, dict(time="date"), "frame has no column 'date'; it has 'patient', 'day', 'heart', 'lungs', 'age'"),
        (FRAME, dict(values=["heart", "x"]), "frame has no column 'x'"),
        (FRAME.set_index("day"), {}, r"column 'day' is in the index of the frame; give frame.reset_index\(\)"),
        (FRAME[:0], {}, "frame has no rows"),
        (FRAME.to_dict(), {}, "frame is a dict; expected a pandas.DataFrame"),
        (FRAME, dict(values=[]), "values is empty; expected the name of at least one column"),
        (FRAME, dict(covariates="heart"), "column 'heart' is there or named twice"),
        (pd.concat([FRAME, FRAME[["heart"]]], axis=1), {}, "column 'heart' is there or named twice"),
        (FRAME, dict(id_columns="age"), "id_columns has 'age', which is not among the covariates"),
        (
            changed("heart", 30, "n/a"),
            {},
            "column 'heart' is not numeric but object with 'n/a' in row 30; .*to_numeric",
        ),
        (FRAME.astype({"heart": "category"}), {}, "column 'heart' is not numeric but category"),
        (changed("heart", 30, np.inf), {}, "column 'heart' is infinite in row 30"),
        (changed("day", 30, np.nan), {}, r"column 'day' has no time in row 30; .*dropna\(subset=\['day'\]\)"),
        (changed("day", 30, np.inf), {}, "column 'day' is infinite in row 30"),
        (
            FRAME.assign(day=["2024-01-0" + c for c in "12x45"]),
            {},
            "column 'day' has '2024-01-0x' in row 30, .*ISO 8601",
        ),
        (FRAME.assign(day=["01/02/2024"] * 5), {}, "column 'day' has '01/02/2024' in row 10 and 4 more, .*format="),
        (FRAME.assign(day=[True] * 5), {}, "column 'day' is not numeric but bool; give numbers, datetimes"),
        (changed("day", 30, 7.0), {}, "rows 30 and 50 both have 'patient' = 'a' and 'day' = 7.0 .*drop_duplicates"),
        (FRAME, dict(series=None, time="age"), r"both have 'age' = 31 \(3 such pairs\); .* series=COLUMN; else"),
        (changed("patient", 40, None), {}, "column 'patient' has no id in row 40"),
        (changed("heart", 10, np.nan), dict(values="heart"), "series 'b' has no value in 'heart'; leave its rows out"),
        (changed("age", 10, np.nan), dict(covariates="age"), "covariate 'age' is missing in row 10, which has values"),
        (FRAME, dict(series="age", covariates="patient"), "column 'patient' is not numeric but (str|object)"),
    ],
)
def test_the_column_and_row_at_fault_are_named(frame, change, message):
    with pytest.raises(ValueError, match=message):
        from_dataframe(frame, **(READ | change))


def test_a_covariate_of_a_row_without_values_may_be_unknown():
    data = from_dataframe(changed("age", 40, np.nan), **READ, covariates="age")
    assert data.inputs[0, 0].tolist() == [1.0, 50.0]


def test_a_series_without_any_value_may_be_asked_for():
    empty = FRAME.assign(heart=FRAME["heart"].where(FRAME["patient"] == "a"))
    read = dict(time="day", values="heart", series="patient")
    with pytest.raises(ValueError, match="series 'b' has no value in 'heart'; leave its rows out"):
        from_dataframe(empty, **read)
    data = from_dataframe(empty, **read, require_observed=False)
    assert data.layout.ids == ["b", "a"] and data.mask.sum(axis=(1, 2)).tolist() == [0, 2]
    np.testing.assert_array_equal(data.inputs[0, :2, 0], [1.0, 4.0])
    filled = to_dataframe(np.full(data.observations.shape, 5.0), like=data)
    assert filled.loc[[10, 40], "heart"].tolist() == [5.0, 5.0]


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    values=hnp.arrays(np.float64, st.tuples(st.integers(1, 12), st.just(2)), elements=st.floats(-1e6, 1e6)),
    data=st.data(),
)
def test_a_frame_comes_back_as_it_was(values, data):
    """Whatever its order, gaps and series; whether the series have one length or not."""
    size = len(values)
    gaps = data.draw(hnp.arrays(bool, (size, 2)))
    frame = pd.DataFrame(np.where(gaps, np.nan, values), columns=["x", "y"])
    frame["id"] = data.draw(st.lists(st.sampled_from([3, 1, 2]), min_size=size, max_size=size))
    frame["t"] = data.draw(st.permutations(range(size)))
    frame = frame[frame.groupby("id")[["x", "y"]].transform("count").sum(axis=1) > 0]
    if len(frame):
        read = from_dataframe(frame, time="t", values=["x", "y"], series="id")
        pd.testing.assert_frame_equal(to_dataframe(like=read)[frame.columns], frame)
        pd.testing.assert_frame_equal(to_dataframe(read.observations, like=read)[frame.columns], frame.fillna(0.0))
        assert read.mask.sum() == frame[["x", "y"]].notna().sum().sum()


def test_a_column_that_predictions_would_merge_is_named():
    frame = pd.DataFrame({"t": np.arange(9.0), "east": np.arange(9.0), "north": 5.5e9 + 0.1 * np.arange(9.0)})
    with pytest.raises(ValueError, match="observations, 'north' .channel 1 of the last axis., lie between 5500000000 "):
        from_dataframe(frame, time="t", values=["east", "north"])


def test_rows_of_one_time_at_several_places(rng):
    """A map, whose rows of one x keep their order; what is filled in goes back to where it was missing."""
    frame = pd.DataFrame({"x": np.repeat([0.0, 1.0, 2.0], 4), "y": np.tile([3.0, 2.0, 5.0, 4.0], 3)})
    frame = frame.assign(height=10.0 * frame["x"] + frame["y"]).sample(frac=1.0, random_state=0)
    known = frame.assign(height=frame["height"].where(frame["y"] != 5.0))
    data = from_dataframe(known, time="x", covariates="y", values="height")
    assert data.observations.shape == (1, 12, 1) and data.mask.sum() == 9
    for x in (0.0, 1.0, 2.0):
        assert data.inputs[0, data.inputs[0, :, 0] == x, 1].tolist() == known.loc[known["x"] == x, "y"].tolist()
    pd.testing.assert_frame_equal(to_dataframe(like=data), known)
    filled = 10.0 * data.inputs[..., :1] + data.inputs[..., 1:]
    pd.testing.assert_frame_equal(to_dataframe(filled, like=data), frame)
    again = pd.concat([known, known.iloc[[5]].assign(height=0.0)], ignore_index=True)
    with pytest.raises(ValueError, match=r"rows 5 and 12 both have 'x' = .* and 'y' = .*\(1 such pairs\); if"):
        from_dataframe(again, time="x", covariates="y", values="height")
    unknown = again.assign(height=np.nan, y=np.nan, series=again["x"])
    with pytest.raises(ValueError, match="both have 'series' = 1.0 and 'x' = 1.0 and 'y' = nan"):
        from_dataframe(unknown, time="x", covariates="y", values="height", series="series", require_observed=False)
