"""VecchiaGP with as many neighbours as points is ExactGP; with fewer, sums of conditionals as they are defined."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gpvae_tf import kernels
from gpvae_tf.latent_gps import ExactGP, LatentDataset, VecchiaGP
from tests.support import oracles, regression_gps
from tests.support.regression_gps import problem

TIGHT = dict(rtol=1e-9, atol=1e-9)
KERNELS = {
    1: lambda: kernels.exponentiated_quadratic([0.3, 0.5], 1.2, trainable=True, variable_dtype="float64"),
    2: lambda: kernels.view_object(kernels.matern(1.5, trainable=True, variable_dtype="float64"), kernels.matern(2.5)),
}


@settings(max_examples=5, deadline=None, phases=(Phase.explicit, Phase.generate), derandomize=True)
@given(
    columns=st.sampled_from([1, 2]),
    length=st.integers(1, 12),
    seed=st.integers(0, 2**32 - 1),
    share_missing=st.sampled_from([0.0, 0.3, 0.9]),
    repeated=st.booleans(),
)
def test_with_all_neighbours_it_is_the_exact_gp(columns, length, seed, share_missing, repeated):
    """log Z, marginals, predictions, joint covariance and all gradients, to 1e-8."""
    rng, kernel = np.random.default_rng(seed), KERNELS[columns]()
    drawn = problem(rng, length, columns=columns, share_missing=share_missing, repeated=repeated)
    enough = lambda kernel: VecchiaGP(kernel, num_neighbours=length)
    ours, expected = (regression_gps.numbers(make, kernel, drawn) for make in (enough, ExactGP))
    regression_gps.assert_equal(ours, expected)


def regression(x, y, s, query):
    """GP regression of one query on its neighbours, in NumPy."""
    if not len(x):
        return 0.0, 1.0
    k = [oracles.rbf(a, b, 0.7) for a, b in ((x, x), (x, query[None]), (query[None], query[None]))]
    mean, cov = oracles.exact_posterior(*k, y, s)
    return mean[0], cov[0, 0]


@pytest.fixture
def one(rng):
    """12 times, of which one is missing, as one data set of one channel."""
    x, y, s = rng.normal(size=(12, 1)) * 3.0, rng.normal(size=12), rng.uniform(0.1, 1.0, 12)
    mask = np.arange(12) != 4
    data = LatentDataset(*(tf.constant(part[None]) for part in (x, y[None], s[None], mask)))
    return x, y, s, mask, VecchiaGP(kernels.exponentiated_quadratic(0.7), 3).condition(data)


def test_log_z_conditions_every_point_on_those_before_it_in_time(one):
    x, y, s, mask, posterior = one
    order, total = [i for i in np.argsort(x[:, 0]) if mask[i]], 0.0
    for place, i in enumerate(order):
        near = order[max(place - 3, 0) : place]
        mean, variance = regression(x[near], y[near], s[near], x[i])
        total -= 0.5 * (np.log(2.0 * np.pi * (variance + s[i])) + (y[i] - mean) ** 2 / (variance + s[i]))
    np.testing.assert_allclose(posterior.log_marginal_likelihood, [[total]], **TIGHT)


def test_predictions_are_those_of_the_nearest_data(one):
    x, y, s, mask, posterior = one
    queries, known = np.concatenate([[[-9.0], [0.2]], x]), np.flatnonzero(mask)
    found = posterior.predict(tf.constant(queries[None]))
    for q, query in enumerate(queries):
        near = known[np.argsort(np.abs(x[known, 0] - query[0]))[:3]]
        expected = regression(x[near], y[near], s[near], query)
        np.testing.assert_allclose([part[0, 0, q] for part in found], expected, **TIGHT)
    for part, own in zip(found, posterior.marginals(), strict=True):
        np.testing.assert_array_equal(part[..., 2:], own)


def test_joint_covariance_is_that_of_the_errors(one, rng):
    """Errors are sums of the GP at queries and neighbours and of their noise, with weights."""
    x, y, s, mask, posterior = one
    queries, known = np.array([[-1.0], [0.1], [0.3]]), np.flatnonzero(mask)
    weights = np.zeros((3, 12))
    for q, query in enumerate(queries):
        near = known[np.argsort(np.abs(x[known, 0] - query[0]))[:3]]
        inverse = np.linalg.inv(oracles.rbf(x[near], x[near], 0.7) + np.diag(s[near]))
        weights[q, near] = inverse @ oracles.rbf(x[near], query[None], 0.7)[:, 0]
    both = np.concatenate([x, queries])
    errors = np.concatenate([-weights, np.eye(3)], axis=1)
    expected = errors @ oracles.rbf(both, both, 0.7) @ errors.T + weights @ np.diag(s) @ weights.T
    mean, covariance = posterior.predict_joint(tf.constant(queries[None]))
    np.testing.assert_allclose(covariance[0, 0], expected, **TIGHT)
    np.testing.assert_allclose(mean, posterior.predict(tf.constant(queries[None])).mean, **TIGHT)


def test_data_and_queries_are_refused(one):
    *_, posterior = one
    gp, data = VecchiaGP(kernels.matern(), 3), posterior.data
    with pytest.raises(ValueError, match="x has values that are not finite"):
        gp.condition(data._replace(x=tf.where(data.x > 0.0, data.x, np.inf)))
    with pytest.raises(ValueError, match="inputs has values that are not finite"):
        posterior.predict(data.x * np.nan)
    hidden = tf.where(data.channel_mask, data.y, np.nan)
    np.testing.assert_array_equal(gp.condition(data._replace(y=hidden)).log_marginal_likelihood.shape, [1, 1])
    with pytest.raises(ValueError, match="y has 12 values that are not finite at observed points: NaN among the obs"):
        gp.condition(data._replace(y=hidden * np.nan, mask=None))


def test_no_neighbours_are_refused():
    for wrong, message in ((0, "be >= 1, got 0"), (2.5, "be a whole number, got 2.5")):
        with pytest.raises(ValueError, match=rf"num_neighbours \(H\) must {message}"):
            VecchiaGP(kernels.matern(), wrong)


def test_a_point_is_coupled_to_no_more_than_there_are():
    gp = VecchiaGP(KERNELS[1](), num_neighbours=4)
    assert [int(gp.num_coupled(tf.zeros([1, size, 1]))) for size in (3, 9)] == [3, 4]


def test_padding_moves_no_place_in_the_ordering(rng):
    """Of points in a plane, conditioned on 3 neighbours before each: the bound depends on the ordering."""
    x, y, noise = rng.normal(size=(2, 20, 2)), rng.normal(size=(2, 1, 20)), np.full([2, 1, 20], 0.1)
    gp = VecchiaGP(kernels.matern(1.5, 0.7), 3)
    expected = gp.condition(LatentDataset(*map(tf.constant, (x, y, noise)))).log_marginal_likelihood
    for more in (1, 7, 40):
        parts = [
            np.concatenate(
                [part, np.ones_like(part[..., :1] if part is not x else part[:, :1]).repeat(more, axis)], axis
            )
            for part, axis in ((x, 1), (y, 2), (noise, 2))
        ]
        mask = tf.constant(np.broadcast_to(np.arange(20 + more) < 20, (2, 20 + more)))
        ours = gp.condition(LatentDataset(*map(tf.constant, parts), mask)).log_marginal_likelihood
        np.testing.assert_allclose(ours, expected, rtol=1e-10)
