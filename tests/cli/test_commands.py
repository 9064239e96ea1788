"""From a file to a filled-in file: one short run, and every command on it."""

import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from gpvae_tf import kernels, load_model
from gpvae_tf.cli import fit_parts, writing
from gpvae_tf.cli.main import main
from gpvae_tf.cli.options import FitOptions
from gpvae_tf.cli.run_files import as_config
from gpvae_tf.training import execution
from gpvae_tf.training.scores import EVALUATION
from tests.support import damage, replicas
from tests.support.eager import running_eagerly

SERIES, POINTS = 12, 9


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A CSV of twelve stations at irregular dates, with a fifth of the cells empty."""
    rng = np.random.default_rng(0)
    days = np.cumsum(rng.integers(1, 4, (SERIES, POINTS)), axis=1)
    values = np.stack([20.0 + 5.0 * np.sin(days / 5.0), 1000.0 + 3.0 * np.cos(days / 5.0)], axis=-1)
    values += 0.1 * rng.normal(size=values.shape)
    frame = pd.DataFrame(values.reshape(-1, 2), columns=["degrees", "hPa"])
    frame = frame.mask(rng.uniform(size=frame.shape) < 0.2)
    frame.insert(0, "date", pd.Timestamp("2024-01-01") + pd.to_timedelta(days.ravel(), unit="D"))
    frame.insert(0, "station", np.repeat([f"s{i}" for i in range(SERIES)], POINTS))
    path = tmp_path_factory.mktemp("own") / "weather.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def unseen(table):
    """A table of other values, which no run was trained on."""
    path = table.with_name("unseen.csv")
    frame = pd.read_csv(table)
    frame.assign(hPa=frame["hPa"] + 0.01).to_csv(path, index=False)
    return path


READING = ["--series=station", "--time=date"]
SMALL = ["--units=8", "--latent_dim=2", "--steps=4", "--eval_every=2", "--batch_size=4"]


def call(*arguments):
    """The exit status of a command."""
    with running_eagerly(), pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return ended.value.code


@pytest.fixture(scope="module")
def run(table):
    folder = table.parent / "run"
    assert call("fit", table, f"--out={folder}", *READING, *SMALL) == 0
    return folder


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
    assert "classes=['sky'] takes categories as values" in capsys.readouterr().err
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


def test_predict_a_table_at_times_of_an_npz(run, table, tmp_path):
    """The table is read by the columns of `fit`, of which an .npz has none; one time is enough."""
    out = tmp_path / "there.npz"
    np.savez(tmp_path / "at.npz", times=[pd.Timestamp("2024-01-05").timestamp()])
    assert call("predict", run, table, f"--at={tmp_path / 'at.npz'}", f"--out={out}", "--num_samples=50") == 0
    with np.load(out) as file:
        assert file["observations"].shape == (SERIES, 1, 2) and file["inputs"].shape == (SERIES, 1, 1)


@pytest.mark.parametrize("command", ["impute", "predict"])
def test_a_form_that_the_data_lack_is_refused_before_work(command, run, table, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("gpvae_tf.cli.predict.fitted", None)
    at = [f"--at={table}"] if command == "predict" else []
    assert call(command, run, table, *at, f"--out={tmp_path / 'filled.nc'}") == 1
    assert "ends in '.nc'; expected .csv, .tsv, .parquet or .npz" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["impute", "predict", "evaluate", "sample"])
def test_what_is_read_is_not_replaced(command, run, table, tmp_path, capsys, monkeypatch):
    """Whatever its path is called, and before work."""
    copy = tmp_path / "a.csv"
    shutil.copyfile(table, copy)
    monkeypatch.chdir(tmp_path)
    at = [f"--at={copy}"] if command in ("predict", "sample") else []
    read = {"predict": [table], "sample": []}.get(command, [copy])
    for out in ("a.csv", f"../{tmp_path.name}/a.csv"):
        assert call(command, run, *read, *at, f"--out={out}") == 1
        expected = f"--out={out} is what {'--at' if at else 'IN'} names, which it would replace"
        assert expected in capsys.readouterr().err and copy.read_bytes() == table.read_bytes()


def test_frames_are_not_written_over_those_that_are_read(tmp_path):
    """A folder without sub-folders is a sequence of its own name."""
    (tmp_path / "video").mkdir()
    writing.check_out(str(tmp_path / "filled"), IN=str(tmp_path / "video"))
    with pytest.raises(
        ValueError, match=f"--out={tmp_path} holds the folder that IN names, whose frames would be repl"
    ):
        writing.check_out(str(tmp_path), IN=str(tmp_path / "video"))


def test_an_out_that_cannot_be_written_is_refused_before_work(run, table, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("gpvae_tf.models.LatentGPVAE.impute", None)  # which would take its time
    (tmp_path / "folder.csv").mkdir()
    times = [f"--at={table}"]
    for command, out, told in (
        (["impute", run, table], "folder.csv", "is a folder; expected the name of a file"),
        (["predict", run, table, *times], "folder.csv", "is a folder"),
        (["impute", run, table], f"{table}/filled.csv", f"lies in {table}, which is no folder"),
        (["evaluate", run, table], "scores.csv", "ends in '.csv'; expected .json"),
        (["evaluate", run, table], f"{run}/config.json", "is what RUN names, which it would replace"),
        (["sample", run, *times], "drawn.csv", "ends in '.csv'; expected .npz"),
    ):
        assert call(*command, f"--out={tmp_path / out}") == 1
        assert told in capsys.readouterr().err
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert call("impute", run, table, f"--out={tmp_path / 'a.csv'}") == 1
    assert f"lies in {tmp_path}, where nothing can be written" in capsys.readouterr().err


def test_columns_that_are_named_in_another_order_are_the_same(run, table, tmp_path):
    """Each is filled in as what it was in training."""
    outs = []
    for names in ("degrees,hPa", "hPa,degrees"):
        outs.append(tmp_path / f"{names}.csv")
        assert call("impute", run, table, f"--out={outs[-1]}", f"--values={names}") == 0
    pd.testing.assert_frame_equal(*map(pd.read_csv, outs))


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


def test_other_files_that_are_read_are_not_replaced_either(run, table, tmp_path, capsys):
    """Nor is a run written among the images that it would be trained on."""
    times = tmp_path / "times.csv"
    times.write_text("file,time\n")
    for command in (["fit", tmp_path, *SMALL], ["evaluate", run, table]):
        for name, path in (("DATA", tmp_path), ("--times", times))[command[0] != "fit" :]:
            assert call(*command, f"--times={times}", f"--out={path}") == 1
            assert f"--out={path} is what {name} names" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["times.csv"] and times.read_text() == "file,time\n"


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


def test_another_run_in_the_folder_names_the_flag(run, table, capsys):
    assert call("fit", table, f"--out={run}", *READING, *SMALL) == 1
    assert "continue it with --resume, or choose another --out" in capsys.readouterr().err


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


def test_a_relative_path_is_recorded_without_its_detours(tmp_path, monkeypatch):
    (tmp_path / "runs").mkdir()
    monkeypatch.chdir(tmp_path / "runs")
    assert as_config(FitOptions(), "../data/x.csv")["data"] == str((tmp_path / "data" / "x.csv").resolve())


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


def test_latents_of_two_kinds_are_two(table, tmp_path, capsys):
    flags = [f"--out={tmp_path / 'run'}", *READING, "--model=fgp", "--latent_dim=1"]
    assert call("fit", table, *flags) == 1
    assert "--latent_dim must be >= 2 with --model=fgp" in capsys.readouterr().err


def test_a_repair_without_a_kind_is_refused(run, table, capsys):
    assert call("impute", run, table, "--out=filled.csv", "--recalibrate_per=series") == 2
    assert "--recalibrate_per has no effect without a --recalibrate other than none" in capsys.readouterr().err


def test_show_compare_and_list(run, table, capsys):
    other = table.parent / "other"
    more = [*READING, *SMALL[:2], "--steps=1", "--eval_every=1", "--model=vae", "--validation=0"]
    assert call("fit", table, f"--out={other}", *more) == 0
    capsys.readouterr()
    assert call("show", run) == 0
    shown = capsys.readouterr().out
    assert "kernel      matern32" in shown and "period" not in shown  # what else is not its default
    assert "step        4 of 4" in shown and "finished    yes" in shown and str(table) in shown
    assert call("compare", run, other) == 0
    rows = {line.split("  ")[0]: line.split() for line in capsys.readouterr().out.splitlines()}
    assert rows["model"] == ["model", "svgp", "vae"] and rows["step"] == ["step", "4", "1"]
    assert "seed" not in rows  # is the same
    assert call("compare", run, f"{run}/../run") == 0  # of two folders of one name the paths say which
    assert f"{run}  {run}/../run" in capsys.readouterr().out
    assert call("list", table.parent) == 0
    assert [line.split()[:2] for line in capsys.readouterr().out.splitlines()] == [["other", "vae"], ["run", "svgp"]]


def test_a_run_from_before_a_flag_goes_on(run, table, tmp_path):
    """What its record lacks has its default."""
    older = tmp_path / "run"
    shutil.copytree(run, older)
    record = json.loads((older / "config.json").read_text())
    for name in ("kernel", "period", "kernel_dtype", "likelihood_of"):
        del record["config"][name]
    (older / "config.json").write_text(json.dumps(record))
    steps = json.loads((older / "scores.json").read_text())["step"] + 2
    assert call("fit", table, f"--out={older}", *READING, *SMALL[:2], f"--steps={steps}", *SMALL[3:], "--resume") == 0
    asked = "--kernel=rbf", f"--steps={steps}", *SMALL[3:], "--resume"
    assert call("fit", table, f"--out={older}", *READING, *SMALL[:2], *asked) == 1


def test_resume_goes_on(run, table):
    """The file's columns may have moved since."""
    before = table.read_bytes()
    pd.read_csv(table)[["date", "hPa", "degrees", "station"]].to_csv(table, index=False)
    assert call("fit", table, f"--out={run}", *READING, *SMALL[:2], "--steps=6", *SMALL[3:], "--resume") == 0
    table.write_bytes(before)
    assert pd.read_csv(run / "metrics.csv")["step"].tolist() == [2, 4, 6]


def test_what_was_found_of_a_model_goes_when_it_is_trained_further(table, tmp_path):
    """A run that was stopped early is over, however many more steps are asked for."""
    more = [*READING, *SMALL[:2], "--eval_every=1", "--patience=1", "--learning_rate=1e-6"]
    found, remains = tmp_path / EVALUATION, []
    for steps, *again in ((1,), (40, "--resume"), (40, "--resume")):
        assert call("fit", table, f"--out={tmp_path}", *more, f"--steps={steps}", *again) == 0
        remains.append(found.exists())
        found.write_text("{}")
    assert len(pd.read_csv(tmp_path / "metrics.csv")) < 40
    assert remains == [False, False, True] and (tmp_path / "scores.json").exists()


def test_export_serves(run, tmp_path, capsys):
    """Every call writes the next version."""

    out = tmp_path / "served"
    for version in ("1", "2"):
        assert call("export", run, f"--out={out}") == 0
        assert f"wrote {out / version}" in capsys.readouterr().out
    assert "predict" in tf.saved_model.load(str(out / "2")).signatures


def test_ctrl_c_saves_and_says_how_to_go_on(table, tmp_path, monkeypatch, capsys):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("gpvae_tf.cli.fit.train", interrupted)
    out = tmp_path / "stopped"
    assert call("fit", table, f"--out={out}", *READING, *SMALL) == 130
    assert "The model after 0 steps is in" in (told := capsys.readouterr().err) and "--resume" in told
    assert (out / "model" / "model.json").exists()


def test_points_of_a_series_need_a_model_that_trains_on_points(table, tmp_path, capsys):
    """Before there is a folder; the first times of the series that is trained on are empty."""
    one, out = tmp_path / "one.csv", tmp_path / "run"
    rows = pd.read_csv(table).query("station == 's0'")
    rows.assign(degrees=rows["degrees"].where(rows.index >= 4), hPa=rows["hPa"].where(rows.index >= 4)).to_csv(one)
    options = [*READING[1:], "--values=degrees,hPa", "--points_per_batch=3", *SMALL[:-1]]
    assert call("fit", one, f"--out={out}", "--model=markov", *options) == 1
    assert "batches of points (points_per_batch)" in capsys.readouterr().err and not out.exists()
    assert call("fit", one, f"--out={out}", "--model=svgp", *options) == 0


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


def test_damaged_files_of_a_run_are_one_sentence(run, table, tmp_path, capsys):
    """`show`, `compare` and `list` say which file it is, or take it; none of them ends in a traceback."""
    copied = tmp_path / "copied"
    shutil.copytree(run, copied, ignore=shutil.ignore_patterns("model", "checkpoints", "tensorboard"))
    wholes = {name: (copied / name).read_bytes() for name in ("config.json", "scores.json", "metrics.csv")}
    wholes["evaluation.json"] = json.dumps({"scores": {"mse": 0.5}}).encode()
    refused = 0
    for name, whole in wholes.items():
        damaged = damage.of_csv(whole.decode()) if name.endswith(".csv") else damage.of_json(json.loads(whole))
        for content in list(damaged)[::3]:
            (copied / name).write_bytes(content)
            for command in (["show", copied], ["compare", copied, run], ["list", tmp_path]):
                status = call(*command)
                told = capsys.readouterr()
                assert status in (0, 1) and (command[0] != "list" or status == 0)
                refused += status
                if status:
                    assert str(copied) in told.err and len(told.err.splitlines()) == 1, told.err
        (copied / name).write_bytes(whole)
    assert refused > 100
