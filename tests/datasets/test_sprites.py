"""SPRITES: cached frames and their splits, functions of the seed; arguments are refused before frames are made."""

import dataclasses
import os
import shutil
import types
import warnings

import numpy as np
import pytest
from PIL import Image

from gpvae_tf.datasets import sprites, sprites_layers
from tests.support.sprite_sheets import SIDE, write_images, write_sheets

K = 50


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_sheets(tmp_path_factory.mktemp("sheets"))


@pytest.fixture(scope="module")
def load(folder, tmp_path_factory):
    data_dir = tmp_path_factory.mktemp("data")
    return lambda **options: sprites.load(folder, **dict(data_dir=data_dir, variants=2) | options)


def test_frames_come_from_the_sheets_and_stay_on_disk(load, folder):
    data, source = load(), sprites_layers.layer_source(folder, 2)
    assert data.frames.shape == source.shape and isinstance(data.frames, np.memmap)
    for character in range(16):
        np.testing.assert_array_equal(data.frames[character], source.make_frames(character))
    for split in data.splits.values():
        assert split.frames is data.frames
    assert data.image_shape == (SIDE, SIDE, 3) and data.poses == sprites_layers.POSES
    assert data.characters == source.characters and data.attribute_names == ("body", "bottom", "top", "hair")
    np.testing.assert_array_equal(data.attributes, source.attributes)
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.seed = 1
    with pytest.raises(ValueError, match="read-only"):
        data.frames[0] = 0


def test_two_builds_are_equal_and_a_third_is_not_made(folder, tmp_path, monkeypatch):
    contents = []
    for name in ("one", "two"):
        sprites.load(folder, data_dir=tmp_path / name, variants=2)
        (file, record) = sorted((tmp_path / name).iterdir())
        assert record.name == f"{file.name}.sha256"
        contents.append(file.read_bytes())
    assert contents[0] == contents[1]
    monkeypatch.setattr(Image, "alpha_composite", None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sprites.load(folder, data_dir=tmp_path / "one", variants=2)


def test_training_characters_have_some_poses_and_the_others_are_tests(load):
    data = load()
    assert [len(split) for split in data.splits.values()] == [12, 12, 4] and data.validation is None
    np.testing.assert_array_equal(data.train.characters, np.arange(12))
    np.testing.assert_array_equal(data.test.characters, np.arange(12, 16))
    np.testing.assert_array_equal(data.test.poses, np.tile(np.arange(72), (4, 1)))
    assert data.train.poses.shape == (12, K) and data.test_action.poses.shape == (12, 72 - K)
    together = np.concatenate([data.train.poses, data.test_action.poses], axis=1)
    np.testing.assert_array_equal(np.sort(together, axis=1), np.tile(np.arange(72), (12, 1)))
    assert len({tuple(poses) for poses in data.train.poses}) == 12
    np.testing.assert_array_equal(data.train.characters, data.test_action.characters)


def test_poses_are_drawn_evenly(load):
    """Every pose is one of the 50 with probability 50/72; 12 characters and 40 seeds."""
    counts = np.zeros(72)
    for seed in range(40):
        np.add.at(counts, load(seed=seed).train.poses.ravel(), 1)
    share = K / 72
    deviation = np.sqrt(480 * share * (1 - share))
    assert np.abs(counts - 480 * share).max() < 4 * deviation and counts.std() > 0.5 * deviation


def test_the_seed_determines_the_poses(load):
    first, again, other = load(), load(), load(seed=1)
    np.testing.assert_array_equal(first.train.poses, again.train.poses)
    assert not np.array_equal(first.train.poses, other.train.poses)
    fewer = load(frames_per_character=10)
    for many, few in zip(first.train.poses, fewer.train.poses):
        assert set(few) < set(many)
    expected = np.sort(np.random.RandomState(0).random_sample((12, 72)).argsort(axis=1)[:, :K], axis=1)
    np.testing.assert_array_equal(first.train.poses, expected)


def test_validation_characters_are_held_out_and_the_others_keep_their_poses(load):
    whole, data = load(), load(num_validation=3)
    kept, held_out = data.train.characters, data.validation.characters
    assert sorted([*kept, *held_out]) == list(range(12)) and len(held_out) == 3
    np.testing.assert_array_equal(data.train.poses, whole.train.poses[kept])
    np.testing.assert_array_equal(data.test_action.poses, whole.test_action.poses[kept])
    np.testing.assert_array_equal(data.validation.poses, np.tile(np.arange(72), (3, 1)))
    np.testing.assert_array_equal(data.test.characters, whole.test.characters)
    drawn = {tuple(load(num_validation=3, seed=seed).validation.characters) for seed in range(5)}
    assert len(drawn) > 1
    assert set(load(num_validation=1).validation.characters) < set(load(num_validation=11).validation.characters)


def test_all_frames_may_be_trained_on(load):
    data = load(frames_per_character=72)
    assert data.test_action is None and data.train.frames_per_character == 72
    assert list(data.splits) == ["train", "test"] and "12 characters x 72 poses" in repr(data)


def test_the_authors_split():
    assert sprites.default_num_test(1296) == 296 and sprites.default_num_test(2) == 1


def test_images_of_a_users_own(tmp_path):
    names = tuple(f"someone{number}" for number in range(9))
    folder = write_images(tmp_path / "own", names, ("a", "b", "c"), (5, 3))
    data = sprites.load(folder, data_dir=tmp_path / "data", frames_per_character=2, num_test=3, num_validation=1)
    assert data.frames.shape == (9, 3, 3, 5, 3) and [len(s) for s in data.splits.values()] == [5, 5, 1, 3]
    for character, frames in zip(data.characters, data.frames):
        for pose, frame in zip(data.poses, frames):
            np.testing.assert_array_equal(frame, np.asarray(Image.open(folder / character / f"{pose}.png")))
    assert data.attribute_names == () and data.attributes.shape == (9, 0)
    Image.new("RGB", (5, 4)).save(folder / "someone3" / "b.png")
    shutil.rmtree(tmp_path / "data")
    with pytest.raises(ValueError, match=r"expected images of 5x3 .* but someone3/b.png \(5x4, RGB\)"):
        sprites.load(folder, data_dir=tmp_path / "data", frames_per_character=2)
    assert os.listdir(tmp_path / "data") == []


def test_bad_numbers_are_named_before_frames_are_made(folder, tmp_path):
    for options, message in (
        (dict(variants=1), "sprites_dir = .* makes 1 character; expected some to train and some to test on"),
        (dict(frames_per_character=0), "frames_per_character must lie in 1, ..., 72, got 0"),
        (dict(frames_per_character=73), "frames_per_character must lie in 1, ..., 72, got 73"),
        (dict(num_test=16), "num_test must lie in 1, ..., 15, got 16"),
        (dict(num_test=0), "num_test must lie in 1, ..., 15, got 0"),
        (dict(num_validation=12), "num_validation must lie in 0, ..., 11, got 12"),
        (dict(num_validation=-1), "num_validation must lie in 0, ..., 11, got -1"),
        (dict(seed=-1), "seed must lie in 0, ..., 4294967295, got -1"),
    ):
        with pytest.raises(ValueError, match=message):
            sprites.load(folder, data_dir=tmp_path, **dict(variants=2) | options)
    with pytest.raises(FileNotFoundError, match="sprites_dir = .*absent is no folder"):
        sprites.load(tmp_path / "absent", data_dir=tmp_path)
    (tmp_path / "only" / "shoes").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="only lacks body/0.png, body/1.png, .*hair/5.png, shoes/1.png"):
        sprites.load(tmp_path / "only", data_dir=tmp_path)
    assert os.listdir(tmp_path) == ["only"]


def test_a_disk_without_room_is_refused(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: types.SimpleNamespace(free=1000))
    needed = 128 + 16 * 72 * SIDE * SIDE * 3
    with pytest.raises(OSError, match=f"data_dir = .* has room for 1,000 bytes, but sprites_.* needs {needed:,} bytes"):
        sprites.load(folder, data_dir=tmp_path, variants=2)
    assert os.listdir(tmp_path) == []


def test_other_frames_than_the_authors_are_refused(folder, tmp_path, monkeypatch):
    """As if these were the authors' sheets, and Pillow composed them otherwise."""
    fingerprint = sprites_layers.layer_source(folder, 2).fingerprint
    monkeypatch.setattr(sprites_layers, "_AUTHORS_FINGERPRINT", fingerprint)
    with pytest.raises(ValueError, match="the array has SHA-256 .*; expected aec1d11677b31470"):
        sprites.load(folder, data_dir=tmp_path, variants=2)
    assert os.listdir(tmp_path) == []
