"""The sequences of NNGPVAE by their recipe: images in the file's order, angles, masks of one generator."""

import numpy as np
import pytest
from scipy import ndimage

from gpvae_tf.datasets import missing_frames
from gpvae_tf.datasets.image_sets import LabelledImages

RNG = np.random.default_rng(0)
SMOOTH = np.uint8(255 * (ndimage.gaussian_filter(RNG.normal(size=(60, 28, 28)), (0, 3, 3)) > 0.0))
LABELS = np.uint8(RNG.permutation(np.arange(60) % 10))


@pytest.fixture
def splits(monkeypatch, tmp_path):
    """Sequences of 4 images of each digit for training, one of them for validation, and 2 for testing."""
    monkeypatch.setattr(missing_frames.mnist, "load", lambda split, **_: LabelledImages(SMOOTH, LABELS))
    for name, value in (("NUM_TRAIN", 4), ("NUM_TEST", 2), ("NUM_VALIDATION", 1)):
        monkeypatch.setattr(missing_frames, name, value)
    return missing_frames.load(data_dir=tmp_path)


def test_images_and_frames(splits):
    assert {name: len(part) for name, part in splits.items()} == {
        "train": 30,
        "validation": 10,
        "train and validation": 40,
        "test": 20,
    }
    for name, row, number in (("train", 9, 0), ("validation", 3, 3), ("test", 3, 4), ("test", 13, 5)):
        image = SMOOTH[np.flatnonzero(LABELS == 3)[number]] / np.float32(255)
        for frame in (0, 37, 99):
            expected = ndimage.rotate(image, 720.0 * frame / 99, reshape=False) > 0.5
            np.testing.assert_array_equal(splits[name].truth[row, frame, ..., 0], expected)
    np.testing.assert_array_equal(splits["test"].labels, [*range(10), *range(10)])  # so that every part has all


def test_masks_are_drawn_one_sequence_after_the_other(splits):
    rng = np.random.default_rng(1024)
    drawn = [rng.binomial(1, 0.4, size=98) for _ in range(60)]
    observed = splits["test"].observed
    assert observed[:, [0, -1]].all() and splits["train and validation"].observed[:, [0, -1]].all()
    np.testing.assert_array_equal(observed[:, 1:-1], drawn[40::2] + drawn[41::2])
    np.testing.assert_array_equal(splits["validation"].observed[0, 1:-1], drawn[3])
    np.testing.assert_array_equal(splits["test"].scored, ~observed)


def test_drawn_angles_are_smooth_and_each_sequence_has_its_own():
    found = missing_frames.angles("drawn", 300)
    assert abs(found.std() - 120.0) < 6.0 and np.std(np.diff(found)) < 30.0 and not np.allclose(found[0], found[1])
    correlation = np.mean(found[:, :-5] * found[:, 5:]) / np.mean(np.square(found))
    assert abs(correlation - np.exp(-0.5)) < 0.05  # at one length scale
    with pytest.raises(ValueError, match="kind must be one of steady, drawn, got 'no'"):
        missing_frames.angles("no", 1)


def test_too_few_images_of_a_digit():
    with pytest.raises(ValueError, match="labels has 6 images of a digit; expected 500"):
        missing_frames.chosen_images(LABELS)
