"""A table with a column of errors, from `gpvae fit` to a filled-in table."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from gpvae_tf import load_model, serving
from tests.support.gpvae_command import SMALL, call

READING = ["--series=star", "--time=day", "--errors=flux:flux_error"]


@pytest.fixture(scope="module")
def stars(tmp_path_factory):
    """Twelve light curves; half of their values are ten times as uncertain as the others, some cells are empty."""
    rng = np.random.default_rng(0)
    days = np.sort(rng.uniform(0.0, 30.0, (12, 10)), axis=1)
    errors = rng.choice([0.1, 1.0], size=days.shape)
    flux = 10.0 + 3.0 * np.sin(days / 4.0) + errors * rng.normal(size=days.shape)
    frame = pd.DataFrame({"star": np.repeat(np.arange(12), 10), "day": days.ravel()})
    frame = frame.assign(flux=flux.ravel(), flux_error=errors.ravel())
    frame.loc[rng.uniform(size=120) < 0.2, "flux"] = np.nan
    path = tmp_path_factory.mktemp("stars") / "stars.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def run(stars):
    assert call("fit", stars, f"--out={stars.parent / 'run'}", *READING, *SMALL) == 0
    return stars.parent / "run"


def test_fit_reads_them(run):
    model = load_model(run / "model")
    assert model.event_shape == (1,) and model.mask_channel  # the encoder sees them
    record = json.loads((run / "config.json").read_text())
    assert record["columns"]["errors"] == ["flux:flux_error"] and record["columns"]["values"] == ["flux"]


def test_impute_keeps_them_and_predict_has_none(run, stars, tmp_path):
    assert call("impute", run, stars, f"--out={tmp_path / 'filled.csv'}") == 0
    before, after = pd.read_csv(stars), pd.read_csv(tmp_path / "filled.csv")
    there = before["flux"].notna()  # what was filled in has no error
    np.testing.assert_array_equal(after["flux_error"], before["flux_error"].where(there))
    assert not after["flux"].isna().any()
    np.testing.assert_array_equal(after["flux"][there], before["flux"][there])
    at = before[["star", "day"]].assign(day=before["day"] + 0.5)
    at.to_csv(tmp_path / "at.csv", index=False)
    assert call("predict", run, stars, f"--at={tmp_path / 'at.csv'}", f"--out={tmp_path / 'later.csv'}") == 0
    assert list(pd.read_csv(tmp_path / "later.csv")) == [
        *("star", "day", "flux", "flux_stddev", "flux_lower", "flux_upper")
    ]


def test_evaluate_compares_what_is_measured(run, stars, tmp_path):
    """Of values that are off by as much as they vary, intervals of the truth alone would hold too few."""
    large = pd.read_csv(stars).assign(flux_error=30.0)
    large["flux"] += 30.0 * np.random.default_rng(1).normal(size=len(large))
    large.to_csv(tmp_path / "large.csv", index=False)
    found = []
    for errors in ("flux_error", "none"):
        large.assign(none=0.0).to_csv(tmp_path / "large.csv", index=False)
        out = tmp_path / f"{errors}.json"
        assert call("evaluate", run, tmp_path / "large.csv", f"--errors=flux:{errors}", f"--out={out}") == 0
        found.append(json.loads(out.read_text())["scores"])
    assert found[0]["coverage of 95%"] > 0.85 > 0.5 > found[1]["coverage of 95%"]
    assert found[0]["nlpd"] < found[1]["nlpd"] - 1.0


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--errors=flux"], "--errors=flux: expected VALUE:COLUMN,..., every value once, got 'flux'"),
        (["--errors=flux:flux_error,flux:day"], "expected VALUE:COLUMN,..., every value once, got 'flux:day'"),
        (["--errors=flux:error"], "no column 'error'"),
        (["--likelihood=poisson"], "errors is above 0 in channel 0 of the last axis, whose likelihood takes none"),
        (["--likelihood=student_t"], "errors is above 0 in channel 0 of the last axis, whose likelihood takes none"),
    ],
)
def test_what_is_refused_leaves_no_run(stars, tmp_path, capsys, flags, message):
    assert call("fit", stars, f"--out={tmp_path / 'run'}", *READING, *SMALL, *flags) != 0
    assert message in capsys.readouterr().err and not (tmp_path / "run").exists()


def test_an_npz_has_them_and_one_without_is_refused(run, stars, tmp_path, capsys):
    out = tmp_path / "filled.npz"
    assert call("impute", run, stars, f"--out={out}") == 0
    arrays, before = dict(np.load(out)), pd.read_csv(stars)
    known = before["flux"].notna().to_numpy().reshape(12, 10)
    errors = np.where(known, before["flux_error"].to_numpy().reshape(12, 10), np.nan)
    np.testing.assert_allclose(arrays["errors"][..., 0], errors)
    np.savez(out, **arrays, mask=known)
    assert call("evaluate", run, out, f"--out={tmp_path / 'scores.json'}") == 0
    del arrays["errors"]
    np.savez(out, **arrays)
    assert call("evaluate", run, out, f"--out={tmp_path / 'scores.json'}") != 0
    assert "has no errors of its values, and the run's data have" in capsys.readouterr().err


@pytest.fixture(scope="module")
def blind(stars):
    """A run of the same values whose errors were not named."""
    out = stars.parent / "blind"
    reading = ["--series=star", "--time=day", "--values=flux"]
    assert call("fit", stars, f"--out={out}", *reading, *SMALL) == 0
    return out


@pytest.mark.parametrize("command", ["evaluate", "impute", "predict"])
def test_errors_are_refused_where_the_run_has_none(blind, stars, tmp_path, capsys, command):
    flags = {"evaluate": ["scores.json"], "impute": ["filled.csv"], "predict": ["later.csv", f"--at={stars}"]}[command]
    out, *flags = flags
    assert call(command, blind, stars, f"--out={tmp_path / out}", *flags, "--errors=flux:flux_error") != 0
    assert "has errors of its values, and the run's data have none: the noise that it" in capsys.readouterr().err
    assert not (tmp_path / out).exists()


def test_errors_of_0_are_none(blind, stars, tmp_path):
    pd.read_csv(stars).assign(flux_error=0.0).to_csv(tmp_path / "exact.csv", index=False)
    given = ["--errors=flux:flux_error", f"--out={tmp_path / 'scores.json'}"]
    assert call("evaluate", blind, tmp_path / "exact.csv", *given) == 0


@pytest.mark.parametrize(
    ("suffix", "message"),
    [("csv", "column 'flux_error' has nan in row"), ("npz", "not finite beside observed ones, the first nan")],
)
def test_a_filled_in_file_is_no_input(run, stars, tmp_path, capsys, suffix, message):
    """Nothing was measured where a value was filled in, so it has no error, and 0 would say that it is exact."""
    frame, out = pd.read_csv(stars), tmp_path / f"filled.{suffix}"
    assert frame["flux_error"].notna().all() and call("impute", run, stars, f"--out={out}") == 0
    assert call("evaluate", run, out, f"--out={tmp_path / 'scores.json'}") != 0
    assert message in capsys.readouterr().err


def test_what_fit_read_is_known_with_other_errors_too(run, stars, tmp_path, capsys):
    pd.read_csv(stars).assign(flux_error=0.3).to_csv(tmp_path / "other.csv", index=False)
    assert call("evaluate", run, tmp_path / "other.csv", f"--out={tmp_path / 'scores.json'}") == 0
    assert "sequences that the model was not trained on" in capsys.readouterr().out


def test_a_saved_model_takes_them(run, tmp_path):
    assert call("export", run, f"--out={tmp_path / 'served'}") == 0
    served = serving.load(tmp_path / "served")
    assert "errors" in served.signatures["impute"].structured_input_signature[1]


def test_a_run_whose_errors_are_all_0_is_exported(stars, tmp_path):
    """Its encoder sees none, and predictions do not depend on them."""
    pd.read_csv(stars).assign(flux_error=0.0).to_csv(tmp_path / "exact.csv", index=False)
    assert call("fit", tmp_path / "exact.csv", f"--out={tmp_path / 'exact'}", *READING, *SMALL) == 0
    assert call("export", tmp_path / "exact", f"--out={tmp_path / 'served'}") == 0
    served = serving.load(tmp_path / "served")
    assert "errors" not in served.signatures["impute"].structured_input_signature[1]


def test_resume_refuses_data_that_have_lost_or_got_errors(tmp_path, capsys, rng):
    values = {"observations": rng.normal(size=(6, 5, 1)), "times": np.arange(5.0)}
    errors = {"errors": np.full((6, 5, 1), 0.5)}
    fit = ["fit", tmp_path / "a.npz", f"--out={tmp_path / 'run'}", *SMALL, "--resume"]
    for first, later, message in ((errors, {}, "has no errors of its"), ({}, errors, "has errors of its values, and")):
        np.savez(tmp_path / "a.npz", **values, **first)
        assert call(*fit) == 0
        np.savez(tmp_path / "a.npz", **values, **later)
        assert call(*fit, "--steps=6") != 0
        assert message in capsys.readouterr().err
        shutil.rmtree(tmp_path / "run")


def test_intervals_are_repaired_by_what_tells_errors_apart(run, stars, tmp_path, capsys):
    widths = []
    for kind in ("none", "variance"):
        out = tmp_path / f"{kind}.csv"
        assert call("impute", run, stars, f"--out={out}", f"--recalibrate={kind}") == 0
        filled = pd.read_csv(out)
        widths.append((filled["flux_upper"] - filled["flux_lower"])[pd.read_csv(stars)["flux"].isna()])
    assert np.ptp(widths[1] / widths[0]) < 1e-3 < abs(np.mean(widths[1] / widths[0]) - 1.0)
    out = tmp_path / "scores.json"
    assert call("evaluate", run, stars, f"--out={out}", "--recalibrate=variance") == 0
    assert np.isfinite(json.loads(out.read_text())["recalibrated"]["nlpd"])
    for command in (["impute", run, stars, f"--out={out.with_suffix('.csv')}"], ["evaluate", run, stars]):
        assert call(*command, "--recalibrate=conformal") != 0
        assert "--recalibrate=conformal cannot tell the model's errors from those that" in capsys.readouterr().err


def test_a_table_without_them_is_refused(run, stars, tmp_path, capsys):
    pd.read_csv(stars).drop(columns="flux_error").to_csv(tmp_path / "bare.csv", index=False)
    assert call("impute", run, tmp_path / "bare.csv", f"--out={tmp_path / 'filled.csv'}") != 0
    assert "has no column 'flux_error'" in capsys.readouterr().err
