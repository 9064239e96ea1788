"""The GP encoder's table from run folders, and the pictures of a run."""

import csv
import json
import types

import numpy as np
import pytest
import tensorflow as tf
from matplotlib.figure import Figure

from gpvae_tf.datasets.binarization import Splits
from gpvae_tf.datasets.image_benchmarks import Benchmark
from gpvae_tf.datasets.image_sets import ImageSet
from gpvae_tf.evaluation import significance
from gpvae_tf.experiments.config import RunOptions
from gpvae_tf.experiments.gp_encoder import pictures as gpenc_pictures
from gpvae_tf.experiments.gp_encoder import table as gpenc_table
from gpvae_tf.experiments.gp_encoder.comparison import GroupScores, at_common_seeds, difference
from gpvae_tf.experiments.gp_encoder.entries import ENTRIES, EPOCHS, GP_NAME
from gpvae_tf.experiments.gp_encoder.table import (
    GAP,
    IWAE,
    GPEncoderConvergedTable,
    GPEncoderSizesTable,
    GPEncoderTable,
)
from gpvae_tf.experiments.run import draw_pictures
from tests.support import families

SCORES = {"vae": (650.0, 654.0), "gpvae": (660.0, 665.0), "sa": (649.0,), "vae_dense": (540.0,), "vlae": (570.0,)}


@pytest.fixture
def runs(monkeypatch, tmp_path):
    """Two seeds of what is repeated, with no file of data."""
    monkeypatch.setenv("GPVAE_TF_DATA", str(tmp_path / "none"))
    return GPEncoderTable().runs((0, 1))


@pytest.fixture
def base(runs, rng, tmp_path):
    """Folders of the runs in `SCORES`, with the score of every test image."""
    for run in runs:
        values = SCORES.get(run.group, ())
        if run.seed < len(values):
            write_run(tmp_path, run, values[run.seed], rng)
    return tmp_path


def write_run(base, run, score: float, rng) -> None:
    folder = base / run.folder
    folder.mkdir()
    record = {"experiment": "gpenc", "config": {"preset": "paper"}, "commit": "abc1234", "date": "2026-11-24"}
    (folder / "config.json").write_text(json.dumps(record))
    scores = {"test_iwae": score, "test_elbo": score - 5.0}
    scores |= {"variance_share_f": 0.005, "predicted_share_f": 0.004} if run.group == "gpvae" else {}
    (folder / "scores.json").write_text(json.dumps({"step": 3, "scores": scores}))
    np.save(folder / "test_iwae.npy", score + rng.normal(size=50))
    with (folder / "metrics.csv").open("w", newline="") as stream:
        log = csv.writer(stream)
        log.writerow(["epoch", "seconds", "step", "stopping_loss"])
        log.writerows([i, 3.0, 100 * (i + 1), -score + 10.0 / (i + 1)] for i in range(3))


def test_first_seeds_come_first_and_only_some_are_repeated(runs):
    assert [run.group for run in runs[: len(ENTRIES)]] == list(ENTRIES)
    assert [(run.group, run.seed) for run in runs[len(ENTRIES) :]] == [("vae", 1), ("gpvae", 1), ("trunks", 1)]
    assert len({run.folder for run in runs}) == len(runs)
    commands = {run.group: run.command for run in runs[: len(ENTRIES)]}
    learning = f"--learning_rate=0.002 --cosine --model=HF --n_flow=2 --n_epochs={EPOCHS['mnist']}"
    assert commands["hf"] == f"python scripts/GPENC_experiment.py --z_dim=10 {learning} --seed=0"
    assert "--learning_rate=0.0005" not in commands["iaf"] and "0.002" not in commands["iaf"]  # its own, the default
    assert "--decoder=dense" in commands["vlae"] and "--z_dim=2 " in commands["plane"]
    assert "--dataset=omniglot" in commands["omniglot_gpvae"] and "--num_train=3600" in commands["cifar10_vae"]


def test_a_file_in_the_data_folder_stands_in_for_tfds(runs, tmp_path, monkeypatch):
    (tmp_path / "omniglot28.npz").touch()
    monkeypatch.setenv("GPVAE_TF_DATA", str(tmp_path))
    commands = {run.group: run.command for run in GPEncoderTable().runs((0,))}
    assert f"--data_file={tmp_path}/omniglot28.npz" in commands["omniglot_vae"]
    assert "--data_file" not in commands["vae"] + commands["cifar10_vae"]


def test_rows_have_scores_and_gaps_beside_the_papers(runs, base):
    rows = {(row.model, row.metric): row for row in GPEncoderTable().rows(base, runs)}
    score, gap = rows[GP_NAME, IWAE], rows[GP_NAME, GAP]
    assert score.value == 662.5 and score.sd == pytest.approx(5 / np.sqrt(2)) and score.paper == 696.5
    assert gap.value == 10.5 and gap.sd == pytest.approx(1 / np.sqrt(2)) and gap.paper == 11.4 and gap.seeds == (0, 1)
    sa = rows["SA(1)", GAP]  # seed 0 alone
    assert sa.value == -1.0 and sa.sd is None and sa.seeds == (0,) and sa.paper == 3.0
    assert rows["VLAE(1), dense decoder, rate 0.0005", GAP].value == 30.0  # from the VAE with that decoder
    assert ("VAE", GAP) not in rows and ("VAE, dense decoder, rate 0.0005", GAP) not in rows
    assert rows[GP_NAME, "predicted share of V f, p / N"].value == 0.004 and score.unit == "nats"
    assert f"{EPOCHS['mnist']} epochs (paper: 2,000)" in score.dataset


def test_figures_and_tests(runs, base, tmp_path, monkeypatch):
    monkeypatch.setattr(gpenc_table, "load_experiment", lambda folder: folder.name)
    for name in ("uncertainty", "latents"):
        monkeypatch.setattr(gpenc_pictures, name, lambda experiment: Figure())
    paths = GPEncoderTable().figures(base, runs, tmp_path / "out")
    names = {path.name.removeprefix("gpencoder_") for path in paths}
    assert names == {"learning_curves.png", "gaps.png", "significance_vae.csv", "uncertainty.png"}  # of the GPVAE run
    with (tmp_path / "out" / "gpencoder_significance_vae.csv").open() as stream:
        rows = {row["model"]: row for row in csv.DictReader(stream)}
    assert {row["seeds"] for row in rows.values()} == {"0"}  # the only one that SA has
    tested = {name: row for name, row in rows.items() if row["test"] != "the best"}
    assert len(tested) == 2 and all(row["test"].startswith("paired, over test images") for row in tested.values())
    best = next(row for row in rows.values() if row["test"] == "the best")
    for row in tested.values():
        assert float(best["test_iwae"]) - float(row["test_iwae"]) > 0.0 and row["p_above_0.01"] == "no"


def test_a_gap_has_the_p_value_of_its_own_bar():
    """A bar over zero beside a tiny p-value would be that of another comparison."""
    tests = {"GP encoder": significance.welch_test([610.0, 630.0, 600.0], [611.0, 609.0, 613.0])}
    tests["SA(1)"] = significance.paired_test(np.array([3.0, 3.1, 2.9] * 60), np.array([0.0, 0.1, 0.3] * 60))
    figure = gpenc_pictures.gaps(tests, {"SA(1)": 3.0})
    notes = {text.xy[1]: text.get_text() for text in figure.axes[0].texts}
    assert notes[-1] == "p of no gap" and notes[1] == "< 1e-16"
    assert float(notes[0]) == pytest.approx(tests["GP encoder"].p_value, rel=0.05) and float(notes[0]) > 0.5
    assert [text.get_text().split(":")[0] for text in figure.legends[0].texts][1:] == [
        "here, ± 2 standard errors over seeds",
        "here, ± 2 standard errors over test images",
    ]


def test_models_are_compared_at_seeds_that_both_have(rng):
    images = {seed: rng.normal(size=50) for seed in range(3)}
    one, other = (
        GroupScores({0: 1.0, 1: 2.0}, {0: images[0]}),
        GroupScores({1: 5.0, 2: 9.0}, {1: images[1], 2: images[2]}),
    )
    assert list(at_common_seeds({"one": one, "other": other})["other"].by_seed) == [1]
    assert difference(one, other) is None  # one kept no images of seed 1, and one seed has no spread
    one.images_by_seed[1] = images[2]
    assert difference(one, other).mean == pytest.approx(np.mean(images[2] - images[1]))
    assert list(at_common_seeds({"a": one, "b": GroupScores({7: 0.0}, {})})) == ["a"]
    several = difference(GroupScores({0: 1.0, 1: 2.0, 5: 9.0}, {}), GroupScores({0: 3.0, 1: 7.0}, {}))
    assert several.over == "seeds" and several.mean == -3.5


def test_a_plane_has_its_own_pictures(runs, base, tmp_path, monkeypatch):
    monkeypatch.setattr(gpenc_table, "load_experiment", lambda folder: folder.name)
    for name in ("uncertainty", "latents"):
        monkeypatch.setattr(gpenc_pictures, name, lambda experiment: Figure())
    plane = next(run for run in runs if run.group == "plane")
    write_run(tmp_path, plane, 300.0, np.random.default_rng(0))
    assert {path.stem for path in GPEncoderTable().figures(base, runs, tmp_path)} >= {"gpencoder_latents"}


@pytest.mark.parametrize("table", [GPEncoderTable(), GPEncoderConvergedTable()], ids=lambda table: table.name)
def test_the_compared_models_share_decoder_data_and_learning(table):
    shared = ("dataset", "decoder", "z_dim", "num_train", "learning_rate", "n_epochs", "warmup")
    for group, reference in table.vae_of.items():
        of = lambda entry: [entry.given.get(name) for name in shared]
        assert of(table.entries[group]) == of(table.entries[reference])
        assert table.entries[reference].given["model"] == "VAE"
    assert {"vlae", "plane"}.isdisjoint(table.alike(*table.tested)) and {"vlae", "vae"} <= {*table.alike(*table.titles)}
    assert len({table.entries[group].name for group in table.alike(*table.titles)}) == len(table.alike(*table.titles))
    assert table.alike("vae")[:2] == ["vae", "gpvae"] and {*table.titles} >= {*table.tested}


def test_every_cell_of_the_papers_tables_has_a_command():
    """Tables 1 and 2 have 22 rows with 10, 20 and 50 latents, Table 10 has 10 of the dense decoder with 10 and 50."""
    table = GPEncoderSizesTable()
    runs = {run.group: run for run in table.runs((0,))}
    assert len(runs) == 2 * (22 * 3 + 10 * 2) == len({run.command for run in runs.values()})
    assert (
        len({entry.name for entry in table.entries.values()}) == len({run.folder for run in runs.values()}) == len(runs)
    )
    command = "python scripts/GPENC_experiment.py --model=HF --dataset=omniglot --z_dim=20 --n_flow=2 --seed=0"
    assert runs["hf2_omniglot_z20"].command == command and "--n_epochs" not in command  # the paper's 2,000
    assert runs["vlae8_mnist_z50_dense"].flags == ("--model=VLAE", "--n_update=8", "--decoder=dense")
    papers = {group: entry.paper["test_iwae"] for group, entry in table.entries.items()}
    assert papers["rme5_mnist_z20"] == 945.0 and papers["me4_omniglot_z50"] == 732.0
    assert papers["sa2_omniglot_z50_dense"] == 534.1 and papers["gpenc_mnist_z10_dense"] == 568.7
    assert table._paper_gap("gpenc_omniglot_z20") == 14.7 and table._paper_gap("gpenc_omniglot_z50_dense") == 93.1
    for group, reference in table.vae_of.items():
        of = lambda entry: [entry.given.get(name) for name in ("dataset", "decoder", "z_dim")]
        assert (
            of(table.entries[group]) == of(table.entries[reference])
            and table.entries[reference].given["model"] == "VAE"
        )
    assert {*table.vae_of.values()} == {*table.titles} and len(table.alike("vae_mnist_z50")) == 22


def an_experiment(rng, family: str, num: int = 40) -> types.SimpleNamespace:
    """What the pictures ask of an experiment, with tiny images."""
    images = rng.normal(size=(num, *families.IMAGE_SHAPE)).astype(np.float32)
    test = ImageSet("test", images, np.arange(num) % 4, bounded=False)
    mean = np.full(families.IMAGE_SHAPE, 0.5, np.float32)
    data = Benchmark(Splits(None, None, test, ""), mean)
    model, config = families.model_of(families.FAMILIES[family]()), types.SimpleNamespace(seed=0)
    shown = dict(splits=data.splits, data=data, test_images=test.images[:30])
    return types.SimpleNamespace(config=config, model=model, **shown)


def test_pictures_of_a_gp_encoder(rng, tmp_path):
    experiment = an_experiment(rng, "gp_encoder")
    paths = draw_pictures(gpenc_pictures.draw_run, tmp_path, experiment, RunOptions())
    assert {path.stem for path in paths} == {"reconstructions", "samples", "uncertainty", "latents"}
    values, rows = gpenc_pictures.uncertain_images(experiment)
    assert len(values) == 30 and np.all(np.diff(values[rows]) >= 0) and np.sum(values < values[rows[0]]) <= 2


def test_other_families_have_no_uncertainty(rng, tmp_path):
    paths = draw_pictures(gpenc_pictures.draw_run, tmp_path, an_experiment(rng, "mean_field"), RunOptions())
    assert {path.stem for path in paths} == {"reconstructions", "samples", "latents"}


def test_planes_have_the_base_encoder_and_the_marginal(rng):
    model = families.model_of(families.FAMILIES["gp_encoder"]())
    for weights in model.posterior.weights:
        weights.mean.assign(0.3 * tf.ones_like(weights.mean))  # so that base and marginal differ
    images = families.images_of(rng, 2).numpy()
    plane = gpenc_pictures.posterior_planes(model, images)[1]
    output = model.posterior.encoder(images)[1].numpy()
    np.testing.assert_allclose(plane.base[0], output[:2], atol=1e-5)
    np.testing.assert_allclose(plane.base[1], np.exp(output[2:] / 2), rtol=1e-4)
    q = model.encode(images)
    np.testing.assert_allclose(plane.marginal[1], np.sqrt(q.gaussian.variance[1]), rtol=1e-5)
    assert np.abs(plane.marginal[0] - plane.base[0]).max() > 0.01
    # the density is p(y, z) / p(y): ratios of two grid points are those of the joint
    z = np.array([[plane.first[40], plane.second[80]], [plane.first[90], plane.second[30]]], np.float32)
    joint = model.log_prob(tf.constant(images[1:]), z[:, np.newaxis])[:, 0].numpy()
    difference = plane.log_density[80, 40] - plane.log_density[30, 90]
    assert difference == pytest.approx(joint[0] - joint[1], abs=1e-2)
    area = (plane.first[1] - plane.first[0]) * (plane.second[1] - plane.second[0])
    assert np.exp(plane.log_density).sum() * area == pytest.approx(1.0, abs=1e-6)


def test_visible_adds_the_mean_image_back(rng):
    experiment = an_experiment(rng, "mean_field")
    np.testing.assert_allclose(
        gpenc_pictures.visible(experiment, np.full((1, *families.IMAGE_SHAPE), 0.2)), 0.7, rtol=1e-6
    )
    assert gpenc_pictures.visible(experiment, np.full((1, *families.IMAGE_SHAPE), 2.0)).max() == 1.0
