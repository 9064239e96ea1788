"""Bias of Eq. 9's mini-batch estimators, against the printed equations over all batches there are."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.evaluation import estimator_bias
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.latent_gps import LatentDataset, SparseGP
from tests.support import oracles

L, N, S = 2, 6, 3
POINTS = np.array([[0.5], [2.5], [4.5]])


def sparse_gp(num_data: int | None = N) -> SparseGP:
    points = InducingPoints(POINTS, dtype="float64")
    return SparseGP(kernels.exponentiated_quadratic(1.0), points, num_data=num_data, jitter=0.0)


@pytest.fixture
def data(rng) -> LatentDataset:
    x = np.arange(N)[:, None] + rng.uniform(-0.3, 0.3, (1, N, 1))
    y, noise = rng.normal(1.0, 1.0, (1, L, N)), rng.uniform(0.1, 1.0, (1, L, N))
    return LatentDataset(tf.constant(x), tf.constant(y), tf.constant(noise))


@pytest.fixture
def x_test(rng) -> tf.Tensor:
    return tf.constant(rng.uniform(0.0, N, (1, S, 1)))


def printed(data: LatentDataset, x_test: tf.Tensor, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Eqs. 9 and 3 with explicit inverses, channels stacked."""
    x = data.x.numpy()[0, rows]
    k_mm, k_mn, k_ms = (oracles.rbf(POINTS, other) for other in (POINTS, x, x_test.numpy()[0]))
    k_ss = oracles.rbf(x_test.numpy()[0], x_test.numpy()[0])
    results = []
    for y, noise in zip(data.y.numpy()[0], data.noise_variance.numpy()[0], strict=True):
        mu, cov = oracles.optimal_q(k_mm, k_mn, y[rows], noise[rows], N / len(rows))
        mean, spread = oracles.sparse_posterior(k_mm, k_ms, k_ss, mu, cov)
        results.append((mu, cov, mean, np.diag(spread)))
    return {name: np.stack(parts) for name, parts in zip(estimator_bias.QUANTITIES, zip(*results), strict=True)}


@pytest.mark.parametrize("size", [2, 5])
def test_errors_over_all_batches_match_the_printed_equations(data, x_test, size):
    batches = [np.array(rows) for rows in itertools.combinations(range(N), size)]
    errors = estimator_bias.compare_batches(sparse_gp(), data, x_test, batches)
    full = printed(data, x_test, np.arange(N))
    estimates = [printed(data, x_test, rows) for rows in batches]
    for name in ("mu", "A", "mean", "variance"):
        values, norm = np.stack([estimate[name] for estimate in estimates]), np.linalg.norm(full[name])
        bias = np.linalg.norm(np.mean(values, axis=0) - full[name]) / norm
        rms = np.sqrt(np.mean([np.sum((value - full[name]) ** 2) for value in values])) / norm
        noise = np.sqrt(np.sum(np.var(values, axis=0, ddof=1)) / len(batches)) / norm
        np.testing.assert_allclose(errors[name], (bias, rms, noise), rtol=1e-9, err_msg=name)
        assert 1e-3 < bias < rms, name  # Eq. 9 is biased: these are all batches, so no chance is left


def test_the_full_batch_has_no_error_at_all(data, x_test):
    errors = estimator_bias.estimator_bias(sparse_gp(), data, x_test, [3, N], repetitions=3)
    assert tuple(errors) == ("mu", "A", "mean", "variance")
    for name, (small, full) in errors.items():
        assert full == (0.0, 0.0, 0.0), name
        assert small.rms > 1e-2 and small.bias > 0 and small.noise > 0, name


def test_estimates_are_consistent(rng):
    """More data per batch, less error of either kind; N = 200 random points of a smooth function."""
    num = 200
    x = rng.uniform(0.0, 5.0, (1, num, 1))
    data = LatentDataset(
        tf.constant(x), tf.constant(np.sin(x[..., 0])[:, None]), tf.constant(np.full((1, 1, num), 0.5))
    )
    x_test = tf.constant(np.linspace(0.0, 5.0, 7)[None, :, None])
    errors = estimator_bias.estimator_bias(sparse_gp(num), data, x_test, [10, 40, 160], repetitions=20)
    for name, (few, some, many) in errors.items():
        assert few.rms > 1.5 * some.rms > 2.0 * many.rms > 0, name


def test_one_batch_is_biased_by_all_its_error(data, x_test):
    (error,) = estimator_bias.estimator_bias(sparse_gp(), data, x_test, [3], repetitions=1)["mu"]
    np.testing.assert_allclose(error.bias, error.rms, rtol=1e-12)
    assert np.isnan(error.noise)


def test_draws_depend_on_the_seed_and_on_no_other_batch_size(data, x_test):
    run = lambda sizes, seed: estimator_bias.estimator_bias(sparse_gp(), data, x_test, sizes, repetitions=2, seed=seed)[
        "mean"
    ]
    assert run([2, 4], 0)[1] == run([4], 0)[0] != run([4], 1)[0]


def test_random_rows_are_distinct_and_equally_likely():
    draws = [estimator_bias.random_rows(10, 4, 0, repetition) for repetition in range(500)]
    assert all(len(np.unique(rows)) == 4 and np.all(np.diff(rows) > 0) for rows in draws)
    counts = np.bincount(np.concatenate(draws), minlength=10)
    assert len(counts) == 10 and np.all(np.abs(counts - 200) < 55)  # sd 11
    np.testing.assert_array_equal(estimator_bias.random_rows(5, 5, 3, 1), np.arange(5))


@pytest.mark.parametrize(
    "change, message",
    [
        (dict(batch_sizes=[2, 7, 0]), r"batch_sizes has \[7, 0\]; expected 1, ..., 6"),
        (dict(repetitions=0), "repetitions must be >= 1, got 0"),
        (dict(gp=sparse_gp(None)), "gp has num_data None; expected the 6 points"),
        (dict(gp=sparse_gp(40)), "gp has num_data 40; expected the 6 points"),
        (dict(x_test=tf.zeros([1, S, 2])), r"x_test has shape \(1, 3, 2\); expected \[1, s, 1\]"),
    ],
)
def test_what_does_not_fit_is_refused(data, x_test, change, message):
    arguments = dict(gp=sparse_gp(), data=data, x_test=x_test, batch_sizes=[2]) | change
    with pytest.raises(ValueError, match=message):
        estimator_bias.estimator_bias(**arguments)


def test_several_data_sets_and_masks_are_refused(data, x_test):
    two = LatentDataset(*(tf.concat([part, part], 0) for part in data[:3]))
    with pytest.raises(ValueError, match=r"data.y has shape \(2, 2, 6\); expected \[1, L, N\]"):
        estimator_bias.estimator_bias(sparse_gp(), two, x_test, [2])
    with pytest.raises(ValueError, match="data has a mask"):
        estimator_bias.estimator_bias(sparse_gp(), data._replace(mask=tf.ones([1, N], tf.bool)), x_test, [2])
