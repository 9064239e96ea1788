"""`gpvae impute` and `gpvae predict`: what is filled in, at which times, and how intervals are repaired."""

import json

import numpy as np
import pandas as pd
import pytest

from tests.support.gpvae_command import SERIES, call


def test_impute_fills_every_empty_cell_and_leaves_the_rest(run, table, tmp_path, capsys):
    out = tmp_path / "filled.csv"
    assert call("impute", run, table, f"--out={out}", "--num_samples=50") == 0
    before, after = pd.read_csv(table), pd.read_csv(out)
    assert after["station"].equals(before["station"]) and len(after) == len(before)
    for name in ("degrees", "hPa"):
        known = before[name].notna()
        np.testing.assert_array_equal(after[name][known], before[name][known])
        assert after[name].notna().all()
        assert (after[f"{name}_lower"] < after[f"{name}_upper"]).all()
    assert after["hPa"].between(950.0, 1050.0).all()
    assert f"wrote {out}" in capsys.readouterr().out


def test_predict_at_other_times(run, table, tmp_path):
    at, out = tmp_path / "at.csv", tmp_path / "there.csv"
    dates = pd.date_range("2024-01-02", periods=3)
    pairs = [(f"s{i}", date) for i in reversed(range(SERIES)) for date in dates]
    pd.DataFrame(pairs, columns=["station", "date"]).to_csv(at, index=False)
    assert call("predict", run, table, f"--at={at}", f"--out={out}", "--num_samples=50") == 0
    found = pd.read_csv(out)
    assert found["station"].tolist() == [name for name, _ in pairs]
    assert {"degrees", "degrees_stddev", "degrees_lower", "degrees_upper", "hPa"} <= set(found.columns)
    assert found["degrees"].between(0.0, 40.0).all()
    assert call("predict", run, table, f"--at={at}", f"--out={out}", "--num_samples=50", "--recalibrate=variance") == 0
    repaired = pd.read_csv(out)
    np.testing.assert_allclose(repaired["hPa"], found["hPa"])
    ratios = repaired["hPa_stddev"] / found["hPa_stddev"]
    np.testing.assert_allclose(ratios, ratios[0], rtol=1e-4)
    assert abs(ratios[0] - 1.0) > 0.01


def test_predict_some_of_the_series(run, table, tmp_path, capsys):
    """Those that --at has, each from its own values; one that is not known is refused."""
    at, out = tmp_path / "at.csv", tmp_path / "there.csv"
    dates = ["2024-01-06", "2024-01-09"]
    made = []
    for stations in ([f"s{i}" for i in range(SERIES)], ["s7", "s2"]):
        rows = pd.DataFrame([(name, date) for name in stations for date in dates], columns=["station", "date"])
        rows.to_csv(at, index=False)
        assert call("predict", run, table, f"--at={at}", f"--out={out}", "--num_samples=400") == 0
        made.append(pd.read_csv(out))
    assert made[1]["station"].tolist() == ["s7", "s7", "s2", "s2"]
    same = made[1].merge(made[0], on=["station", "date"])
    assert np.all((same["hPa_x"] - same["hPa_y"]).abs() < 0.3 * same["hPa_stddev_y"])
    options = [f"--at={at}", f"--out={out}", "--num_samples=400", "--recalibrate=conformal"]
    rows[rows["station"] == "s2"].to_csv(at, index=False)  # of a station's few values alone there would be no interval
    assert call("predict", run, table, *options) == 0
    assert call("predict", run, table, *options, "--recalibrate_per=series") == 1
    assert "held-out values in every group" in capsys.readouterr().err
    rows.replace({"s2": "new"}).to_csv(at, index=False)
    assert call("predict", run, table, f"--at={at}", f"--out={out}") == 1
    assert f"--at={at}: series 'new' is in the frame and not in the known data" in capsys.readouterr().err


def test_predict_a_table_at_times_of_an_npz(run, table, tmp_path):
    """The table is read by the columns of `fit`, of which an .npz has none; one time is enough."""
    out = tmp_path / "there.npz"
    np.savez(tmp_path / "at.npz", times=[pd.Timestamp("2024-01-05").timestamp()])
    assert call("predict", run, table, f"--at={tmp_path / 'at.npz'}", f"--out={out}", "--num_samples=50") == 0
    with np.load(out) as file:
        assert file["observations"].shape == (SERIES, 1, 2) and file["inputs"].shape == (SERIES, 1, 1)


def test_tables_without_the_times_to_predict_at_are_named(run, table, tmp_path, capsys):
    path = tmp_path / "at.csv"
    pd.read_csv(table)[["station", "hPa"]].to_csv(path, index=False)
    for command in (["sample", run], ["predict", run, table]):
        assert call(*command, f"--at={path}", f"--out={tmp_path / 'out.npz'}") == 1
        assert f"--at={path} has no column 'date'; it has 'station', 'hPa'" in capsys.readouterr().err


def test_a_station_without_a_value_is_filled_in(run, table, tmp_path):
    frame = pd.read_csv(table)
    frame.loc[frame["station"] == "s1", ["degrees", "hPa"]] = np.nan
    frame.to_csv(tmp_path / "gap.csv", index=False)
    out = tmp_path / "filled.csv"
    assert call("impute", run, tmp_path / "gap.csv", f"--out={out}", "--num_samples=50") == 0
    assert pd.read_csv(out)[["degrees", "hPa"]].notna().all(axis=None)


@pytest.mark.parametrize(
    "kind, per",
    [("variance", "series,channel"), ("student_t", "series"), ("conformal", "channel"), ("residual_gp", "")],
)
def test_recalibrated_intervals(run, unseen, tmp_path, kind, per):
    """After four steps the noise is far from right: the repair brings coverage nearer to what was asked for."""
    table = unseen
    asked = ["--num_samples=50", "--interval=0.8", f"--recalibrate={kind}", f"--recalibrate_per={per}"]
    assert call("evaluate", run, table, "--hide=0.3", *asked, f"--out={tmp_path / 'scores.json'}") == 0
    report = json.loads((tmp_path / "scores.json").read_text())
    before, after = (report[name]["coverage of 80%"] for name in ("scores", "recalibrated"))
    assert abs(after - 0.8) < 0.15 and abs(after - 0.8) <= abs(before - 0.8)
    moves = kind == "residual_gp"
    assert (report["recalibrated"]["mse"] == report["scores"]["mse"]) != moves
    assert call("impute", run, table, f"--out={tmp_path / 'plain.csv'}", *asked[:2]) == 0
    assert call("impute", run, table, f"--out={tmp_path / 'repaired.csv'}", *asked) == 0
    plain, repaired = (pd.read_csv(tmp_path / f"{name}.csv") for name in ("plain", "repaired"))
    columns = ["degrees", "hPa"]
    same = pd.read_csv(table)[columns].notna().to_numpy() | (not moves)
    for each in (plain, repaired):
        each[columns] = each[columns].where(same, 0.0)
    np.testing.assert_array_equal(plain[columns], repaired[columns])
    ratios = (repaired["hPa_upper"] - repaired["hPa_lower"]) / (plain["hPa_upper"] - plain["hPa_lower"])
    assert np.all(np.abs(ratios - 1.0) > 0.01)
    if kind == "variance":  # the others have quantiles of their own in the place of the draws'
        by_station = ratios.groupby(plain["station"])
        np.testing.assert_allclose(by_station.min(), by_station.max(), rtol=1e-3)


@pytest.mark.parametrize("kind", ["variance", "conformal", "residual_gp"])
def test_a_repair_needs_values_to_hide(run, table, tmp_path, capsys, kind):
    frame = pd.read_csv(table).groupby("station").head(1)
    frame.to_csv(tmp_path / "one.csv", index=False)
    options = [f"--out={tmp_path / 'filled.csv'}", "--num_samples=40", f"--recalibrate={kind}"]
    at = f"--at={tmp_path / 'one.csv'}"
    frame.fillna({"degrees": 20.0, "hPa": 1000.0}).to_csv(tmp_path / "known.csv", index=False)
    assert call("predict", run, tmp_path / "known.csv", at, *options) == 1
    assert f"--recalibrate={kind} hides some of the observed values of a series" in capsys.readouterr().err


@pytest.mark.parametrize("per", ["serie", "series,series"])
def test_groups_of_a_repair_are_checked_before_work(run, table, capsys, per):
    options = ["--out=filled.csv", "--recalibrate=variance", f"--recalibrate_per={per}"]
    assert call("impute", run, table, *options) == 2
    assert f"--recalibrate_per must be some of series, channel, each once, got '{per}'" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["impute", "predict", "evaluate"])
def test_draws_that_an_interval_needs_are_asked_for_before_work(run, table, tmp_path, capsys, command, monkeypatch):
    monkeypatch.setattr(f"gpvae_tf.cli.{'evaluate' if command == 'evaluate' else 'predict'}.load_run", None)
    at = [f"--at={table}"] if command == "predict" else []
    assert call(command, run, table, *at, f"--out={tmp_path / 'a.csv'}", "--interval=0.9999") == 1
    assert "--num_samples must be >= 19999 with --interval=0.9999, got 200" in capsys.readouterr().err


def test_a_repair_without_a_kind_is_refused(run, table, capsys):
    assert call("impute", run, table, "--out=filled.csv", "--recalibrate_per=series") == 2
    assert "--recalibrate_per has no effect without a --recalibrate other than none" in capsys.readouterr().err


def test_images_and_arrays(tmp_path, rng):
    """An .npz without validation sequences; its filled-in form has the same arrays."""
    source, out, run = tmp_path / "videos.npz", tmp_path / "filled.npz", tmp_path / "run"
    mask = rng.uniform(size=(3, 5)) < 0.7
    mask[:, 0] = True
    observations = rng.uniform(size=(3, 5, 8, 8, 1))
    np.savez(source, observations=observations, times=np.arange(5.0), mask=mask)
    assert (
        call(
            "fit",
            source,
            f"--out={run}",
            "--units=8",
            "--latent_dim=2",
            "--steps=1",
            "--eval_every=1",
            "--hide_in_training=0.2",
        )
        == 0
    )
    assert call("impute", run, source, f"--out={out}", "--num_samples=50") == 0
    with np.load(out) as file:
        np.testing.assert_array_equal(file["observations"][mask], observations[mask].astype(np.float32))
        assert file["lower"].shape == observations.shape
