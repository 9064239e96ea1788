"""Columns of conditions, from tables through everything that changes data and back."""

import numpy as np
import pandas as pd
import pytest

from gpvae_tf import data
from gpvae_tf.input_roles import InputRoles

FRAME = pd.DataFrame(
    {
        "patient": ["b", "a", "b", "a", "b"],
        "day": [2, 1, 1, 2, 3],
        "place": [7.0, 8.0, 9.0, 7.5, 8.5],
        "age": [40.0, 60.0, 40.0, 60.0, 40.0],
        "hours": [1.0, 2.0, 3.0, 4.0, 5.0],
        "visits": [3.0, 9.0, np.nan, 11.0, 2.0],
    }
)
READ = dict(series="patient", time="day", values="visits", conditions="age")


def test_they_stand_behind_the_covariates_and_before_exposures():
    read = data.from_dataframe(FRAME, **READ, covariates="place", exposure="hours")
    assert read.roles == InputRoles((2,), (3,))
    assert read.inputs[1].tolist()[:2] == [[1, 8, 60, 2], [2, 7.5, 60, 4]]
    assert read.layout.columns()["conditions"] == ["age"] and read.layout.columns()["covariates"] == ["place"]


def test_the_way_back_and_queries():
    read = data.from_dataframe(FRAME, **READ)
    back = data.to_dataframe(like=read)
    pd.testing.assert_frame_equal(back, FRAME[["patient", "day", "age", "visits"]])
    asked = data.queries(pd.DataFrame({"patient": ["a", "b"], "day": [3, 4], "age": [20, 30]}), like=read)
    assert asked.inputs[:, 0].tolist() == [[4, 30], [3, 20]] and asked.roles == read.roles
    assert asked.scaling is read.scaling
    with pytest.raises(ValueError, match="no column 'age'"):
        data.queries(pd.DataFrame({"patient": ["a", "b"], "day": [3, 4]}), like=read)


def test_series_of_their_own_level_keep_them():
    each = data.per_series(data.from_dataframe(FRAME, **READ))
    assert each.roles == InputRoles((1,)) and data.windows(each, length=2).roles == each.roles


def test_a_file_does_not_take_them_for_values(tmp_path):
    FRAME.to_csv(tmp_path / "table.csv", index=False)
    read = data.load(tmp_path / "table.csv", series="patient", time="day", conditions=["age", "place"])
    assert read.channel_names == ["hours", "visits"] and read.roles == InputRoles((1, 2))


@pytest.mark.parametrize(
    ("changed", "options", "message"),
    [
        ({}, {"conditions": "weight"}, "no column 'weight'"),
        ({}, {"conditions": "day"}, "conditions has 'day', which is a column of ids, times, covariates or values"),
        ({}, {"covariates": "age"}, "conditions has 'age', which is a column of ids, times, covariates or values"),
        ({}, {"exposure": "age"}, "column 'age' is there or named twice"),
        ({"age": [1, 2, np.nan, 4, np.nan]}, {}, "condition 'age' is missing in row 4, which has values"),
        ({"age": list("abcde")}, {}, "column 'age'"),
        ({"day": 1}, {}, "rows 0 and 2 both have 'patient' = 'b' and 'day' = 1"),
    ],
)
def test_what_is_wrong_is_named(changed, options, message):
    with pytest.raises(ValueError, match=message):
        data.from_dataframe(FRAME.assign(**changed), **READ | options)
