"""One small sparse-GP problem, as numpy matrices and as the library's inputs; not a test file."""

import numpy as np
import tensorflow as tf

from gpvae_tf.gp import exact, factorization, sparse
from tests.support import oracles

N, M, S, L = 8, 3, 4, 2  # data, inducing points, queries, channels


class Problem:
    """One data set of L channels with heteroscedastic noise, and its matrices; x in [0, N), about one unit apart."""

    def __init__(self, rng, points=None, noise=None):
        self.x = (np.arange(N) + rng.uniform(-0.2, 0.2, N))[:, None]
        self.x_new = rng.uniform(0.0, N, (S, 1))
        self.points = np.linspace(0.5, N - 1.5, M)[:, None] if points is None else points(self.x)
        self.y, self.s = rng.normal(size=(L, N)), rng.uniform(0.1, 1.5, (L, N))
        if noise is not None:
            self.s = np.full((L, N), noise)
        self.k_mm, self.k_mn = oracles.rbf(self.points, self.points), oracles.rbf(self.points, self.x)
        self.k_nn, self.k_diag = oracles.rbf(self.x, self.x), np.ones(N)
        self.k_ms, self.k_ss = oracles.rbf(self.points, self.x_new), oracles.rbf(self.x_new, self.x_new)
        self.k_ns = oracles.rbf(self.x, self.x_new)
        self.factor = factorization.cholesky(tf.constant(self.k_mm), name="K_mm")
        self.a = sparse.project(self.factor, tf.constant(self.k_mn))

    def stats(self, rows=slice(None)):
        return sparse.statistics(self.a[:, rows], tf.constant(self.y[:, rows]), tf.constant(self.s[:, rows]))

    def q(self, scale=1.0):
        return sparse.optimal_q(self.stats(), tf.constant(scale, tf.float64))

    def hensman(self, q, scale=1.0):
        return sparse.hensman_bound(q, self.a, self.k_diag, self.y, tf.constant(self.s), scale=scale).numpy()

    def titsias(self):
        return sparse.titsias_bound(self.a, self.k_diag, self.y, tf.constant(self.s)).numpy()

    def log_z(self):
        return exact.condition(tf.constant(self.k_nn), self.y, tf.constant(self.s)).log_marginal_likelihood.numpy()
