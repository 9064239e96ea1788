"""Columns of classes as channels of 0 and 1, and back."""

import numpy as np
import pandas as pd
import pytest

from gpvae_tf.data import class_columns, from_dataframe, load, per_series, queries, to_dataframe, windows

FRAME = pd.DataFrame(
    {
        "time": [3.0, 1.0, 2.0, 4.0],
        "rain": [0.5, np.nan, 1.5, 2.5],
        "sky": ["grey", "blue", None, "grey"],
        "gate": [2, 10, 2, -1],
    },
    index=[7, 5, 3, 2],
)
READ = dict(time="time", values=["sky", "rain", "gate"], classes=["sky", "gate"], missing=-1)
NAMES = ["sky=blue", "sky=grey", "rain", "gate=2", "gate=10"]


def test_channels_of_0_and_1_in_the_place_of_their_column():
    """A class is missing in all of its channels; numbers go by size and not by the alphabet."""
    data = from_dataframe(FRAME, **READ)
    assert data.channel_names == NAMES and data.class_channels == {"sky": [0, 1], "gate": [3, 4]}
    nan = np.nan  # in the order of time
    expected = [[1, 0, nan, 0, 1], [nan, nan, 1.5, 1, 0], [0, 1, 0.5, 1, 0], [0, 1, 2.5, nan, nan]]
    np.testing.assert_array_equal(np.where(data.mask, data.observations, nan)[0], expected)
    assert windows(data, length=2).class_channels == data.class_channels


@pytest.mark.parametrize("missing", [0, 1])
def test_a_number_for_what_is_missing_is_not_looked_for_in_0_and_1(missing):
    data = from_dataframe(FRAME, **READ | {"missing": missing})
    assert data.mask[0, :, :2].tolist() == [[True] * 2, [False] * 2, [True] * 2, [True] * 2]


def test_the_way_back_has_the_most_probable_class():
    """Observed classes as they were, the others by their probabilities, to which no columns of intervals belong."""
    data = from_dataframe(FRAME, **READ)
    made = np.where(data.mask, data.observations, [0.7, 0.3, 9.0, 0.4, 0.6])
    found = to_dataframe(made, like=data, lower=made)
    assert found.index.tolist() == FRAME.index.tolist()
    assert found.columns.tolist() == ["time", "sky", *NAMES[:2], "rain", "gate", *NAMES[3:], "rain_lower"]
    assert found["sky"].tolist() == ["grey", "blue", "blue", "grey"] and found["gate"].tolist() == [
        "2",
        "10",
        "2",
        "10",
    ]
    assert found["sky=blue"].tolist() == [0.0, 1.0, 0.7, 0.0]
    gaps = to_dataframe(like=data)[["sky", "gate"]].fillna("")
    assert gaps["sky"].tolist() == ["grey", "blue", "", "grey"] and gaps["gate"].tolist() == ["2", "10", "2", ""]


def test_what_was_read_reads_other_frames():
    """With the same classes in the same order, whichever of them the frame has; also what `to_dataframe` made."""
    data = from_dataframe(FRAME, **READ)
    columns = data.layout.columns()
    assert columns["values"] == READ["values"] and columns["classes"] == {"sky": ["blue", "grey"], "gate": ["2", "10"]}
    fewer = from_dataframe(FRAME.iloc[[0, 3]], **columns, missing=-1)
    assert fewer.channel_names == NAMES and fewer.observations[0, 0].tolist() == [0, 1, 0.5, 1, 0]
    again = from_dataframe(to_dataframe(like=data), **columns)
    np.testing.assert_array_equal(again.observations, data.observations)
    np.testing.assert_array_equal(again.mask, data.mask)
    asked = queries(pd.DataFrame({"time": [5.0, 6.0]}), like=data)
    found = to_dataframe(np.tile([0.2, 0.8, 1.0, 0.6, 0.4], (1, 2, 1)), like=asked)
    assert found["sky"].tolist() == ["grey"] * 2 and found["gate"].tolist() == ["2"] * 2
    with pytest.raises(
        ValueError, match="'sky' has 'red' in row 5 and 1 more, which is none of its classes 'blue', 'g"
    ):
        from_dataframe(FRAME.assign(sky=["grey", "red", None, "red"]), **columns)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (pd.Categorical(["low", "high", None, "low"], ["low", "mid", "high"]), ("low", "mid", "high")),
        ([True, False, None, True], ("False", "True")),
        ([True, False, False, True], ("False", "True")),
        (pd.array([10, 9, None, 9], "Int64"), ("9", "10")),
        (["2.50", "2.5", "10", "2.0"], ("2", "2.5", "10")),
        (["010", "9", "-1.0", "10"], ("9", "010", "10")),
        (pd.array(["a", "b", pd.NA, "a"], "string"), ("a", "b")),
        (["a", "", "-1", "b"], ("a", "b")),  # -1 stands for what is missing
        ([1.5, 1.0, np.nan, -1.0], ("1", "1.5")),
        ([1, "b", None, 1.0], ("1", "b")),
    ],
)
def test_classes_of_every_kind(cells, expected):
    frame = FRAME.assign(sky=cells)
    data = from_dataframe(frame, time="time", values="sky", classes="sky", missing=-1)
    assert data.channel_names == [f"sky={label}" for label in expected]
    assert np.all(data.observations[data.mask].reshape(-1, len(expected)).sum(axis=-1) == 1.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": "cloud"}, r"classes has 'cloud', which is not among the values \['sky', 'rain', 'gate'\]"),
        ({"classes": {"sky": ["grey"]}}, "column 'sky' has 1 classes, 'grey'; expected 2 to 100 that differ"),
        ({"classes": {"sky": ["grey", "grey"]}}, "column 'sky' has 2 classes, 'grey', 'grey'; expected 2 to 100"),
        (
            {"classes": {"sky": ["grey", "red"]}},
            "'sky' has 'blue' in row 5, which is none of its classes 'grey', 'red'",
        ),
        ({"errors": {"sky": "rain"}}, "errors has 'sky', which is not among the values"),
    ],
)
def test_what_is_no_column_of_classes(options, message):
    with pytest.raises(ValueError, match=message):
        from_dataframe(FRAME, **READ | options)


def test_a_column_of_texts_or_of_nothing_has_no_classes():
    many = pd.DataFrame({"time": np.arange(200.0), "sky": [f"sky {number}" for number in range(200)]})
    with pytest.raises(ValueError, match="'sky' has 200 classes, 'sky 0', .*, ...; expected 2 to 100 that differ"):
        from_dataframe(many, time="time", values="sky", classes="sky")
    with pytest.raises(ValueError, match="'sky' has 0 classes; expected 2 to 100 that differ"):
        from_dataframe(many.assign(sky=None), time="time", values="sky", classes="sky")
    assert class_columns.MOST_CLASSES == 100


def test_a_column_that_is_called_as_a_class_would_be():
    frame = FRAME.rename(columns={"rain": "sky=blue"})
    with pytest.raises(ValueError, match="values has a column 'sky=blue', as that of a class is called; rename it"):
        from_dataframe(frame, time="time", values=["sky", "sky=blue"], classes="sky")


def test_no_level_is_taken_out_of_classes():
    with pytest.raises(ValueError, match="data has columns of classes, 'sky', 'gate', which have no level"):
        per_series(from_dataframe(FRAME, **READ))


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
def test_codes_in_a_file_stay_as_they_are_written(suffix, tmp_path):
    """Zeros in front of a code, and a class that was a number without gaps and is none with them."""
    path = tmp_path / f"codes{suffix}"
    frame = pd.DataFrame({"time": np.arange(4), "code": ["007", "012", "", "007"], "level": [1.0, 2.0, np.nan, 1.0]})
    frame.to_csv(path, index=False, sep="," if suffix == ".csv" else "\t")
    data = load(path, classes=["code", "level"])
    assert data.channel_names == ["code=007", "code=012", "level=1", "level=2"]
    assert to_dataframe(like=data)["code"].fillna("").tolist() == ["007", "012", "", "007"]
    frame.astype({"level": "Int64"}).to_csv(path, index=False, sep="," if suffix == ".csv" else "\t")
    np.testing.assert_array_equal(load(path, **data.layout.columns()).observations, data.observations)
