"""A user's arrays: batches, shuffling, missing frames, and errors that say where."""

import numpy as np
import pytest

from gpvae_tf.data import from_arrays

VIDEOS, FRAMES = 5, 3


@pytest.fixture
def images(rng):
    return rng.uniform(size=(VIDEOS, FRAMES, 4, 4, 1))


@pytest.fixture
def inputs(rng):
    return rng.uniform(size=(VIDEOS, FRAMES, 2))


def gather(dataset, name):
    return np.concatenate([batch[name] for batch in dataset.as_numpy_iterator()])


def test_batches_hold_whole_data_sets(images, inputs):
    batches = list(from_arrays(images, inputs, batch_size=2).as_numpy_iterator())
    assert [batch["observations"].shape for batch in batches] == [(2, 3, 4, 4, 1), (2, 3, 4, 4, 1), (1, 3, 4, 4, 1)]
    assert all(sorted(batch) == ["inputs", "observations"] for batch in batches)
    assert {array.dtype for batch in batches for array in batch.values()} == {np.dtype("float32")}
    np.testing.assert_array_equal(np.concatenate([b["observations"] for b in batches]), images.astype(np.float32))
    np.testing.assert_array_equal(np.concatenate([b["inputs"] for b in batches]), inputs.astype(np.float32))


def test_inputs_may_be_shared(images, inputs):
    dataset = from_arrays(images, inputs[0], batch_size=2)
    np.testing.assert_array_equal(gather(dataset, "inputs"), np.tile(inputs[0].astype(np.float32), (VIDEOS, 1, 1)))


def test_shuffling_is_reproducible_and_keeps_pairs(images, inputs):
    first = inputs[:, 0, 0].astype(np.float32)
    build = lambda seed: from_arrays(images, inputs, batch_size=2, shuffle_seed=seed)
    orders = []
    for _ in range(2):
        dataset = build(1)
        for _ in range(2):  # two epochs
            batches = list(dataset.as_numpy_iterator())
            row = np.concatenate([b["inputs"] for b in batches])[:, 0, 0]
            order = [int(np.flatnonzero(first == value)[0]) for value in row]
            loaded = np.concatenate([b["observations"] for b in batches])
            np.testing.assert_array_equal(loaded, images[order].astype(np.float32))
            orders.append(order)
    assert orders[:2] == orders[2:]  # the same again from the start
    assert orders[0] != orders[1]  # but another order in the second epoch
    assert sorted(orders[0]) == list(range(VIDEOS))
    assert any(np.any(gather(build(seed), "inputs") != gather(build(1), "inputs")) for seed in (2, 3))


def test_missing_frames_may_hold_anything(images, inputs):
    mask = np.ones((VIDEOS, FRAMES), bool)
    mask[1, 2] = mask[4, 0] = False
    images[~mask] = np.nan
    dataset = from_arrays(images, inputs, mask, batch_size=2)
    np.testing.assert_array_equal(gather(dataset, "mask"), mask)
    loaded = gather(dataset, "observations")
    np.testing.assert_array_equal(loaded[mask], images[mask].astype(np.float32))
    np.testing.assert_array_equal(loaded[~mask], 0.0)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_named_by_index(images, inputs, bad):
    images[2, 1, 3, 0, 0] = images[3, 0, 0, 0, 0] = bad
    message = r"observations has 2 values that are not finite, the first at index \(2, 1, 3, 0, 0\)"
    with pytest.raises(ValueError, match=message):
        from_arrays(images, inputs, batch_size=2)
    mask = np.ones((VIDEOS, FRAMES), bool)
    mask[3, 0] = False  # hides one of the two
    with pytest.raises(ValueError, match=message.replace("2 values", "1 values")):
        from_arrays(images, inputs, mask, batch_size=2)
    inputs[0, 2, 1] = bad
    with pytest.raises(ValueError, match=r"inputs has 1 values that are not finite, the first at index \(0, 2, 1\)"):
        from_arrays(np.zeros_like(images), inputs, batch_size=2)


@pytest.mark.parametrize(
    "change, message",
    [
        (dict(images=np.zeros((5, 3, 4, 4))), r"images has shape \(5, 3, 4, 4\); expected \[N, n, H, W, C\]"),
        (dict(inputs=np.zeros((5, 2, 2))), r"inputs has shape \(5, 2, 2\); expected \[5, 3, D\]"),
        (dict(inputs=np.zeros((4, 3, 2))), r"inputs has shape \(4, 3, 2\); expected \[5, 3, D\]"),
        (dict(inputs=np.zeros(3)), r"inputs has shape \(3,\)"),
        (dict(mask=np.ones((5, 2), bool)), r"mask is bool \(5, 2\); expected bool \(5, 3\)"),
        (dict(mask=np.ones((5, 3))), r"mask is float64 \(5, 3\); expected bool"),
        (dict(mask=np.arange(5)[:, None].repeat(3, 1) != 3), "mask leaves no observed frame in data set 3"),
        (dict(batch_size=0), "batch_size must be >= 1, got 0"),
    ],
)
def test_wrong_arguments_are_named(images, inputs, change, message):
    with pytest.raises(ValueError, match=message):
        from_arrays(**(dict(images=images, inputs=inputs, batch_size=2) | change))
