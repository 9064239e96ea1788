"""Tables of rotated MNIST: their runs, their rows, and their figures from run folders."""

import csv
import json
import types

import numpy as np
import pytest

from gpvae_tf.experiments.rotated_mnist import table as rotated_table
from gpvae_tf.experiments.rotated_mnist.bias import BIAS_FILE
from gpvae_tf.experiments.rotated_mnist.fgp import FgpExperiment
from gpvae_tf.experiments.rotated_mnist.scaling_table import ScalingTable
from gpvae_tf.experiments.rotated_mnist.table import RotatedMnistTable
from gpvae_tf.experiments.run_logs import stored_histories


@pytest.fixture
def table():
    return RotatedMnistTable()


def write_run(base, run, error: float) -> None:
    """A folder with three log rows, 10 epochs apart, the last of which has the error."""
    folder = base / run.folder
    folder.mkdir(parents=True)
    record = {"experiment": "mnist", "config": {"preset": "paper"}, "commit": "abc1234", "date": "2026-11-24"}
    (folder / "config.json").write_text(json.dumps(record))
    tasks = ("test", "extrapolation") if run.experiment is FgpExperiment else ("test",)
    errors = {f"{task}_{key}": error for task in tasks for key in ("mse", "mse_sampled")}
    (folder / "scores.json").write_text(json.dumps({"step": 30, "scores": errors}))
    with (folder / "metrics.csv").open("w", newline="") as stream:
        log = csv.DictWriter(stream, ["epoch", "seconds", "step", "data_epoch", *errors])
        log.writeheader()
        for i in range(3):
            row = {name: value + 0.01 * (2 - i) for name, value in errors.items()}
            log.writerow({"epoch": i, "seconds": 5.0 + i, "step": 10 * (i + 1), "data_epoch": 10.0 * (i + 1), **row})


def test_runs_are_the_readme_commands(table):
    runs = {(run.group, run.seed): run for run in table.runs((0, 1))}
    assert len(runs) == 2 * len(table.entries) == len({run.folder for run in runs.values()})
    assert runs["svgp", 1].command == (
        "python scripts/MNIST_experiment.py --elbo=SVGPVAE_Hensman --ip_joint --GECO --GP_joint --ov_joint --clip_qs "
        "--PCA --seed=1"
    )
    assert "--opt_regime=VAE-100,GP-100" in runs["gppvae", 0].command
    assert runs["fgp", 0].experiment.script == "FGPVAE_experiments.py" and runs["fgp", 0].folder == "fgp_s0_FGPVAE"


def test_rows_have_both_decodes_the_papers_value_and_time_per_epoch_of_the_data(table, tmp_path):
    runs = table.runs((0, 1))
    for run in runs:
        if run.group in ("svgp", "fgp"):
            write_run(tmp_path, run, 0.02 + 0.002 * run.seed)
    rows = {(row.model, row.metric): row for row in table.rows(tmp_path, runs)}
    row = rows["SVGP-VAE, m = 32", "test MSE, one draw (the papers' metric)"]
    assert row.value == pytest.approx(0.021) and row.sd == pytest.approx(0.002 / np.sqrt(2)) and row.paper == 0.0251
    assert row.epochs == 30 and row.seconds_per_epoch == pytest.approx(0.6)
    assert ("SVGP-VAE, m = 32", "MSE on unseen digits, decoded posterior mean") not in rows
    assert rows["FGP-VAE", "MSE on unseen digits, one draw (the papers' metric)"].paper == 0.0316
    for name in ("SVGP-VAE, m = 32", "FGP-VAE"):  # the papers' numbers are of one draw
        assert rows[name, "test MSE, decoded posterior mean"].paper is None


def test_of_deep_svigp_the_authors_decode_the_mean(table, tmp_path):
    """The label says which number is of the papers' metric (docs/deviations.md, B5 and B20)."""
    runs = [run for run in table.runs((0,)) if run.group in ("svgp", "svigp", "svigp_offset")]
    for run in runs:
        write_run(tmp_path, run, 0.02)
    labels: dict[str, list[str]] = {}
    rows = table.rows(tmp_path, runs)
    for row in rows:
        labels.setdefault(row.model, []).append(row.metric)
        assert (row.paper is not None) == ("the papers' metric" in row.metric)
    mean, draw = "test MSE, decoded posterior mean", "test MSE, one draw"
    assert labels["SVGP-VAE, m = 32"] == [mean, f"{draw} (the papers' metric)"]
    assert labels["Deep SVIGP"] == [f"{mean} (the papers' metric)", draw] == labels["Deep SVIGP, offset, smooth start"]


def test_the_bias_of_mini_batches_is_measured_once_and_drawn(table, tmp_path, monkeypatch):
    run = table.run("svgp_bias", 0)
    assert run.flags == (*table.run("svgp", 0).flags, "--opt_regime=joint-40")
    write_run(tmp_path, run, 0.04)
    text = "batch_size,quantity,bias,rms,noise\n" + "".join(
        f"{size},{name},0.1,0.2,0.1\n" for name in ("mu", "A", "mean", "variance") for size in (64, 256)
    )
    monkeypatch.setattr(rotated_table, "load_experiment", lambda folder: folder)
    monkeypatch.setattr(rotated_table, "write_bias", lambda folder, run: (folder / BIAS_FILE).write_text(text))
    for _ in range(2):
        names = {path.name for path in table.figures(tmp_path, [run], tmp_path / "out")}
        assert names == {f"rotated_mnist_{name}" for name in ("learning_curves.png", "estimator_bias.png", BIAS_FILE)}
        assert (tmp_path / "out" / f"rotated_mnist_{BIAS_FILE}").read_text() == text
        monkeypatch.setattr(rotated_table, "load_experiment", lambda folder: pytest.fail("was measured again"))


def test_unseen_digits_by_number_of_context_images(table, tmp_path, monkeypatch):
    run = table.run("svgp_network", 0)
    assert "--object_vectors=network" in run.command and "--ov_joint" not in run.command and "--PCA" not in run.command
    write_run(tmp_path, run, 0.03)
    scores = {f"extrapolation_mse_context_{size}": 0.1 / size for size in (1, 3, 7, 11, 15)} | {"test_mse": 0.03}
    scores |= {"extrapolation_inferred_mse_context_7": 0.01}
    (tmp_path / run.folder / "scores.json").write_text(json.dumps({"step": 30, "scores": scores}))
    rows = {row.metric: row.value for row in table.rows(tmp_path, [run])}
    assert len(rows) == 7 and rows["MSE on unseen digits from 7, decoded posterior mean"] == pytest.approx(0.1 / 7)
    assert rows["MSE on unseen digits from 7, vectors inferred, decoded posterior mean"] == 0.01
    monkeypatch.setattr(rotated_table, "_generations", lambda folders: _empty_figure())
    monkeypatch.setattr(rotated_table, "load_experiment", lambda folder: folder)
    monkeypatch.setattr(rotated_table, "svgp_pictures", types.SimpleNamespace(extrapolation=lambda *_: _empty_figure()))
    names = {path.stem for path in table.figures(tmp_path, [run], tmp_path)}
    assert {f"rotated_mnist_{name}" for name in ("network_extrapolation", "inferred_extrapolation")} < names
    assert "rotated_mnist_error_by_context" in names


def test_figures(table, tmp_path, monkeypatch):
    shown = {}
    monkeypatch.setattr(rotated_table, "_generations", lambda folders: shown.update(folders) or _empty_figure())
    runs = [run for run in table.runs((0,)) if run.group in ("svgp", "cvae")]
    for run in runs:
        write_run(tmp_path, run, 0.02)
    names = {path.name for path in table.figures(tmp_path, runs, tmp_path)}
    assert names == {"rotated_mnist_learning_curves.png", "rotated_mnist_generations.png"}
    assert set(shown) == {"SVGP-VAE, m = 32", "CVAE"}


def test_every_entry_has_a_panel_of_the_learning_curves(table):
    shown = {group for groups in rotated_table.PANELS.values() for group in groups}
    assert shown == set(table.entries)


def test_logs_alone_suffice_for_learning_curves(table, tmp_path):
    """As results/rotated_mnist/ keeps them, under names of today or of earlier folders."""
    runs = [run for run in table.runs((0, 1)) if run.group in ("svgp", "cvae", "fgp")]
    for run in runs:
        write_run(tmp_path / "runs", run, 0.02 + 0.01 * run.seed)
    logs = tmp_path / "logs"
    logs.mkdir()
    for run in runs[:3]:
        (tmp_path / "runs" / run.folder / "metrics.csv").rename(logs / f"{run.folder}.csv")
    (logs / "cvae_s0_CVAE.csv").rename(logs / "cvae_s0_OLD_NAME.csv")
    found = stored_histories(logs, runs)
    assert {group: [run.seed for run, _ in logged] for group, logged in found.items()} == dict.fromkeys(
        ("svgp", "fgp", "cvae"), [0]
    )
    assert found["cvae"][0][1]["test_mse"][-1] == 0.02
    (path,) = table.figures_of_logs(logs, runs, tmp_path)
    assert path.name == "rotated_mnist_learning_curves.png"
    assert table.figures_of_logs(tmp_path / "none", runs, tmp_path) == []


def test_scaling(tmp_path):
    scaling = ScalingTable()
    runs = [run for run in scaling.runs((0,)) if run.group in ("m8", "m24", "M8")]
    assert ["--nr_inducing_points=1.5" in run.command for run in runs] == [False, True, False]
    for run in runs:
        write_run(tmp_path, run, 0.03)
    assert {row.model for row in scaling.rows(tmp_path, runs)} == {
        "SVGP-VAE, m = 8",
        "SVGP-VAE, m = 24",
        "GPPVAE, H = 120",
    }
    assert [path.name for path in scaling.figures(tmp_path, runs, tmp_path)] == ["rotated_mnist_scaling_figure6.png"]


def _empty_figure():
    from matplotlib.figure import Figure

    return Figure()
