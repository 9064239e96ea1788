"""Errors of known size beside the values, from arrays, tables and .npz files, through everything that changes data."""

import numpy as np
import pandas as pd
import pytest
import scipy.optimize
import scipy.stats
import xarray

from gpvae_tf import data, defaults
from gpvae_tf.data.frame_layout import layout_at
from gpvae_tf.likelihoods import BernoulliLikelihood, GaussianLikelihood, NegativeBinomialLikelihood

FRAME = pd.DataFrame(
    {
        "star": ["b", "a", "a", "b"],
        "day": [4.0, 2.5, 0.0, 1.0],
        "flux": [80.0, np.nan, 70.0, 90.0],
        "colour": [1.0, 2.0, 3.0, np.nan],
        "flux_error": [2.0, np.nan, 1.0, 0.0],
    }
)
READ = dict(time="day", values=["flux", "colour"], series="star")


def arrays(rng, num=3, size=6):
    values, times = rng.normal(size=(num, size, 2)), np.arange(float(size))
    return values, times, rng.uniform(0.1, 1.0, values.shape)


def test_batches_have_them(rng):
    values, times, errors = arrays(rng)
    for options in (dict(batch_size=2), dict(batch_size=2, shuffle_seed=1)):
        sequences = data.from_arrays(values, times, errors=errors, **options)
        for batch in sequences:
            for value, error in zip(batch["observations"].numpy(), batch["errors"].numpy(), strict=True):
                row = int(np.argmin(np.abs(values - value).sum(axis=(1, 2))))
                np.testing.assert_array_equal(error, errors[row].astype(np.float32))
    assert data.from_arrays(values, times).errors is None
    points = data.from_arrays(values[:1], times, errors=errors[:1], points_per_batch=4)
    np.testing.assert_array_equal(next(iter(points))["errors"], errors[:1, :4].astype(np.float32))


def test_parts_windows_and_standardised_series(rng):
    values, times, errors = arrays(rng)
    sequences = data.from_arrays(values, times, errors=errors)
    np.testing.assert_array_equal(sequences.take([2, 0]).errors, sequences.errors[[2, 0]])
    windows = data.windows(sequences, 4, 2)
    np.testing.assert_array_equal(windows.errors[0], sequences.errors[0, :4])
    np.testing.assert_array_equal(windows.errors[1], sequences.errors[0, 2:])
    each = data.per_series(sequences)
    np.testing.assert_allclose(each.errors * each.layout.scale, errors, rtol=1e-5)


def test_scales_are_those_of_the_data_without_the_errors(rng):
    """Half of the values are off by 25 times as much as they vary, and no more of that is in mean and deviation."""
    true = 3.0 + 2.0 * rng.normal(size=(40, 50, 1))
    errors = rng.choice([0.1, 50.0], size=true.shape)
    mask = rng.uniform(size=true.shape) < 0.8
    values = np.where(mask, true + errors * rng.normal(size=true.shape), 1e6)
    found = data.from_arrays(values, np.arange(50.0), mask, errors=errors, standardize=True)
    for scaling in (found.scaling, found.standardized):
        np.testing.assert_allclose([scaling.offset, scaling.scale], [[3.0], [2.0]], rtol=0.1)
    even = data.from_arrays(values, np.arange(50.0), mask, errors=np.full(true.shape, 0.1))
    seen = values[mask]
    np.testing.assert_allclose(even.standardized.offset, seen.mean(), rtol=1e-6)
    np.testing.assert_allclose(even.standardized.scale, np.sqrt(seen.var() - 0.01), rtol=1e-4)
    each = data.per_series(found)
    assert np.median(np.abs(each.layout.scale - 2.0)) < 0.4 and np.all(each.layout.scale < 5.0)


def test_mean_and_scale_have_the_greatest_likelihood(rng):
    """That of N(m, v + e^2), by SciPy."""
    errors = rng.choice([0.1, 1.0, 5.0], size=(5, 40, 1))
    values = 3.0 + 2.0 * rng.normal(size=errors.shape) + errors * rng.normal(size=errors.shape)
    cost = lambda at: -np.sum(scipy.stats.norm.logpdf(values, at[0], np.hypot(at[1], errors)))
    best = scipy.optimize.minimize(cost, [3.0, 2.0], method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-9}).x
    found = data.from_arrays(values, np.arange(40.0), errors=errors).standardized
    np.testing.assert_allclose([found.offset.item(), found.scale.item()], best, rtol=1e-3)


@pytest.mark.parametrize("share", [0.5, 0.98, 1.0, 1000.0])
def test_errors_that_explain_all_leave_a_third_of_what_is_seen(rng, share):
    """Whether the stated errors are a little smaller than the noise, as large or far larger."""
    values = rng.normal(size=(8, 60, 2)) * np.geomspace(0.01, 10.0, 8)[:, None, None]
    noise = data.from_arrays(values, np.arange(60.0), errors=share * values.std(axis=1, keepdims=True) + 0 * values)
    each, whole = data.per_series(noise), values.std(axis=(0, 1))
    shown = (each.layout.scale / values.std(axis=1, keepdims=True)).ravel()
    np.testing.assert_allclose(shown, np.sqrt(max(1.0 - share**2, 0.09)), rtol=1e-3)
    assert np.all(noise.standardized.scale > 0.02 * whole) and np.all(noise.standardized.scale < 1.01 * whole)


def test_a_channel_of_noise_alone_is_trained_on_as_any_other(rng):
    values, errors = rng.normal(size=(6, 50, 2)), np.broadcast_to([1e-3, 1.0], (6, 50, 2))
    scaling = data.from_arrays(values, np.arange(50.0), errors=errors, standardize=True).scaling
    np.testing.assert_allclose(scaling.scale, values.std(axis=(0, 1)) * [1.0, 0.3], rtol=0.1)
    exact = rng.choice([0.0, 1.0], size=values.shape)  # all values that have no error are equal
    standardized = data.from_arrays(exact * values, np.arange(50.0), errors=exact).standardized
    assert np.all(standardized.scale > 0.02 * (exact * values).std(axis=(0, 1)))


@pytest.mark.parametrize("share", [0.0, 0.01])
def test_quiet_series_are_standardised_with_and_without_errors(rng, share):
    sizes = np.geomspace(1e-3, 1.0, 8)[:, None, None]
    values, times = 5.0 * sizes + sizes * rng.normal(size=(8, 30, 2)), np.arange(30.0)
    without = data.per_series(data.from_arrays(values, times))
    each = data.per_series(data.from_arrays(values, times, errors=share * sizes + 0.0 * values))
    np.testing.assert_allclose(each.observations, without.observations, rtol=1e-3, atol=1e-3)


def test_sequences_of_unequal_length(rng):
    values, times, errors = arrays(rng)
    lists = [[part[0], part[1, :4]] for part in (values, np.broadcast_to(times, (3, 6)), errors)]
    sequences = data.from_arrays(*lists[:2], errors=lists[2])
    np.testing.assert_array_equal(sequences.errors[1, :4], errors[1, :4].astype(np.float32))
    assert not sequences.errors[1, 4:].any()
    with pytest.raises(ValueError, match="lengths is given beside arrays of unequal length"):
        data.from_arrays(*lists[:2], lengths=[6, 3])
    with pytest.raises(ValueError, match=r"errors\[1\] has shape \(6, 2\); expected \(4, 2\), as observations\[1\]"):
        data.from_arrays(*lists[:2], errors=[errors[0], errors[1]])


def test_errors_of_missing_values_may_be_anything(rng):
    values, times, errors = arrays(rng)
    mask = rng.uniform(size=values.shape) < 0.7
    sequences = data.from_arrays(values, times, mask, errors=np.where(mask, errors, np.nan))
    np.testing.assert_array_equal(sequences.errors, np.where(mask, errors, 0.0).astype(np.float32))
    kept = data.from_arrays(values, times, mask, errors=errors)  # what is known of a hidden value stays
    np.testing.assert_array_equal(kept.errors, errors.astype(np.float32))


def test_errors_whose_square_float32_does_not_hold(rng):
    """As catalogues write of what is unknown; of missing values they may be anything."""
    values, times, errors = arrays(rng)
    errors[1, 2, 1] = 1e20
    with pytest.raises(ValueError, match=r"errors has 1 values so large .* the first 1e\+20 at index \(1, 2, 1\): a v"):
        data.from_arrays(values, times, errors=errors)
    mask = np.arange(errors.size).reshape(errors.shape) != np.argmax(errors)
    assert data.from_arrays(values, times, mask, errors=errors).standardized.scale.max() < 3.0
    errors[1, 2, 1] = 1e15  # as data in 1e-17 W are written, whose scale makes it 1e32
    data.from_arrays(values, times, errors=errors)
    with pytest.raises(ValueError, match="errors has 1 values so large"):
        data.from_arrays(1e-17 * values, times, errors=np.where(errors == 1e15, 1e15, 1e-17 * errors))


def test_a_column_of_errors():
    """Columns that have none have 0, and an unknown error of a missing value is no error."""
    sequences = data.from_dataframe(FRAME, **READ, errors={"flux": "flux_error"})
    np.testing.assert_array_equal(sequences.errors[0], [[0.0, 0.0], [2.0, 0.0]])
    np.testing.assert_array_equal(sequences.errors[1], [[1.0, 0.0], [0.0, 0.0]])
    back = data.to_dataframe(like=sequences)
    pd.testing.assert_frame_equal(back[FRAME.columns], FRAME)
    later = layout_at(sequences, sequences.layout.roles, sequences.inputs + 1.0, sequences.lengths)
    assert not later.roles.errors and "flux_error" not in later.frame


@pytest.mark.parametrize(
    ("frame", "errors", "message"),
    [
        (FRAME, {"star": "flux_error"}, r"errors has 'star', which is not among the values \['flux', 'colour'\]"),
        (FRAME, {"flux": "error"}, "frame has no column 'error'"),
        (FRAME, {"colour": "flux_error"}, "column 'flux_error' has nan in row 1, where 'colour' has a value"),
        (FRAME.assign(flux_error=-1.0), {"flux": "flux_error"}, "column 'flux_error' has -1 in row 0, where 'flux'"),
        (FRAME.assign(flux_error=np.inf), {"flux": "flux_error"}, "column 'flux_error' has inf in row 0, where 'flux'"),
        (FRAME.assign(flux_error=1e20), {"flux": "flux_error"}, r"has 1e\+20 in row 0, .* deviations from 0 to 1e\+18"),
        (FRAME.assign(flux_error="?"), {"flux": "flux_error"}, "column 'flux_error' is not numeric"),
        (FRAME, {"flux": "colour"}, "column 'colour' has nan in row 3, where 'flux' has a value"),
        (FRAME, "flux_error", r"errors is 'flux_error'; expected \{VALUE: COLUMN\} with a VALUE of flux, colour"),
        (FRAME, ["flux_error"], r"errors is \['flux_error'\]; expected"),
    ],
)
def test_columns_that_are_no_errors(frame, errors, message):
    with pytest.raises(ValueError, match=message):
        data.from_dataframe(frame, **READ, errors=errors)


def test_one_column_of_errors_for_several_values_and_one_without_a_mapping():
    frame = FRAME.assign(flux_error=0.5)
    shared = data.from_dataframe(frame, **READ, errors={"flux": "flux_error", "colour": "flux_error"})
    assert np.all(shared.errors == 0.5) and list(data.to_dataframe(like=shared)).count("flux_error") == 1
    alone = data.from_dataframe(frame, time="day", values="flux", series="star", errors="flux_error")
    assert np.all(alone.errors == 0.5)
    known = data.from_dataframe(frame, **READ, covariates="flux_error", errors={"flux": "flux_error"})
    assert known.input_dim == 2 and known.errors.max() == 0.5


def test_a_number_for_missing_values_is_no_error():
    frame = FRAME.fillna(999.0).assign(flux_error=[2.0, 1.0, 1.0, 999.0])
    with pytest.raises(ValueError, match="column 'flux_error' has nan in row 3, where 'flux' has a value"):
        data.from_dataframe(frame, **READ, errors={"flux": "flux_error"}, missing=999.0)


def test_an_error_of_0_is_none_where_0_is_a_missing_value(tmp_path, rng):
    """In a table, arrays, lists and a netCDF file; another number for missing values is no error in any of them."""
    values, errors = rng.uniform(1.0, 2.0, (2, 4, 1)), np.full((2, 4, 1), 0.5)
    values[0, 1] = errors[0, 2] = 0.0

    def read(missing):
        given = {"errors": errors, "missing": missing}
        yield lambda: data.from_arrays(values, np.arange(4.0), **given)
        lists = [values[0], values[1, :3]], [np.arange(4.0), np.arange(3.0)]
        yield lambda: data.from_arrays(*lists, errors=[errors[0], errors[1, :3]], missing=missing)
        columns = {"star": np.repeat([0, 1], 4), "day": np.tile(np.arange(4.0), 2)}
        frame = pd.DataFrame(columns | {"v": values.ravel(), "e": errors.ravel()})
        named = dict(errors="e", missing=missing)
        yield lambda: data.from_dataframe(frame, time="day", values="v", series="star", **named)
        dims = ("series", "time")
        variables = {"v": (dims, values[..., 0]), "e": (dims, errors[..., 0])}
        xarray.Dataset(variables, {"time": np.arange(4.0)}).to_netcdf(tmp_path / "a.nc")
        yield lambda: data.load(tmp_path / "a.nc", **named)

    for read_one in read(0.0):
        found = read_one()
        assert not found.mask[0, 1, 0] and found.mask[0, 2, 0] and found.errors[0, 2, 0] == 0.0
        assert found.errors[0, 0, 0] == 0.5
    values[0, 1] = errors[0, 2] = 999.0
    for read_one in read(999.0):
        with pytest.raises(ValueError, match="'e' has nan in row 2|first nan at index"):
            read_one()


@pytest.mark.parametrize("unknown", [np.nan, np.inf, -1.0])
def test_the_error_of_a_missing_value_may_be_anything(unknown):
    frame = FRAME.assign(flux_error=FRAME["flux_error"].where(FRAME["flux"].notna(), unknown))
    assert data.from_dataframe(frame, **READ, errors={"flux": "flux_error"}).errors.max() == 2.0


VARIABLES = {
    "flux": (("series", "time"), np.array([[1.0, np.nan, 3.0], [4.0, 5.0, 6.0]])),
    "colour": (("series", "time"), np.arange(6.0).reshape(2, 3)),
    "flux_error": (("time", "series"), np.array([[0.1, 0.4], [np.nan, 0.5], [0.3, 0.6]])),
}


def netcdf(tmp_path, **variables):
    path = tmp_path / "stars.nc"
    xarray.Dataset(VARIABLES | variables, {"time": np.arange(3.0)}).to_netcdf(path)
    return path


def test_a_column_of_errors_of_two_values_stays_where_one_was_observed():
    frame = FRAME.assign(colour=FRAME["flux"] + 1.0, flux_error=1.0)
    frame.loc[0, "flux"] = np.nan
    frame.loc[1, ["flux", "colour"]] = np.nan
    read = data.from_dataframe(
        frame, **READ | {"values": ["flux", "colour"]}, errors=dict.fromkeys(("flux", "colour"), "flux_error")
    )
    found = data.to_dataframe(np.zeros(read.observations.shape), like=read)["flux_error"]
    missing = frame[["flux", "colour"]].isna().all(axis=1)
    np.testing.assert_array_equal(found.isna(), missing)
    assert missing[1] and not missing[0]
    assert data.to_dataframe(like=read)["flux_error"].notna().all()  # nothing was filled in


def test_variables_of_a_netcdf_file(tmp_path):
    """They are no values, their dimensions may have another order, and they are written again as they were."""
    sequences = data.load(netcdf(tmp_path), errors={"flux": "flux_error"})
    assert sequences.channel_names == ["flux", "colour"]
    np.testing.assert_allclose(sequences.errors[..., 0], [[0.1, 0.0, 0.3], [0.4, 0.5, 0.6]])
    assert not sequences.errors[..., 1].any()
    alone = data.load(tmp_path / "stars.nc", values="flux", errors="flux_error")
    np.testing.assert_array_equal(alone.errors[..., 0], sequences.errors[..., 0])
    part = sequences.take([1])
    data.to_netcdf(part.observations, tmp_path / "again.nc", like=part, stddev=part.observations)
    again = data.load(tmp_path / "again.nc", values=["flux", "colour"], errors={"flux": "flux_error"})
    np.testing.assert_array_equal(again.errors, sequences.errors[[1]])
    known = data.load(netcdf(tmp_path, flux_error=(("time", "series"), np.ones((3, 2)))), errors={"flux": "flux_error"})
    data.to_netcdf(known.observations, tmp_path / "filled.nc", like=known)
    found = xarray.load_dataset(tmp_path / "filled.nc")["flux_error"]  # of what was filled in there is none
    np.testing.assert_array_equal(found, [[1.0, 1.0], [np.nan, 1.0], [1.0, 1.0]])


def test_channels_of_a_netcdf_file(tmp_path, rng):
    sizes, dims = rng.uniform(size=(2, 3, 4)).astype(np.float32), ("series", "time", "channel")
    variables = {"v": (dims, rng.normal(size=sizes.shape)), "e": (dims[::-1], sizes.T)}
    xarray.Dataset(variables, {"time": np.arange(3.0)}).to_netcdf(tmp_path / "a.nc")
    np.testing.assert_array_equal(data.load(tmp_path / "a.nc", errors="e").errors, sizes)


@pytest.mark.parametrize(
    ("errors", "message"),
    [
        ({"flux": "error"}, "there is no variable 'error'; there are flux"),
        ({"flux": "colour"}, r"errors has 1 values that .* first -1 at index \(0, 0, 0\)"),
        ({"flux": "size"}, r"variable 'size' has the dimensions \('series',\), 'flux' .*, and so do their errors"),
        ("flux_error", "errors is 'flux_error'; expected {VALUE: COLUMN} with a VALUE of flux, colour"),
        (["flux_error"], r"errors is \['flux_error'\]; expected {VALUE: COLUMN}, or a column alone"),
        ({"star": "flux_error"}, r"errors has 'star', which is not among the values \['flux', 'colour'\]"),
    ],
)
def test_variables_that_are_no_errors(tmp_path, errors, message):
    more = dict(size=("series", [1.0, 2.0]), colour=(("series", "time"), np.arange(-1.0, 5.0).reshape(2, 3)))
    path = netcdf(tmp_path, **more)
    with pytest.raises(ValueError, match=message):
        data.load(path, errors=errors, **{} if errors == {"flux": "colour"} else {"values": ["flux", "colour"]})


def test_files(tmp_path, rng):
    """Columns of errors are no values where no values are named, and an .npz has an array of them."""
    FRAME.to_csv(tmp_path / "stars.csv", index=False)
    sequences = data.load(tmp_path / "stars.csv", time="day", series="star", errors={"flux": "flux_error"})
    assert sequences.channel_names == ["flux", "colour"] and sequences.errors.max() == 2.0
    with pytest.raises(ValueError, match=r"errors is \['flux_error'\]; expected"):
        data.load(tmp_path / "stars.csv", time="day", series="star", errors=["flux_error"])
    values, times, errors = arrays(rng)
    np.savez(tmp_path / "arrays.npz", observations=values, times=times, errors=errors)
    np.testing.assert_array_equal(data.load(tmp_path / "arrays.npz").errors, errors.astype(np.float32))
    np.savez(tmp_path / "arrays.npz", observations=values, times=times, measurement_error=errors)
    with pytest.raises(ValueError, match="'measurement_error', which is not read: .* by 'errors'"):
        data.load(tmp_path / "arrays.npz")


def test_whole_numbers_with_errors_are_no_counts(rng):
    """Nor is 0 and 1 with errors yes or no; an error beside a missing value says nothing."""
    counts, binary = rng.poisson(5.0, (4, 30)), rng.integers(0, 2, (4, 30))
    values, times = np.stack([counts, binary], axis=-1), np.arange(30.0)
    errors = np.stack([np.ones((4, 30)), np.zeros((4, 30))], axis=-1)
    chosen = defaults.likelihood_for(defaults.Facts.of(data.from_arrays(values, times, errors=errors)))
    assert [type(each) for each in chosen.likelihoods] == [GaussianLikelihood, BernoulliLikelihood]
    pictures = data.from_arrays(rng.uniform(size=(2, 5, 8, 8, 1)), np.arange(5.0), errors=np.full((2, 5, 8, 8, 1), 0.1))
    assert isinstance(defaults.likelihood_for(defaults.Facts.of(pictures)), GaussianLikelihood)
    mask = rng.uniform(size=values.shape) < 0.8
    beside = data.from_arrays(values[..., :1], times, mask[..., :1], errors=np.where(mask, 0.0, 9.0)[..., :1])
    assert isinstance(defaults.likelihood_for(defaults.Facts.of(beside)), NegativeBinomialLikelihood)
    both = data.from_arrays(values, times, errors=np.ones(values.shape))
    assert isinstance(defaults.likelihood_for(defaults.Facts.of(both)), GaussianLikelihood)
