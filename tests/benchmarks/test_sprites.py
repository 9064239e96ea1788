"""The suite of SPRITES on small made-up characters; no test looks at a time."""

import pytest

from gpvae_tf.benchmarks import sprites as timing_sprites
from gpvae_tf.benchmarks.rotated_trainings import Memory
from gpvae_tf.benchmarks.sprites import BASELINE, FLAGS, GP, PRODUCT, SIDE, SpritesSuite, memory_of, products_of_step
from gpvae_tf.experiments.sprites.config import SpritesConfig
from gpvae_tf.experiments.sprites.experiment import SpritesExperiment
from tests.support import sprites_folder

SECONDS = {BASELINE: 2.0, GP: 2.5, PRODUCT: 0.5}


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
    over, of_products, memory = SpritesSuite(rounds=1, steps=1, **given).measure()
    assert {m.model: m.value for m in over} == {BASELINE: 1.0, GP: 1.25}
    assert {m.model: m.seconds_per_epoch for m in over} == {BASELINE: 3 * 2.0, GP: 3 * 2.5}  # 6 characters, 2 a batch
    assert {m.dataset for m in over + of_products} == {"SPRITES, 20 images of 8 x 8 x 3"}
    config = SpritesConfig(**timing_sprites.FLAGS[GP], **given)
    alone = products_of_step(SpritesExperiment(config).model, 20) / SIDE**3 * SECONDS[PRODUCT]
    assert of_products[0].value == pytest.approx(SECONDS[GP] / alone)
    assert [m.value for m in memory if m.unit == "MiB"] == [200.0, 220.0]
    assert memory[-1].value == pytest.approx(1.1) and memory[-1].note == "20 MiB more for 90 MiB more of frames"


def fake_memory(function, num_characters, given, jit):
    """10 MiB of frames and 200 of memory for 100 characters, 90 and 20 more for 1,000."""
    assert function is memory_of
    many = num_characters == 1_000
    return Memory(peak=220.0 if many else 200.0, imports=50.0, data=100.0 if many else 10.0)


def test_products_of_a_step(given):
    """By hand, of images of 8 x 8 pixels, 4 latents, 12 inducing points."""
    model = SpritesExperiment(SpritesConfig(**timing_sprites.FLAGS[GP], **given)).model
    sides = [8, 4, 4, 2, 2, 1]
    encoder = 64 * 27 * 16 + sum(side**2 * 144 * 16 for side in sides[1:]) + 16 * 8
    decoder = 4 * 16 + 2 * (4 + 16 + 64) * 144 * 16 + 64 * 144 * 3
    representation = 16 * 12 * 2 + (4 + 1) * 8 * 2
    first = 64 * 27 * 16 + 16 * 12 * 2
    gps = 2 * 4 * 12**2
    assert products_of_step(model, 20) == 20 * (3 * (encoder + decoder + representation + gps) - first)


def test_memory_is_that_of_so_many_characters(given, eagerly):
    found = memory_of(4, given, False)
    assert found.data * 2**20 == 4 * 10 * 8 * 8 * 3 and 0 < found.imports <= found.peak


def test_the_flags_are_the_readmes():
    config = SpritesConfig(**FLAGS[GP])
    assert config.GECO and config.ip_joint and config.GPLVM_joint and config.object_kernel_normalize
    assert SpritesConfig(**FLAGS[BASELINE]).batch_size == config.batch_size == 500
