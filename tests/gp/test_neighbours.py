"""Nearest neighbours against sorting all distances in NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.gp import neighbours
from gpvae_tf.gp.neighbours import around, nearest, preceding

N, S, H = 9, 5, 3


def expected(points, queries, usable):
    """The usable points of one data set by distance from each query, at most H."""
    distance = np.linalg.norm(queries[:, None, :] - points[None], axis=-1)
    return [[j for j in np.argsort(row) if allowed[j]][:H] for row, allowed in zip(distance, usable, strict=True)]


def lists(found):
    return [[list(i[f]) for i, f in zip(*rows, strict=True)] for rows in zip(*map(np.asarray, found), strict=True)]


@pytest.mark.parametrize("block", [4, 2**20])
def test_nearest_of_all(rng, monkeypatch, block):
    """In one block or several, with points that may be no neighbours, and too few of them."""
    monkeypatch.setattr(neighbours, "_BLOCK", block * N)
    points, queries = rng.normal(size=(2, N, 2)), rng.normal(size=(2, S, 2))
    usable = np.array([[True, False] * 4 + [True], [False] * 7 + [True] * 2])
    found = nearest(tf.constant(points), tf.constant(queries), H, tf.constant(usable))
    assert found.index.shape == (2, S, H)
    assert lists(found) == [expected(*parts, [u] * S) for *parts, u in zip(points, queries, usable, strict=True)]


def test_the_index_of_no_neighbour_is_0(rng):
    points = tf.constant(rng.normal(size=(1, N, 2)))
    usable = tf.constant([[False] * (N - 1) + [True]])
    times = tf.sort(points[..., 0])
    for found in (nearest(points, points, H, usable), around(times, times, H, tf.constant([1]))):
        assert np.all(found.index.numpy()[~found.found] == 0) and np.sum(found.found) == N


def test_nearest_of_those_before(rng):
    points, ranks = rng.normal(size=(1, N, 3)), rng.permutation(N)
    found = nearest(tf.constant(points), tf.constant(points), H, None, (tf.constant(ranks), tf.constant(ranks)))
    assert lists(found)[0] == expected(points[0], points[0], ranks[None] < ranks[:, None])


def test_no_more_neighbours_than_points(rng):
    points = tf.constant(rng.normal(size=(1, 2, 1)))
    for found in (nearest(points, points, H), around(tf.sort(points[..., 0]), points[..., 0], H, tf.constant([2]))):
        assert found.index.shape == (1, 2, 2) and np.all(found.found)
    assert preceding(tf.constant(2), H).index.shape == (2, 2)


def test_preceding():
    index, found = map(np.asarray, preceding(tf.constant(5), H))
    assert [list(i[f]) for i, f in zip(index, found, strict=True)] == [[], [0], [1, 0], [2, 1, 0], [3, 2, 1]]


def test_around(rng):
    """Of sorted times, of which only the first may be neighbours."""
    times, queries = np.sort(rng.normal(size=(2, N))), rng.normal(size=(2, S)) * 2.0
    found = around(tf.constant(times), tf.constant(queries), H, tf.constant([N, 4]))
    for b, count in enumerate([N, 4]):
        usable = [np.arange(N) < count] * S
        assert lists(found)[b] == expected(times[b][:, None], queries[b][:, None], usable)
