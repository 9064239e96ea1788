"""Streams of whole characters: every character once an epoch, a pure function of (seed, step), little memory."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.datasets import sprites_batches
from gpvae_tf.datasets.sprites_splits import CharacterSplit

P, A, N, K = 9, 6, 7, 4


@pytest.fixture
def split(rng):
    frames = rng.integers(0, 256, (P, A, 3, 2, 3), np.uint8)
    poses = np.argsort(rng.uniform(size=(N, A)), axis=1)[:, :K]
    return CharacterSplit(frames, rng.permutation(P)[:N], poses)


def take(dataset, count):
    return [{name: tensor.numpy() for name, tensor in batch.items()} for batch in dataset.take(count)]


def characters(batch):
    """The characters of a batch in order, after a check that each is whole."""
    ids = batch["inputs"][0, :, 1].reshape(-1, K)
    assert (ids == ids[:, :1]).all()
    return ids[:, 0].astype(int).tolist()


def assert_same(batches, others):
    assert len(batches) == len(others) > 0
    for one, other in zip(batches, others):
        assert one.keys() == other.keys()
        for name in one:
            np.testing.assert_array_equal(one[name], other[name])


def test_every_epoch_has_every_character_once(split):
    batches = take(sprites_batches.character_batches(split, 3 * K, seed=3), 9)
    assert [batch["observations"].shape for batch in batches[:3]] == [(1, n * K, 3, 2, 3) for n in (3, 3, 1)]
    epochs = [sum(map(characters, batches[start : start + 3]), []) for start in (0, 3, 6)]
    assert all(sorted(epoch) == sorted(split.characters) for epoch in epochs)
    assert len(set(map(tuple, epochs))) == 3
    assert sprites_batches.steps_per_epoch(split, 3 * K) == 3


def test_a_batch_has_the_frames_of_its_inputs(split):
    for batch in take(sprites_batches.character_batches(split, 2 * K, seed=1), 4):
        poses, ids = batch["inputs"][0].astype(int).T
        np.testing.assert_array_equal(batch["observations"][0], split.frames[ids, poses] / 256.0)
        index = batch["index"][0]
        np.testing.assert_array_equal(split.inputs.reshape(-1, 2)[index], batch["inputs"][0])
        assert {name: array.dtype.name for name, array in batch.items()} == {
            "observations": "float32",
            "inputs": "float32",
            "index": "int32",
        }


def test_step_and_seed_determine_a_batch(split):
    stream = lambda **options: sprites_batches.character_batches(split, 2 * K, **options)
    first = take(stream(seed=5), 12)
    assert_same(take(stream(seed=5), 12), first)
    for start in (1, 4, 6):  # within an epoch, at its end, after it
        assert_same(take(stream(seed=5, start_step=start), 5), first[start : start + 5])
    assert any(not np.array_equal(a["inputs"], b["inputs"]) for a, b in zip(first, take(stream(seed=6), 4)))


def test_unshuffled_batches_are_the_authors(split):
    batches = take(sprites_batches.character_batches(split, 3 * K, shuffle=False), 6)
    assert_same(batches[3:], batches[:3])
    assert sum(map(characters, batches[:3]), []) == split.characters.tolist()
    together = np.concatenate([batch["index"][0] for batch in batches[:3]])
    np.testing.assert_array_equal(together, np.arange(N * K))


def test_bytes_can_be_scaled_in_the_step(split):
    (floats,), (whole,) = (
        take(sprites_batches.character_batches(split, 2 * K, seed=2, scale=scale), 1) for scale in (True, False)
    )
    assert whole["observations"].dtype == np.uint8
    np.testing.assert_array_equal(sprites_batches.scaled(whole["observations"]), floats["observations"])
    np.testing.assert_array_equal(floats["observations"], np.float32(whole["observations"]) / np.float32(256))
    assert sprites_batches.scaled(np.array([0, 255], np.uint8)).numpy().tolist() == [0.0, 255 / 256]


def test_everything_once_in_order(split):
    whole = sprites_batches.as_batch(split)
    parts = take(sprites_batches.chunks(split, 3 * K), 99)
    for name, tensor in whole.items():
        np.testing.assert_array_equal(np.concatenate([part[name] for part in parts], axis=1), tensor)
    np.testing.assert_array_equal(whole["observations"][0], split.read().reshape(-1, 3, 2, 3) / 256.0)
    assert sprites_batches.as_batch(split, scale=False)["observations"].dtype == tf.uint8


def test_only_the_frames_of_a_batch_are_read(split):
    """Two batches in the making, two ahead and the one taken: no more than six of the 24 batches of this epoch."""
    read = []

    class Counted(CharacterSplit):
        def read(self, which=slice(None)):
            read.append(np.asarray(which).tolist())
            return super().read(which)

    many = Counted(np.repeat(split.frames, 4, axis=0), np.arange(24), np.zeros((24, K), int))
    next(iter(sprites_batches.character_batches(many, K, shuffle=False)))
    assert 1 <= len(read) <= 6 and all(len(which) == 1 for which in read)


def test_smaller_batches_do_not_retrace(split):
    stream = sprites_batches.character_batches(split, 3 * K)
    assert stream.element_spec["observations"].shape.as_list() == [1, None, 3, 2, 3]
    assert stream.element_spec["inputs"].shape.as_list() == [1, None, 2]
    traces = []

    @tf.function(input_signature=[stream.element_spec])
    def step(batch):
        traces.append(1)
        return tf.reduce_sum(batch["observations"])

    assert len({step(batch).numpy() for batch in stream.take(6)}) > 1 and len(traces) == 1


def test_a_batch_that_splits_a_character_is_refused(split):
    assert sprites_batches.characters_per_batch(split, 3 * K) == 3
    for size in (0, -K, 6):
        for refuse in (sprites_batches.character_batches, sprites_batches.steps_per_epoch, sprites_batches.chunks):
            with pytest.raises(ValueError, match=f"--batch_size={size} splits a character: .* has 4 frames"):
                refuse(split, size)
    with pytest.raises(ValueError, match="start_step must be >= 0, got -1"):
        sprites_batches.character_batches(split, K, start_step=-1)
