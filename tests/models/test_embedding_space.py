"""Places in X."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from gpvae_tf.models import embedding_space

SEED = tf.constant([3, 4])


def test_grid_covers_the_box_as_a_plot_does(rng):
    x = np.array([[0.0, 5.0], [4.0, -1.0], [2.0, 2.0]])
    grid = embedding_space.grid(x, 3)
    np.testing.assert_allclose(grid[0], [[0.0, 5.0], [2.0, 5.0], [4.0, 5.0]])
    np.testing.assert_allclose(grid[:, 0], [[0.0, 5.0], [0.0, 2.0], [0.0, -1.0]])
    for wrong, num in ((rng.normal(size=(3, 3)), 3), (x, 1)):
        with pytest.raises(ValueError, match="a grid needs x"):
            embedding_space.grid(wrong, num)


def test_draws_follow_the_kernel_density_estimate(rng):
    x = np.concatenate([rng.normal(-3.0, 0.5, (40, 2)), rng.normal(2.0, [0.2, 1.0], (60, 2))]) * [1.0, 10.0]
    drawn = embedding_space.draws(tf.constant(x), 20_000, SEED).numpy()
    width = 100 ** (-1 / 6) * x.std(axis=0)
    for d in range(2):
        cdf = lambda values, d=d: stats.norm.cdf(values[:, None], x[:, d], width[d]).mean(axis=1)
        assert stats.kstest(drawn[:, d], cdf).pvalue > 1e-3
    exact = embedding_space.draws(tf.constant(x), 50, SEED, bandwidth=0.0).numpy()
    assert {tuple(row) for row in exact} <= {tuple(row) for row in x} and len(np.unique(exact, axis=0)) > 20
    with pytest.raises(ValueError, match="bandwidth must be >= 0, got -1.0"):
        embedding_space.draws(tf.constant(x), 5, SEED, bandwidth=-1.0)


def test_line():
    ends = tf.constant([[0.0, 1.0], [4.0, -1.0]])
    np.testing.assert_allclose(embedding_space.line(ends, 3), [[0.0, 1.0], [2.0, 0.0], [4.0, -1.0]])
    with pytest.raises(ValueError, match="num must be >= 2, got 1"):
        embedding_space.line(ends, 1)
