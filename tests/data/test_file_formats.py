"""One function reads every kind of file, and says in a sentence what is wrong with one."""

import re

import numpy as np
import pandas as pd
import pytest
import xarray
from PIL import Image

from gpvae_tf.data import FrameLayout, load
from gpvae_tf.data.file_formats import READERS, reader_of
from gpvae_tf.data.layout import kind_of
from gpvae_tf.data.table_files import TABLES, read_table

VALUES = np.arange(24.0).reshape(2, 4, 3)
TIMES = np.array([0.0, 1.0, 2.5, 4.0])
TEXTS = pytest.mark.parametrize(("kind", "mark"), [("csv", ","), ("tsv", "\t")])  # and what stands between cells


@pytest.fixture
def table():
    frame = pd.DataFrame(VALUES.reshape(8, 3), columns=["x", "y", "z"])
    return frame.assign(series=np.repeat(["a", "b"], 4), time=np.tile(pd.date_range("2024-01-01", periods=4), 2))


def check(data, mask=None):
    expected = VALUES if mask is None else np.where(mask, VALUES, 0.0)
    np.testing.assert_array_equal(data.observations, expected)


@pytest.mark.parametrize("name", ["mask", "errors", "lengths"])
def test_an_array_that_is_given_and_in_the_npz(tmp_path, name):
    """Either would be dropped in silence."""
    arrays = {"mask": np.ones(VALUES.shape, bool), "errors": np.ones(VALUES.shape), "lengths": [4, 2]}
    np.savez(tmp_path / "a.npz", observations=VALUES, times=TIMES, **{name: arrays[name]})
    with pytest.raises(ValueError, match=f"{name} is given, and the file has an array of that name"):
        load(tmp_path / "a.npz", **{name: arrays[name]})
    np.savez(tmp_path / "a.npz", observations=VALUES, times=TIMES)
    assert load(tmp_path / "a.npz", **arrays).errors is not None
    assert load(tmp_path / "a.npz", errors=None).errors is None


def test_npz(tmp_path):
    mask = VALUES % 5 > 0
    for inputs in ("inputs", "times"):
        np.savez(tmp_path / "a.npz", observations=VALUES, mask=mask, **{inputs: TIMES})
        data = load(tmp_path / "a.npz", batch_size=2)
        check(data, mask)
        np.testing.assert_array_equal(data.inputs[1, :, 0], TIMES)
        np.testing.assert_array_equal(data.mask, mask)
    np.savez(tmp_path / "nan.npz", observations=np.where(mask, VALUES, np.nan), times=TIMES)
    check(load(tmp_path / "nan.npz", missing="nan"), mask)
    np.savez(tmp_path / "padded.npz", observations=VALUES, times=TIMES, lengths=[4, 2])
    assert load(tmp_path / "padded.npz").mask.sum() == 6


def write(path, table, **options):
    """Without what is tested; tables of text have their index unless index=False."""
    if path.suffix.lower() == ".parquet":
        table.to_parquet(path)
    else:
        table.to_csv(path, sep={".csv": ",", ".tsv": "\t"}[path.suffix.lower()], **options)


@pytest.mark.parametrize("kind", ["csv", "tsv", "parquet"])
def test_tables(tmp_path, table, kind):
    table.loc[3, "y"] = np.nan
    path = tmp_path / f"a.{kind}"
    write(path, table, index=False)
    data = load(path, batch_size=2)
    check(data, np.arange(24).reshape(2, 4, 3) != 10)
    np.testing.assert_array_equal(data.inputs[0, :, 0], 1704067200.0 + 86400.0 * np.arange(4))
    assert data.layout.ids == ["a", "b"] and data.layout.roles.values == ("x", "y", "z")
    write(path, table.sort_values("x"))  # with their index
    assert load(path).layout.roles.values == ("x", "y", "z")
    named = load(path, values="x", series="series", time="time", covariates="z")
    assert named.event_shape == (1,) and named.input_dim == 2


@pytest.mark.parametrize("header", ["time,v,v", "time,time,v", '\ufefftime,v,"v"', "\n\ntime,v,v"])
@TEXTS
def test_two_columns_of_one_name_are_refused(header, kind, mark, tmp_path):
    """pandas would call the second one "v.1"."""
    path = tmp_path / f"a.{kind}"
    path.write_text(f"{header}\n1,2,3\n2,3,4\n".replace(",", mark), encoding="utf-8")
    with pytest.raises(ValueError, match=f"{path} has several columns of the name '(v|time)'; each needs one of its"):
        load(path)


def test_columns_without_a_name_are_no_columns_of_one_name(tmp_path):
    """The index that pandas writes, and commas at the end of all lines."""
    (tmp_path / "a.csv").write_text(",time,v,,\n0,1,2,,\n1,2,3,,\n")
    assert load(tmp_path / "a.csv").layout.roles.values == ("v",)


CUT = "ends in line 3 after {} of {} cells: it was cut short"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("series,time,v\na,1,2\na,2", CUT.format(2, 3)),
        ("series,time,v\r\na,1,2\r\na,2", CUT.format(2, 3)),
        ('series,time,v\n"a,b",1,2\n"a,b",2', CUT.format(2, 3)),
        ("time,v,w\nx,1,2,3\ny,2,3", CUT.format(3, 4)),  # rows have names
        ("series,time,v\na,1,2\na,2\n", None),  # an empty cell at its end, and a line that ends
        ("series,time,v\na,1,2\na,2,", None),
        ("series,time,v\na,1,2\na,2,3", None),
        ('time,v,series\n1,2,"a\nb"\n2,3,"a\nb"', None),  # a cell of two lines
    ],
)
@TEXTS
def test_a_text_that_ends_within_a_row_is_refused(text, message, kind, mark, tmp_path):
    path = tmp_path / f"a.{kind}"
    path.write_bytes(text.replace(",", mark).encode())
    if message is None:
        assert load(path).inputs.shape == (1, 2, 1)
    else:
        called = {"csv": "commas", "tsv": "tabs"}[kind]
        with pytest.raises(ValueError, match=f"a.{kind} {message}, or the line lacks its last {called} or its end"):
            load(path)


@pytest.mark.parametrize("mark, called", [(";", "semicolons"), ("\t", "tabs")])
@pytest.mark.parametrize("number", ["{}.5", "{},5"])
def test_a_csv_with_another_separator_is_told_so(mark, called, number, tmp_path):
    """As spreadsheets write it; numbers with commas make cells of their own."""
    rows = [("series", "time", "v"), *(("a", str(i), number.format(i)) for i in range(2))]
    (tmp_path / "a.csv").write_text("".join(f"{mark.join(row)}\n" for row in rows))
    name = re.escape(repr(mark.join(rows[0])))
    with pytest.raises(
        ValueError, match=f"a.csv has no column 'time'; it has {name}. Its cells .* by {called}: a .csv"
    ):
        load(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text(f"time{mark}v{mark}w\n0,5{mark}1\n1,5{mark}1,5{mark}2\n")
    with pytest.raises(ValueError, match=f"b.csv cannot be read as a CSV: .* Its cells .* by {called}: a .csv"):
        load(tmp_path / "b.csv")


def test_a_table_of_one_column_is_not_told_of_separators(tmp_path):
    (tmp_path / "a.csv").write_text("time\n0\n1\n")
    with pytest.raises(ValueError, match="a.csv has no column 'v'; it has 'time'$"):
        load(tmp_path / "a.csv", values="v")


def test_a_tsv_of_commas_is_told_so(tmp_path):
    (tmp_path / "a.tsv").write_text("time,v\n0,1.5\n1,2.5\n")
    with pytest.raises(ValueError, match="a.tsv has no column 'time'; it has 'time,v'. Its cells .* by commas: .*tabs"):
        load(tmp_path / "a.tsv")


def test_cells_of_a_tsv(tmp_path):
    """Commas in them, a tab between quotation marks, an empty one at the beginning or the end, ids as they stand."""
    (tmp_path / "a.tsv").write_text('v\tseries\ttime\tw, too\n1.5\t007\t0\t1\n\t007\t1\t2\n3.5\t"x\ty"\t0\t\n')
    data = load(tmp_path / "a.tsv")
    assert data.layout.ids == ["007", "x\ty"] and data.channel_names == ["v", "w, too"]
    assert data.mask[0].tolist() == [[True, True], [False, True]] and data.mask[1, 0].tolist() == [True, False]


@pytest.mark.parametrize("rows", [1, 30_000])
def test_the_end_of_a_csv_of_any_length_is_looked_at(rows, tmp_path):
    text = "time,v,w\n" + "".join(f"{row},1.5,2.5\n" for row in range(rows))
    (tmp_path / "a.csv").write_text(text)
    assert load(tmp_path / "a.csv").lengths.tolist() == [rows]
    (tmp_path / "a.csv").write_text(text + f"{rows},1")
    with pytest.raises(ValueError, match=f"ends in line {rows + 2} after 2 of 3 cells"):
        load(tmp_path / "a.csv")


@pytest.mark.parametrize("kind", ["csv", "tsv", "parquet"])
def test_rows_of_a_file_are_said_to_be_counted_from_0(kind, tmp_path, table):
    path, table = tmp_path / f"a.{kind}", table.assign(time=[0, 1, 2, 3, 0, 1, 1, 3])
    write(path, table, index=False)
    with pytest.raises(ValueError, match=r"rows 5 and 6 both have 'series' = 'b'.*\(row 0 is the first of the file's"):
        load(path)
    with pytest.raises(ValueError, match=r"has no column 'w'.*'series', 'time'$"):
        load(path, values="w")


def test_rows_that_were_chosen_keep_their_labels(tmp_path, table):
    """A slice of a frame, whose rows begin at another number, in Parquet too."""
    table.assign(x=[1.0] * 6 + ["b", 2.0]).astype({"x": str})[4:].to_parquet(tmp_path / "a.parquet")
    with pytest.raises(ValueError, match="with 'b' in row 6; ") as told:
        load(tmp_path / "a.parquet")
    assert "row 0 is the first" not in str(told.value)


@pytest.mark.parametrize("name", ["A.CSV", "a.Tsv", "a.Parquet", "a.NPZ", "a.Nc"])
def test_suffixes_are_read_in_any_case(name, tmp_path, table):
    kind = name[2:].lower()
    if kind in ("csv", "tsv", "parquet"):
        write(tmp_path / name, table, index=False)
    elif kind == "npz":
        with open(tmp_path / name, "wb") as file:
            np.savez(file, observations=VALUES, times=TIMES)
    else:
        xarray.Dataset({"v": (("series", "time", "channel"), VALUES)}, {"time": TIMES}).to_netcdf(tmp_path / name)
    check(load(tmp_path / name))


def test_a_folder_is_one_whatever_its_name(tmp_path):
    (tmp_path / "a.csv").mkdir()
    assert kind_of(tmp_path / "a.csv") == kind_of("new") == "" and kind_of("~/A.Csv") == kind_of("b.c.csv") == ".csv"
    assert reader_of(tmp_path / "a.csv") is reader_of("new") is READERS[""]
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="file ends in ''; expected .npz, .*, or a folder of images"):
        reader_of(tmp_path / "file")


def test_layouts_have_the_kinds_of_tables():
    assert FrameLayout.suffixes == (*TABLES, ".npz") and set(TABLES) < set(READERS)


def test_a_folder(tmp_path):
    Image.new("L", (4, 3), 255).save(tmp_path / "frame.png")
    assert load(str(tmp_path)).observations.shape == (1, 1, 3, 4, 1)


def damaged(path, content):
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "suffix, kind", [("npz", "an .npz of plain arrays"), ("parquet", "a Parquet file"), ("nc", "a netCDF file")]
)
@pytest.mark.parametrize("cut", [0, 60, 300, -200])
def test_truncated_files(tmp_path, table, suffix, kind, cut):
    path = tmp_path / f"whole.{suffix}"
    if suffix == "npz":
        np.savez(path, observations=VALUES, times=TIMES)
    elif suffix == "parquet":
        table.to_parquet(path)
    else:
        xarray.Dataset({"v": (("series", "time"), VALUES[..., 0])}, {"time": TIMES}).to_netcdf(path)
    with pytest.raises(ValueError, match=f"cut.{suffix} cannot be read as {kind}: .+") as caught:
        load(damaged(tmp_path / f"cut.{suffix}", path.read_bytes()[:cut]))
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("names", [("1", "2", "3"), ("x", "x", "y")])
@TEXTS
def test_a_text_whose_rows_have_names(tmp_path, names, kind, mark):
    """The header has one name fewer than there are columns, as R's write.table(sep=",") writes it."""
    path = tmp_path / f"a.{kind}"
    for ids, expected in ((("a", "a", "b"), ["a", "b"]), (("4", "4", "7"), [4, 7])):
        rows = [f"{name},{one},{time},{time + 1.5}" for name, one, time in zip(names, ids, (0, 1, 0))]
        path.write_text("\n".join(["series,time,value", *rows, ""]).replace(",", mark))
        data = load(path)
        assert data.layout.ids == expected and data.lengths.tolist() == [2, 1]
        assert data.observations[0, :, 0].tolist() == [1.5, 2.5]


@pytest.mark.parametrize("commas", [1, 2])
@TEXTS
def test_a_text_whose_rows_end_in_separators_is_refused(tmp_path, commas, kind, mark):
    """Pandas would take the first column for names of rows, and every other value for that of the column before."""
    rows = [f"{name},{time},{time + 1.5},2.5" + commas * "," for name, time in (("a", 0), ("a", 1), ("b", 0))]
    path, called = tmp_path / f"a.{kind}", {"csv": "commas", "tsv": "tabs"}[kind]
    path.write_text("\n".join(["series,time,x,y", *rows, ""]).replace(",", mark))
    about = f"{4 + commas} cells under 4 names, and the last ones are empty: take the {called} at the ends"
    with pytest.raises(ValueError, match=f"a.{kind} has rows of {about}"):
        load(path)
    path.write_text("\n".join(["series,time,x,y" + commas * ",", *rows, ""]).replace(",", mark))
    assert load(path).event_shape == (2,)  # columns without a name, which are left out


def test_ids_and_times_in_the_index_of_a_parquet_file(tmp_path, table):
    data = load_as_parquet(tmp_path, table)
    for index in ("series", ["series", "time"], "time"):
        other = load_as_parquet(tmp_path, table.set_index(index))
        assert other.layout.ids == ["a", "b"]
        np.testing.assert_array_equal(other.observations, data.observations)
        np.testing.assert_array_equal(other.inputs, data.inputs)
    named = load_as_parquet(tmp_path, table.rename_axis("x"))  # there is such a column
    np.testing.assert_array_equal(named.observations, data.observations)


def load_as_parquet(folder, frame):
    frame.to_parquet(folder / "a.parquet")
    return load(folder / "a.parquet")


def test_a_csv_s_numbers_are_read_to_the_last_digit(tmp_path, rng):
    values = np.ldexp(rng.normal(size=300), rng.integers(-60, 60, size=300))
    pd.DataFrame({"x": values}).to_csv(tmp_path / "a.csv", index=False)
    np.testing.assert_array_equal(read_table(tmp_path / "a.csv")["x"], values)


@pytest.mark.parametrize("suffix", ["npz", "parquet", "nc", "csv", "tsv"])
def test_files_of_another_kind(tmp_path, suffix):
    content = bytes(range(256)) * 3
    with pytest.raises(ValueError, match=f"a.{suffix} cannot be read as an? .+: .+"):
        load(damaged(tmp_path / f"a.{suffix}", content))
    if suffix in ("csv", "tsv"):
        with pytest.raises(ValueError, match=f"a.{suffix} cannot be read as a {suffix.upper()}: No columns"):
            load(damaged(tmp_path / f"a.{suffix}", b""))


def test_pickles_are_not_read(tmp_path):
    np.savez(tmp_path / "a.npz", observations=np.array([VALUES, None], dtype=object), times=TIMES)
    with pytest.raises(ValueError, match="a.npz cannot be read as an .npz of plain arrays: Object arrays"):
        load(tmp_path / "a.npz")


def test_content_that_is_refused_names_the_file(tmp_path, table):
    np.savez(tmp_path / "a.npz", images=VALUES)
    with pytest.raises(ValueError, match="a.npz: it has the arrays images; expected observations, and inputs or times"):
        load(tmp_path / "a.npz")
    np.savez(tmp_path / "a.npz", observations=VALUES, times=TIMES[:2])
    with pytest.raises(ValueError, match=r"a.npz: inputs has shape \(2,\); expected \[2, 4, D\]"):
        load(tmp_path / "a.npz")
    table.drop(columns="time").to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(ValueError, match="a.csv has no column 'time'; it has 'x', 'y', 'z', 'series'"):
        load(tmp_path / "a.csv")
    table.assign(w="text").to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(ValueError, match=r"a.csv: column 'w' is not numeric but .*leave it out \(values="):
        load(tmp_path / "a.csv")


def test_paths(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="absent.npz is not there"):
        load(tmp_path / "absent.npz")
    with pytest.raises(ValueError, match="a.txt ends in '.txt'; expected .npz, .csv, .tsv, .parquet, .nc, or a folder"):
        load(damaged(tmp_path / "a.txt", b""))
    monkeypatch.setenv("HOME", str(tmp_path))
    np.savez(tmp_path / "a.npz", observations=VALUES, times=TIMES)
    check(load("~/a.npz"))
