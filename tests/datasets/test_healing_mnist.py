"""Healing MNIST by its law: turns that add up, masks by colour, and splits that share no draw."""

import numpy as np
import pytest
from scipy import ndimage

from gpvae_tf.datasets import healing_mnist
from gpvae_tf.datasets.image_sets import LabelledImages


@pytest.fixture
def digits(monkeypatch, tmp_path):
    """MNIST of 6 training and 4 test images."""
    rng = np.random.default_rng(0)
    numbers = {"train": np.arange(6, dtype=np.uint8), "test": np.arange(4, dtype=np.uint8)}
    sets = {name: LabelledImages(blobs(rng, len(labels)), labels) for name, labels in numbers.items()}
    monkeypatch.setattr(healing_mnist.mnist, "load", lambda split, **_: sets[split])
    monkeypatch.setattr(healing_mnist, "NUM_TRAIN", 4)
    return tmp_path


def blobs(rng, num):
    smooth = ndimage.gaussian_filter(rng.normal(size=(num, 28, 28)), (0, 3, 3))
    return np.uint8(np.clip(smooth / smooth.std() * 100 + 60, 0, 255))


def test_every_frame_is_the_one_before_turned():
    images = blobs(np.random.default_rng(1), 2)
    config = healing_mnist.HealingConfig(num_frames=3, seed=5)
    frames = healing_mnist.generate(images, config, split=1)
    angles = np.random.default_rng([5, 1]).normal(0.0, 20.0, (2, 3))
    turned = images[1] / np.float32(255)
    for frame, angle in zip(frames[1], angles[1]):
        turned = ndimage.rotate(turned, angle, reshape=False)
        np.testing.assert_array_equal(frame, turned > 0.5)
    assert not np.array_equal(frames, healing_mnist.generate(images, config, split=0))


@pytest.mark.parametrize(("missing", "shares"), [("mnar", (0.4, 0.8)), ("random", (0.6, 0.6))])
def test_splits_and_masks(digits, missing, shares):
    splits = healing_mnist.load(healing_mnist.HealingConfig(missing=missing), data_dir=digits)
    assert {name: len(part) for name, part in splits.items()} == {"train": 4, "validation": 2, "test": 4}
    train = splits["train"]
    assert train.truth.shape == (4, 10, 28, 28, 1) and set(np.unique(train.truth)) == {0, 1}
    np.testing.assert_array_equal(splits["validation"].labels, [4, 5])
    np.testing.assert_array_equal(train.scored, ~train.observed)
    for value, share in enumerate(shares):
        assert abs(np.mean(~train.observed[train.truth == value]) - share) < 0.04
    again = healing_mnist.load(healing_mnist.HealingConfig(missing=missing), data_dir=digits)
    np.testing.assert_array_equal(again["test"].observed, splits["test"].observed)
    assert not np.array_equal(splits["test"].observed[:2], splits["validation"].observed)


def test_another_seed_hides_other_pixels(digits):
    configs = (healing_mnist.HealingConfig(num_frames=2, missing="random", seed=seed) for seed in (0, 1))
    first, other = (healing_mnist.load(config, data_dir=digits)["test"].observed for config in configs)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("given", [{"num_frames": 0}, {"max_angle": -1.0}, {"missing": "never"}])
def test_laws_that_are_none(given):
    with pytest.raises(ValueError, match="expected num_frames >= 1, max_angle >= 0 and missing in"):
        healing_mnist.HealingConfig(**given)
