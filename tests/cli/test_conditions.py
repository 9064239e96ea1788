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
    assert "conditions      of encoder and decoder, in age, dose" in capsys.readouterr().out
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


def test_a_file_whose_columns_are_something_else_is_refused(run, patients, tmp_path, capsys):
    flags = ["--covariates=dose", "--conditions=age", f"--out={tmp_path / 'filled.csv'}"]
    assert call("impute", run, patients, *flags) == 1
    assert "was read with conditions age; the run has conditions dose, age: leave out --" in capsys.readouterr().err


def test_a_patient_of_whom_only_the_conditions_are_known(run, patients, tmp_path):
    """And under two ages at one time; the others' predictions are what they are without this one."""
    frame, at = pd.read_csv(patients), tmp_path / "at.csv"
    frame.assign(pressure=frame["pressure"].where(frame["patient"] != 3)).to_csv(tmp_path / "new.csv", index=False)
    rows = pd.DataFrame({"patient": [3, 3, 7], "day": 8, "dose": 0.5, "age": [20, 70, 55]})
    found = []
    for asked, more in ((rows, []), (rows[2:], []), (rows, ["--recalibrate=variance"])):
        asked.to_csv(at, index=False)
        flags = [f"--at={at}", f"--out={tmp_path / 'later.csv'}", *more]
        assert call("predict", run, tmp_path / "new.csv", *flags) == 0
        found.append(pd.read_csv(tmp_path / "later.csv"))
    assert found[0]["age"].tolist() == [20, 70, 55] and found[0]["pressure"].nunique() == 3
    assert np.isfinite(found[2]["pressure_upper"]).all()
    np.testing.assert_allclose(found[0]["pressure"][2], found[1]["pressure"][0], atol=0.5)


def test_prior_draws_at_other_conditions(run, patients, tmp_path):
    pd.DataFrame({"day": range(4), "dose": 0.5, "age": 33}).to_csv(tmp_path / "at.csv", index=False)
    assert call("sample", run, f"--at={tmp_path / 'at.csv'}", f"--out={tmp_path / 'drawn.npz'}", "--num=2") == 0
    assert np.load(tmp_path / "drawn.npz")["inputs"].tolist()[1] == [1.0, 33.0, 0.5]


def test_text_is_a_condition_by_its_classes(patients, tmp_path, capsys):
    """From `fit`, which says what its inputs are, to other files, which may have some of the classes alone."""
    table, run, at = tmp_path / "patients.csv", tmp_path / "run", tmp_path / "at.csv"
    frame = pd.read_csv(patients)
    frame.assign(site=np.where(frame["patient"] < 5, "north", "007")).to_csv(table, index=False)
    reading = ["--series=patient", "--time=day", "--conditions=age,site", "--classes=site", "--values=pressure"]
    assert call("fit", table, f"--out={run}", *reading, *SMALL) == 0
    assert "of encoder and decoder, in age, site=007, site=north" in capsys.readouterr().out
    rows = pd.DataFrame({"patient": [3, 7], "day": 8, "age": 40, "site": "007"})
    made = {}
    for site in ("007", "north", "south", None):
        rows.assign(site=site).to_csv(at, index=False)
        returned = call("predict", run, table, f"--at={at}", f"--out={tmp_path / 'later.csv'}")
        made[site] = (
            pd.read_csv(tmp_path / "later.csv", dtype={"site": str}) if returned == 0 else capsys.readouterr().err
        )
    assert made["007"]["site"].tolist() == ["007"] * 2 and made["north"]["site"].tolist() == ["north"] * 2
    assert (made["007"]["pressure"] != made["north"]["pressure"]).all() and "site=007" not in made["007"]
    assert "'site' has 'south' in row 0 and 1 more, which is none of its classes '007', 'north'" in made["south"]
    assert "condition 'site' is missing in row 0" in made[None]
    rows.drop(columns="patient").assign(day=[8, 9]).to_csv(at, index=False)
    assert call("sample", run, f"--at={at}", f"--out={tmp_path / 'drawn.npz'}", "--num=2") == 0
    assert np.load(tmp_path / "drawn.npz")["inputs"].tolist() == [[8, 40, 1, 0], [9, 40, 1, 0]]
