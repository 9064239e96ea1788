"""Runs in their folders: shown and compared, gone on with, exported, damaged."""

import json
import shutil

import pandas as pd
import tensorflow as tf

from gpvae_tf.cli.options import FitOptions
from gpvae_tf.cli.run_files import as_config, evaluated_how, evaluation
from gpvae_tf.training.scores import EVALUATION
from tests.support import damage
from tests.support.gpvae_command import READING, SMALL, call


def test_another_run_in_the_folder_names_the_flag(run, table, capsys):
    assert call("fit", table, f"--out={run}", *READING, *SMALL) == 1
    assert "continue it with --resume, or choose another --out" in capsys.readouterr().err


def test_a_relative_path_is_recorded_without_its_detours(tmp_path, monkeypatch):
    (tmp_path / "runs").mkdir()
    monkeypatch.chdir(tmp_path / "runs")
    assert as_config(FitOptions(), "../data/x.csv")["data"] == str((tmp_path / "data" / "x.csv").resolve())


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
    for folder, options in ((run, []), (other, ["--hide=0.5", "--whole", "--seed=1"])):
        assert call("evaluate", folder, table, "--num_samples=40", *options) == 0
    capsys.readouterr()
    assert call("compare", run, other) == 0  # scores that are not of the same hidden values
    told = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("evaluated"))
    assert told.split() == ["evaluated", *[str(table), "--num_samples=40"] * 2, "--seed=1", "--hide=0.5", "--whole"]
    assert call("show", other) == 0
    assert f"evaluated   {table} --num_samples=40 --seed=1 --hide=0.5 --whole" in capsys.readouterr().out
    assert call("list", table.parent) == 0
    assert [line.split()[:2] for line in capsys.readouterr().out.splitlines()] == [["other", "vae"], ["run", "svgp"]]


def test_flags_of_lists_are_shown_as_they_are_given(tmp_path):
    """What stands there can be pasted."""
    options = {"values": ["temp", "hum"], "recalibrate": "variance", "recalibrate_per": ["series"], "whole": True}
    report = {"data": "new.csv", "options": options, "scores": {"mse": 0.5}, "recalibrated": {"mse": 0.4}}
    (tmp_path / EVALUATION).write_text(json.dumps(report))
    assert evaluation(tmp_path) == {"mse": 0.5, "recalibrated mse": 0.4}
    assert evaluated_how(tmp_path) == (
        "new.csv --values=temp,hum --recalibrate=variance --recalibrate_per=series --whole"
    )


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


def test_damaged_files_of_a_run_are_one_sentence(run, table, tmp_path, capsys):
    """`show`, `compare` and `list` say which file it is, or take it; none of them ends in a traceback."""
    copied = tmp_path / "copied"
    shutil.copytree(run, copied, ignore=shutil.ignore_patterns("model", "checkpoints", "tensorboard"))
    wholes = {name: (copied / name).read_bytes() for name in ("config.json", "scores.json", "metrics.csv")}
    wholes["evaluation.json"] = json.dumps({"data": "x.csv", "options": {"hide": 0.5}, "scores": {"mse": 0.5}}).encode()
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
