"""The averaged GP regression against dense algebra on the known values alone."""

import numpy as np
import pytest
import scipy.stats

from gpvae_tf.recalibration.kriging import NOISE_SHARES, NUM_SCALES, regressions

N, S = 9, 4


def dense(x, queries, values, length_scale, rho, groups=None):
    """Log evidence up to a constant, mean, variance and s^2 by a solve with the whole covariance matrix."""
    squares = lambda a, b: np.sum(np.square((a[:, None] - b[None]) / np.std(x, axis=0)), axis=-1)
    smooth = lambda a, b: np.exp(-0.5 * squares(a, b) / length_scale**2)
    known = np.isfinite(values)
    groups = np.zeros(len(x)) if groups is None else groups
    together = groups[known][:, None] == groups[known]
    c = (1 - rho) * (1 + together * smooth(x[known], x[known])) + rho * np.eye(known.sum())
    y, k = values[known], (1 - rho) * (1 + (not np.any(groups)) * smooth(queries, x[known]))
    square = y @ np.linalg.solve(c, y)
    evidence, scale = -0.5 * (np.linalg.slogdet(c)[1] + known.sum() * np.log(square)), square / (known.sum() - 2)
    variance = scale * (2 * (1 - rho) + rho - np.einsum("sn,ns->s", k, np.linalg.solve(c, k.T)))
    return evidence, k @ np.linalg.solve(c, y), variance, scale


@pytest.mark.parametrize("columns", [1, 2])
def test_every_pair_of_hyperparameters_is_exact(rng, columns):
    x, queries = rng.normal(size=(N, columns)), rng.normal(size=(S, columns))
    where = np.array([np.arange(N) < N, np.arange(N) % 3 > 0, np.arange(N) < N])
    values = np.where(where, rng.normal(size=(2, 3, N)), np.nan)  # two alternatives of three channels
    found = list(regressions(x, queries, values, where))
    apart = np.sqrt(np.sum(np.square((x[:, None] - x[None]) / np.std(x, axis=0)), axis=-1))
    shortest = np.median(np.min(apart + 1e9 * np.eye(N), axis=1))
    scales = np.geomspace(shortest, apart.max() / 3, NUM_SCALES)
    pairs = [(length, rho) for length in scales for rho in NOISE_SHARES]
    assert len(found) == len(pairs)
    for each, (length, rho) in zip(found, pairs):
        for index in np.ndindex(2, 3):
            evidence, mean, variance, scale = dense(x, queries, values[index], length, rho)
            found_here = [part[index] for part in each.at_queries]
            for part, expected in zip(found_here, ([evidence], mean, variance, np.full(S, rho * scale)), strict=True):
                np.testing.assert_allclose(part, expected, rtol=1e-7, atol=1e-10)


def test_groups_have_functions_of_their_own_and_a_level_in_common(rng):
    x, queries, groups = rng.normal(size=(N, 1)), rng.normal(size=(S, 1)), np.arange(N) // 3 + 1
    values = np.where(np.arange(N) % 4 > 0, rng.normal(size=N), np.nan)
    where = np.isfinite(values)
    found = list(regressions(x, queries, values[None, None], where[None], groups=groups))
    apart = np.abs(x - x.T) / np.std(x)
    scales = np.geomspace(np.median(np.min(apart + 1e9 * np.eye(N), axis=1)), apart.max() / 3, NUM_SCALES)
    for each, (length, rho) in zip(found, [(length, rho) for length in scales for rho in NOISE_SHARES], strict=True):
        expected = dense(x, queries, values, length, rho, groups)
        for part, value in zip(each.at_queries, (*expected[:3], rho * expected[3]), strict=True):
            np.testing.assert_allclose(part[0, 0], value, rtol=1e-7, atol=1e-10)


def test_values_left_out_are_predicted_from_the_others(rng):
    x, values = rng.uniform(size=(N, 1)), rng.normal(size=N)
    values[2] = np.nan
    where = np.isfinite(values)[np.newaxis]
    found = list(regressions(x, x, values[np.newaxis, np.newaxis], where))[13]  # the second length scale, rho = 0.2
    length = np.geomspace(
        np.median(np.min(np.abs(x - x.T) / np.std(x) + 1e9 * np.eye(N), axis=1)), np.ptp(x) / np.std(x) / 3, NUM_SCALES
    )[1]
    for left in np.flatnonzero(where[0]):
        rest = np.where(np.arange(N) == left, np.nan, values)
        evidence, mean, variance, scale = dense(x, x, rest, length, 0.2)
        for part, expected in zip(found.left_out, (evidence, mean[left], variance[left], 0.2 * scale), strict=True):
            np.testing.assert_allclose(part[0, 0, left], expected, rtol=1e-8)


def test_the_evidence_is_that_of_student_s_t(rng):
    """With Jeffreys' prior on s^2 it is, but for a constant, a t density without location as its degrees go to 0."""
    x, y = np.linspace(0.0, 1.0, N)[:, None], rng.normal(size=N)
    found = [each.at_queries.log_evidence.item() for each in regressions(x, x, y[None, None], np.ones((1, N), bool))]
    square = np.square((x - x.T) / np.std(x))
    apart = np.sqrt(square[0, 1])
    lengths = np.geomspace(apart, np.sqrt(square.max()) / 3, NUM_SCALES)
    df = 1e-9
    expected = [
        scipy.stats.multivariate_t(
            shape=(1 - rho) * (1 + np.exp(-0.5 * square / length**2)) + rho * np.eye(N), df=df
        ).logpdf(y / np.sqrt(df))
        for length in lengths
        for rho in NOISE_SHARES
    ]
    np.testing.assert_allclose(np.diff(found), np.diff(expected), atol=1e-5)


def test_equal_inputs_and_zeros(rng):
    """One place for all, and values that are all 0: finite, and no variance to speak of."""
    for each in regressions(np.ones((N, 1)), np.ones((S, 1)), np.zeros((1, 1, N)), np.ones((1, N), bool)):
        assert all(np.all(np.isfinite(part)) for part in (*each.at_queries, *each.left_out))
        assert np.max(each.at_queries.variance) < 1e-10
