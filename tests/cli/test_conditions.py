"""A table with an age that every patient has throughout, from `gpvae fit` to predictions for another age."""

import json

import numpy as np
import pandas as pd
import pytest

from gpvae_tf import load_model
from gpvae_tf.input_roles import InputRoles
from tests.support.gpvae_command import SMALL, call

READING = ["--series=patient", "--time=day", "--conditions=age,dose"]


@pytest.fixture(scope="module")
def patients(tmp_path_factory):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"patient": np.repeat(np.arange(12), 8), "day": np.tile(np.arange(8), 12)})
    frame = frame.assign(age=20 + 5 * frame["patient"], dose=rng.uniform(size=96), pressure=rng.normal(size=96))
    frame.loc[rng.uniform(size=96) < 0.2, "pressure"] = np.nan
    path = tmp_path_factory.mktemp("patients") / "patients.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def run(patients):
    assert call("fit", patients, f"--out={patients.parent / 'run'}", *READING, *SMALL) == 0
    return patients.parent / "run"


def test_fit_reads_them_and_says_so(patients, tmp_path, capsys):
    assert call("fit", patients, f"--out={tmp_path / 'run'}", *READING, *SMALL) == 0
    assert "conditions      of encoder and decoder, in input column 1, 2" in capsys.readouterr().out
    assert load_model(tmp_path / "run" / "model").roles == InputRoles((1, 2))
    assert json.loads((tmp_path / "run" / "config.json").read_text())["columns"]["conditions"] == ["age", "dose"]


def test_a_run_knows_its_columns(run, patients, tmp_path, capsys):
    """Whatever their order, in the file and on the command line; and predictions follow them."""
    made = []
    for flags in ([], ["--conditions=dose,age"]):
        assert call("impute", run, patients, f"--out={tmp_path / 'filled.csv'}", *flags) == 0
        made.append(pd.read_csv(tmp_path / "filled.csv")["pressure"])
    np.testing.assert_array_equal(*made)
    made = []
    for age in (20, 70):
        at = pd.DataFrame({"patient": [3, 7], "day": 8, "dose": 0.5, "age": age})
        at.to_csv(tmp_path / "at.csv", index=False)
        assert call("predict", run, patients, f"--at={tmp_path / 'at.csv'}", f"--out={tmp_path / 'later.csv'}") == 0
        made.append(pd.read_csv(tmp_path / "later.csv")["pressure"].to_numpy())
    assert np.all(made[0] != made[1])
    at.drop(columns="age").to_csv(tmp_path / "at.csv", index=False)
    assert call("predict", run, patients, f"--at={tmp_path / 'at.csv'}", f"--out={tmp_path / 'later.csv'}") == 1
    assert "no column 'age'" in capsys.readouterr().err


def test_prior_draws_at_other_conditions(run, patients, tmp_path):
    pd.DataFrame({"day": range(4), "dose": 0.5, "age": 33}).to_csv(tmp_path / "at.csv", index=False)
    assert call("sample", run, f"--at={tmp_path / 'at.csv'}", f"--out={tmp_path / 'drawn.npz'}", "--num=2") == 0
    assert np.load(tmp_path / "drawn.npz")["inputs"].tolist()[1] == [1.0, 33.0, 0.5]
