"""`gpvae fit`: what it leaves, what its flags choose, and what it refuses before there is a folder."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from gpvae_tf import kernels, load_model
from gpvae_tf.cli import fit_parts
from gpvae_tf.cli.options import FitOptions
from gpvae_tf.training import execution
from gpvae_tf.training.scores import EVALUATION
from tests.support import replicas
from tests.support.gpvae_command import POINTS, READING, SERIES, SMALL, call


def test_fit_leaves_a_model_logs_and_scores(run):
    rows = pd.read_csv(run / "metrics.csv")
    assert rows["step"].tolist() == [2, 4]
    assert {"elbo", "stopping_loss", "best_loss", "seconds"} <= set(rows.columns)
    assert json.loads((run / "scores.json").read_text())["scores"].keys() == {"validation_elbo"}
    assert (run / "model" / "model.json").exists()


def test_columns_of_several_kinds(table, tmp_path, capsys):
    """A column of counts by its flag, one of yes or no by its values; what is filled in stays in their range."""
    frame = pd.read_csv(table)
    warm = frame["degrees"].fillna(20.0)
    frame = frame.assign(visits=np.round(warm).astype(int), open=(warm > 20.0).astype(int))
    frame.loc[3::5, ["visits", "open"]] = np.nan
    path, out = tmp_path / "mixed.csv", tmp_path / "run"
    frame.to_csv(path, index=False)
    assert call("fit", path, f"--out={out}", *READING, *SMALL, "--likelihood_of=visits:poisson") == 0
    assert "likelihood      Gaussian (degrees, hPa), Poisson (visits), Bernoulli (open)" in capsys.readouterr().out
    assert call("impute", out, path, f"--out={tmp_path / 'filled.csv'}") == 0
    filled = pd.read_csv(tmp_path / "filled.csv")
    assert filled["visits_lower"].min() >= 0.0 and filled["open"].between(0.0, 1.0).all()
    repaired = ["--recalibrate=residual_gp", f"--out={tmp_path / 'repaired.csv'}"]
    assert call("impute", out, path, *repaired) == 0
    filled = pd.read_csv(tmp_path / "repaired.csv")
    assert filled["visits_lower"].min() >= 0.0
    assert all(filled[f"open{end}"].between(0.0, 1.0).all() for end in ("", "_lower", "_upper"))
    assert call("show", out) == 0
    assert "likelihood_of ('visits:poisson',)" in capsys.readouterr().out
    assert call("evaluate", out, path, "--hide=0.9", f"--out={tmp_path / 'scores.json'}") == 0
    channels = json.loads((tmp_path / "scores.json").read_text())["channels"]
    found = channels["open"]["scores"]  # of a probability; a normal density of its moments has crps 0.3 for mse 0.25
    assert found["crps"] == pytest.approx(found["mse"], abs=0.02)
    assert found["nlpd"] == pytest.approx(-np.log(1.0 - found["mae"]), abs=0.02)  # equal if all are as likely


def test_a_column_of_classes(table, tmp_path, capsys):
    """Text that is filled in, scored as classes, and read with the classes of `fit`, whichever a file has."""
    frame = pd.read_csv(table)
    frame["sky"] = np.where(frame["degrees"].fillna(20.0) > 20.0, "blue", "grey")
    frame.loc[4::9, "sky"] = ["red"] * SERIES
    frame.loc[3::5, "sky"] = None
    path, out, filled = tmp_path / "sky.csv", tmp_path / "run", tmp_path / "filled.csv"
    frame.to_csv(path, index=False)
    assert call("fit", path, f"--out={out}", *READING, *SMALL) == 1
    assert "name it in classes=['sky'] too, which makes columns of 0 and 1 of categories" in capsys.readouterr().err
    flags = ["--classes=sky", "--likelihood=student_t", "--hide_in_training=0.5"]
    assert call("fit", path, f"--out={out}", *READING, *SMALL, *flags) == 0
    kinds = "StudentT (degrees, hPa), OneHot (sky=blue, sky=grey, sky=red)"
    assert f"likelihood      {kinds}" in capsys.readouterr().out
    blue = tmp_path / "blue.csv"
    frame.assign(sky=frame["sky"].where(frame["sky"].isna(), "blue")).to_csv(blue, index=False)
    for source, more in ((path, []), (blue, []), (blue, ["--classes=sky"])):
        assert call("impute", out, source, f"--out={filled}", *more) == 0
        given, found = pd.read_csv(source), pd.read_csv(filled)
        known = given["sky"].notna()
        assert (found["sky"] == given["sky"])[known].all() and found["sky"].isin(["blue", "grey", "red"]).all()
        np.testing.assert_allclose(found[["sky=blue", "sky=grey", "sky=red"]].sum(axis=1), 1.0, rtol=1e-5)
        assert not any(name.startswith("sky") and name.endswith("_lower") for name in found.columns)
    assert call("evaluate", out, path, "--hide=0.5", "--recalibrate=variance") == 0
    scores = json.loads((out / EVALUATION).read_text())
    assert "columns of classes:\n  sky " in capsys.readouterr().out
    assert scores["channels"].keys() == {"degrees", "hPa"} and scores["classes"]["sky"]["hidden"] > 0
    numbers = scores["channels"].values()  # of which alone the scores of all are
    hidden, mse = [each["hidden"] for each in numbers], [each["scores"]["mse"] for each in numbers]
    np.testing.assert_allclose(scores["scores"]["mse"], np.average(mse, weights=hidden), rtol=1e-6)
    assert sum(hidden) + scores["classes"]["sky"]["hidden"] == scores["hidden"]
    parts = [each["hidden"] for each in (*scores["channels"].values(), *scores["classes"].values())]
    assert scores["hidden"] == sum(parts)
    assert call("predict", out, path, f"--at={path}", f"--out={filled}") == 0
    assert pd.read_csv(filled)["sky"].isin(["blue", "grey", "red"]).all()
    assert call("sample", out, f"--at={path}", f"--out={tmp_path / 'draws.npz'}") == 0
    capsys.readouterr()
    assert (
        call("fit", path, f"--out={tmp_path / 'other'}", *READING, "--classes=sky", "--likelihood_of=sky:poisson") == 1
    )
    assert "expected NAME:KIND with a NAME of degrees, hPa" in capsys.readouterr().err
    assert call("impute", out, blue, f"--out={filled}", "--classes=sky,sky") == 1
    assert "--classes=sky,sky has the column 'sky' twice" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("hpa:poisson", "--likelihood_of=hpa:poisson: expected NAME:KIND with a NAME of degrees, hPa"),
        ("poisson", "--likelihood_of=poisson: expected NAME:KIND with a NAME of degrees, hPa"),
        ("hPa:normal", "--likelihood_of=hPa:normal: expected NAME:KIND with a KIND of bernoulli, gaussian, student_t"),
        ("hPa:poisson,hPa:gaussian", "--likelihood_of has the column hPa twice"),
    ],
)
def test_likelihoods_of_columns_that_are_refused(table, tmp_path, capsys, flags, message):
    assert call("fit", table, f"--out={tmp_path / 'run'}", *READING, *SMALL, f"--likelihood_of={flags}") == 1
    assert message in capsys.readouterr().err and not (tmp_path / "run").exists()


def test_a_period_of_dates(table, tmp_path, capsys):
    """A week, as it is said in words and in seconds; the same model."""
    for name, period in (("words", "7d"), ("seconds", "604800")):
        asked = f"--out={tmp_path / name}", "--kernel=matern12", f"--period={period}"
        assert call("fit", table, *asked, *READING, *SMALL, "--model=markov") == 0
    models = [load_model(tmp_path / name / "model") for name in ("words", "seconds")]
    for ours, theirs in zip(*(model.trainable_variables for model in models), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert sum(name.startswith("amplitude") for name in kernels.learned(models[0].latent_gp)) == 4


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--period=weekly"], "--period=weekly is no number and no duration such as 24h, 7d or 90min"),
        (["--period=0"], "--period must be positive and finite, got 0"),
        (["--period=nan"], "--period must be positive and finite, got nan"),
        (["--kernel=rbf", "--model=markov"], "--kernel=rbf has no state-space form, which --model=markov needs"),
    ],
)
def test_periods_that_are_refused(table, tmp_path, capsys, flags, message):
    assert call("fit", table, f"--out={tmp_path / 'run'}", *READING, *SMALL, *flags) == 1
    assert message in capsys.readouterr().err and not (tmp_path / "run").exists()


def test_a_duration_for_times_that_are_numbers_is_refused(table, tmp_path, capsys):
    frame = pd.read_csv(table)
    frame.assign(date=np.tile(np.arange(float(POINTS)), SERIES)).to_csv(tmp_path / "numbers.csv", index=False)
    assert call("fit", tmp_path / "numbers.csv", f"--out={tmp_path / 'run'}", *READING, *SMALL, "--period=7d") == 1
    assert "--period=7d is a duration, and the times are numbers" in capsys.readouterr().err


def test_a_duration_for_times_of_an_npz(tmp_path, rng, capsys):
    """Those of datetime64 are dates; numbers may be seconds since 1970 or anything else."""
    days = np.datetime64("2024-01-01") + np.arange(6)
    arrays = {"observations": rng.normal(size=(12, 6, 2))}
    np.savez(tmp_path / "dates.npz", times=days, **arrays)
    np.savez(tmp_path / "numbers.npz", times=days.astype("datetime64[s]").astype(np.float64), **arrays)
    for name, status in (("dates", 0), ("numbers", 1)):
        assert call("fit", tmp_path / f"{name}.npz", f"--out={tmp_path / name}", *SMALL, "--period=2d") == status
    assert "--period=2d is a duration, and the times are numbers" in capsys.readouterr().err
    assert json.loads((tmp_path / "dates" / "config.json").read_text())["time_kind"] == "dates in UTC"
    for name in ("dates", "numbers"):
        file = f"{name}.npz"
        assert call("impute", tmp_path / "dates", tmp_path / file, f"--out={tmp_path / 'out.npz'}") == 0, file


@pytest.fixture
def mirrored(monkeypatch):
    """A function that says how many replicas --strategy=mirrored has."""
    return lambda number: monkeypatch.setitem(execution.STRATEGIES, "mirrored", lambda: replicas.mirrored(number))


@pytest.mark.parametrize("number", [1, 2])
def test_replicas_fit_as_one_device(number, run, table, tmp_path, mirrored):
    """The one validation sequence, which two replicas cannot share, is looked at whole."""
    mirrored(number)
    assert call("fit", table, f"--out={tmp_path}", *READING, *SMALL, "--strategy=mirrored") == 0
    one, log = (pd.read_csv(folder / "metrics.csv").drop(columns="seconds") for folder in (run, tmp_path))
    pd.testing.assert_frame_equal(log, one, rtol=1e-5)
    assert load_model(tmp_path / "model").num_steps == 4


def test_a_batch_that_is_too_small_for_the_replicas_leaves_no_run(table, tmp_path, mirrored, capsys):
    mirrored(2)
    options = ["--strategy=mirrored", "--batch_size=1"]
    assert call("fit", table, f"--out={tmp_path / 'run'}", *READING, *SMALL, *options) == 1
    assert "training has a batch of 1 data sets for 2 replicas" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_column_without_values_is_refused(table, tmp_path, capsys):
    pd.read_csv(table).assign(remarks="").to_csv(tmp_path / "a.csv", index=False)
    assert call("fit", tmp_path / "a.csv", f"--out={tmp_path / 'run'}", *READING, *SMALL) == 1
    assert "data has no value of 'remarks' (channel 2 of the last axis)" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_what_becomes_of_held_out_sequences_is_said(table, tmp_path, capsys):
    """If there are too few, and if a run goes on with other data."""
    frame, file = pd.read_csv(table), tmp_path / "a.csv"
    command = ["fit", file, f"--out={tmp_path / 'run'}", *READING, *SMALL]
    frame[frame["station"].isin(["s1", "s2"])].to_csv(file, index=False)
    assert call(*command) == 0
    assert "none of fewer than 10 sequences is held out: training takes all 4 steps" in capsys.readouterr().out
    assert call(*command, "--resume", "--steps=6") == 0
    assert "are not those" not in capsys.readouterr().out
    frame.to_csv(file, index=False)
    assert call(*command, "--resume", "--steps=8") == 0
    told = capsys.readouterr().out  # the checkpoints have no place for the best weights
    assert "not those that the run began with: 10 of 12 sequences are new" in told and "none of fewer than 10" in told
    shutil.rmtree(tmp_path / "run")
    assert call(*command) == 0 and "none of fewer" not in capsys.readouterr().out
    frame[frame["station"].isin(["s1", "s2"])].to_csv(file, index=False)
    assert call(*command, "--resume", "--steps=6") == 0
    assert "0 of 2 sequences are new" in capsys.readouterr().out


@pytest.mark.parametrize("validation", [0.0, 0.1])
def test_values_that_the_likelihood_cannot_have_leave_no_run(table, tmp_path, capsys, validation):
    """Also in a single series, be it the last that is trained on or the one that training is stopped by."""
    sequences = fit_parts.load(str(table), FitOptions(series="station", time="date"))
    parts = fit_parts.split(sequences, FitOptions(validation=validation))
    frame = pd.read_csv(table)
    frame[["degrees", "hPa"]] = 1.0
    frame.loc[frame["station"] == parts[validation > 0].layout.ids[-1], "hPa"] = 0.5
    frame.to_csv(tmp_path / "a.csv", index=False)
    flags = [f"--out={tmp_path / 'run'}", *READING, *SMALL, "--likelihood=poisson", f"--validation={validation}"]
    assert call("fit", tmp_path / "a.csv", *flags) == 1
    assert "Poisson needs whole numbers from 0" in capsys.readouterr().err and not (tmp_path / "run").exists()


def test_a_number_stands_for_missing_values(table, tmp_path):
    """Those who fit with it need not say it again; what is filled in is what empty cells are."""
    marked, run = tmp_path / "marked.csv", tmp_path / "run"
    pd.read_csv(table).fillna({"degrees": -999, "hPa": -999}).to_csv(marked, index=False)
    assert call("fit", marked, f"--out={run}", *READING, *SMALL[:2], "--steps=1", "--missing=-999") == 0
    filled = []
    for source in (marked, table):
        filled.append(tmp_path / f"filled_{source.name}")
        assert call("impute", run, source, f"--out={filled[-1]}", "--num_samples=50") == 0
    of_marked, of_empty = map(pd.read_csv, filled)
    assert (of_marked[["degrees", "hPa"]] > -900).all(axis=None)
    pd.testing.assert_frame_equal(of_marked, of_empty)


def test_latents_of_two_kinds_are_two(table, tmp_path, capsys):
    flags = [f"--out={tmp_path / 'run'}", *READING, "--model=fgp", "--latent_dim=1"]
    assert call("fit", table, *flags) == 1
    assert "--latent_dim must be >= 2 with --model=fgp" in capsys.readouterr().err


def test_points_of_a_series_need_a_model_that_trains_on_points(table, tmp_path, capsys):
    """Before there is a folder; the first times of the series that is trained on are empty."""
    one, out = tmp_path / "one.csv", tmp_path / "run"
    rows = pd.read_csv(table).query("station == 's0'")
    rows.assign(degrees=rows["degrees"].where(rows.index >= 4), hPa=rows["hPa"].where(rows.index >= 4)).to_csv(one)
    options = [*READING[1:], "--values=degrees,hPa", "--points_per_batch=3", *SMALL[:-1]]
    assert call("fit", one, f"--out={out}", "--model=markov", *options) == 1
    assert "batches of points (points_per_batch)" in capsys.readouterr().err and not out.exists()
    assert call("fit", one, f"--out={out}", "--model=svgp", *options) == 0
