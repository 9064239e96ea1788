"""What stands in the columns of a frame: numbers of any dtype, and what is missing among them."""

import decimal

import numpy as np
import pandas as pd
import pytest

from gpvae_tf import GPVAE, likelihoods
from gpvae_tf.data import from_dataframe, to_dataframe


@pytest.mark.parametrize(
    ("dtype", "missing"),
    [("float16", -99.9), ("float32", -99.9), ("Float32", -99.9), ("float64", -99.9), ("float32", 1e20)],
)
def test_a_number_for_missing_values_is_rounded_as_its_column_is(dtype, missing):
    """float32 has no -99.9. Beside that column there is one of another dtype, and a covariate."""
    there = [True, False, True]
    marked = pd.Series(np.where(there, 31.0, missing)).astype(dtype)
    frame = pd.DataFrame({"day": [0.0, 1.0, 2.0], "v": marked, "w": np.where(there, 31.0, missing), "age": marked})
    options = {"time": "day", "missing": missing}
    data = from_dataframe(frame, values=["v", "w"], covariates="age", require_observed=False, **options)
    assert data.mask[0, :, 0].tolist() == there and data.inputs[0, :, 1].tolist() == [31.0] * 3
    assert to_dataframe(like=data)["v"].isna().tolist() == [False, True, False]
    with pytest.raises(ValueError, match="covariate 'age' is missing in row 1"):
        from_dataframe(frame.assign(w=31.0), values="w", covariates="age", **options)


@pytest.mark.parametrize("unknown", [None, np.nan, pd.NA])
@pytest.mark.parametrize("yes", [True, np.True_, 1, 1.0, decimal.Decimal("1.0")])
def test_numbers_and_truth_values_among_objects(yes, unknown):
    """What pandas makes of a column with an empty cell; a column of values and a covariate, and back."""
    frame = pd.DataFrame({"day": range(4), "v": [1.5, 2.5, 3.5, 4.5]})
    frame["open"] = pd.Series([yes, False, unknown, yes], dtype=object)
    data = from_dataframe(frame, time="day", values=["v", "open"])
    np.testing.assert_array_equal(data.mask[0, :, 1], [True, True, False, True])
    np.testing.assert_array_equal(data.observations[0, :, 1], [1.0, 0.0, 0.0, 1.0])
    np.testing.assert_array_equal(to_dataframe(like=data)["open"], [1.0, 0.0, np.nan, 1.0])
    known = frame.drop(index=2)
    data = from_dataframe(known, time="day", values="v", covariates="open", missing=-999)
    assert data.inputs[0, :, 1].tolist() == [1.0, 0.0, 1.0]
    with pytest.raises(ValueError, match="column 'open' is not numeric but object with 'open' in row 2"):
        from_dataframe(frame.fillna({"open": "open"}), time="day", values="open")


SKY = pd.DataFrame({"t": np.arange(4.0), "v": [1.5, 2.5, 3.5, 4.5], "sky": ["clear", None, "rain", "clear"]})


@pytest.mark.parametrize("dtype", [object, "category", "string"])
@pytest.mark.parametrize("role", ["values", "covariates"])
def test_categories_are_not_to_be_made_missing(dtype, role):
    """A message told to make NaN of every category."""
    columns = {"values": ["v"], "covariates": []}
    columns[role] = [*columns[role], "sky"]
    with pytest.raises(ValueError, match="'sky' is not numeric but .* with 'clear' in row 0; leave it out") as told:
        from_dataframe(SKY.astype({"sky": dtype}), time="t", **columns)
    assert "coerce" not in str(told.value)
    assert "or name it in classes=['sky'] too, which makes columns of 0 and 1 of categories" in str(told.value)


def test_the_ways_to_read_categories_that_the_message_names():
    frame = SKY.copy()
    frame["sky"] = frame["sky"].astype("category").cat.codes
    data = from_dataframe(frame, time="t", values=["v", "sky"], missing=-1)
    assert data.observations[0, :, 1].tolist() == [0, 0, 1, 0] and data.mask[0, :, 1].tolist() == [
        True,
        False,
        True,
        True,
    ]
    likelihood = {"sky": likelihoods.CategoricalLikelihood(2)}
    GPVAE.from_data(data, 1, likelihood=likelihood, units=4, verbose=False).check_batch(data.example)
    whole = SKY.assign(sky=["clear", "grey", "rain", "clear"])
    assert from_dataframe(whole, time="t", values="v", covariates="sky", classes=["sky"]).input_dim == 4


@pytest.mark.parametrize("dtype", [object, "category", "string"])
def test_text_of_numbers_becomes_numbers(dtype):
    frame = SKY.assign(sky=pd.Series(["1.5", None, "-2", "3"], dtype=dtype))
    message = r"with '1.5' in row 0; if it is codes, .*=.*; if its text is numbers: (frame\['sky'\] = .*\))$"
    with pytest.raises(ValueError, match=message) as told:
        from_dataframe(frame, time="t", values=["v", "sky"])
    exec(str(told.value).split("numbers: ")[1], {"frame": frame, "pandas": pd})  # as it is advised
    assert from_dataframe(frame, time="t", values=["v", "sky"]).observations[0, :, 1].tolist() == [1.5, 0.0, -2.0, 3.0]


def test_dates_among_the_values_are_no_text():
    frame = SKY.assign(sky=pd.date_range("2024-01-01", periods=4))
    with pytest.raises(
        ValueError, match="'sky' is not numeric but datetime64.* with Timestamp.* in row 0; leave it out"
    ):
        from_dataframe(frame, time="t", values=["v", "sky"])
