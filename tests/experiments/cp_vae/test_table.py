"""The table of CP-VAE: its runs, its rows, and every picture from tiny untrained models."""

import csv
import json

import numpy as np
import pytest

from gpvae_tf.datasets.binarization import Splits, splits
from gpvae_tf.datasets.image_sets import ImageSet, LabelledImages
from gpvae_tf.datasets.two_gaussians import TwoGaussians
from gpvae_tf.experiments.cp_vae import draws
from gpvae_tf.experiments.cp_vae import figures as cpvae_figures
from gpvae_tf.experiments.cp_vae import pictures as cpvae_pictures
from gpvae_tf.experiments.cp_vae.config import CpvaeConfig
from gpvae_tf.experiments.cp_vae.entries import CLUSTERED, CONVERGED_ENTRIES, CPVAE_ENTRIES, LONG
from gpvae_tf.experiments.cp_vae.experiment import CpvaeExperiment
from gpvae_tf.experiments.cp_vae.scores import score_scalars
from gpvae_tf.experiments.cp_vae.table import ConvergedTable, CpvaeTable
from gpvae_tf.experiments.run import draw_pictures

TINY = {"z1_size": 2, "hidden_size": 4}


def tiny_images() -> Splits:
    generator = np.random.default_rng(0)
    grey = lambda num: LabelledImages(generator.uniform(size=(num, 6, 5)).astype(np.float32), np.arange(num) % 10)
    return splits(grey(40), grey(20), grey(30), "tiny")


def tiny_scalars() -> Splits:
    parts: list[ImageSet] = [TwoGaussians().split(name, 200) for name in ("train", "validation", "test")]
    return Splits(*parts, "scalars")


@pytest.fixture(autouse=True)
def _data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("GPVAE_TF_DATA", str(tmp_path / "data"))


def experiment_of(group: str):
    """The experiment of an entry with tiny networks, on tiny data."""
    entry = CPVAE_ENTRIES[group]
    levels = {"z2_size": 2} if entry.given["model_name"] == "hvae_2level" else {}
    experiment = entry.experiment(entry.experiment.config_class(**{**entry.given, **TINY, **levels}))
    experiment.splits = tiny_scalars() if group.startswith("toy_") else tiny_images()
    return experiment


def write_run(base, run, scores):
    folder = base / run.folder
    folder.mkdir(parents=True)
    record = {"experiment": "cpvae", "config": {"preset": "paper"}, "commit": "abc1234", "date": "2026-11-24"}
    (folder / "config.json").write_text(json.dumps(record))
    (folder / "scores.json").write_text(json.dumps({"step": 3, "scores": scores}))
    with (folder / "metrics.csv").open("w", newline="") as stream:
        log = csv.writer(stream)
        log.writerows([["epoch", "seconds", "step"], [0, 2.0, 1], [1, 4.0, 2], [2, 4.0, 3]])


def test_runs_are_scripts_of_the_readme():
    runs = {(run.group, run.seed): run for run in CpvaeTable().runs((0, 1))}
    assert len(runs) == 2 * len(CPVAE_ENTRIES) == len({run.folder for run in runs.values()})
    commands = {group: run.command for (group, seed), run in runs.items() if seed == 1}
    assert commands["cp10enumerated"].startswith("python scripts/CPVAE_experiment.py --epochs=")
    assert "--estimator=enumerate" in commands["cp10enumerated"] and "--estimator" not in commands["cp10"]
    assert "--model_name=vae --prior=MoG --disc_size=150" in commands["mg150"]
    assert commands["hvp500"].startswith("python scripts/VampPrior_experiment.py --model_name=hvae_2level --epochs=")
    assert "--number_components=10 " in commands["vamp10"] and "--dataset_name=omniglot" in commands["omniglot_cp50"]
    assert commands["toy_vae"].startswith("python scripts/CPVAE_experiment.py --model_name=vae --prior=standard ")
    assert commands["toy_cp150"].endswith("--seed=1") and "--dataset_name=gaussian_data" in commands["toy_cp150"]
    assert runs["cp10", 0].folder == "cp10_s0_cp10_dynamic_mnist"


def test_omniglot_comes_from_the_data_folder_if_it_is_there(tmp_path):
    path = tmp_path / "data" / "omniglot28.npz"
    runs = lambda: {run.group: run.command for run in CpvaeTable().runs((0,))}
    assert not any("--data_file" in command for command in runs().values())
    path.parent.mkdir()
    path.touch()
    assert {group for group, c in runs().items() if f"--data_file={path}" in c} == {
        group for group in CPVAE_ENTRIES if group.startswith("omniglot_")
    }


def test_the_papers_table_is_all_there():
    bounds = {
        group: entry.paper.get("test_elbo", entry.paper.get("test_relaxed_bound"))
        for group, entry in CPVAE_ENTRIES.items()
    }
    paper = {group: value for group, value in bounds.items() if value is not None}
    assert len(set(paper) - {*LONG, *CLUSTERED}) == 14 + 10 + 1  # CP-VAE(10) stands there twice
    assert CPVAE_ENTRIES["vae_200"].dataset == "MNIST, dynamically binarized, 200 epochs" and paper["vae_200"] == 88.75
    assert paper["mg500"] == 88.85 and paper["omniglot_hvp50"] == 110.5 and paper["cp150"] == 86.84
    assert CPVAE_ENTRIES["hvp500"].paper["test_log_likelihood"] == -81.56 and CPVAE_ENTRIES["vae"].name == "VAE"
    assert CPVAE_ENTRIES["cp10enumerated"].name == "CP-VAE(10), enumerated"


LIKELIHOOD = "test log-likelihood: ELBO plus its gap to 5,000 importance samples on the first images (500; toy: 1,000)"


def test_rows_say_which_bound_has_the_papers_value(tmp_path):
    table = CpvaeTable()
    scores = {
        "vae": {"test_elbo": -88.0, "test_log_likelihood": -84.5, "active_units": 30.0},
        "cp10": {"test_elbo": -86.0, "test_relaxed_bound": -85.0, "test_accuracy_majority": 0.9, "categories_used": 9},
        "toy_cp2": {"test_elbo": 0.2, "test_relaxed_bound": 0.2, "ks_p_value": 0.4, "uniform_mass_low": 0.49},
    }
    runs = [run for run in table.runs((0, 1)) if run.group in scores]
    for run in runs:
        shifted = {k: v - run.seed if k.startswith("test_elbo") else v for k, v in scores[run.group].items()}
        write_run(tmp_path, run, shifted)
    rows = {(row.model, row.metric): row for row in table.rows(tmp_path, runs)}
    vae = rows["VAE", "negative ELBO"]
    assert vae.value == pytest.approx(88.5) and vae.paper == 88.75 and vae.sd == pytest.approx(np.sqrt(0.5))
    assert vae.unit == "nats" and vae.seeds == (0, 1) and vae.epochs == 3
    assert rows["VAE", LIKELIHOOD].paper == -84.45
    valid, relaxed = (
        rows["CP-VAE(10)", metric]
        for metric in ("negative ELBO, one-hot c", "negative relaxed bound, no bound on the likelihood")
    )
    assert (valid.value, valid.paper) == (86.5, None) and (relaxed.value, relaxed.paper) == (85.0, 84.76)
    accuracy = rows["CP-VAE(10)", "test accuracy of the most probable category, majority label on train"]
    assert (accuracy.value, accuracy.paper, accuracy.unit) == (0.9, 0.946, "")
    toy = [row for row in rows.values() if row.model == "CP-VAE(2)"]
    assert len(toy) == 4 and {row.dataset for row in toy} == {"scalars from two Gaussians"}
    assert any(row.metric.endswith("uniform p(c)") and row.value == 0.49 for row in toy)


def test_figures_are_drawn_from_what_is_complete(tmp_path, monkeypatch):
    table, shown = CpvaeTable(), []
    monkeypatch.setattr(
        cpvae_figures, "load_experiment", lambda folder: shown.append(folder.name) or _untrained(folder)
    )
    names = ("toy_cp2", "toy_cp150", "toy_vae", "vae", "cp1", "cp10enumerated", "vamp10", "omniglot_hvp500")
    runs = [run for run in table.runs((0, 1)) if run.group in names]
    for run in runs:
        write_run(tmp_path, run, {"test_elbo": -1.0})
    figures = {path.stem: path for path in table.figures(tmp_path, runs, tmp_path / "figures")}
    assert set(figures) == {f"cpvae_figure{k}" for k in ("3", "4", "5", "6", "7_cp10enumerated", "8", "9")}
    assert all(path.stat().st_size > 2_000 for path in figures.values())
    assert all("_s0_" in name for name in shown)  # the first seed


def _untrained(folder):
    return experiment_of(folder.name.split("_s0_")[0])


@pytest.mark.parametrize(
    ("group", "names"),
    [
        ("cp10", ["categories", "category_use", "latents_by_category", "one_category", "reconstructions", "samples"]),
        ("hvp10", ["reconstructions", "samples"]),
        ("toy_cp2", ["category_use", "histograms"]),
        ("toy_vae", ["histograms"]),
    ],
)
def test_pictures_of_a_run(group, names, tmp_path):
    paths = draw_pictures(cpvae_pictures.draw_run, tmp_path, experiment_of(group), CpvaeExperiment.options_class())
    assert sorted(path.stem for path in paths) == names and all(path.suffix == ".png" for path in paths)


def test_aggregated_weights_are_those_of_the_training_images():
    experiment = CpvaeExperiment(CpvaeConfig(disc_size=3, **TINY))
    experiment.splits = tiny_images()
    model = experiment.model
    model.posterior.logit_head.bias.assign([-30.0, 30.0, -30.0])  # all images in one category
    model.prior.components.means.assign(10.0 * np.eye(3, 2))
    drawn = experiment.family.latents(model, experiment.splits, 500, np.array([0, 1]))
    categories = {name: np.asarray(z)[:, 2:].mean(axis=0) for name, z in drawn.items()}
    np.testing.assert_array_equal(categories[draws.AGGREGATED], [0, 1, 0])
    np.testing.assert_allclose(categories[draws.UNIFORM], 1 / 3, atol=0.1)
    assert next(iter(drawn)) == draws.AGGREGATED  # the paper's way is first


def test_scores_of_scalars():
    experiment = experiment_of("toy_cp2")
    scores = score_scalars(experiment.generated_scalars(seed=0), experiment.splits.test.images)
    assert {name.removeprefix("uniform_") for name in scores} == {
        "ks_statistic",
        "ks_p_value",
        "mass_low",
        "mass_high",
        "mass_elsewhere",
    }
    for prefix in ("", "uniform_"):
        assert sum(scores[f"{prefix}mass_{name}"] for name in ("low", "high", "elsewhere")) == pytest.approx(1.0)
        assert scores[f"{prefix}ks_p_value"] < 1e-3  # an untrained model


def test_runs_to_convergence_are_the_authors_recipe():
    run = ConvergedTable().run("hvp500", 0)
    assert run.command == (
        "python scripts/VampPrior_experiment.py --model_name=hvae_2level --epochs=300 --num_likelihood=500 --seed=0"
    )
    assert (run.config.lr, run.config.warmup, run.config.early_stopping_epochs, run.config.clip_norm) == (
        5e-4,
        100,
        50,
        0,
    )
    assert CONVERGED_ENTRIES["vae"].dataset == "MNIST, dynamically binarized, 1000 epochs"
