"""Files for a run: read by the columns of `fit`, and refused where they are of another kind."""

import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest

from tests.support.gpvae_command import POINTS, READING, SERIES, SMALL, call


def test_columns_are_those_of_fit_by_name(run, table, tmp_path):
    """In another order, and beside columns that the run does not know."""
    frame, out, other = pd.read_csv(table), tmp_path / "filled.csv", tmp_path / "other.csv"
    frame[["hPa", "date", "station", "degrees"]].assign(rain=1.0).to_csv(other, index=False)
    assert call("impute", run, table, f"--out={out}", "--num_samples=50") == 0
    assert call("impute", run, other, f"--out={tmp_path / 'filled_too.csv'}", "--num_samples=50") == 0
    expected, found = (pd.read_csv(path) for path in (out, tmp_path / "filled_too.csv"))
    pd.testing.assert_frame_equal(found, expected)


def test_a_file_without_a_column_of_fit_is_refused(run, table, tmp_path, capsys):
    pd.read_csv(table).rename(columns={"hPa": "bar"}).to_csv(tmp_path / "other.csv", index=False)
    assert call("impute", run, tmp_path / "other.csv", f"--out={tmp_path / 'filled.csv'}") == 1
    assert "has no column 'hPa'" in capsys.readouterr().err


def test_columns_that_are_named_in_another_order_are_the_same(run, table, tmp_path):
    """Each is filled in as what it was in training."""
    outs = []
    for names in ("degrees,hPa", "hPa,degrees"):
        outs.append(tmp_path / f"{names}.csv")
        assert call("impute", run, table, f"--out={outs[-1]}", f"--values={names}") == 0
    pd.testing.assert_frame_equal(*map(pd.read_csv, outs))


def test_sample_from_the_prior(run, table, tmp_path):
    out = tmp_path / "drawn.npz"
    assert call("sample", run, f"--at={table}", f"--out={out}", "--num=3") == 0
    with np.load(out) as file:
        assert file["observations"].shape == (3, POINTS, 2) and file["inputs"].shape == (POINTS, 1)
        expected = file["observations"]
    assert call("sample", run, f"--at={table}", f"--out={out}", "--num=3", "--noise") == 0
    with np.load(out) as file:
        assert file["observations"].shape == expected.shape and np.all(file["observations"] != expected)


def test_times_to_sample_at_need_no_values(run, table, tmp_path):
    """Those of the first series of a table, or of an .npz."""
    frame, outs = pd.read_csv(table), []
    frame[["date", "station"]].to_csv(tmp_path / "at.csv", index=False)
    frame[frame["station"] == "s0"][["date"]].to_csv(tmp_path / "alone.csv", index=False)  # no column of series
    days = pd.to_datetime(frame["date"][frame["station"] == "s0"])
    np.savez(tmp_path / "at.npz", times=(days - pd.Timestamp(0)) / pd.Timedelta(seconds=1))
    for at in (table, *(tmp_path / name for name in ("at.csv", "at.npz", "alone.csv"))):
        outs.append(tmp_path / f"drawn_{at.name}.npz")
        assert call("sample", run, f"--at={at}", f"--out={outs[-1]}", "--num=1") == 0
    drawn = [np.load(out)["observations"] for out in outs]
    np.testing.assert_allclose(drawn, [drawn[0]] * 4, rtol=1e-5)


@pytest.mark.parametrize("suffix", ["csv", "npz"])
def test_files_of_times_that_are_not_there_are_named_with_their_flag(run, table, tmp_path, capsys, suffix):
    at = f"--at={tmp_path / 'none'}.{suffix}"
    for command in (["sample", run], ["predict", run, table]):
        assert call(*command, at, f"--out={tmp_path / 'out.npz'}") == 1
        assert f"gpvae {command[0]}: {at} is not there\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arrays, message",
    [
        (
            {"inputs": np.zeros((100, 2))},
            r"has inputs of shape \(100, 2\); expected inputs \[s, 1\] or \[N, s, 1\], or ti",
        ),
        ({"times": np.array([1.0, np.nan])}, "inputs has 1 values that are not finite"),
        ({"times": np.zeros((2, 3, 4))}, r"has times of shape \(2, 3, 4\)"),
    ],
)
def test_inputs_to_sample_at_that_are_none_of_the_runs_are_refused(run, tmp_path, arrays, message, capsys):
    np.savez(tmp_path / "at.npz", **arrays)
    assert call("sample", run, f"--at={tmp_path / 'at.npz'}", f"--out={tmp_path / 'drawn.npz'}") == 1
    assert re.search(message, capsys.readouterr().err) and not (tmp_path / "drawn.npz").exists()


def test_data_with_other_inputs_than_the_runs_are_refused(run, tmp_path, capsys):
    """They would broadcast."""
    np.savez(tmp_path / "two.npz", observations=np.ones((1, 4, 2)), inputs=np.arange(8.0).reshape(1, 4, 2))
    for command in (["impute", f"--out={tmp_path / 'filled.npz'}"], ["evaluate"]):
        assert call(command[0], run, tmp_path / "two.npz", *command[1:]) == 1
        assert "two.npz has 2 inputs at every time; the run has 1" in capsys.readouterr().err


def test_data_of_another_shape_than_the_runs_are_refused(run, table, tmp_path, capsys):
    """Before the model sees them: it would end in TensorFlow's words."""
    source, out = tmp_path / "three.npz", f"--out={tmp_path / 'out.npz'}"
    for shape in ((3,), (2, 2)):
        np.savez(source, observations=np.ones((1, 4, *shape)), times=np.arange(4.0))
        for command in ("impute", "evaluate", "predict"):
            more = {"predict": [f"--at={source}", out], "evaluate": []}.get(command, [out])
            assert call(command, run, source, *more) == 1
            told = f"gpvae {command}: {source} has observations of shape {shape} at every time; the run has (2,)\n"
            assert capsys.readouterr().err.endswith(told)
    assert call("impute", run, table, "--values=hPa", out) == 1
    assert (
        "weather.csv has observations of shape (1,) ('hPa') at every time; the run has (2,)" in capsys.readouterr().err
    )


def test_times_of_another_kind_than_the_runs_are_refused(run, table, tmp_path, capsys):
    """Runs from before that was recorded take them, as far as anyone can tell."""
    numbers, older, out = tmp_path / "numbers.csv", tmp_path / "older", f"--out={tmp_path / 'out.npz'}"
    frame = pd.read_csv(table)
    frame.assign(date=np.tile(np.arange(float(POINTS)), SERIES)).to_csv(numbers, index=False)
    refused = " has times that are numbers; expected dates, as the "
    asked = [["impute", run, numbers, out], ["evaluate", run, numbers]]
    asked += [["predict", run, table, f"--at={numbers}", out], ["sample", run, f"--at={numbers}", out]]
    for command in asked:
        assert call(*command) == 1
        told = capsys.readouterr().err
        assert refused in told and "numbers.csv" in told and not (tmp_path / "out.npz").exists()
    before = table.read_bytes()
    shutil.copyfile(numbers, table)
    assert call("fit", table, f"--out={run}", *READING, *SMALL[:2], "--steps=90", *SMALL[3:], "--resume") == 1
    table.write_bytes(before)
    assert refused in capsys.readouterr().err
    shutil.copytree(run, older)
    record = json.loads((older / "config.json").read_text())
    assert record.pop("time_kind") == "dates"
    (older / "config.json").write_text(json.dumps(record))
    assert call("impute", older, numbers, out, "--num_samples=50") == 0
    assert call("predict", older, table, f"--at={numbers}", out, "--num_samples=50") == 1
