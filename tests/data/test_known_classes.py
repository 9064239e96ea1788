"""Columns of classes among covariates and conditions, as inputs of 0 and 1, and back."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from gpvae_tf.data import from_arrays, from_dataframe, load, queries, to_dataframe, windows
from gpvae_tf.data.frame_layout import layout_at
from gpvae_tf.input_roles import InputRoles

FRAME = pd.DataFrame(
    {
        "patient": ["b", "a", "b", "a", "b"],
        "day": [2, 1, 1, 2, 3],
        "ward": [10, 2, 2, 2, 10],
        "age": [40.0, 60.0, 40.0, 60.0, 40.0],
        "sex": ["m", "f", "m", "f", "m"],
        "mood": ["low", None, "high", "low", "low"],
        "pressure": [1.0, 2.0, np.nan, 3.0, 4.0],
    },
    index=[5, 4, 3, 2, 1],
)
READ = dict(series="patient", time="day", covariates="ward", conditions=["age", "sex"])
VALUES = ["mood", "pressure"]
CLASSES = ["sex", "ward", "mood"]
NAMES = ["day", "ward=2", "ward=10", "age", "sex=f", "sex=m"]


@pytest.fixture(scope="module")
def read():
    return from_dataframe(FRAME, **READ, values=VALUES, classes=CLASSES)


def test_they_are_what_columns_of_0_and_1_by_hand_are(read):
    """In the place of their column, and only those of values are channels."""
    by_hand = FRAME.assign(
        **{f"{name}={label}": FRAME[name] == label for name in CLASSES for label in set(FRAME[name])}
    )
    by_hand["mood=high"] = by_hand["mood=high"].where(FRAME["mood"].notna(), np.nan).astype(float)
    by_hand["mood=low"] = by_hand["mood=low"].where(FRAME["mood"].notna(), np.nan).astype(float)
    roles = dict(series="patient", time="day", covariates=NAMES[1:3], conditions=NAMES[3:])
    expected = from_dataframe(by_hand, **roles, values=["mood=high", "mood=low", "pressure"])
    np.testing.assert_array_equal(read.inputs, expected.inputs)
    np.testing.assert_array_equal(read.observations, expected.observations)
    assert read.roles == expected.roles == InputRoles((3, 4, 5))
    np.testing.assert_array_equal(read.scaling.input_scale, expected.scaling.input_scale)
    assert read.input_names == NAMES == windows(read, length=2).input_names
    assert read.class_channels == {"mood": [0, 1]} and read.channel_names[2] == "pressure"
    arrays = from_dataframe(FRAME, series="patient", time="day", values="pressure", covariates="ward")
    assert arrays.input_names == ["day", "ward"]


def test_a_rare_class_is_not_far_off():
    """A standardised 0 or 1 would be 31 deviations off where one of 1,000 points has it."""
    frame = pd.DataFrame({"time": np.arange(1000), "y": 0.5, "age": np.linspace(20, 60, 1000), "type": "a"})
    frame.loc[7, "type"] = "b"
    read = from_dataframe(frame, time="time", values="y", conditions=["age", "type"], classes="type")
    np.testing.assert_array_equal(read.scaling.input_offset[2:], 0.0)
    np.testing.assert_array_equal(read.scaling.input_scale[2:], 1.0)
    np.testing.assert_allclose(
        [read.scaling.input_offset[1], read.scaling.input_scale[1]], [40.0, frame["age"].std(ddof=0)]
    )


def test_the_way_back_has_the_columns_themselves(read):
    back = to_dataframe(like=read)
    known = ["patient", "day", "ward", "age", "sex"]
    assert back.columns.tolist() == [*known, "mood", "mood=high", "mood=low", "pressure"]
    pd.testing.assert_frame_equal(back[known], FRAME[known].astype({"ward": str}))
    again = from_dataframe(back, **read.layout.columns())
    np.testing.assert_array_equal(again.inputs, read.inputs)
    assert again.roles == read.roles and again.layout.columns() == read.layout.columns()


def test_queries_have_the_columns_themselves(read):
    """Whichever of the classes they have."""
    rows = pd.DataFrame({"patient": ["a", "b", "b"], "day": [3, 5, 4], "ward": 10, "age": 30, "sex": ["m", "f", "m"]})
    asked = queries(rows, like=read)
    assert asked.inputs[0].tolist() == [[4, 0, 1, 30, 0, 1], [5, 0, 1, 30, 1, 0]]  # b comes first
    assert asked.inputs[1, 0].tolist() == [3, 0, 1, 30, 0, 1] and asked.roles == read.roles
    made = to_dataframe(np.full((2, 2, 3), 0.5), like=asked)
    assert made["sex"].tolist() == ["m", "f", "m"] and made["ward"].tolist() == ["10"] * 3
    for changed, message in (
        ({"sex": ["m", "x", "f"]}, "'sex' has 'x' in row 1, which is none of its classes 'f', 'm'"),
        ({"sex": ["m", "f", None]}, "condition 'sex' is missing in row 2; a prediction needs all of them"),
        ({"ward": 3}, "'ward' has '3' in row 0 and 2 more, which is none of its classes '2', '10'"),
    ):
        with pytest.raises(ValueError, match=message):
            queries(rows.assign(**changed), like=read)


def test_a_category_that_no_row_has_is_no_class():
    """Filtering a frame leaves them; a network would have learned nothing of it."""
    frame = FRAME.assign(sex=pd.Categorical(FRAME["sex"], ["x", "m", "f"]))
    read = from_dataframe(frame, **READ, values="pressure", classes=["sex"])
    assert read.input_names == ["day", "ward", "age", "sex=m", "sex=f"]
    rows = pd.DataFrame({"patient": ["a", "b"], "day": 5, "ward": 10, "age": 30, "sex": ["m", "x"]})
    with pytest.raises(ValueError, match="'sex' has 'x' in row 1, which is none of its classes 'm', 'f'"):
        queries(rows, like=read)
    named = from_dataframe(frame, **READ, values="pressure", classes={"sex": ["x", "m", "f"]})
    assert named.input_names[3:] == ["sex=x", "sex=m", "sex=f"]


def test_a_column_of_classes_is_not_replaced_by_an_interval():
    frame = FRAME.rename(columns={"sex": "pressure_upper"})
    read = from_dataframe(frame, **READ | {"conditions": "pressure_upper"}, values="pressure", classes="pressure_upper")
    with pytest.raises(ValueError, match="there is a column 'pressure_upper' already"):
        to_dataframe(like=read, upper=read.observations)


def test_classes_are_no_dimensions_that_points_are_spread_over():
    """Time keeps the scale that it has without them, of which one series in ten places had the whole extent."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"time": np.sort(rng.uniform(0, 1000, 400)), "y": 0.5, "site": rng.permutation(np.arange(400) % 10)}
    )
    plain = from_dataframe(frame, time="time", values="y")
    read = from_dataframe(frame, time="time", values="y", covariates="site", classes="site")
    assert read.input_dim == 11
    np.testing.assert_allclose(read.scaling.input_scale, [plain.scaling.input_scale[0], *np.ones(10)])
    np.testing.assert_array_equal(read.scaling.input_offset[1:], 0.0)


def test_conditions_of_0_and_1_where_something_was_observed():
    """What stands where nothing was says nothing."""
    inputs = np.stack([np.tile(np.arange(4.0), (2, 1)), [[0, 1, 0, 7], [1, 1, 0, 1]]], axis=-1)
    mask = np.array([[True, True, True, False], [True] * 4])
    read = from_arrays(np.zeros((2, 4, 1)), inputs, mask, conditions=[1])
    assert (read.scaling.input_offset[1], read.scaling.input_scale[1]) == (0.0, 1.0)


def test_times_of_0_and_1_are_times():
    """Such as before and after a treatment; what stands behind them is left as it is."""
    frame = pd.DataFrame(
        {"patient": [1, 1, 2, 2], "time": [0, 1, 0, 1], "treated": [0, 1, 0, 1], "y": [1.0, 2.0, 3.0, 4.0]}
    )
    read = from_dataframe(frame, time="time", series="patient", values="y", covariates="treated")
    np.testing.assert_array_equal([read.scaling.input_offset, read.scaling.input_scale], [[0.5, 0.0], [1.0, 1.0]])


def test_inputs_of_no_class_or_of_two_have_no_table(read):
    inputs = read.inputs[:, :2].copy()
    layout = layout_at(read, read.layout.roles, inputs, np.array([2, 2]))
    assert to_dataframe(np.zeros((2, 2, 3)), like=replace_layout(read, inputs, layout))["sex"].tolist() == list("mmff")
    for wrong in ([0.0, 0.0], [1.0, 1.0], [0.2, 0.8]):
        inputs[1, 0, 4:] = wrong
        with pytest.raises(
            ValueError, match=r"inputs has .* for 'sex=f', 'sex=m' in point 2; a 1 for one class is exp"
        ):
            layout_at(read, read.layout.roles, inputs, np.array([2, 2]))


def replace_layout(read, inputs, layout):
    asked = from_arrays(np.zeros((2, 2, 3)), inputs)
    return dataclasses.replace(asked, layout=layout)


def test_queries_of_one_time_under_several_conditions(read):
    rows = pd.DataFrame({"patient": ["a", "b", "a", "b"], "day": 5, "ward": 2, "age": 30, "sex": ["m", "m", "f", "f"]})
    asked = queries(rows, like=read)
    assert asked.inputs[..., 5].tolist() == [[1, 0], [1, 0]]
    assert to_dataframe(np.zeros((2, 2, 3)), like=asked)["sex"].tolist() == ["m", "m", "f", "f"]
    with pytest.raises(ValueError, match="rows 0 and 2 both have 'patient' = 'a' and 'day' = 5 and .* 'sex' = 'm'"):
        queries(rows.assign(sex="m"), like=read)


@pytest.mark.parametrize("words", [("FALSE", "TRUE"), ("false", "true")])
def test_truth_values_however_they_are_written(words):
    frame = FRAME.assign(sex=[True, False, True, False, True])
    read = from_dataframe(frame, **READ, values="pressure", classes="sex")
    named = frame.assign(sex=[words[number] for number in frame["sex"]])
    again = from_dataframe(named, **read.layout.columns())
    np.testing.assert_array_equal(again.inputs, read.inputs)


def test_a_file_has_codes_as_they_are_written(tmp_path):
    FRAME.assign(sex=["01", "1", "01", "1", "01"]).to_csv(tmp_path / "table.csv", index=False)
    read = load(tmp_path / "table.csv", **READ, values="pressure", classes="sex")
    assert read.input_names == ["day", "ward", "age", "sex=01", "sex=1"]


@pytest.mark.parametrize("missing", [0, 1])
def test_a_number_for_what_is_missing_is_not_looked_for_in_0_and_1(missing):
    read = from_dataframe(FRAME, **READ, values="pressure", classes=["sex"], missing=missing)
    assert read.inputs[..., 3:].sum(axis=-1).tolist() == [[1, 1, 1]] * 2


@pytest.mark.parametrize(
    ("changed", "options", "message"),
    [
        ({"sex": ["m", "f", "m", None, "m"]}, {}, "condition 'sex' is missing in row 2, which has values"),
        ({"sex": "m"}, {}, "column 'sex' has 1 classes, 'm'; expected 2 to 100 that differ"),
        ({"sex=f": 1.0}, {"conditions": ["sex", "sex=f"]}, "frame has a column 'sex=f', as that of a class is called"),
        ({}, {"id_columns": "ward"}, r"id_columns has 'ward', which is not among the covariates \[\] of numbers"),
        ({"day": 1}, {}, "rows 5 and 1 both have 'patient' = 'b' and 'day' = 1 and 'ward' = 10"),
    ],
)
def test_what_is_wrong_is_named(changed, options, message):
    with pytest.raises(ValueError, match=message):
        from_dataframe(FRAME.assign(**changed), **READ | {"values": VALUES, "classes": CLASSES} | options)
