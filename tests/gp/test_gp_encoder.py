"""The GP encoder's formulas against Monte Carlo, TFP and quadrature."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import integrate, special, stats

from gpvae_tf.gp import gp_encoder
from gpvae_tf.gp.gaussians import kl_standard_normal
from gpvae_tf.types import Gaussian

LATENT_DIM, FEATURE_DIM, NUM_IMAGES, NUM_DRAWS = 2, 3, 2, 400_000
RATIOS = np.array([0.0, 0.1, 0.7, 1.5, 3.0, 5.0, 8.0, 11.5, 12.5, 20.0, 35.0, 50.0])


@pytest.fixture
def encoder(rng):
    """b, c, psi_m, psi_s [B, .], and mean and factor of q(W) and of q(U)."""
    draw = lambda *shape: rng.normal(size=shape)
    factor = lambda: np.tril(0.4 * draw(LATENT_DIM, FEATURE_DIM, FEATURE_DIM), -1) + np.eye(3) * rng.uniform(0.3, 0.6)
    base = draw(NUM_IMAGES, LATENT_DIM), rng.uniform(0.5, 1.0, (NUM_IMAGES, LATENT_DIM))
    features = draw(NUM_IMAGES, FEATURE_DIM), draw(NUM_IMAGES, FEATURE_DIM)
    weights = [(draw(LATENT_DIM, FEATURE_DIM), factor()) for _ in range(2)]
    return *base, *features, *weights


@pytest.fixture
def draws(encoder, rng):
    """4e5 draws of b + f and c + h, each [S, B, L]."""
    b, c, psi_m, psi_s, *weights = encoder
    shape = NUM_DRAWS, LATENT_DIM, FEATURE_DIM
    sampled = [mean + np.einsum("jkl,sjl->sjk", factor, rng.normal(size=shape)) for mean, factor in weights]
    f, h = (np.einsum("bk,sjk->sbj", psi, w) for psi, w in zip((psi_m, psi_s), sampled))
    return b + f, c + h


def moments(encoder):
    b, c, psi_m, psi_s, w, u = (tf.nest.map_structure(tf.constant, part) for part in encoder)
    f, h = gp_encoder.project(psi_m, *w), gp_encoder.project(psi_s, *u)
    return gp_encoder.marginal(b, c, f, h), Gaussian(c + h.mean, h.variance)


def test_moments_match_400_000_draws(encoder, draws, rng):
    """Means and variances within 5 standard errors; z_1 and z_2 uncorrelated."""
    location, scale = draws
    z = location + scale * rng.normal(size=location.shape)
    ours, _ = moments(encoder)
    np.testing.assert_array_less(np.abs(ours.mean - z.mean(0)), 5 * z.std(0) / np.sqrt(NUM_DRAWS))
    centred = np.square(z - z.mean(0))
    np.testing.assert_array_less(np.abs(ours.variance - centred.mean(0)), 5 * centred.std(0) / np.sqrt(NUM_DRAWS))
    assert all(abs(np.corrcoef(z[:, i].T)[0, 1]) < 5 / np.sqrt(NUM_DRAWS) for i in range(NUM_IMAGES))


def test_moments_are_those_of_eq_13_as_printed(encoder):
    b, c, psi_m, psi_s, (mu, low), (eta, low_u) = encoder
    sigma, gamma = low @ np.swapaxes(low, 1, 2), low_u @ np.swapaxes(low_u, 1, 2)
    ours, _ = moments(encoder)
    for i, j in np.ndindex(NUM_IMAGES, LATENT_DIM):
        assert ours.mean[i, j].numpy() == pytest.approx(b[i, j] + mu[j] @ psi_m[i], rel=1e-12)
        second = psi_s[i] @ (np.outer(eta[j], eta[j]) + gamma[j]) @ psi_s[i]
        expected = c[i, j] ** 2 + 2 * eta[j] @ psi_s[i] * c[i, j] + psi_m[i] @ sigma[j] @ psi_m[i] + second
        assert ours.variance[i, j].numpy() == pytest.approx(expected, rel=1e-12)


def test_expected_kl_is_the_average_over_weights(encoder, draws):
    location, scale = draws
    kls = 0.5 * np.sum(scale**2 + location**2 - 1.0 - np.log(scale**2), axis=-1)
    q, y = moments(encoder)
    ours = gp_encoder.expected_kl(q, gp_encoder.expected_log_square(y))
    np.testing.assert_array_less(np.abs(ours - kls.mean(0)), 5 * kls.std(0) / np.sqrt(NUM_DRAWS))


def test_expected_kl_is_at_least_that_of_the_marginal(rng):
    """So the bound of Eq. 15 lies below the ordinary one under Eq. 13; equal without weight noise."""
    a, c, f, h = (tf.constant(rng.normal(size=(200, 3))) for _ in range(4))
    q = gp_encoder.marginal(a, c, Gaussian(f, f**2), Gaussian(h, h**2))
    expected = gp_encoder.expected_kl(q, gp_encoder.expected_log_square(Gaussian(c + h, h**2)))
    assert np.all(expected > kl_standard_normal(q))
    nothing = Gaussian(f, tf.zeros_like(f))
    q = gp_encoder.marginal(a, c, nothing, nothing)
    expected = gp_encoder.expected_kl(q, gp_encoder.expected_log_square(Gaussian(c + f, tf.zeros_like(f))))
    np.testing.assert_allclose(expected, kl_standard_normal(q), rtol=1e-9)


def test_weights_kl_matches_tfp(encoder):
    for mean, factor in encoder[4:]:
        q = tfp.distributions.MultivariateNormalTriL(mean, factor)
        p = tfp.distributions.MultivariateNormalDiag(np.zeros_like(mean), np.ones_like(mean))
        ours = gp_encoder.weights_kl(tf.constant(mean), tf.constant(factor))
        np.testing.assert_allclose(ours, tf.reduce_sum(tfp.distributions.kl_divergence(q, p)), rtol=1e-12)


def test_diagonal_covariances_are_a_special_case(encoder, rng):
    psi, (mean, _) = encoder[2], encoder[4]
    scale = rng.uniform(0.1, 1.0, mean.shape)
    full, diagonal = gp_encoder.project(psi, mean, tf.linalg.diag(scale)), gp_encoder.project_diagonal(psi, mean, scale)
    np.testing.assert_allclose(full.variance, diagonal.variance, rtol=1e-12)
    np.testing.assert_allclose(full.mean, diagonal.mean)


@pytest.mark.parametrize("width", [1, 2, FEATURE_DIM, 100])
def test_zeros_above_the_diagonal_can_be_left_out(encoder, width):
    psi, (mean, factor) = encoder[2], encoder[4]
    for ours, whole in zip(gp_encoder.project(psi, mean, factor, width=width), gp_encoder.project(psi, mean, factor)):
        np.testing.assert_allclose(ours, whole, rtol=1e-13)


def quadrature(a, s):
    """E log y^2 and its derivatives in a and s: E[log y^2 eps] / s and E[log y^2 (eps^2 - 1)] / s."""
    edges = np.unique(np.clip([-12.0, -a / s, 0.0, 12.0], -12.0, 12.0))

    def mean(of):
        integrand = lambda e: np.log((a + s * e) ** 2) * of(e) * stats.norm.pdf(e) if a + s * e else 0.0
        parts = [integrate.quad(integrand, *ends, epsabs=1e-13, limit=400)[0] for ends in zip(edges, edges[1:])]
        return sum(parts)

    return mean(lambda e: 1.0), mean(lambda e: e) / s, mean(lambda e: e * e - 1.0) / s


def value_and_gradients(a, s, dtype):
    a, s = tf.constant(a, dtype), tf.constant(s, dtype)
    with tf.GradientTape() as tape:
        tape.watch([a, s])
        value = gp_encoder.expected_log_square(Gaussian(a, tf.math.square(s)))
    return [part.numpy().astype(np.float64) for part in (value, *tape.gradient(value, [a, s]))]


@pytest.mark.parametrize("s", [0.3, 2.0])
@pytest.mark.parametrize("dtype, tolerance", [(tf.float64, 1e-10), (tf.float32, 2e-5)])
def test_log_square_and_gradients_match_quadrature(s, dtype, tolerance):
    expected = np.array([quadrature(ratio * s, s) for ratio in RATIOS]).T
    value, in_a, in_s = value_and_gradients(RATIOS * s, np.full_like(RATIOS, s), dtype)
    np.testing.assert_allclose(value, expected[0], atol=0.3 * tolerance)
    scale = 1.0 / (s * (1.0 + RATIOS**2))  # how fast the derivative in s falls
    np.testing.assert_array_less(np.abs(in_a - expected[1]), tolerance * (scale + np.abs(expected[1])))
    np.testing.assert_array_less(np.abs(in_s - expected[2]), 20 * tolerance * (scale + np.abs(expected[2])))


def test_gradients_are_dawsons(rng):
    a, s = rng.normal(size=50), rng.uniform(0.1, 2.0, 50)
    dawson = 2.0 * np.sqrt(2.0) / s * special.dawsn(a / s / np.sqrt(2.0))
    _, in_a, in_s = value_and_gradients(a, s, tf.float64)
    np.testing.assert_allclose(in_a, dawson, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(in_s, 2.0 / s - a / s * dawson, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
def test_without_spread_it_is_the_logarithm(dtype):
    value, in_a, in_s = value_and_gradients([-0.7, 3.0], [0.0, 0.0], dtype)
    np.testing.assert_allclose(value, np.log(np.square([-0.7, 3.0])), rtol=1e-5)
    np.testing.assert_allclose(in_a, [2.0 / -0.7, 2.0 / 3.0], rtol=1e-5)
    np.testing.assert_array_equal(in_s, [0.0, 0.0])


def test_it_compiles():
    y = Gaussian(tf.constant([0.3, -2.0]), tf.constant([0.5, 0.1]))
    compiled = tf.function(gp_encoder.expected_log_square, jit_compile=True)
    np.testing.assert_allclose(compiled(y), gp_encoder.expected_log_square(y), atol=1e-5)


def test_monte_carlo_agrees_with_the_closed_form():
    y = Gaussian(tf.constant([[0.0, 1.0], [-3.0, 0.2]], tf.float64), tf.constant([[1.0, 0.5], [0.8, 0.0]], tf.float64))
    sampled = gp_encoder.sampled_log_square(y, 200_000, tf.constant([1, 2]))
    np.testing.assert_allclose(sampled, gp_encoder.expected_log_square(y), atol=5 * 2.3 / np.sqrt(200_000))
