"""Files of the command line: predictions go where their data came from, and what is damaged is named."""

import contextlib
import dataclasses

import numpy as np
import pandas as pd
import pytest
import xarray

from gpvae_tf import data
from gpvae_tf.cli import prior_inputs, queries, reading, run_checks, writing
from gpvae_tf.cli.options import DataOptions
from gpvae_tf.data import layout
from gpvae_tf.data.file_formats import READERS
from gpvae_tf.data.table_files import TABLES, read_table
from tests.support import damage

VALUES = np.arange(24.0).reshape(2, 4, 3)
TIMES = np.array([0.0, 1.0, 2.5, 4.0])


@pytest.fixture
def series(tmp_path):
    xarray.Dataset({"v": (("series", "time", "channel"), VALUES)}, {"time": TIMES}).to_netcdf(tmp_path / "a.nc")
    return data.load(tmp_path / "a.nc")


def test_netcdf_goes_back_to_netcdf(tmp_path, series):
    (path,) = writing.write(str(tmp_path / "b.nc"), series, VALUES + 1.0, lower=VALUES, upper=VALUES + 2.0)
    written = xarray.load_dataset(path)
    for name, expected in (("v", VALUES + 1.0), ("v_lower", VALUES), ("v_upper", VALUES + 2.0)):
        assert written[name].dims == ("series", "time", "channel")
        np.testing.assert_array_equal(written[name], expected)
    np.testing.assert_array_equal(written["time"], TIMES)


def test_variables_have_names_and_arrays_have_none(series):
    named = {"time": "time", "series": "series", "values": ["v"]}
    others = ("covariates", "conditions", "errors", "exposure", "classes")
    assert reading.columns_of(series) == named | dict.fromkeys(others, [])
    assert reading.columns_of(series.take(slice(1))) == reading.columns_of(series)
    assert reading.columns_of(data.from_arrays(VALUES, TIMES)) == {}


def test_variables_of_errors_are_read_again_and_written_again(tmp_path):
    path = str(tmp_path / "a.nc")
    xarray.Dataset({"v": ("time", TIMES), "e": ("time", TIMES + 0.5)}, {"time": TIMES}).to_netcdf(path)
    sequences = reading.load(path, DataOptions(errors=("v:e",)))
    again = reading.load(path, DataOptions(**reading.columns_of(sequences)))
    assert again.channel_names == ["v"] and np.array_equal(again.errors, sequences.errors) and again.errors.any()
    (out,) = writing.write(str(tmp_path / "b.nc"), sequences, sequences.observations, stddev=sequences.observations)
    assert np.array_equal(reading.load(out, DataOptions(values=("v",), errors=("v:e",))).errors, sequences.errors)


def test_datetimes_and_covariates_of_an_npz_are_inputs_as_those_of_data_are(tmp_path):
    moments, at = np.array(["2024-01-01", "2024-01-03"], "datetime64[D]"), str(tmp_path / "at.npz")
    np.savez(at, times=moments)
    found = prior_inputs.first_inputs(at, DataOptions(), 1)
    np.testing.assert_array_equal(found[:, 0], moments.astype("datetime64[s]").astype(np.int64))
    with pytest.raises(ValueError, match=r"has times of shape \(2,\); expected inputs \[s, 2\] or \[N, s, 2\]$"):
        prior_inputs.first_inputs(at, DataOptions(), 2)
    both = np.arange(12.0).reshape(2, 3, 2)
    np.savez(at, inputs=both)
    np.testing.assert_array_equal(prior_inputs.first_inputs(at, DataOptions(), 2), both[0])
    np.savez(at, inputs=both[:, :, 0])  # [N, s] are no inputs, but times
    with pytest.raises(ValueError, match=r"expected inputs \[s, 1\]"):
        prior_inputs.first_inputs(at, DataOptions(), 1)
    np.savez(at, times=both[:, :, 0])
    np.testing.assert_array_equal(prior_inputs.first_inputs(at, DataOptions(), 1), both[0, :, :1])


@pytest.mark.parametrize("arrays", [{"times": [3.0]}, {"times": [[3.0]]}, {"inputs": [[3.0]]}, {"inputs": [[[3.0]]]}])
def test_one_time_of_an_npz(tmp_path, arrays, series):
    """Of a single series too, where [1, 1] may be read in two ways."""
    at = str(tmp_path / "at.npz")
    np.savez(at, **arrays)
    np.testing.assert_array_equal(prior_inputs.first_inputs(at, DataOptions(), 1), [[3.0]])
    np.testing.assert_array_equal(queries.load_inputs(at, series.take(slice(1))).inputs, [[[3.0]]])


def test_a_table_asks_about_some_of_the_series(tmp_path):
    """Ids stay as they are written. A table without the column or with none of them asks about all: it is refused."""
    source, at = tmp_path / "known.csv", tmp_path / "at.csv"
    source.write_text(
        "series,time,y\n" + "".join(f"{name},{time},{time}.5\n" for name in ("007", "7", "b") for time in (1, 2))
    )
    at.write_text("time,series\n3,b\n4,007\n")
    known = data.load(source)
    asked_about = queries.asked_about(str(at), known)
    assert asked_about.layout.ids == ["007", "b"]
    assert queries.load_inputs(str(at), asked_about).inputs.ravel().tolist() == [4.0, 3.0]
    at.write_text("time,series\n5,7\n")  # which is a number in this file
    asked_about = queries.asked_about(str(at), known)
    assert asked_about.layout.ids == ["7"] and queries.load_inputs(str(at), asked_about).inputs.item() == 5.0
    for text in ("time\n3\n", "time,series\n3,c\n"):
        at.write_text(text)
        assert queries.asked_about(str(at), known) is known
        with pytest.raises(
            ValueError, match="--at=.* has no column 'series'|series '007' is in the known data and not"
        ):
            queries.load_inputs(str(at), known)


@pytest.mark.parametrize("lengths", [[4, 2], [3, 3], None])
def test_lengths_of_sequences_come_back_from_an_npz(tmp_path, lengths):
    """What fills up a sequence is not observed in what is written of it, nor a time to predict or sample at."""
    source, at, out = (tmp_path / f"{name}.npz" for name in ("data", "at", "out"))
    more = {} if lengths is None else {"lengths": lengths}
    np.savez(source, observations=VALUES, times=TIMES, **more)
    np.savez(at, times=np.stack([TIMES, TIMES])[::-1] + 0.5, **more)
    known, expected = data.load(source), lengths or [4, 4]
    for like in (known, queries.load_inputs(str(at), known)):
        assert like.lengths.tolist() == expected
        writing.write(str(out), like, VALUES + 1.0, lower=VALUES)
        again = data.load(out)
        assert again.lengths.tolist() == expected
        np.testing.assert_array_equal(again.mask is None, lengths is None)
        for i, length in enumerate(expected):
            np.testing.assert_array_equal(again.observations[i, :length], VALUES[i, :length] + 1.0)
    assert len(prior_inputs.first_inputs(str(at), DataOptions(), 1)) == expected[0]


def test_lengths_of_a_table_are_in_an_npz_too(tmp_path):
    (tmp_path / "a.csv").write_text("series,time,v\na,0,1.5\na,1,2.5\nb,0,3.5\n")
    like = reading.load(str(tmp_path / "a.csv"), DataOptions())
    writing.write(str(tmp_path / "b.npz"), like, like.observations)
    assert data.load(tmp_path / "b.npz").lengths.tolist() == [2, 1]


def test_inputs_that_all_series_share_are_no_inputs_of_each(tmp_path, series):
    """[2, 2] of two series with two inputs are [s, D]."""
    known = data.from_arrays(VALUES, np.stack([TIMES, TIMES**2], axis=-1))
    np.savez(tmp_path / "at.npz", inputs=[[3.0, 9.0], [5.0, 25.0]])
    found = queries.load_inputs(str(tmp_path / "at.npz"), known).inputs
    np.testing.assert_array_equal(found, [[[3.0, 9.0], [5.0, 25.0]]] * 2)


@pytest.mark.parametrize("missing", ["-999", "0"])
def test_a_missing_covariate_of_times_to_predict_or_sample_at_is_refused(tmp_path, missing):
    (tmp_path / "a.csv").write_text("series,time,v,age\na,0,1.5,31\na,1,2.5,31\n")
    (tmp_path / "at.csv").write_text("series,time,age\na,2,31\n")
    options, at = DataOptions(values=("v",), covariates=("age",), missing=missing), str(tmp_path / "at.csv")
    known = reading.load(str(tmp_path / "a.csv"), options)
    found = (
        (lambda: queries.load_inputs(at, known, missing).inputs[0]),
        (lambda: prior_inputs.first_inputs(at, options, 2)),
    )
    for inputs in found:
        np.testing.assert_array_equal(inputs(), [[2.0, 31.0]])
    (tmp_path / "at.csv").write_text(f"series,time,age\na,2,{missing}\n")
    for inputs in found:
        with pytest.raises(ValueError, match="covariate 'age' is missing in row 0"):
            inputs()


def test_a_file_with_other_inputs_to_sample_at_is_refused(tmp_path, series):
    with pytest.raises(ValueError, match=r"--at=.*a.nc has 1 inputs at every time; the run has 2"):
        prior_inputs.first_inputs(str(tmp_path / "a.nc"), DataOptions(), 2)


def test_what_a_table_of_times_lacks_is_said_of_the_file(tmp_path, series):
    """On the command line there is no frame."""
    (tmp_path / "a.csv").write_text("series,time,v\na,0,1.5\na,1,2.5\n")
    known, at = reading.load(str(tmp_path / "a.csv"), DataOptions()), str(tmp_path / "at.csv")
    for text, message in (
        ("series;time\na;2\n", "at.csv has no column 'time'; it has 'series;time'. Its cells seem .* by semicolons"),
        ("series,time\n", "at.csv has no rows$"),
        ("series,date\na,2\n", "at.csv has no column 'time'; it has 'series', 'date'$"),
    ):
        (tmp_path / "at.csv").write_text(text)
        for ask in (lambda: queries.load_inputs(at, known), lambda: prior_inputs.first_inputs(at, DataOptions(), 1)):
            with pytest.raises(ValueError, match=f"^--at=[^ ]*{message}"):
                ask()
    (tmp_path / "a.csv").write_text("series,time,v\n")
    with pytest.raises(ValueError, match="^[^ ]*a.csv has no rows$"):
        reading.load(str(tmp_path / "a.csv"), DataOptions())


def test_what_stands_for_a_missing_value(tmp_path):
    """An .npz and a netCDF file as a table (see the commands)."""
    marked = np.where(VALUES == 5.0, -99.5, VALUES)
    np.savez(tmp_path / "a.npz", observations=marked, times=TIMES)
    xarray.Dataset({"v": (("series", "time", "channel"), marked)}, {"time": TIMES}).to_netcdf(tmp_path / "b.nc")
    for name in ("a.npz", "b.nc"):
        found = reading.load(str(tmp_path / name), DataOptions(missing="-99.5"))
        np.testing.assert_array_equal(found.mask, VALUES != 5.0)
    for text, message in (("none", "--missing=none is no number"), ("inf", "missing must be 'nan' or a finite number")):
        with pytest.raises(ValueError, match=message):
            reading.load(str(tmp_path / "a.npz"), DataOptions(missing=text))


def test_channels_have_the_names_of_columns_and_variables(tmp_path, series):
    xarray.Dataset({name: ("time", TIMES) for name in "uw"}, {"time": TIMES}).to_netcdf(tmp_path / "c.nc")
    assert data.load(tmp_path / "c.nc").channel_names == ["u", "w"]
    assert series.channel_names == ["channel 0", "channel 1", "channel 2"]


def test_other_endings_are_refused(tmp_path, series):
    with pytest.raises(ValueError, match=r"--out=.*b.txt ends in '.txt'; expected .nc or .npz"):
        writing.write(str(tmp_path / "b.txt"), series, VALUES)
    with pytest.raises(ValueError, match=r"--out=.*b.nc ends in '.nc'; expected .npz"):
        writing.write(str(tmp_path / "b.nc"), data.from_arrays(VALUES, TIMES), VALUES)


def test_everything_that_is_read_can_be_written():
    """A kind without a writer of its own was written as an .npz, or as Parquet."""
    assert set(writing.WRITERS) == set(READERS)
    layouts = (layout.Layout, data.FrameLayout, data.FolderLayout, data.XarrayLayout)
    assert {suffix for each in layouts for suffix in each.suffixes} == set(writing.WRITERS)


def test_a_kind_that_has_no_writer_is_written_as_no_other(tmp_path, monkeypatch):
    monkeypatch.setattr(data.FrameLayout, "suffixes", (".csv", ".xyz"))
    (tmp_path / "a.csv").write_text("time,v\n0,1.5\n1,2.5\n")
    known = reading.load(str(tmp_path / "a.csv"), DataOptions())
    with pytest.raises(KeyError, match=".xyz"):
        writing.write(str(tmp_path / "b.xyz"), known, known.observations)
    assert not (tmp_path / "b.xyz").exists()


@pytest.mark.parametrize("kind", TABLES)
def test_suffixes_of_the_command_line_are_taken_in_any_case(kind, tmp_path):
    """Of data, of the times of --at, and of --out."""
    frame = pd.DataFrame({"series": list("aab"), "time": [0.0, 1.0, 0.0], "v": [1.5, 2.5, 3.5]})
    for name, table in (("DATA", frame), ("AT", frame[["series", "time"]])):
        with open(tmp_path / f"{name}{kind.upper()}", "wb") as file:
            TABLES[kind].write(table, file)
    path, at, out = (str(tmp_path / f"{name}{kind.upper()}") for name in ("DATA", "AT", "OUT"))
    known = reading.load(path, DataOptions(time="time"))
    np.testing.assert_array_equal(queries.load_inputs(at, known).inputs, known.inputs)
    assert prior_inputs.first_inputs(at, DataOptions(series="series"), 1).tolist() == [[0.0], [1.0]]
    writing.check_target(out, known)
    writing.write(out, known, known.observations, stddev=known.observations)
    written = read_table(tmp_path / f"OUT{kind.upper()}")
    assert written.columns.tolist() == ["series", "time", "v", "v_stddev"] and written["v"].tolist() == [1.5, 2.5, 3.5]


def test_predictions_for_a_tsv_are_one(tmp_path):
    (tmp_path / "a.tsv").write_text("time\tflux, mJy\n0\t1.5\n1\t\n")
    known = reading.load(str(tmp_path / "a.tsv"), DataOptions(time="time", values=("flux, mJy",)))
    writing.write(str(tmp_path / "b.tsv"), known, np.array([[[1.5], [2.5]]]), stddev=np.array([[[0.0], [0.5]]]))
    text = "time\tflux, mJy\tflux, mJy_stddev\n0\t1.5\t0.0\n1\t2.5\t0.5\n"
    assert (tmp_path / "b.tsv").read_text() == text
    with pytest.raises(ValueError, match="--out=.*b.tab ends in '.tab'; expected .csv, .tsv, .parquet or .npz"):
        writing.write(str(tmp_path / "b.tab"), known, known.observations)
    with pytest.raises(ValueError, match="--times has no meaning for .*a.tsv"):
        reading.load(str(tmp_path / "a.tsv"), DataOptions(times="times.csv"))


def test_arrays_in_files_with_a_suffix_in_capitals(tmp_path, series):
    with open(tmp_path / "AT.NPZ", "wb") as file:
        np.savez(file, times=TIMES)
    at = str(tmp_path / "AT.NPZ")
    assert prior_inputs.first_inputs(at, DataOptions(), 1)[:, 0].tolist() == TIMES.tolist()
    assert queries.load_inputs(at, series).inputs[1, :, 0].tolist() == TIMES.tolist()
    for name in ("OUT.NPZ", "OUT.NC"):
        writing.check_target(str(tmp_path / name), series)
        (path,) = writing.write(str(tmp_path / name), series, VALUES)
        np.testing.assert_array_equal(data.load(path).observations, VALUES)
    writing.check_writable(at.replace("AT", "NEW"), ".npz")


def test_a_folder_is_no_file_to_write(tmp_path):
    (tmp_path / "a.npz").mkdir()
    for suffixes in ((), (".npz",), (".json",)):
        with pytest.raises(ValueError, match="--out=.*a.npz is a folder; expected the name of a file"):
            writing.check_writable(str(tmp_path / "a.npz"), *suffixes)


def test_every_kind_of_file_says_which_flags_have_a_meaning():
    flags = {field.name for field in dataclasses.fields(DataOptions)}
    assert set().union(*(reader.options for reader in READERS.values())) == flags
    for kind, idle in (
        (".npz", "time"),
        (".csv", "times"),
        (".tsv", "times"),
        (".parquet", "times"),
        (".nc", "times"),
        ("", "time"),
    ):
        with pytest.raises(ValueError, match=f"--{idle} has no meaning for a{kind}$"):
            reading.load_arguments(f"a{kind}", DataOptions(**{idle: ("x",) if idle == "covariates" else "x"}))


def test_flags_beside_a_file_that_is_not_read(tmp_path):
    """It is the file that is at fault; every flag had a meaning for it."""
    for options in (DataOptions(), DataOptions(times="times.csv"), DataOptions(time="day")):
        for read in (reading.load, reading.load_arguments):
            with pytest.raises(ValueError, match="a.txt ends in '.txt'; expected .npz, .csv"):
                read("a.txt", options)


def test_columns_that_predictions_would_replace_are_refused_before_them(tmp_path):
    (tmp_path / "a.csv").write_text("time,flux,flux_stddev\n0,1.5,0.1\n1,2.5,0.2\n")
    known = reading.load(str(tmp_path / "a.csv"), DataOptions(covariates=("flux_stddev",)))
    for name in ("b.csv", "b.parquet"):
        with pytest.raises(ValueError, match=f"--out=.*{name}: there is a column 'flux_stddev' already, .*an .npz"):
            writing.check_target(str(tmp_path / name), known)
    writing.check_target(str(tmp_path / "b.npz"), known)
    coordinates = {"time": TIMES, "v_upper": ("time", TIMES)}
    xarray.Dataset({"v": ("time", TIMES)}, coordinates).to_netcdf(tmp_path / "a.nc")
    with pytest.raises(ValueError, match="--out=.*b.nc: there is a variable or coordinate 'v_upper' already"):
        writing.check_target(str(tmp_path / "b.nc"), data.load(tmp_path / "a.nc"))


def test_ids_that_look_like_numbers_are_the_same_in_both_tables(tmp_path):
    (tmp_path / "a.csv").write_text("station,time,v\n007,0,1.5\n007,1,2.5\n08,0,3.5\n")
    (tmp_path / "at.csv").write_text("station,time\n08,2\n007,3\n")
    known = reading.load(str(tmp_path / "a.csv"), DataOptions(series="station"))
    assert queries.load_inputs(str(tmp_path / "at.csv"), known).layout.ids == known.layout.ids == ["007", "08"]


@pytest.mark.parametrize(
    ("times", "more"),
    [
        (("0", "1"), ("2.5", "4.0")),
        (("2024-01-01", "2024-01-02"), ("2024-01-03", "2024-01-05")),
        (("2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"), ("2024-01-03 00:00:00+00:00", "2024-01-05 00:00:00+00:00")),
    ],
)
@pytest.mark.parametrize("lengths", [[2, 2], [1, 2]])
def test_a_table_has_its_names_at_times_of_an_npz(tmp_path, times, more, lengths):
    """Ids, columns and dates as those of a table of these times."""
    rows = [f"{site},{time},31,1.5" for site in ("007", "b") for time in times]
    (tmp_path / "a.csv").write_text("\n".join(["site,when,age,flux", *rows]))
    known = reading.load(str(tmp_path / "a.csv"), DataOptions(series="site", time="when", covariates=("age",)))
    rows = [f"{site},{more[i]},{40.0 + i}" for site, length in zip(("007", "b"), lengths) for i in range(length)]
    (tmp_path / "at.csv").write_text("\n".join(["site,when,age", *rows]))
    expected = queries.load_inputs(str(tmp_path / "at.csv"), known)
    np.savez(tmp_path / "at.npz", inputs=expected.inputs, lengths=lengths)
    found = queries.load_inputs(str(tmp_path / "at.npz"), known)
    assert found.layout.ids == ["007", "b"] and found.layout.time_kind == known.layout.time_kind
    made = np.arange(4.0).reshape(2, 2, 1)
    for name, like in (("found", found), ("expected", expected)):
        writing.write(str(tmp_path / f"{name}.csv"), like, made, stddev=made)
    lines = (tmp_path / "found.csv").read_text().splitlines()
    assert lines[0] == "site,when,age,flux,flux_stddev" and lines[1] == f"007,{more[0]},40.0,0.0,0.0"
    assert [line.replace("T", " ") for line in (tmp_path / "expected.csv").read_text().splitlines()] == lines


def test_times_of_another_kind_to_predict_or_sample_at_are_refused(tmp_path):
    """Numbers would be taken for seconds since 1970, and dates for numbers of seconds."""
    texts = {"numbers": "2.0", "dates": "2024-01-03", "dates with a time zone": "2024-01-03T00:00:00Z"}
    for kind, text in texts.items():
        (tmp_path / f"{kind}.csv").write_text(f"time,v\n{text},1.5\n")
    np.savez(tmp_path / "at.npz", times=np.array(["2024-01-03"], "datetime64[D]"))
    for kind in texts:
        known = reading.load(str(tmp_path / f"{kind}.csv"), DataOptions())
        assert known.layout.time_kind == kind
        taken = [f"{kind}.csv", *(["at.npz"] if kind.startswith("dates") else [])]  # datetime64 is UTC without saying
        for at in (*(f"{each}.csv" for each in texts), "at.npz"):
            asked = "dates in UTC" if at == "at.npz" else at.removesuffix(".csv")
            refused = {} if at in taken else {"match": f"{at}.* has times that are {asked}; expected {kind}, as the "}
            with pytest.raises(ValueError, **refused) if refused else contextlib.nullcontext():
                queries.load_inputs(str(tmp_path / at), known)
            with pytest.raises(ValueError, **refused) if refused else contextlib.nullcontext():
                prior_inputs.first_inputs(str(tmp_path / at), DataOptions(), 1, kind)


def test_kinds_of_times_of_files_without_columns(tmp_path, series):
    assert series.layout.time_kind == "numbers" and data.from_arrays(VALUES, TIMES).layout.time_kind is None
    days = np.array(["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"], "datetime64[ns]")
    xarray.Dataset({"v": ("time", TIMES)}, {"time": days}).to_netcdf(tmp_path / "days.nc")
    assert data.load(tmp_path / "days.nc").layout.time_kind == "dates"


def test_dates_of_an_npz_are_utc_and_stand_for_those_of_any_table():
    zone = "dates with a time zone"
    kinds = ("dates", zone, "dates in UTC")
    for pair in [("numbers", "numbers"), *((kind, kind) for kind in kinds), ("dates", "dates in UTC"), (None, zone)]:
        run_checks.check_time_kind("a.csv", *pair)
        run_checks.check_time_kind("a.csv", *pair[::-1])
    for pair in [("dates", zone), *(("numbers", kind) for kind in kinds), ("durations", "dates in UTC")]:
        with pytest.raises(ValueError, match=f"^a.csv has times that are {pair[0]}; expected {pair[1]}, as"):
            run_checks.check_time_kind("a.csv", *pair)


def test_damaged_inputs_are_named(tmp_path, series):
    np.savez(tmp_path / "at.npz", inputs=TIMES)
    found = queries.load_inputs(str(tmp_path / "at.npz"), series)
    np.testing.assert_array_equal(found.inputs[1, :, 0], TIMES)
    whole = (tmp_path / "at.npz").read_bytes()
    for content in damage.cuts(whole):
        (tmp_path / "cut.npz").write_bytes(content)
        with pytest.raises(ValueError, match="cut.npz cannot be read as an .npz of plain arrays: "):
            queries.load_inputs(str(tmp_path / "cut.npz"), series)
    for arrays, message in (
        ({"x": TIMES}, "has the arrays x; expected inputs or times"),
        ({"inputs": 1.0}, r"has inputs of shape \(\); expected inputs \[s, 1\]"),
    ):
        np.savez(tmp_path / "at.npz", **arrays)
        with pytest.raises(ValueError, match=message):
            queries.load_inputs(str(tmp_path / "at.npz"), series)


def test_columns_have_no_meaning_for_an_npz_of_times_either(tmp_path):
    np.savez(tmp_path / "at.npz", times=TIMES)
    with pytest.raises(ValueError, match="--time has no meaning for .*at.npz"):
        prior_inputs.first_inputs(str(tmp_path / "at.npz"), DataOptions(time="day"), 1)


def test_dates_of_another_calendar_are_named(tmp_path):
    """Xarray has them as objects of cftime."""
    times = xarray.date_range("2000-01-01", periods=4, calendar="360_day", use_cftime=True)
    xarray.Dataset({"v": ("time", VALUES[0, :, 0])}, {"time": times}).to_netcdf(tmp_path / "a.nc")
    with pytest.raises(ValueError, match="has dates of the calendar '360_day', such as 2000-01-01 .*convert_calendar"):
        data.load(tmp_path / "a.nc")
