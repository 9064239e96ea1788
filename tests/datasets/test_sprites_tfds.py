"""SPRITES in TensorFlow Datasets: the frames of the cache, in shards, without network."""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from gpvae_tf.datasets import sprites, sprites_tfds
from tests.support.sprite_sheets import write_images, write_sheets


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_sheets(tmp_path_factory.mktemp("sheets"))


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def builder(folder, data_dir):
    return sprites_tfds.prepare(folder, data_dir, num_shards=3, variants=2)


def examples(dataset):
    return list(tfds.as_numpy(dataset))


def test_examples_are_the_characters_in_order(builder, folder, data_dir):
    data = sprites.load(folder, data_dir=data_dir, variants=2)
    for name, split in (("train", data.train), ("test", data.test)):
        found = examples(builder.as_dataset(split=name))
        assert [example["character"] for example in found] == split.characters.tolist()
        for example in found:
            row = example["character"]
            np.testing.assert_array_equal(example["frames"], data.frames[row])
            np.testing.assert_array_equal(example["attributes"], data.attributes[row])
            assert example["name"].decode() == data.characters[row] and example["frames"].dtype == np.uint8


def test_splits_are_in_shards(builder):
    assert {split.num_shards for split in builder.info.splits.values()} == {3}
    parts = [examples(builder.as_dataset(split=part)) for part in tfds.even_splits("train", 4)]
    assert [[int(example["character"]) for example in part] for part in parts] == [
        list(range(start, start + 3)) for start in (0, 3, 6, 9)
    ]


def test_prepared_once_and_again_for_other_sheets(builder, folder, data_dir, tmp_path):
    again = sprites_tfds.prepare(folder, data_dir, variants=2)
    assert again.data_path == builder.data_path and again.info.splits["train"].num_shards == 3
    sheets = write_sheets(tmp_path, (1, 1, 2, 1))
    other = sprites_tfds.prepare(sheets, data_dir, num_shards=1, variants=None)
    assert other.data_path != builder.data_path and other.info.splits.total_num_examples == 2


def test_tfds_load(folder, tmp_path):
    """TFDS's own way, of a folder of images; the authors' share of 9 characters are tests."""
    write_images(tmp_path / "own", tuple("abcdefghi"), ("x", "y"), (5, 3))
    sprites_tfds.register()
    config = tfds.download.DownloadConfig(manual_dir=str(tmp_path / "own"), num_shards=2)
    options = dict(data_dir=str(tmp_path / "tfds"), download_and_prepare_kwargs={"download_config": config})
    train, test = tfds.load("sprites", split=["train", "test"], **options)
    assert [len(train), len(test)] == [7, 2]
    assert {example["name"].decode() for split in (train, test) for example in examples(split)} == set("abcdefghi")
    assert next(iter(train))["frames"].shape == (2, 3, 5, 3)


def test_bad_arguments(folder, tmp_path):
    with pytest.raises(ValueError, match="num_shards must be >= 1, got 0"):
        sprites_tfds.prepare(folder, tmp_path, num_shards=0)
    with pytest.raises(FileNotFoundError, match="lacks body/2.png, .*hair/5.png$"):
        sprites_tfds.prepare(folder, tmp_path)
    assert list(tmp_path.iterdir()) == []
