"""Each latent GP's part of the bound against its formula in numpy, and where one latent GP must equal another."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf import kernels
from gpvae_tf.gp.factorization import FactorizationError
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.latent_gps import ExactGP, Independent, LatentDataset, SparseGP, TitsiasGP
from tests.support import oracles

tfd = tfp.distributions
B, L, N, SCALE = 3, 2, 6, 1.2
POINTS = np.array([[0.5], [2.0], [4.5]])
TIGHT = dict(rtol=1e-9, atol=1e-9)


@pytest.fixture
def data(rng):
    """B data sets of L channels at one list of inputs, so that inducing points can sit at the data of all."""
    x = np.arange(N) + rng.uniform(-0.2, 0.2, N)
    y, s = rng.normal(size=(B, L, N)), rng.uniform(0.1, 1.0, (B, L, N))
    return LatentDataset(tf.constant(np.tile(x[:, None], (B, 1, 1))), tf.constant(y), tf.constant(s))


def build(kind, locations=POINTS, **options):
    """A sparse GP without jitter, so that the formulas hold to rounding."""
    points = InducingPoints(locations, dtype="float64")
    return kind(kernels.exponentiated_quadratic(SCALE), points, jitter=0.0, **options)


def parts_of(gp, data):
    return {name: value.numpy() for name, value in gp.condition(data).regularizer().items()}


def matrices(data):
    x = data.x[0].numpy()
    return oracles.rbf(POINTS, POINTS, SCALE), oracles.rbf(POINTS, x, SCALE), oracles.rbf(x, x, SCALE)


def test_exact_gp(data):
    """log Z and -E_q[log q~] one by one; their sum is also -KL(q(z) || p(z)) of the joint Gaussians."""
    _, _, k_nn = matrices(data)
    parts = parts_of(ExactGP(kernels.exponentiated_quadratic(SCALE)), data)
    for b, c in np.ndindex(B, L):
        y, s = data.y[b, c].numpy(), data.noise_variance[b, c].numpy()
        log_z = oracles.log_normal(y, np.zeros(N), k_nn + np.diag(s))
        np.testing.assert_allclose(parts["log_marginal_likelihood"][b, c], log_z, **TIGHT)
        mean, covariance = oracles.exact_posterior(k_nn, k_nn, k_nn, y, s)
        cross_entropy = oracles.expected_log_density(mean, np.diag(covariance), y, s)
        np.testing.assert_allclose(parts["cross_entropy"][b, c], -cross_entropy, **TIGHT)
        np.testing.assert_allclose(log_z - cross_entropy, -oracles.kl_to_prior(mean, covariance, k_nn), **TIGHT)


def test_independent(data):
    precision = 1.0 + 1.0 / data.noise_variance
    q = tfd.Normal(data.y / data.noise_variance / precision, precision**-0.5)
    kl = tfd.kl_divergence(q, tfd.Normal(np.float64(0.0), np.float64(1.0)))
    np.testing.assert_allclose(parts_of(Independent(), data)["kl"], -tf.reduce_sum(kl, -1), **TIGHT)


def test_independent_is_exact_gp_with_identity_kernel(data):
    identity = ExactGP(kernels.exponentiated_quadratic(1e-3))  # exp(-0.5 * (0.6 / 1e-3)^2) is 0
    exact, ours = identity.condition(data), Independent().condition(data)
    for part, expected in zip(ours.marginals(), exact.marginals(), strict=True):
        np.testing.assert_allclose(part, expected, **TIGHT)
    np.testing.assert_allclose(ours.regularizer()["kl"], sum(exact.regularizer().values()), **TIGHT)
    np.testing.assert_array_equal(identity.prior_covariance(data.x), Independent().prior_covariance(data.x))


@pytest.mark.parametrize("num_data", [None, N, 40])
def test_sparse_gp(data, num_data):
    """-(b/N) KL(q(f_m) || p(f_m)) with the q(f_m) of Eq. 9; and that is Eq. 10's term, written out with L_H."""
    k_mm, k_mn, k_nn = matrices(data)
    scale = (num_data or N) / N
    parts = parts_of(build(SparseGP, num_data=num_data), data)
    for b, c in np.ndindex(B, L):
        y, s = data.y[b, c].numpy(), data.noise_variance[b, c].numpy()
        mu, cov = oracles.optimal_q(k_mm, k_mn, y, s, scale)
        np.testing.assert_allclose(parts["kl"][b, c], -oracles.kl_to_prior(mu, cov, k_mm) / scale, **TIGHT)
        mean, covariance = oracles.sparse_posterior(k_mm, k_mn, k_nn, mu, cov)
        cross_entropy = oracles.expected_log_density(mean, np.diag(covariance), y, s)
        hensman = oracles.hensman(k_mm, k_mn, k_nn, y, s, mu, cov, scale)
        np.testing.assert_allclose(parts["kl"][b, c], -cross_entropy + hensman / scale, **TIGHT)


def test_titsias_gp(data):
    k_mm, k_mn, k_nn = matrices(data)
    parts = parts_of(build(TitsiasGP), data)
    for b, c in np.ndindex(B, L):
        y, s = data.y[b, c].numpy(), data.noise_variance[b, c].numpy()
        np.testing.assert_allclose(parts["titsias_bound"][b, c], oracles.titsias(k_mm, k_mn, k_nn, y, s), **TIGHT)
        mean, covariance = oracles.sparse_posterior(k_mm, k_mn, k_nn, *oracles.optimal_q(k_mm, k_mn, y, s))
        cross_entropy = oracles.expected_log_density(mean, np.diag(covariance), y, s)
        np.testing.assert_allclose(parts["cross_entropy"][b, c], -cross_entropy, **TIGHT)


def test_titsias_gp_is_sparse_gp_on_complete_data_sets_only(data):
    total = lambda gp: sum(parts_of(gp, data).values())
    np.testing.assert_allclose(total(build(TitsiasGP)), total(build(SparseGP)), **TIGHT)
    difference = total(build(TitsiasGP, num_data=40)) - total(build(SparseGP, num_data=40))
    assert np.all(np.abs(difference) > 0.1)


@pytest.mark.parametrize(("kind", "num_data"), [(SparseGP, N), (SparseGP, 40), (TitsiasGP, N)])
def test_a_seen_point_stands_for_hidden_ones_too(kind, num_data, data):
    """-(b/N) KL, with the b that the bound sums; q is Eq. 9's for the N/b of those that it has seen."""
    k_mm, k_mn, _ = matrices(data)
    seen = np.arange(N) % 3 != 1
    mask, in_bound = (tf.constant(np.tile(points, (B, 1))) for points in (seen, np.ones(N, bool)))
    total = sum(parts_of(build(kind, num_data=num_data), data._replace(mask=mask, in_bound=in_bound)).values())
    for b, c in np.ndindex(B, L):
        y, s = data.y[b, c].numpy()[seen], data.noise_variance[b, c].numpy()[seen]
        q = oracles.optimal_q(k_mm, k_mn[:, seen], y, s, num_data / seen.sum())
        np.testing.assert_allclose(total[b, c], -N / num_data * oracles.kl_to_prior(*q, k_mm), **TIGHT)


def test_titsias_bound_of_a_part_of_which_some_is_hidden(data):
    """The data terms are of 6 / 4 points for each of the 4 seen, the q(f_m) of 40 / 4: another number."""
    k_mm, k_mn, k_nn = matrices(data)
    seen = np.arange(N) % 3 != 1
    mask, in_bound = (tf.constant(np.tile(points, (B, 1))) for points in (seen, np.ones(N, bool)))
    parts = parts_of(build(TitsiasGP, num_data=40), data._replace(mask=mask, in_bound=in_bound))
    k_mn, k_nn = k_mn[:, seen], k_nn[np.ix_(seen, seen)]
    for b, c in np.ndindex(B, L):
        y, s = data.y[b, c].numpy()[seen], data.noise_variance[b, c].numpy()[seen]
        q = oracles.optimal_q(k_mm, k_mn, y, s, 40 / seen.sum())
        s = s * seen.sum() / N
        np.testing.assert_allclose(parts["titsias_bound"][b, c], oracles.titsias(k_mm, k_mn, k_nn, y, s), **TIGHT)
        mean, covariance = oracles.sparse_posterior(k_mm, k_mn, k_nn, *q)
        cross_entropy = oracles.expected_log_density(mean, np.diag(covariance), y, s)
        np.testing.assert_allclose(parts["cross_entropy"][b, c], -cross_entropy, **TIGHT)


@pytest.mark.parametrize("kind", [SparseGP, TitsiasGP])
def test_inducing_points_at_the_data_are_the_exact_gp(data, kind):
    sparse, exact = build(kind, data.x[0].numpy()), ExactGP(kernels.exponentiated_quadratic(SCALE))
    np.testing.assert_allclose(sum(parts_of(sparse, data).values()), sum(parts_of(exact, data).values()), **TIGHT)
    for part, expected in zip(sparse.condition(data).marginals(), exact.condition(data).marginals(), strict=True):
        np.testing.assert_allclose(part, expected, **TIGHT)


def test_arguments_are_refused(data):
    kernel = kernels.exponentiated_quadratic()
    with pytest.raises(TypeError, match="inducing_points must be InducingPoints, got ndarray"):
        SparseGP(kernel, POINTS)
    with pytest.raises(ValueError, match="num_data must be >= 1, got 0"):
        build(SparseGP, num_data=0)
    with pytest.raises(FactorizationError, match="K_mm"):  # twice the same point and no jitter
        build(SparseGP, np.zeros((2, 1))).condition(data)
