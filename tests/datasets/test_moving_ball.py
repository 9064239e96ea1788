"""The moving ball: streams are functions of (seed, number), paths have the right covariance, discs the right place."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.datasets import MovingBall, moving_ball
from tests.support import oracles


@pytest.fixture
def ball():
    return MovingBall(num_frames=6, length_scale=2.0, size=8, radius=2.0, batch_size=3)


def as_arrays(dataset):
    return [{name: tensor.numpy() for name, tensor in batch.items()} for batch in dataset]


def assert_same(batches, others):
    assert len(batches) == len(others) > 0
    for one, other in zip(batches, others, strict=True):
        assert one.keys() == other.keys()
        for name in one:
            np.testing.assert_array_equal(one[name], other[name])


def test_what_a_batch_is(ball):
    (batch,) = as_arrays(ball.stream(0).take(1))
    assert sorted(batch) == ["inputs", "observations"]  # the true paths stay out of training
    assert batch["observations"].shape == (3, 6, *ball.image_shape) and ball.image_shape == (8, 8, 1)
    assert {array.dtype for array in batch.values()} == {np.dtype("float32")}
    assert set(np.unique(batch["observations"])) == {0.0, 1.0}
    np.testing.assert_array_equal(batch["inputs"], np.tile(np.arange(1.0, 7.0)[:, None], (3, 1, 1)))
    (test,) = as_arrays(ball.test_set(0, num_batches=1))
    np.testing.assert_array_equal(test["observations"], ball.render(tf.constant(test["paths"])))


def test_a_seed_is_a_stream(ball):
    first = as_arrays(ball.stream(5).take(4))
    assert_same(as_arrays(ball.stream(5).take(4)), first)
    assert_same(as_arrays(ball.stream(5, start=2).take(2)), first[2:])
    videos = lambda batches: {video.tobytes() for batch in batches for video in batch["observations"]}
    assert len(videos(first)) == 12  # neither batches nor the videos in one repeat
    assert videos(first).isdisjoint(videos(as_arrays(ball.stream(6).take(4))))


def test_test_sets_are_fixed_and_apart_from_training(ball):
    test_set = ball.test_set(5, num_batches=2)
    first = as_arrays(test_set)
    assert_same(as_arrays(test_set), first)
    assert_same(as_arrays(ball.test_set(5, num_batches=2)), first)
    train = {video.tobytes() for batch in as_arrays(ball.stream(5).take(2)) for video in batch["observations"]}
    assert train.isdisjoint(video.tobytes() for batch in first for video in batch["observations"])
    assert np.any(as_arrays(ball.test_set(6, num_batches=2))[0]["paths"] != first[0]["paths"])


def test_paths_have_the_kernels_covariance():
    """20,000 paths: entries of a sample covariance have a standard error below sqrt(2 / 20000) = 0.01."""
    ball = MovingBall(num_frames=5, length_scale=1.5, batch_size=20_000)
    paths = ball.paths(tf.constant([1, 2])).numpy().astype(np.float64)
    expected = oracles.rbf(ball.times.astype(np.float64), ball.times.astype(np.float64), 1.5)
    for coordinate in (0, 1):
        np.testing.assert_allclose(np.cov(paths[..., coordinate].T), expected, atol=0.05)
    across = np.cov(paths[..., 0].T, paths[..., 1].T)[:5, 5:]
    np.testing.assert_allclose(across, np.zeros((5, 5)), atol=0.05)
    np.testing.assert_allclose(paths.mean(axis=0), np.zeros((5, 2)), atol=0.05)


def test_pixels_within_the_radius_are_on(ball):
    """Row is y and column is x; the disc's rim itself is off."""
    paths = np.array([[0.0, 0.0], [1.1, -0.4], [-2.0, 2.4], [9.0, 0.0]], np.float32)
    frames = ball.render(tf.constant(paths)).numpy()
    expected = np.zeros((4, 8, 8, 1))
    for k, (x, y) in enumerate(paths):
        for row, column in np.ndindex(8, 8):
            squared = (row - (y * 8 / 5 + 4)) ** 2 + (column - (x * 8 / 5 + 4)) ** 2
            expected[k, row, column, 0] = squared < 2.0**2
    np.testing.assert_array_equal(frames, expected)
    assert expected[0].sum() == 9 and expected[3].sum() == 0  # 3 x 3 about the centre; out of sight
    assert not np.array_equal(frames[1], frames[1].transpose(1, 0, 2))


@pytest.mark.parametrize("name", ["num_frames", "length_scale", "size", "radius", "batch_size"])
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_values_must_be_positive(name, value):
    with pytest.raises(ValueError, match=f"{name} must be positive, got {value}"):
        MovingBall(**{name: value})


def test_pictures_have_their_points():
    circle, square = moving_ball.circle_path(30), moving_ball.square_path(30)
    assert circle.shape == square.shape == (30, 2)
    radii = np.sort(np.linalg.norm(circle, axis=1))
    np.testing.assert_allclose(radii, [0.0] * 12 + [1.0] * 8 + [2.0] * 10, atol=1e-6)
    grid = {(x, y) for x in range(-2, 3) for y in range(-2, 3)}
    assert {tuple(point) for point in square[:25].astype(int)} == grid and not square[25:].any()
    for path, least in ((moving_ball.circle_path, 19), (moving_ball.square_path, 25)):
        assert len(path(least)) == least
        with pytest.raises(ValueError, match=f"at least {least} frames, got {least - 1}"):
            path(least - 1)
