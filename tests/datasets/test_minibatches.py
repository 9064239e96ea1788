"""Training streams: every image once an epoch, a pure function of (seed, step), one copy of the pixels."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.datasets import minibatches, split_by_object
from gpvae_tf.datasets.splits import Split

IDS = np.array([4, 2, 4, 4, 7, 2, 7, 4, 7, 2, 4])  # 5, 3 and 3 images of objects 4, 2 and 7


@pytest.fixture
def split(rng):
    return Split(rng.normal(size=(len(IDS), 4, 3, 1)), IDS, rng.uniform(0, 6, len(IDS)))


def take(dataset, count):
    return [{name: tensor.numpy() for name, tensor in batch.items()} for batch in dataset.take(count)]


def rows(batches):
    return [batch["index"][0].tolist() for batch in batches]


def assert_same(batches, others):
    assert len(batches) == len(others) > 0
    for one, other in zip(batches, others):
        assert one.keys() == other.keys()
        for name in one:
            np.testing.assert_array_equal(one[name], other[name])


def test_a_split_holds_the_pixels_once(split):
    assert np.asarray(split.image_tensor).ctypes.data == split.images.ctypes.data
    stream = minibatches.image_batches(split, 4)
    assert stream.options().experimental_optimization.apply_default_optimizations is False  # they copy
    assert stream.options().autotune.enabled is False  # a fit would wait for it
    gathering = stream._input_dataset._input_dataset  # beneath options and prefetch
    assert any(tensor is split.image_tensor for tensor in gathering._map_func.function.captured_inputs)
    for array in (split.images, split.ids, split.angles):
        assert not array.flags.writeable


def test_a_split_is_not_the_users_array():
    images, ids, angles = np.zeros((3, 2, 2, 1), np.float32), np.arange(3, dtype=np.int32), np.zeros(3, np.float32)
    split = Split(images, ids, angles)
    for array in (images, ids, angles):
        array[:] = 1
    np.testing.assert_array_equal(split.images, np.zeros((3, 2, 2, 1)))
    np.testing.assert_array_equal(split.inputs, [[0, 0], [0, 1], [0, 2]])


def test_every_epoch_is_a_permutation(split):
    batches = take(minibatches.image_batches(split, 4, seed=3), 9)
    assert [batch["observations"].shape for batch in batches[:3]] == [(1, 4, 4, 3, 1), (1, 4, 4, 3, 1), (1, 3, 4, 3, 1)]
    epochs = [sum(rows(batches[start : start + 3]), []) for start in (0, 3, 6)]
    assert all(sorted(epoch) == list(range(len(IDS))) for epoch in epochs)
    assert len(set(map(tuple, epochs))) == 3
    for batch in batches:
        index = batch["index"][0]
        np.testing.assert_array_equal(batch["observations"][0], split.images[index])
        np.testing.assert_array_equal(batch["inputs"][0], np.stack([split.angles[index], IDS[index]], axis=-1))
        assert {name: array.dtype.name for name, array in batch.items()} == {
            "observations": "float32",
            "inputs": "float32",
            "index": "int32",
        }


def test_step_and_seed_determine_a_batch(split):
    objects = split_by_object.by_object(split)
    for stream, data, size in ((minibatches.image_batches, split, 4), (minibatches.object_batches, objects, 2)):
        first = take(stream(data, size, seed=5), 8)
        assert_same(take(stream(data, size, seed=5), 8), first)
        for start in (1, 3, 4):  # within an epoch, at its end, after it
            assert_same(take(stream(data, size, seed=5, start_step=start), 4), first[start : start + 4])
        others = [take(stream(data, size, seed=seed), 8) for seed in (6, 7)]
        assert any(np.any(one["inputs"] != two["inputs"]) for other in others for one, two in zip(first, other))


def test_unshuffled_batches_follow_the_split(split):
    batches = take(minibatches.image_batches(split, 4, shuffle=False), 6)
    assert rows(batches) == 2 * [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10]]
    assert rows(take(minibatches.image_batches(split, 4, shuffle=False, start_step=5), 2)) == rows(batches[2:4])
    assert rows(take(minibatches.image_batches(split, 99, shuffle=False), 2)) == 2 * [list(range(11))]


@pytest.mark.parametrize("by_object, shape", [(False, [1, None, 4, 3, 1]), (True, [None, 5, 4, 3, 1])])
def test_smaller_batches_do_not_retrace(split, by_object, shape):
    if by_object:
        stream = minibatches.object_batches(split_by_object.by_object(split), 2)
    else:
        stream = minibatches.image_batches(split, 4)
    assert stream.element_spec["observations"].shape.as_list() == shape
    traces = []

    @tf.function(input_signature=[stream.element_spec])
    def step(batch):
        traces.append(1)
        return tf.reduce_sum(batch["observations"])

    sums = [step(batch).numpy() for batch in stream.take(6)]
    assert len(traces) == 1 and len(set(sums)) > 1


def test_objects_are_padded_not_cut(split):
    objects = split_by_object.by_object(split)
    np.testing.assert_array_equal(objects.ids, [4, 2, 7])  # in the order of their first images
    np.testing.assert_array_equal(objects.mask.sum(axis=1), [5, 3, 3])
    batch = {name: tensor.numpy() for name, tensor in minibatches.as_batch(objects).items()}
    assert batch["observations"].shape == (3, 5, 4, 3, 1) and batch["inputs"].shape == (3, 5, 2)
    for k, object_id in enumerate((4, 2, 7)):
        mine = np.flatnonzero(IDS == object_id)
        np.testing.assert_array_equal(batch["observations"][k, : len(mine)], split.images[mine])
        np.testing.assert_array_equal(batch["inputs"][k, : len(mine), 0], split.angles[mine])
        np.testing.assert_array_equal(batch["inputs"][k, :, 1], object_id)  # of padding too: a row of the table
        np.testing.assert_array_equal(batch["mask"][k], np.arange(5) < len(mine))


def test_whole_objects_can_be_one_data_set(split):
    """The same rows and padding, one after the other, in streams and in chunks."""
    objects = split_by_object.by_object(split)
    for options in ({"seed": 1}, {"shuffle": False}):
        apart = take(minibatches.object_batches(objects, 2, **options), 4)
        together = take(minibatches.object_batches(objects, 2, one_data_set=True, **options), 4)
        assert_same([{k: v.reshape(1, -1, *v.shape[2:]) for k, v in batch.items()} for batch in apart], together)
    assert_same(take_all(minibatches.chunks(objects, 2, one_data_set=True)), together[:2])


def take_all(chunks):
    return [{name: tensor.numpy() for name, tensor in batch.items()} for batch in chunks]


def test_object_batches_hold_whole_objects(split):
    objects = split_by_object.by_object(split)
    batches = take(minibatches.object_batches(objects, 2, seed=1), 6)
    orders = []
    for epoch in (batches[:2], batches[2:4], batches[4:]):
        assert [len(batch["observations"]) for batch in epoch] == [2, 1]
        together = {name: np.concatenate([batch[name] for batch in epoch]) for name in epoch[0]}
        orders.append(tuple(together["inputs"][:, 0, 1]))
        assert sorted(orders[-1]) == [2, 4, 7]
        whole = {name: tensor.numpy() for name, tensor in minibatches.as_batch(objects).items()}
        for k, object_id in enumerate(orders[-1]):
            (row,) = np.flatnonzero(objects.ids == object_id)
            for name in whole:
                np.testing.assert_array_equal(together[name][k], whole[name][row])
    assert len(set(orders)) > 1


def test_everything_once_in_order(split):
    objects = split_by_object.by_object(split)
    whole = {name: tensor.numpy() for name, tensor in minibatches.as_batch(split).items()}
    np.testing.assert_array_equal(whole["observations"], split.images[np.newaxis])
    for data, size, axis in ((split, 4, 1), (objects, 2, 0)):
        parts = take(minibatches.chunks(data, size), 99)
        assert len(parts) == minibatches.steps_per_epoch(data, size)
        for name, tensor in minibatches.as_batch(data).items():
            np.testing.assert_array_equal(np.concatenate([part[name] for part in parts], axis=axis), tensor.numpy())


def test_steps_per_epoch_counts_the_smaller_batch(split):
    count = lambda size: minibatches.steps_per_epoch(split, size)
    assert [count(size) for size in (1, 4, 10, 11, 12)] == [11, 3, 2, 1, 1]
    assert minibatches.steps_per_epoch(split_by_object.by_object(split), 2) == 2


def test_batches_of_images_must_not_split_objects(split):
    whole = split_by_object.by_object(split.take(np.argsort(IDS, kind="stable")[:6]))  # three images each of 2 and 4
    assert split_by_object.objects_per_batch(whole, 6) == 2
    for size in (4, 0):
        with pytest.raises(ValueError, match=f"batch_size = {size} splits an object: every object has 3 images"):
            split_by_object.objects_per_batch(whole, size)
    with pytest.raises(ValueError, match="objects have 3 to 5 images, so batch_size = 6 images splits some"):
        split_by_object.objects_per_batch(split_by_object.by_object(split), 6)


def test_wrong_arguments_are_named(split):
    for stream, data in (
        (minibatches.image_batches, split),
        (minibatches.object_batches, split_by_object.by_object(split)),
    ):
        with pytest.raises(ValueError, match="batch_size must be >= 1, got 0"):
            stream(data, 0)
        with pytest.raises(ValueError, match="start_step must be >= 0, got -1"):
            stream(data, 2, start_step=-1)


@pytest.mark.parametrize(
    "change, message",
    [
        (dict(images=np.zeros((3, 2, 2))), r"images has shape \(3, 2, 2\); expected \[n, H, W, C\]"),
        (dict(images=np.zeros((0, 2, 2, 1))), r"images has shape \(0, 2, 2, 1\); expected .* n >= 1"),
        (dict(ids=np.zeros(3)), "ids is float64; expected integers"),
        (dict(ids=np.zeros(2, int)), r"ids has shape \(2,\); expected \[3\]"),
        (dict(angles=np.zeros((3, 1))), r"angles has shape \(3, 1\); expected \[3\]"),
        (dict(ids=np.array([0, -1, 2])), "ids must be >= 0; image 1 has -1"),
        (dict(angles=np.array([0, np.inf, 0])), r"angles has values that are not finite, the first at index \(1,\)"),
    ],
)
def test_wrong_splits_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        Split(**(dict(images=np.zeros((3, 2, 2, 1)), ids=np.arange(3), angles=np.zeros(3)) | change))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_pixels_must_be_finite(bad):
    images = np.zeros((3, 2, 2, 1))
    images[1, 0, 1, 0] = bad
    with pytest.raises(ValueError, match=r"images has values that are not finite, the first at index \(1, 0, 1, 0\)"):
        Split(images, np.arange(3), np.zeros(3))
