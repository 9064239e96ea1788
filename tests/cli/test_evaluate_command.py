"""`gpvae evaluate`: hidden values of series that training has not seen, beside interpolation."""

import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest

from gpvae_tf import data
from gpvae_tf.cli import fit_parts, hiding
from gpvae_tf.cli.options import EvaluateOptions, FitOptions, ImputeOptions
from tests.support.gpvae_command import POINTS, READING, SMALL, call


def test_evaluate_hides_observed_values(run, unseen, capsys):
    assert call("evaluate", run, unseen, "--num_samples=50", "--hide=0.5") == 0
    report = json.loads((run / "evaluation.json").read_text())
    table = unseen
    observed = pd.read_csv(table)[["degrees", "hPa"]].notna().to_numpy().sum()
    assert 0.4 * observed < report["hidden"] < 0.6 * observed
    names = {"mse", "rmse", "mae", "nlpd", "crps", "coverage of 95%", "width of 95%"}
    assert names == set(report["scores"])
    assert report["linear interpolation"]["mse"] > 0
    told = capsys.readouterr().out
    assert "linear interpolation" in told and re.search(r"^  degrees +rmse ", told, re.M)
    of_each = report["channels"]  # in the units of each: hPa vary around 1000, degrees around 20
    assert list(of_each) == ["degrees", "hPa"] and set(of_each["hPa"]["scores"]) == names
    counts = np.array([each["hidden"] for each in of_each.values()])
    assert counts.sum() == report["hidden"]
    for name in ("mse", "mae", "crps", "coverage of 95%"):
        parts = [each["scores"][name] for each in of_each.values()]
        assert parts[0] != parts[1]
        np.testing.assert_allclose(counts @ parts / counts.sum(), report["scores"][name], rtol=1e-5)
    line = of_each["hPa"]["linear interpolation"]
    assert line["rmse"] == pytest.approx(np.sqrt(line["mse"]))


def test_evaluate_scores_what_training_has_not_seen(run, table, tmp_path, capsys):
    """Of the run's own file that is the sequence that training was stopped by."""
    out = f"--out={tmp_path / 'scores.json'}"
    assert call("evaluate", run, table, "--num_samples=50", "--hide=0.5", out) == 0
    assert "of the 1 sequences that the model was not trained on" in capsys.readouterr().out
    sequences = fit_parts.load(str(table), FitOptions(series="station", time="date"))
    left_out = fit_parts.split(sequences, FitOptions())[1].layout.ids
    frame = pd.read_csv(table)
    frame[frame["station"].isin(left_out)].to_csv(tmp_path / "one.csv", index=False)
    expected = json.loads((tmp_path / "scores.json").read_text())
    assert call("evaluate", run, tmp_path / "one.csv", "--num_samples=50", "--hide=0.5", out) == 0
    found = json.loads((tmp_path / "scores.json").read_text())
    assert found["hidden"] == expected["hidden"] < len(frame) / 4
    assert found["scores"] == pytest.approx(expected["scores"], rel=1e-5)


def test_evaluate_knows_what_fit_read_by_its_content(run, table, tmp_path, capsys, monkeypatch):
    """Paths with "..", links and copies make no other data, and new rows in the same file do."""
    copied = tmp_path / "runs" / "run"
    shutil.copytree(run, copied, ignore=shutil.ignore_patterns("tensorboard", "checkpoints"))
    file = tmp_path / "weather.csv"
    config = json.loads((copied / "config.json").read_text())
    config["config"]["data"] = str(file)
    (copied / "config.json").write_text(json.dumps(config))
    shutil.copy(table, file)
    (tmp_path / "linked.csv").symlink_to(file)
    monkeypatch.chdir(copied.parent)
    options = ["--num_samples=40", f"--out={tmp_path / 'scores.json'}"]
    for source in ("../weather.csv", tmp_path / "linked.csv", table):
        assert call("evaluate", "run", source, *options) == 0
        assert "the 1 sequences that the model was not trained on" in capsys.readouterr().out
    frame = pd.read_csv(table)
    new = frame[frame["station"] == "s0"].assign(station="new")
    changed = pd.concat([new.assign(hPa=new["hPa"] + 1.0), frame[::-1]])  # of series and rows in another order, too
    changed.to_csv(file, index=False)
    for source in ("../weather.csv", tmp_path / "linked.csv"):
        assert call("evaluate", "run", source, *options) == 0
        assert "the 2 sequences that the model was not trained on" in capsys.readouterr().out
    read = FitOptions(series="station", time="date")
    trained_on = fit_parts.split(fit_parts.load(str(table), read), read)[0].layout.ids
    frame[frame["station"].isin(trained_on)].to_csv(file, index=False)
    assert call("evaluate", "run", file, *options) == 0
    assert "all 11 sequences, which the model was trained on" in capsys.readouterr().out
    frame.assign(hPa=frame["hPa"] + 0.01).to_csv(file, index=False)  # as many series
    assert call("evaluate", "run", file, *options) == 0
    assert "all 12 sequences, some of which" in capsys.readouterr().out
    shutil.copy(table, file)
    of_start = config["data"]["series"]
    for resumed, told in (
        ({"data": {"series": of_start[::-1]}}, "all 12 sequences, which the model was trained on"),
        ({"data": {"digest": 1}}, "all 12 sequences, some of which the model may have been trained on\n"),  # unknown
    ):
        (copied / "config.json").write_text(json.dumps(config | {"resumed": [resumed]}))
        assert call("evaluate", "run", file, *options) == 0
        assert told in capsys.readouterr().out


def test_evaluate_forecasts_the_ends_of_series(run, unseen, tmp_path, capsys):
    """What is hidden are the values of the last days of every station, and interpolation is the last value before."""
    out = tmp_path / "scores.json"
    frame = pd.read_csv(unseen, parse_dates=["date"])
    observed = frame[frame[["degrees", "hPa"]].notna().any(axis=1)]
    last = observed.groupby("station")["date"].transform("max")
    late = observed["date"] > last - pd.Timedelta("5d")
    days, seconds = (str(tmp_path / name) for name in ("days.json", "seconds.json"))
    for horizon, target in (("5d", days), (str(5 * 86_400), seconds)):
        options = [f"--horizon={horizon}", "--num_samples=40", f"--out={target}"]
        assert call("evaluate", run, unseen, *options) == 0
    report, same = (json.loads(open(target).read()) for target in (days, seconds))
    assert report["hidden"] == observed.loc[late, ["degrees", "hPa"]].notna().sum().sum()
    assert report["scores"] == same["scores"]
    before = observed[~late].groupby("station")["degrees"].last()  # of those that are there
    asked = observed[late & observed["degrees"].notna()]
    errors = asked["degrees"] - asked["station"].map(before)
    assert report["channels"]["degrees"]["linear interpolation"]["mae"] == pytest.approx(errors.abs().mean(), rel=1e-4)
    assert sum(part["hidden"] for part in report["ahead"].values()) == report["hidden"] and len(report["ahead"]) > 1
    capsys.readouterr()
    assert call("evaluate", run, unseen, "--horizon=5d", "--origins=2", "--num_samples=40", f"--out={days}") == 0
    assert re.search(
        r"of all 12 sequences, \d+ forecasts of 5d, from up to 2 origins of each, where", capsys.readouterr().out
    )
    earlier = observed["date"] > last - pd.Timedelta("10d")
    twice = json.loads(open(days).read())
    assert twice["hidden"] == observed.loc[earlier, ["degrees", "hPa"]].notna().sum().sum()
    before_that = observed[~earlier].groupby("station")["degrees"].last()
    asked = observed[earlier & ~late & observed["degrees"].notna()]
    errors = pd.concat([errors, asked["degrees"] - asked["station"].map(before_that)])
    assert twice["channels"]["degrees"]["linear interpolation"]["mae"] == pytest.approx(errors.abs().mean(), rel=1e-4)
    assert call("evaluate", run, unseen, "--horizon=2000d", f"--out={out}") == 1
    assert "--horizon=2000d leaves no sequence an observed value before its last 2000d" in capsys.readouterr().err
    assert call("evaluate", run, unseen, "--horizon=5d", "--hide=0.5", f"--out={out}") == 2
    assert "--hide has no effect with --horizon" in capsys.readouterr().err
    assert not out.exists()


def test_evaluate_says_of_how_many_series_the_ends_are(run, unseen, tmp_path, capsys):
    """One of a single day has nothing before its last two days, and no forecast."""
    frame = pd.read_csv(unseen)
    short = frame[(frame["station"] != "s0") | (frame["date"] == frame["date"].min())]
    frame[frame["station"].isin(["s0", "s1", "s2"])].to_csv(tmp_path / "three.csv", index=False)
    first = frame[frame["station"] == "s0"].dropna()[:1]
    pd.concat([first, short[short["station"].isin(["s1", "s2"])]]).to_csv(tmp_path / "short.csv", index=False)
    options = ["--num_samples=40", f"--out={tmp_path / 'scores.json'}"]
    for file, horizon, expected in (
        ("three.csv", "6d", "of all 3 sequences, 3 forecasts of 6d, where"),
        ("short.csv", "6d", "of all 3 sequences, 2 forecasts of 6d, where"),
        ("three.csv", "518400", "of all 3 sequences, 3 forecasts of 518400 seconds, where"),
    ):
        assert call("evaluate", run, tmp_path / file, f"--horizon={horizon}", *options) == 0
        assert expected in capsys.readouterr().out


def test_a_horizon_of_dates_without_a_unit_is_not_taken_for_days(run, unseen, tmp_path, capsys):
    """7 would be seven seconds, of which every series has but its last point."""
    for command, more in (("evaluate", []), ("impute", [f"--out={tmp_path / 'out.csv'}", "--recalibrate=variance"])):
        assert call(command, run, unseen, "--horizon=7", *more) == 1
        told = "--horizon=7 is 7 seconds where times are dates, and no two of them are less than 86400 seconds apart"
        assert told in capsys.readouterr().err


def test_gaps_that_no_series_has_room_for_are_refused(run, unseen, tmp_path, capsys):
    """Blocks of points that are longer than a series may still end in it."""
    for gap in (POINTS, 1000):
        asked = [f"--gap={gap}", f"--out={tmp_path / 'scores.json'}"]
        repaired = [f"--gap={gap}", "--recalibrate=variance", f"--out={tmp_path / 'out.csv'}"]
        for command in (["evaluate", run, unseen, *asked], ["impute", run, unseen, *repaired]):
            assert call(*command) == 1
            told = f"--gap={gap} hides as many points in a row; the longest series has {POINTS}"
            assert told in capsys.readouterr().err


def test_origins_with_too_little_before_them_for_a_repair_are_named(run, tmp_path, capsys):
    """The third has three days before it, which no forecast of five days can be learned from; without, it is scored."""
    days = pd.date_range("2024-01-01", periods=18)
    rows = [("a", day, 20.0 + number % 3, 1000.0 + number) for number, day in enumerate(days)]
    pd.DataFrame(rows, columns=["station", "date", "degrees", "hPa"]).to_csv(tmp_path / "a.csv", index=False)
    asked = ["--horizon=5d", "--origins=3", "--num_samples=40", f"--out={tmp_path / 'scores.json'}"]
    assert call("evaluate", run, tmp_path / "a.csv", *asked) == 0
    assert call("evaluate", run, tmp_path / "a.csv", *asked, "--recalibrate=variance") == 1
    assert "none that reaches further back than 5d, before the first of --origins" in capsys.readouterr().err


def test_gaps_are_of_points_in_a_row():
    """In what is scored, and in what a repair learns from, unless that are forecasts."""
    sequences = data.from_arrays(np.ones((50, 30, 2)), np.arange(30.0))
    (fold,) = hiding.hide(sequences, EvaluateOptions(gap=4), np.arange(2), None)
    starts, stops = np.nonzero(np.diff(fold.hidden[..., 0].astype(int), axis=1, prepend=0, append=0) == -1)
    begun = np.nonzero(np.diff(fold.hidden[..., 0].astype(int), axis=1, prepend=0, append=0) == 1)
    lengths = (stops - begun[1])[(begun[1] > 0) & (stops < 30)]
    assert len(starts) and np.all(lengths % 4 == 0) and np.array_equal(fold.hidden[..., 0], fold.hidden[..., 1])
    assert hiding.like_gaps(ImputeOptions(gap=4), sequences, whole=True) == {"whole": True, "run": 4}
    assert hiding.like_gaps(ImputeOptions(horizon="7"), sequences, whole=True) == {"horizon": 7.0}


def test_what_a_known_period_alone_foretells_stands_beside(table, tmp_path, capsys):
    """Of a run with --period, in the unit of the times: the value that was observed so long before."""
    folder, days = tmp_path / "run", pd.date_range("2024-01-01", periods=20)
    rows = [("a", day, number % 3, 1000.0 + number) for number, day in enumerate(days)]
    pd.DataFrame(rows, columns=["station", "date", "degrees", "hPa"]).to_csv(tmp_path / "repeats.csv", index=False)
    assert call("fit", table, f"--out={folder}", *READING, *SMALL, "--period=3d") == 0
    assert call("evaluate", folder, tmp_path / "repeats.csv", "--horizon=4d", "--num_samples=40") == 0
    report = json.loads((folder / "evaluation.json").read_text())
    assert set(report["one period before"]) == {"mse", "rmse", "mae"}
    of_each = {name: each["one period before"]["mae"] for name, each in report["channels"].items()}
    assert of_each == {"degrees": 0.0, "hPa": pytest.approx((3 + 3 + 3 + 6) / 4)}
    assert report["channels"]["degrees"]["linear interpolation"]["mae"] > 0.0
    assert "one period before" in capsys.readouterr().out


def test_intervals_are_repaired_for_forecasts(run, unseen, tmp_path, capsys):
    """`predict --horizon` fits them to forecasts; without --recalibrate it would be ignored."""
    asked, out = tmp_path / "asked.csv", tmp_path / "out.csv"
    frame = pd.read_csv(unseen, parse_dates=["date"]).groupby("station", as_index=False)["date"].max()
    frame.assign(date=frame["date"] + pd.Timedelta("1d")).to_csv(asked, index=False)
    widths = []
    for how in ([], ["--horizon=4d"], ["--gap=3"]):
        options = [f"--at={asked}", f"--out={out}", "--recalibrate=variance", "--num_samples=40", *how]
        assert call("predict", run, unseen, *options) == 0
        made = pd.read_csv(out)
        widths.append((made["degrees_upper"] - made["degrees_lower"]).mean())
        out.unlink()
    assert len({*widths}) == 3
    capsys.readouterr()
    assert call("impute", run, unseen, f"--out={out}", "--horizon=4d") == 2
    assert "--horizon has no effect without a --recalibrate other than none" in capsys.readouterr().err
    assert call("impute", run, unseen, f"--out={out}", "--recalibrate=variance", "--horizon=900d") == 1
    told = capsys.readouterr().err
    assert "the data have no series with several, or none that reaches further back than 900d" in told
