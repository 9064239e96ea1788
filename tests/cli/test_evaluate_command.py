"""`gpvae evaluate`: hidden values of series that training has not seen, beside interpolation."""

import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest

from gpvae_tf.cli import fit_parts
from gpvae_tf.cli.options import FitOptions
from tests.support.gpvae_command import call


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
