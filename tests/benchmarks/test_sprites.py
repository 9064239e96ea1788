"""The suite of SPRITES on small made-up characters; no test looks at a time."""

import math

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.benchmarks import sprites as timing_sprites
from gpvae_tf.benchmarks.layer_products import products_alone, products_of_step
from gpvae_tf.benchmarks.rotated_trainings import Memory
from gpvae_tf.benchmarks.sprites import BASELINE, FLAGS, GP, LAYERS, PRODUCT, SIDE, SpritesSuite, memory_of
from gpvae_tf.experiments.sprites.config import SpritesConfig
from gpvae_tf.experiments.sprites.experiment import SpritesExperiment
from tests.support import sprites_folder

SECONDS = {BASELINE: 2.0, GP: 2.5, LAYERS: 2.0, PRODUCT: 0.5}


# By hand, of images of 8 x 8 pixels and 4 latents; r has 2 outputs.
ENCODER = 64 * 27 * 16 + (16 + 16 + 4 + 4 + 1) * 144 * 16 + 16 * 8
DECODER = 4 * 16 + 2 * (4 + 16 + 64) * 144 * 16 + 64 * 144 * 3
REPRESENTATION = 16 * 12 * 2 + (4 + 1) * 8 * 2
FORWARD = ENCODER + DECODER + REPRESENTATION
PRODUCTS = 3 * FORWARD - (64 * 27 * 16 + 16 * 12 * 2)  # no gradient by images


@pytest.fixture
def given(tmp_path, monkeypatch):
    of_a_gp = {**FLAGS[GP], **sprites_folder.SMALL}
    small = {BASELINE: FLAGS[BASELINE] | sprites_folder.OF_ALL, GP: of_a_gp | {"batch_size": 20}}
    monkeypatch.setattr(timing_sprites, "FLAGS", small)
    return sprites_folder.write(tmp_path)


def test_every_part(given, monkeypatch):
    """Ratios are the right way round, and all models are on the same data."""
    fake_times = lambda steps, *turns: {name: SECONDS[name] for name in steps}
    monkeypatch.setattr(timing_sprites, "step_times", fake_times)
    monkeypatch.setattr(timing_sprites, "run_in_fresh_process", fake_memory)
    over, of_products, memory = SpritesSuite(rounds=1, batches=1, **given).measure()
    assert {m.model: m.value for m in over} == {BASELINE: 1.0, GP: 1.25}
    assert {m.model: m.seconds_per_epoch for m in over} == {BASELINE: 3 * 2.0, GP: 3 * 2.5}  # 6 characters, 2 a batch
    assert {m.dataset for m in over + of_products} == {"SPRITES, 20 images of 8 x 8 x 3"}
    of_plain = 20 * PRODUCTS / SIDE**3 * SECONDS[PRODUCT]  # the time of so many products in a plain one
    assert [m.value for m in of_products] == [1.25, pytest.approx(SECONDS[LAYERS] / of_plain)]
    assert [m.value for m in memory if m.unit == "MiB"] == [200.0, 220.0]
    assert memory[-1].value == pytest.approx(1.1) and memory[-1].note == "20 MiB more for 90 MiB more of frames"


def fake_memory(function, num_characters, given, jit):
    """10 MiB of frames and 200 of memory for 100 characters, 90 and 20 more for 1,000."""
    assert function is memory_of
    many = num_characters == 1_000
    return Memory(peak=220.0 if many else 200.0, imports=50.0, data=100.0 if many else 10.0)


def networks(given) -> tuple:
    return timing_sprites._networks(SpritesExperiment(SpritesConfig(**timing_sprites.FLAGS[GP], **given)))


def test_products_of_a_step(given):
    found = networks(given)
    assert products_of_step(found, found[:2], 20) == 20 * PRODUCTS


def test_products_alone_are_those_of_forward_and_backward_pass(given, monkeypatch):
    """Every layer's output and the gradients of its weights and, unless it is an image, of its input."""
    called, sources = [], []
    found, convolve, gradient = networks(given), tf.nn.conv2d, tf.GradientTape.gradient

    def count(inputs, kernel, *rest):
        called.append(inputs.shape[1] * inputs.shape[2] * math.prod(kernel.shape) // rest[0] ** 2)
        return convolve(inputs, kernel, *rest)

    def count_sources(tape, target, given, **options):
        sources.append(len(given))
        return gradient(tape, target, given, **options)

    monkeypatch.setattr(tf.nn, "conv2d", count)
    monkeypatch.setattr(tf.GradientTape, "gradient", count_sources)
    assert np.isfinite(products_alone(found, found[:2], 20)()).all()
    dense = 16 * 8 + 4 * 16
    assert len(called) == 6 + 3 + 7 and sum(called) == FORWARD - dense
    assert len(sources) == 16 + 2 and sum(sources) == 2 * 18 - 2


def test_memory_is_that_of_so_many_characters(given, eagerly):
    found = memory_of(4, given, False)
    assert found.data * 2**20 == 4 * 10 * 8 * 8 * 3 and 0 < found.imports <= found.peak


def test_the_flags_are_the_readmes():
    config = SpritesConfig(**FLAGS[GP])
    assert config.GECO and config.ip_joint and config.GPLVM_joint and config.object_kernel_normalize
    assert SpritesConfig(**FLAGS[BASELINE]).batch_size == config.batch_size == 500
