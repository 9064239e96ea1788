"""The suite of rotated MNIST on small made-up images; no test looks at a time."""

import dataclasses
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.benchmarks import original_training
from gpvae_tf.benchmarks import rotated_mnist as timing_mnist
from gpvae_tf.benchmarks import suite as timing_suite
from gpvae_tf.benchmarks.fresh_process import run_in_fresh_process
from gpvae_tf.benchmarks.original_rotated_mnist import ORIGINALS
from gpvae_tf.benchmarks.rotated_mnist import MnistSuite
from gpvae_tf.benchmarks.rotated_trainings import TIMED_TRAININGS, Memory, Training, memory_of
from gpvae_tf.comparison.case import FGP_VAE, SVGP_VAE
from gpvae_tf.comparison.original_process import Original
from gpvae_tf.datasets import cache, rotated_mnist
from gpvae_tf.datasets.rotation_recipes import RotationConfig
from gpvae_tf.training.memory import peak_memory

FEW = {"CVAE": 3, "FGP-VAE": 2, "GPPVAE, stage GP": 3}  # steps per epoch of 99 images each
TWO = "36"


@pytest.fixture
def few_models(monkeypatch):
    timed = {name: TIMED_TRAININGS[name] for name in FEW}
    small = {
        name: each._replace(entry=dataclasses.replace(each.entry, given={**each.entry.given, "batch_size": 99}))
        for name, each in timed.items()
    }
    monkeypatch.setattr(timing_mnist, "TIMED_TRAININGS", small)
    monkeypatch.setattr(timing_mnist, "SCALED", ("FGP-VAE",))


@pytest.fixture
def two_digits(rotated_dir):
    """The folder of small images, FGP-VAE's of two digits in it too."""
    config = RotationConfig(digits=(3, 6), recipe="fgp")
    images = np.random.default_rng(0).integers(0, 256, (40, 28, 28), np.uint8)
    small = dataclasses.replace(config, num_instances=20)
    make = lambda: rotated_mnist.generate(images, np.repeat([3, 6], 20), small).to_arrays()
    cache.load_or_make(pathlib.Path(rotated_dir, rotated_mnist.cache_name(config)), make)
    return rotated_dir


def test_every_part(few_models, two_digits, monkeypatch, tmp_path, eagerly):
    """Epochs, cost per image, clones and memory: the right numbers over the right ones."""
    per_step = {name: 10.0 * (1 + i) for i, name in enumerate(FEW)}
    originals = {name: ORIGINALS[name]._replace(job=lambda name=name: name) for name in FEW}
    monkeypatch.setattr(timing_mnist, "ORIGINALS", originals)
    monkeypatch.setattr(type(originals["CVAE"]), "seconds", lambda steps, clone: per_step[steps.job()])
    monkeypatch.setattr(timing_suite, "recognise", lambda clone, repositories: None)
    monkeypatch.setattr(timing_mnist, "run_in_fresh_process", fake_memory)
    suite = MnistSuite(
        rounds=1, epochs=1, digits=TWO, original=str(tmp_path), original_fgp=str(tmp_path), data_dir=two_digits
    )
    epochs, scaling, theirs, fgp, memory = suite.measure()
    seconds = {m.model: m.seconds_per_epoch for m in epochs}
    assert set(seconds) == set(FEW) and min(seconds.values()) > 0
    assert [m.value for m in epochs] == [pytest.approx(seconds[name] / seconds["CVAE"]) for name in FEW]
    assert [m.paper for m in epochs] == [1.0, 3.6, 49.0]
    (more,) = scaling
    assert more.dataset == "rotated MNIST, digits 36"
    assert more.value == pytest.approx(more.seconds_per_epoch / 2 / seconds["FGP-VAE"])  # twice the images
    assert {m.model: m.value for m in (*theirs, *fgp)} == {
        name: pytest.approx(per_step[name] * steps / seconds[name]) for name, steps in FEW.items()
    }
    assert [m.model for m in fgp] == ["FGP-VAE"]
    assert {m.value for m in memory if m.unit == "MiB"} == {100.0, 150.0}
    assert [m.value for m in memory if m.unit == "ratio"] == [5.0]


def fake_memory(function, name, given, jit):
    """10 MiB of images more, 50 MiB of memory more."""
    more = given["dataset"] == TWO
    return Memory(peak=150.0 if more else 100.0, imports=50.0, data=20.0 if more else 10.0)


def test_every_model_has_the_readmes_flags():
    experiments = {name: timed.entry.build() for name, timed in TIMED_TRAININGS.items()}
    configs = {name: experiment.config for name, experiment in experiments.items()}
    assert {name for name, config in configs.items() if config.GECO} == {"SVGP-VAE, m = 32", "FGP-VAE"}
    assert configs["SVGP-VAE, m = 32"].nr_inducing_points * 16 == 32
    assert [regime for name in TIMED_TRAININGS if "stage" in name for regime in experiments[name].regimes] == [
        ("GP", 100),
        ("joint", 100),
    ]


def test_an_epoch_is_every_image_once(rotated_dir, eagerly):
    """GPPVAE encodes them anew in each, and trains the stage asked for."""
    training = Training(TIMED_TRAININGS["GPPVAE, stage GP"].entry.build(data_dir=rotated_dir, batch_size=128))
    model = training._model
    assert training.steps_per_epoch == -(-training.num_images // 128) > 1
    before = [v.numpy() for v in model.encoder.trainable_variables]
    assert len(training.seconds(2)) == 2
    assert model.num_steps == 3 * training.steps_per_epoch
    assert int(model.bank.filled_at.numpy()) == 2 * training.steps_per_epoch and model.stage == "GP"
    for old, new in zip(before, model.encoder.trainable_variables):
        np.testing.assert_array_equal(old, new)


@pytest.mark.process
def test_memory_is_that_of_a_process_of_its_own(rotated_dir):
    large = bytearray(800 * 2**20)  # touched, so resident
    here = peak_memory()
    there = run_in_fresh_process(memory_of, "CVAE", {"data_dir": rotated_dir}, False)
    assert there.imports < here - 500 and len(large)
    assert there.imports < there.peak and 0 < there.data < 10


@pytest.mark.parametrize("digits", ["3", "33", "3x", ""])
def test_digits_are_refused(digits):
    with pytest.raises(ValueError, match="--digits must be two or more different digits"):
        MnistSuite(digits=digits)


def test_originals_belong_to_models_and_their_repositories():
    assert set(ORIGINALS) < set(TIMED_TRAININGS)
    assert [name for name, steps in ORIGINALS.items() if steps.repository == FGP_VAE] == ["FGP-VAE"]
    assert {steps.repository for steps in ORIGINALS.values()} == {SVGP_VAE, FGP_VAE}


def test_data_for_the_originals_have_the_authors_shapes():
    mask = original_training.observed(4050)
    rows = original_training.numbered(original_training.rows(mask))
    assert mask.shape == (360, 15) and mask.sum() == len(rows) == 4050 and rows.shape[1] == 3 + 8
    np.testing.assert_array_equal(rows[:, 0], np.arange(4050))
    assert len(np.unique(rows[:, 1])) == 360 and len(np.unique(rows[:, 2])) == 15
    np.testing.assert_array_equal(rows[:, 3:], original_training.object_vectors()[rows[:, 1].astype(int)])


def test_training_in_a_clones_process():
    """A small graph in place of the clone's: steps are counted, batches follow each other, a bad loss is no time.

    Only variables of the given name are trained.
    """
    rows, seen = np.arange(5.0)[:, None], []
    with tf.Graph().as_default():
        original = Original(tf.compat.v1)
        scale = tf.compat.v1.get_variable("GP_scale", [], tf.float64)
        other = tf.compat.v1.get_variable("other", [], tf.float64)
        factor = tf.compat.v1.placeholder(tf.float64, ())
        (images, data), start = original_training.batches(original, rows, 2)
        watched = tf.compat.v1.py_func(lambda x: seen.append(len(x)) or x, [data], tf.float64)
        loss = tf.reduce_mean(watched * scale * other * factor) + tf.reduce_mean(images)
        given = {"steps": np.array(3), "warm_up": np.array(1)}
        result = original_training.train(original, given, loss, start, {factor: 1.0}, name="GP")
        assert result["seconds"].shape == (3,) and seen == [2, 2, 1, 2]
        slots = [v.name for v in tf.compat.v1.global_variables() if "Adam" in v.name]
        assert slots == ["GP_scale/Adam:0", "GP_scale/Adam_1:0"]
        with pytest.raises(FloatingPointError, match="after 4 steps the loss is nan"):
            original_training.train(original, given, loss, start, {factor: np.nan})
