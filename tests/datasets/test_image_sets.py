"""Splits of single images and their streams: reproducible, resumable, binarized anew."""

import numpy as np
import pytest

from gpvae_tf.data.row_batches import row_batches, steps_per_epoch
from gpvae_tf.datasets import image_sets
from gpvae_tf.datasets.image_sets import ImageSet

N, SHAPE = 7, (4, 3, 1)


@pytest.fixture
def grey(rng):
    return ImageSet("train", rng.uniform(size=(N, *SHAPE)), np.arange(N))


def take(dataset, count):
    return [{name: value.numpy() for name, value in batch.items()} for batch in dataset.take(count)]


def test_an_epoch_has_every_image_once(grey):
    batches = take(image_sets.stream(grey, 3, seed=5), 6)
    assert [len(batch["observations"]) for batch in batches] == [3, 3, 1, 3, 3, 1]
    for epoch in (batches[:3], batches[3:]):
        labels = np.concatenate([batch["labels"] for batch in epoch])
        assert sorted(labels) == list(range(N))
        np.testing.assert_array_equal(np.concatenate([batch["observations"] for batch in epoch]), grey.images[labels])
    orders = [[int(label) for batch in epoch for label in batch["labels"]] for epoch in (batches[:3], batches[3:])]
    assert orders[0] != orders[1]


@pytest.mark.parametrize("binarize", [False, True])
def test_any_step_can_be_the_first(grey, binarize):
    options = dict(seed=5, binarize=binarize)
    whole = take(image_sets.stream(grey, 3, **options), 8)
    for start in (1, 3, 5):
        later = take(image_sets.stream(grey, 3, start_step=start, **options), 3)
        for ours, expected in zip(later, whole[start:]):
            assert ours.keys() == expected.keys() == {"observations", "labels"}
            for name in ours:
                np.testing.assert_array_equal(ours[name], expected[name])
    other = take(image_sets.stream(grey, 3, seed=6, binarize=binarize), 3)
    assert any(not np.array_equal(ours["observations"], theirs["observations"]) for ours, theirs in zip(other, whole))


def test_pixels_are_drawn_anew_with_their_mean():
    values = np.array([0.0, 0.2, 0.7, 1.0])
    data = ImageSet("train", np.tile(values.reshape(1, 2, 2, 1), (500, 1, 1, 1)))
    batches = np.stack([batch["observations"] for batch in take(image_sets.stream(data, 500, binarize=True), 8)])
    assert set(np.unique(batches)) == {0.0, 1.0}
    assert not np.array_equal(batches[0], batches[1])
    np.testing.assert_allclose(batches.mean(axis=(0, 1)).ravel(), values, atol=4 * 0.5 / np.sqrt(4000))
    assert np.abs(np.corrcoef(batches[..., 0, 1, 0].ravel(), batches[..., 1, 0, 0].ravel())[0, 1]) < 0.1


def test_chunks_are_everything_in_order(grey):
    batches = list(image_sets.chunks(grey, 3))
    np.testing.assert_array_equal(np.concatenate([batch["observations"] for batch in batches]), grey.images)
    assert len(batches) == steps_per_epoch(grey, 3) == 3


def test_pixels_are_shared_and_read_only(grey):
    assert np.shares_memory(grey.images, np.asarray(grey.image_tensor))
    for array in (grey.images, grey.labels):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(name="dev"), "name must be one of train, validation, test, got 'dev'"),
        (dict(images=np.zeros((2, 3, 4))), r"images has shape \(2, 3, 4\); expected \[n, H, W, C\]"),
        (dict(images=np.zeros((0, 3, 4, 1))), "with n >= 1"),
        (dict(images=np.full((2, 1, 1, 1), 1.5)), "values from 1.5 to 1.5; a Bernoulli decoder needs"),
        (dict(images=np.full((2, 1, 1, 1), -0.5)), "values from -0.5 to -0.5; a Bernoulli decoder needs"),
        (dict(images=np.array([0.0, np.nan]).reshape(2, 1, 1, 1)), r"not finite, the first at index \(1, 0, 0, 0\)"),
        (dict(labels=np.zeros(3, int)), r"labels is int64 \(3,\); expected integers \[2\]"),
        (dict(labels=np.zeros(2)), r"labels is float64 \(2,\); expected integers \[2\]"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(ValueError, match=message):
        ImageSet(**dict(name="train", images=np.zeros((2, 1, 1, 1))) | arguments)


def test_streams_refuse(grey):
    with pytest.raises(ValueError, match="batch_size must be >= 1, got 0"):
        image_sets.stream(grey, 0)
    with pytest.raises(ValueError, match="start_step must be >= 0, got -1"):
        image_sets.stream(grey, 2, start_step=-1)
    with pytest.raises(ValueError, match="size must be >= 1, got 0"):
        row_batches(0, 2)
    free = ImageSet("train", np.full((2, 1, 1, 1), 3.0), bounded=False)
    with pytest.raises(ValueError, match="binarize needs images in"):
        image_sets.stream(free, 2, binarize=True)
