"""Sequences of characters by their poses' names, against the images that they were written from."""

import numpy as np
import pytest
from PIL import Image

from gpvae_tf.datasets import sprites_sequences
from gpvae_tf.datasets.sprites_source import Pose
from tests.support import sprites_folder
from tests.support.sprite_sheets import write_images


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    return sprites_folder.write(tmp_path_factory.mktemp("sprites"))


def test_every_sequence_is_a_character_in_one_action(places):
    """Eight characters, six to train on, one of these for validation; two actions in two directions, three frames."""
    splits = sprites_sequences.load(**places)
    assert {name: part.truth.shape for name, part in splits.items()} == {
        "train": (5 * 4, 3, 8, 8, 3),
        "validation": (4, 3, 8, 8, 3),
        "test": (2 * 4, 3, 8, 8, 3),
    }
    found = np.concatenate([part.truth for part in splits.values()])
    written = []
    for character in "abcdefgh":
        for sequence in ("slash_left", "slash_right", "walk_left", "walk_right"):
            files = [f"{places['sprites_dir']}/{character}/{sequence}_{time}.png" for time in range(3)]
            written.append(np.stack([np.asarray(Image.open(file).convert("RGB")) for file in files]) / 256.0)
    order = lambda sequences: sorted(np.float64(sequences).reshape(len(sequences), -1).tolist())
    np.testing.assert_array_equal(order(found), order(np.array(written)))


def test_what_is_missing_depends_on_the_seed_alone(places):
    first, again, other = (sprites_sequences.load(**places, seed=seed) for seed in (0, 0, 1))
    for name, part in first.items():
        assert abs(np.mean(part.observed) - 0.4) < 0.05
        np.testing.assert_array_equal(part.scored, ~part.observed)
        np.testing.assert_array_equal(part.observed, again[name].observed)
        assert np.mean(part.observed == other[name].observed) < 0.7
    assert np.mean(first["train"].observed[:4] == first["validation"].observed) < 0.7


def test_frames_follow_their_time():
    poses = [Pose("walk", "left", time) for time in (2, 0, 1)] + [Pose("slash", "", time) for time in (0, 1, 2)]
    np.testing.assert_array_equal(sprites_sequences.sequence_columns(poses), [[1, 2, 0], [3, 4, 5]])


def test_poses_that_make_no_sequences(tmp_path):
    write_images(tmp_path / "images", ("a", "b"), ("walk_left_0", "walk_left_1", "run_left_0"), (8, 8))
    with pytest.raises(ValueError, match="sequences of one length, two frames or more.*: run left 1, walk left 2"):
        sprites_sequences.load(tmp_path / "images", data_dir=tmp_path / "data")
    with pytest.raises(ValueError, match="named ACTION_DIRECTION_TIME; frames of the first ones: happy 1, sad 1"):
        sprites_sequences.sequence_columns([Pose.parse("happy"), Pose.parse("sad")])
