"""Columns of classes as channels of 0 and 1, and back."""

import decimal

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
        (["2.50", "2.5", "10", "2.0"], ("2.0", "2.5", "2.50", "10")),
        (["010", "9", "-1.0", "10"], ("9", "010", "10")),
        (pd.array(["a", "b", pd.NA, "a"], "string"), ("a", "b")),
        (["a", "", "-1", "b"], ("a", "b")),  # -1 stands for what is missing
        ([1.5, 1.0, np.nan, -1.0], ("1.0", "1.5")),
        (np.array([1, 0.1, 0.1, 1], np.float32), ("0.1", "1.0")),
        ([2**53 + 1, 2**53, 2**53 + 1, 2**53 + 2], tuple(str(2**53 + more) for more in range(3))),
        (pd.array([2**53 + 1, 2**53, None, 2**53 + 1], "Int64"), (str(2**53), str(2**53 + 1))),
        ([decimal.Decimal("2.50"), decimal.Decimal("2.00"), None, decimal.Decimal("2.50")], ("2.00", "2.50")),
        (pd.Categorical(["b", "", "-1", "a"], ["b", "", "a", "-1"]), ("b", "a")),  # gaps are no classes
    ],
)
def test_classes_of_every_kind(cells, expected):
    frame = FRAME.assign(sky=cells)
    data = from_dataframe(frame, time="time", values="sky", classes="sky", missing=-1)
    assert data.channel_names == [f"sky={label}" for label in expected]
    assert np.all(data.observations[data.mask].reshape(-1, len(expected)).sum(axis=-1) == 1.0)


@pytest.mark.parametrize(
    ("cells", "given", "expected"),
    [
        ([True, False, None, True], [True, False], ("True", "False")),
        ([2, 10, 2, 2], [10.0, 2.0], ("10", "2")),
        (["b", "a", None, "b"], pd.unique(pd.Series(["b", "a", None, ""])), ("b", "a")),
        ([1, -1, 2, 2], [2, -1, 1], ("2", "1")),
    ],
)
def test_given_classes_are_read_as_entries_are(cells, given, expected):
    """Numbers and truth values too; and what stands for a missing entry is not made a class that never comes."""
    frame = FRAME.assign(sky=cells)
    data = from_dataframe(frame, time="time", values="sky", classes={"sky": given}, missing=-1)
    assert data.channel_names == [f"sky={label}" for label in expected]


def test_numbers_where_the_known_classes_are_texts():
    """A CSV whose column has numbers alone is read as numbers; but which of two texts of one number, nobody can say."""
    codes = ["250.00", "401.9", "V58"]
    read = dict(time="time", values="sky")
    data = from_dataframe(FRAME.assign(sky=[250.0, 401.9, None, 250.0]), **read, classes={"sky": codes})
    assert to_dataframe(like=data)["sky"].fillna("").tolist() == ["250.00", "401.9", "", "250.00"]
    with pytest.raises(ValueError, match="'sky' has '7' in row 7 and 3 more, which is none of its classes '007', '07'"):
        from_dataframe(FRAME.assign(sky=7), **read, classes={"sky": ["007", "07"]})
    with pytest.raises(ValueError, match="'sky' has '007' in row 7 and 3 more, which is none of its classes '7', 'a'"):
        from_dataframe(FRAME.assign(sky="007"), **read, classes={"sky": ["7", "a"]})


@pytest.mark.parametrize("number", [np.float64(2**53), np.float32(2**24)])
def test_numbers_that_their_dtype_has_merged(number):
    frame = FRAME.assign(sky=np.array([1, 2, number, 2], number.dtype))
    with pytest.raises(ValueError, match=f"'sky' has {number:.0f} in row 3, and {number.dtype} does not tell such"):
        from_dataframe(frame, time="time", values="sky", classes="sky")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"classes": "cloud"},
            r"classes has 'cloud', which is no value, covariate or condition: \['sky', 'rain', 'gate'\]",
        ),
        ({"classes": {"sky": ["grey"]}}, "column 'sky' has 1 classes, 'grey'; expected 2 to 100 that differ"),
        ({"classes": {"sky": ["grey", "grey"]}}, "column 'sky' has 2 classes, 'grey', 'grey'; expected 2 to 100"),
        (
            {"classes": {"sky": ["grey", "red"]}},
            "'sky' has 'blue' in row 5, which is none of its classes 'grey', 'red'",
        ),
        ({"classes": {"sky": "grey"}}, "classes has 'grey' for 'sky'; expected the list of its classes, or None"),
        ({"classes": {"sky": 2}}, "classes has 2 for 'sky'; expected the list of its classes, or None"),
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
    with pytest.raises(ValueError, match="frame has a column 'sky=blue', as that of a class is called; rename it"):
        from_dataframe(frame, time="time", values=["sky", "sky=blue"], classes="sky")
    assert from_dataframe(frame, time="time", values="sky", classes="sky").event_shape == (2,)  # it is not read


@pytest.mark.parametrize("role", ["time", "series", "covariates", "errors"])
def test_any_other_column_that_is_called_as_a_class_would_be(role):
    """Its numbers would give way to the 0 and 1 of the class."""
    frame = FRAME.assign(**{"sky=blue": [3.0, 1.0, 2.0, 4.0], "rain": 1.0})
    read = dict(time="time", values=["sky", "rain"], classes="sky")
    named = {"errors": {"rain": "sky=blue"}}.get(role, "sky=blue")
    with pytest.raises(ValueError, match="frame has a column 'sky=blue', as that of a class is called; rename it"):
        from_dataframe(frame, **read | {role: named})


def test_classes_of_two_columns_that_are_called_the_same():
    """Both would be one channel: "sky=a" is the class "a" of "sky", and of "sky=a" there is the class "b"."""
    frame = FRAME.assign(**{"sky": ["a=b", "x", "x", "x"], "sky=a": ["b", "y", "y", "b"]})
    with pytest.raises(ValueError, match="classes has two columns with a class called 'sky=a=b'; rename one"):
        from_dataframe(frame, time="time", values=["sky", "sky=a"], classes=["sky", "sky=a"])


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
