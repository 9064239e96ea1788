"""The nonparametric VAE's experiment on tiny images: what its flags build, its scores, files, pictures and table."""

import csv
import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from gpvae_tf.datasets import binarized_mnist
from gpvae_tf.datasets.binarization import Splits
from gpvae_tf.datasets.image_sets import ImageSet
from gpvae_tf.experiments.config import RunOptions
from gpvae_tf.experiments.nonparametric import experiment as npvae
from gpvae_tf.experiments.nonparametric import pictures as npvae_pictures
from gpvae_tf.experiments.nonparametric import table as npvae_table
from gpvae_tf.experiments.nonparametric.config import NpvaeConfig
from gpvae_tf.experiments.nonparametric.experiment import NpvaeExperiment
from gpvae_tf.experiments.nonparametric.models import LatentSpace, LocationSpace
from gpvae_tf.experiments.nonparametric.table import METRICS, NpvaeTable
from gpvae_tf.experiments.run import draw_pictures
from gpvae_tf.models.latent_regression import GaussianProcessRegression

SHAPE = (6, 5, 1)
TINY = {"dim_z": 3, "n_hidden": 8, "batch_size": 16}


@pytest.fixture(autouse=True)
def _tiny_mnist(monkeypatch):
    """48/20/30 grey images whose brightness is their class."""
    rng = np.random.default_rng(0)

    def split(name, size):
        labels = rng.integers(0, 3, size)
        images = np.clip(labels[:, None, None, None] / 3 + 0.2 * rng.uniform(size=(size, *SHAPE)), 0, 1)
        return ImageSet(name, images.astype(np.float32), labels)

    splits = Splits(split("train", 48), split("validation", 20), split("test", 30), "tiny")
    monkeypatch.setattr(binarized_mnist, "load_grey", lambda **given: splits)


LABELS = {metric.score: metric.label for metric in METRICS}


def build(**flags):
    experiment = NpvaeExperiment(NpvaeConfig(**{**TINY, **flags}))
    return experiment, experiment.model


def test_the_flags_reach_the_model():
    experiment, model = build(
        keep_prob=0.7, match_weight=2.0, match_moves_z=False, decoded_weight=0.5, location_weight=0.1
    )
    assert experiment.num_steps == 60 * 3 and experiment.folder("e") == "e_NPVAE_z3"
    assert model.part_names == ("kl", "match", "decoded", "locations") and not model.match_moves_z
    networks = (model.posterior.encoder, model.location_encoder, model.decoder)
    assert [network.rate for network in networks] == pytest.approx([0.3] * 3)
    assert [tuple(n.layers[-1].kernel.shape) for n in networks] == [(8, 6), (8, 2), (8, 30)]
    images = experiment.splits.test.images[:4]
    part = lambda m: m.elbo({"observations": images}, tf.constant([1, 2])).parts["match"].numpy()
    np.testing.assert_allclose(part(model), 2.0 * part(build()[1]), rtol=1e-5)
    assert isinstance(build(predictor="gp")[1].predictor, GaussianProcessRegression)
    assert model.match == "means" and build(predictor="gp", match="joint_kl")[1].match == "joint_kl"
    assert float(experiment.optimizer().learning_rate) == pytest.approx(1e-3)  # constant


def test_two_steps_with_xla():
    """As with --jit=on, which is the default on a GPU."""
    experiment, model = build()
    experiment.compile(jit_compile=True)
    history = model.fit(experiment.stream(0), steps_per_epoch=2, verbose=0).history
    assert history["skipped"] == [0] and np.all(np.isfinite(history["loss"])) and model.num_steps == 2


def test_the_papers_sizes(monkeypatch):
    """2,681,786 parameters at Z = 500 and the length scale (note 3.3)."""
    images = np.zeros((10, 28, 28, 1), np.float32)
    splits = Splits(*(ImageSet(name, images) for name in ("train", "validation", "test")), "blank")
    monkeypatch.setattr(binarized_mnist, "load_grey", lambda **given: splits)
    model = NpvaeExperiment(NpvaeConfig()).model
    assert sum(int(np.prod(v.shape)) for v in model.trainable_variables) == 2_681_786 + 1


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"model": "GPLVM"}, "--model must be one of NPVAE, VAE, got 'GPLVM'"),
        ({"predictor": "rbf"}, "--predictor must be one of kernel, gp, got 'rbf'"),
        ({"preset": "authors_code"}, "--preset must be one of paper"),
        ({"match": "joint_kl"}, "--match has no effect without --predictor=gp"),
        ({"match": "kl"}, "--match must be one of means, joint_kl, predictive_kl, got 'kl'"),
        ({"dim_z": 0}, "--dim_z must be >= 1, got 0"),
        ({"batch_size": 1}, "--batch_size must be >= 2, got 1"),
        ({"num_anchors": -1}, "--num_anchors must be >= 0, got -1"),
        ({"match_weight": float("nan")}, "--match_weight must be finite, got nan"),
        ({"keep_prob": 0.0}, r"--keep_prob must lie in \(0, 1\], got 0.0"),
        ({"keep_prob": 1.1}, r"--keep_prob must lie in \(0, 1\], got 1.1"),
        ({"learn_rate": 0.0}, "--learn_rate must be positive, got 0.0"),
        ({"precision": "float64"}, "--precision must be one of float32, mixed_bfloat16, mixed_float16, got 'float64'"),
        ({"model": "VAE", "dim_x": 3}, "--dim_x has no effect without --model=NPVAE"),
        ({"model": "VAE", "match_moves_z": False}, "--match_moves_z has no effect without --model=NPVAE"),
    ],
)
def test_refused_flags(flags, message):
    with pytest.raises(ValueError, match=message):
        NpvaeConfig(**{**TINY, **flags})


def test_what_the_data_do_not_allow(monkeypatch):
    for flags, message in (
        ({"num_anchors": 49}, "--num_anchors must be at most 48, the training images; got 49"),
        ({"num_train": 49}, "--num_train must be at most 48, the training images; got 49"),
        ({"num_train": 8}, "--num_train=8 leaves fewer images than the 10 neighbours of a score"),
        ({"num_train": 20, "num_anchors": 21}, "--num_anchors must be at most 20"),
        ({"num_train": 33}, "--batch_size=16 makes of 33 training images a last batch of 1"),
    ):
        with pytest.raises(ValueError, match=message):
            build(**flags)
    monkeypatch.setattr(npvae, "MOST_GP_ANCHORS", 40)
    with pytest.raises(ValueError, match="--predictor=gp needs --num_anchors between 1 and 40, got 0, all 48"):
        build(predictor="gp")
    build(predictor="gp", num_anchors=40)


def test_scores_by_hand():
    experiment, model = build(num_anchors=30)
    train, test = experiment.splits.train, experiment.splits.test
    scores = experiment.score().numbers
    space = experiment.space()
    assert isinstance(space, LocationSpace) and len(space.embedding.references.x) == 30
    cross_entropy = lambda p: -np.sum(test.images * np.log(p) + (1 - test.images) * np.log(1 - p)) / len(test)
    assert scores["test_nll_z"] == pytest.approx(
        cross_entropy(model.reconstruct({"observations": test.images}).numpy()), rel=1e-4
    )
    x, known, z = (np.float64(part) for part in (model.embed(test.images), *space.embedding.references))
    weights = np.exp(-0.5 * np.sum((x[:, None] - known) ** 2, axis=-1))  # l = 1 at first
    predicted = weights @ z / weights.sum(axis=1, keepdims=True)
    assert scores["test_nll_x"] == pytest.approx(cross_entropy(model.decode(predicted).numpy()), rel=1e-4)
    located = np.float64(model.embed(train.images))
    nearest = np.argsort(np.sum((x[:, None] - located) ** 2, axis=-1), axis=1)[:, :5]
    votes = [np.bincount(train.labels[row], minlength=3) for row in nearest]
    sure = [vote.argmax() == label for vote, label in zip(votes, test.labels) if np.sum(vote == vote.max()) == 1]
    assert np.sum(sure) <= 30 * scores["test_accuracy_5"] <= np.sum(sure) + 30 - len(sure)
    assert scores["test_accuracy_10"] > 0.5 and scores["length_scale"] == pytest.approx(1.0)
    assert scores["test_objective"] == pytest.approx(scores["test_elbo"] + scores["test_match"])
    assert {"validation_nll_z", "validation_nll_x", "validation_accuracy_10"} <= scores.keys()
    assert "from X" in experiment.summary(scores)


def test_the_plain_vae(monkeypatch, eagerly):
    """It trains as the nonparametric one does and has no X."""
    experiment, model = build(model="VAE", num_epochs=1)
    before = {v.ref(): v.numpy() for v in model.trainable_variables}
    model.compile(experiment.optimizer())
    model.fit(experiment.stream(0), steps_per_epoch=2, verbose=0)
    moved = lambda module: [np.any(v.numpy() != before[v.ref()]) for v in module.trainable_variables]
    assert all(moved(model.posterior.encoder)) and all(moved(model.decoder)) and not any(moved(model.location_encoder))
    assert isinstance(experiment.space(), LatentSpace)
    monkeypatch.setattr("gpvae_tf.experiments.nonparametric.scores.TREE_DIMENSIONS", 2)
    monkeypatch.setattr("gpvae_tf.experiments.nonparametric.scores.HARD_QUERIES", 25)
    scores = experiment.score().numbers
    assert "test_nll_x" not in scores and scores["test_match"] == 0 and scores["test_num_queries"] == 25
    assert scores["test_elbo"] == pytest.approx(scores["test_objective"], rel=1e-6)
    assert "from X" not in experiment.summary(scores) and "in Z" in experiment.summary(scores)
    assert set(experiment.servable().functions) == {"encode", "decode", "reconstruct", "impute", "sample"}


@pytest.mark.parametrize("predictor", ["kernel", "gp"])
def test_the_saved_model_has_x_and_its_anchors(predictor, tmp_path):
    experiment, model = build(predictor=predictor, num_anchors=40)
    served = tf.saved_model.load(str(experiment.servable().write_version(tmp_path))).signatures
    assert set(served) == {
        "encode",
        "decode",
        "reconstruct",
        "impute",
        "sample",
        "embed",
        "generate",
        "serving_default",
    }
    images = tf.constant(experiment.splits.test.images[:7])
    x = served["embed"](observations=images)["x"]
    np.testing.assert_allclose(x, model.embed(images), rtol=1e-5, atol=1e-6)
    expected = experiment.space().embedding.images_at(model.embed(images))
    np.testing.assert_allclose(served["generate"](x=x)["observations"], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("flags", "files"),
    [
        ({}, {"held_out", "draws", "interpolation", "embedding", "grid"}),
        ({"model": "VAE"}, {"held_out", "draws", "interpolation"}),  # three dimensions are no plane
    ],
)
def test_pictures(flags, files, tmp_path, monkeypatch):
    monkeypatch.setattr(npvae_pictures, "GRID", 3)
    experiment, model = build(**flags)
    paths = draw_pictures(npvae_pictures.draw_run, tmp_path, experiment, RunOptions())
    assert {path.stem for path in paths} == files
    for path in paths:
        assert np.ptp(np.asarray(Image.open(path).convert("L"))) > 100, path


def test_ways_in_x_begin_and_end_at_the_images():
    experiment, model = build()
    space, (pair, *_) = experiment.space(), npvae_pictures.pairs(experiment.splits.train)
    way = npvae_pictures.interpolated(space, pair)
    np.testing.assert_allclose(way[[0, -1]], space.decode(space.embed(pair)), rtol=1e-4)
    rows = [np.argmin(np.abs(experiment.splits.train.images - image).sum(axis=(1, 2, 3))) for image in pair]
    assert rows[1] == rows[0] + 1 and np.diff(experiment.splits.train.labels[rows]) != 0


def write_run(base, run) -> None:
    folder = base / run.folder
    folder.mkdir(parents=True)
    record = {"experiment": "npvae", "config": {"preset": "paper"}, "commit": "abc1234", "date": "2026-11-24"}
    (folder / "config.json").write_text(json.dumps(record))
    scores = {"test_nll_z": 80.0 + run.seed, "test_accuracy_10": 0.75} | (
        {} if run.group.startswith("plain") else {"test_nll_x": 140.0}
    )
    (folder / "scores.json").write_text(json.dumps({"step": 3, "scores": scores}))
    with (folder / "metrics.csv").open("w", newline="") as stream:
        log = csv.DictWriter(stream, ["epoch", "seconds", "step"])
        log.writeheader()
        log.writerow({"epoch": 0, "seconds": 5.0, "step": 3})


def test_table(tmp_path, monkeypatch):
    table = NpvaeTable()
    runs = table.runs((0, 1))
    assert len(runs) == 2 * len(table.entries) == len({run.folder for run in runs})
    commands, epochs = {(run.group, run.seed): run.command for run in runs}, f"--num_epochs={npvae_table.EPOCHS}"
    assert commands["plain2", 1] == f"python scripts/NPVAE_experiment.py --model=VAE --dim_z=2 {epochs} --seed=1"
    assert commands["npvae500", 0] == f"python scripts/NPVAE_experiment.py {epochs} --seed=0"
    complete = [run for run in runs if run.group in ("npvae500", "npvae2", "plain2")]
    for run in complete:
        write_run(tmp_path, run)
    rows = {(row.model, row.metric): row for row in table.rows(tmp_path, complete)}
    row = rows["Nonparametric VAE, Z = 500", LABELS["test_nll_z"]]
    assert row.value == 80.5 and row.unit == "nats" and row.seeds == (0, 1) and row.paper is None
    assert rows["VAE, Z = 2", LABELS["test_accuracy_10"]].unit == ""
    assert ("VAE, Z = 2", LABELS["test_nll_x"]) not in rows

    def load(folder):
        flags = {"model": "VAE"} if "plain" in folder.name else {}
        dim_z = 2 if "2" in folder.name.split("_")[0] else 7
        return NpvaeExperiment(NpvaeConfig(**{**TINY, **flags, "dim_z": dim_z}))

    monkeypatch.setattr(npvae_table, "load_experiment", load)
    shown = {}
    monkeypatch.setattr(npvae_table.planes, "embeddings", lambda panels: shown.update(panels) or figure())
    names = [path.name for path in table.figures(tmp_path, complete, tmp_path)]
    assert names == ["npvae_figure2.png", "npvae_figure3.png", "npvae_figure4.png"]
    assert [*shown] == ["VAE: Z of 2 dimensions", "NPVAE: X, Z of 2 dimensions", "NPVAE: X, Z of 7 dimensions"]


def figure():
    from matplotlib.figure import Figure

    return Figure()
