"""A table of cases and of the people among whom they were counted, from `gpvae fit` to forecasts."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from gpvae_tf import data, load_model
from gpvae_tf.cli.evaluate import baselines_of
from gpvae_tf.cli.loaded_run import load_run
from gpvae_tf.cli.options import DataOptions
from tests.support.gpvae_command import SMALL, call

READING = ["--series=town", "--time=week", "--exposure=people"]


@pytest.fixture(scope="module")
def towns(tmp_path_factory):
    """Twelve towns, whose people go away and come back; the share of cases is the same everywhere but for chance."""
    rng = np.random.default_rng(0)
    people = 10.0 ** rng.uniform(3.0, 5.0, (12, 10))
    frame = pd.DataFrame({"town": np.repeat(np.arange(12), 10), "week": np.tile(np.arange(10), 12)})
    frame = frame.assign(people=people.round().ravel(), cases=rng.poisson(0.01 * people).ravel().astype(float))
    frame.loc[rng.uniform(size=120) < 0.2, "cases"] = np.nan
    path = tmp_path_factory.mktemp("towns") / "towns.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def run(towns):
    assert call("fit", towns, f"--out={towns.parent / 'run'}", *READING, *SMALL) == 0
    return towns.parent / "run"


def test_fit_reads_them(run):
    assert load_model(run / "model").roles.exposure == (1,)
    record = json.loads((run / "config.json").read_text())
    assert record["columns"]["exposure"] == ["cases:people"] and record["columns"]["covariates"] == []


def test_impute_and_predict_are_per_exposure(run, towns, tmp_path):
    """The columns are read as `fit` read them, and twice the people have twice the cases."""
    assert call("impute", run, towns, f"--out={tmp_path / 'filled.csv'}") == 0
    before, after = pd.read_csv(towns), pd.read_csv(tmp_path / "filled.csv")
    np.testing.assert_array_equal(after["people"], before["people"])
    gone = before["cases"].isna()
    assert np.corrcoef(np.log(after["cases"][gone]), np.log(after["people"][gone]))[0, 1] > 0.9
    made = []
    for factor in (1.0, 2.0):
        at = pd.DataFrame({"town": [3, 7], "week": 10, "people": [5000.0 * factor, 800.0 * factor]})
        at.to_csv(tmp_path / "at.csv", index=False)
        assert call("predict", run, towns, f"--at={tmp_path / 'at.csv'}", f"--out={tmp_path / 'later.csv'}") == 0
        made.append(pd.read_csv(tmp_path / "later.csv")["cases"].to_numpy())
    np.testing.assert_allclose(made[1], 2.0 * made[0], rtol=1e-4)


def test_lines_and_periods_are_those_of_rates(towns):
    """With one rate everywhere they are the counts themselves, however many people there are."""
    known = data.load(towns, series="town", time="week", exposure="people")
    exact = dataclasses.replace(known, observations=0.01 * known.exposures)
    for name, made in baselines_of(exact, "3").items():
        np.testing.assert_allclose(made, exact.observations, rtol=1e-5, err_msg=name)


def test_evaluate_with_a_repair_by_time(run, towns, tmp_path):
    out = tmp_path / "scores.json"
    assert call("evaluate", run, towns, f"--out={out}", "--recalibrate=residual_gp", "--horizon=2") == 0
    assert all(np.isfinite(score) for score in json.loads(out.read_text())["scores"].values())


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--exposure=inhabitants"], "no column 'inhabitants'"),
        (
            ["--exposure=cases:people,cases:week"],
            "--exposure=cases:people,cases:week: expected VALUE:COLUMN,..., every value once, or one COLUMN alone",
        ),
        (["--exposure=deaths:people"], "exposure has 'deaths', which is not among the values"),
        (["--exposure=people", "--likelihood=gaussian"], "exposure is given for channel 0 of the last axis"),
        (["--exposure=people", "--model=fgp"], "FGPVAE takes no conditions or exposures of inputs"),
    ],
)
def test_what_is_wrong_is_said_before_there_is_a_folder(towns, tmp_path, capsys, flags, message):
    assert call("fit", towns, f"--out={tmp_path / 'run'}", "--series=town", "--time=week", *flags) != 0
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_columns_in_another_order_and_arrays(towns, tmp_path, capsys):
    """Given again they are what `fit` read, and an .npz has them by the place of their column."""
    frame = pd.read_csv(towns).assign(visits=lambda table: table["week"] + 1, hours=lambda table: table["week"] + 2.0)
    frame.to_csv(tmp_path / "towns.csv", index=False)
    run, given = tmp_path / "run", ["--exposure=cases:people,visits:hours"]
    assert call("fit", tmp_path / "towns.csv", f"--out={run}", "--series=town", "--time=week", *given, *SMALL) == 0
    made = []
    for flags in ([], ["--exposure=visits:hours,cases:people"]):
        assert call("impute", run, tmp_path / "towns.csv", f"--out={tmp_path / 'filled.csv'}", *flags) == 0
        made.append(pd.read_csv(tmp_path / "filled.csv")["cases"])
    np.testing.assert_array_equal(*made)
    other = ["--exposure=cases:people", "--conditions=hours"]
    assert call("impute", run, tmp_path / "towns.csv", f"--out={tmp_path / 'filled.csv'}", *other) == 1
    assert "leave out --conditions and --exposure" in capsys.readouterr().err
    known = load_run(str(run), DataOptions(), str(tmp_path / "towns.csv")).load(str(tmp_path / "towns.csv"))
    np.savez(tmp_path / "towns.npz", observations=known.observations, inputs=known.inputs, mask=known.mask)
    again = load_run(str(run), DataOptions(), str(tmp_path / "towns.npz")).load(str(tmp_path / "towns.npz"))
    assert again.roles == known.roles and again.roles.exposure == (1, 2)


def test_files_without_them_are_refused(run, towns, tmp_path, capsys):
    pd.read_csv(towns).drop(columns="people").to_csv(tmp_path / "bare.csv", index=False)
    assert call("impute", run, tmp_path / "bare.csv", f"--out={tmp_path / 'filled.csv'}") == 1
    assert "no column 'people'" in capsys.readouterr().err
