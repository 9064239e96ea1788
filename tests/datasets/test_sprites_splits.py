"""Splits of characters: what is read, what is taken, and what is refused."""

import numpy as np
import pytest

from gpvae_tf.datasets.sprites_splits import CharacterSplit


@pytest.fixture
def split(rng):
    frames = rng.integers(0, 256, (9, 72, 3, 2, 3), np.uint8)
    return CharacterSplit(frames, np.array([5, 0, 8, 2]), np.argsort(rng.uniform(size=(4, 72)), axis=1)[:, :50])


def test_splits_are_taken_apart(split):
    some = split.take(np.array([3, 1]))
    assert some.characters.tolist() == [2, 0] and some.frames_per_character == 50
    np.testing.assert_array_equal(some.poses, split.poses[[3, 1]])
    for character, poses, frames in zip(some.characters, some.poses, some.read()):
        np.testing.assert_array_equal(frames, split.frames[character][poses])
    np.testing.assert_array_equal(some.read(np.array([1])), some.read()[1:])
    assert type(some.read()) is np.ndarray
    expected = [[[pose, character] for pose in poses] for character, poses in zip(some.characters, some.poses)]
    np.testing.assert_array_equal(some.inputs, np.array(expected, np.float32))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            dict(frames=np.zeros((3, 4, 2, 2, 3))),
            r"frames is float64 \(3, 4, 2, 2, 3\); expected uint8 \[P, A, H, W, C\]",
        ),
        (dict(characters=np.arange(2)), r"characters has shape \(2,\) and poses \(3, 2\)"),
        (dict(poses=np.zeros((3, 0), int)), r"poses \(3, 0\); expected \[n\] and \[n, k\], n, k >= 1"),
        (dict(characters=np.array([0, 1, 3])), "characters must lie in 0, ..., 2; they go from 0 to 3"),
        (dict(poses=np.full((3, 2), -1)), "poses must lie in 0, ..., 3; they go from -1 to -1"),
        (dict(poses=np.zeros((3, 2))), "poses is float64; expected integers"),
    ],
)
def test_wrong_splits_are_named(change, message):
    good = dict(frames=np.zeros((3, 4, 2, 2, 3), np.uint8), characters=np.arange(3), poses=np.zeros((3, 2), int))
    with pytest.raises(ValueError, match=message):
        CharacterSplit(**good | change)
