"""The sparse GP with a free q(f_m): its algebra against numpy and TFP, and what it is at the optimal q(v)."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf import kernels
from gpvae_tf.as_coded.free_sparse_gp import AsCodedFreeGP
from gpvae_tf.gp import gaussians, sparse
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.latent_gps import LatentDataset
from gpvae_tf.latent_gps.free_sparse import FreeSparseGP
from tests.support import oracles
from tests.support.sparse_problem import L, M, N, Problem, S

tfd = tfp.distributions
TIGHT = dict(rtol=1e-9, atol=1e-9)
NUM_DATA, NOISE = 40, 0.3
VARIANTS = {"free": FreeSparseGP, "as coded": AsCodedFreeGP}
every_variant = pytest.mark.parametrize("variant", list(VARIANTS))


@pytest.fixture
def problem(rng):
    return Problem(rng)


def build(problem, variant="free", **options):
    points = InducingPoints(problem.points, dtype="float64")
    options = dict(num_data=NUM_DATA, jitter=0.0, variable_dtype="float64") | options
    if variant == "as coded":
        options["noise"] = lambda dtype: tf.constant(NOISE, dtype)
    return VARIANTS[variant](kernels.exponentiated_quadratic(), points, L, **options)


def random_q(rng):
    """A q(v) with a square root that is no triangle."""
    root = rng.normal(0.0, 0.4, (L, M, M)) + np.eye(M)
    return sparse.WhitenedGaussian(tf.constant(rng.normal(size=(L, M))), tf.constant(root))


def unwhitened(problem, q):
    """mu and A of q(f_m) by channel."""
    factor = np.linalg.cholesky(problem.k_mm)
    return [
        (factor @ mean, factor @ root @ root.T @ factor.T)
        for mean, root in zip(q.mean.numpy(), q.sqrt.numpy(), strict=True)
    ]


@every_variant
def test_marginals_and_predictions_are_eq_3(variant, problem, rng):
    gp, q = build(problem, variant), random_q(rng)
    gp.assign(q)
    posterior = gp.at(tf.constant(problem.x)[None])
    x_new = tf.constant(problem.x_new)[None]
    here, predicted, (joint_mean, joint) = (
        posterior.marginals(),
        posterior.predict(x_new),
        gp.predictor().predict_joint(x_new),
    )
    assert here.mean.shape == (1, L, N) and joint.shape == (1, L, S, S)
    for c, (mu, cov) in enumerate(unwhitened(problem, q)):
        mean, covariance = oracles.sparse_posterior(problem.k_mm, problem.k_mn, problem.k_nn, mu, cov)
        np.testing.assert_allclose(here.mean[0, c], mean, **TIGHT)
        np.testing.assert_allclose(here.variance[0, c], np.diag(covariance), **TIGHT)
        mean, covariance = oracles.sparse_posterior(problem.k_mm, problem.k_ms, problem.k_ss, mu, cov)
        np.testing.assert_allclose(predicted.mean[0, c], mean, **TIGHT)
        np.testing.assert_allclose(predicted.variance[0, c], np.diag(covariance), **TIGHT)
        np.testing.assert_allclose(joint_mean[0, c], mean, **TIGHT)
        np.testing.assert_allclose(joint[0, c], covariance, **TIGHT)


@every_variant
def test_kl_is_shared_out_by_observed_points(variant, problem, rng):
    """-(b/N) KL(q(f_m) || p(f_m)), the KL as TFP has it, with 8, 3 and no points of 40 observed."""
    gp, q = build(problem, variant), random_q(rng)
    gp.assign(q)
    mask = np.arange(N) < np.array([[N], [3], [0]])
    x = tf.constant(np.tile(problem.x, (3, 1, 1)))
    kl = gp.at(x, tf.constant(mask)).regularizer()["kl"]
    prior = tfd.MultivariateNormalTriL(tf.zeros(M, tf.float64), tf.linalg.cholesky(problem.k_mm))
    for c, (mu, cov) in enumerate(unwhitened(problem, q)):
        expected = tfd.kl_divergence(tfd.MultivariateNormalTriL(mu, tf.linalg.cholesky(cov)), prior)
        np.testing.assert_allclose(kl[:, c], -expected * np.array([8, 3, 0]) / NUM_DATA, **TIGHT)
    np.testing.assert_allclose(gp.at(x).regularizer()["kl"], np.tile(kl[:1], (3, 1)), **TIGHT)


@pytest.mark.parametrize("scale", [1.0, NUM_DATA / N])
def test_at_the_optimal_q_it_is_the_hensman_bound(scale, problem):
    """Same numbers as `SparseGP`'s algebra has, and no direction in which the free q would gain."""
    gp, data = build(problem, num_data=int(scale * N)), LatentDataset(problem.x[None], problem.y[None], problem.s[None])
    gp.assign(problem.q(scale))
    with tf.GradientTape() as tape:
        posterior = gp.at(tf.constant(data.x))
        fit = gaussians.expected_log_density(
            posterior.marginals(), tf.constant(data.y), tf.constant(data.noise_variance)
        )
        bound = scale * (fit + posterior.regularizer()["kl"])
        total = tf.reduce_sum(bound)
    np.testing.assert_allclose(bound[0], problem.hensman(problem.q(scale), scale), **TIGHT)
    gradients = tape.gradient(total, gp.trainable_variables)
    assert len(gradients) == 2
    for gradient in gradients:
        np.testing.assert_allclose(gradient, np.zeros(gradient.shape), atol=1e-9)


def test_it_starts_at_the_prior(problem):
    posterior = build(problem, variable_dtype="float32").at(tf.constant(problem.x)[None])
    mean, variance = posterior.marginals()
    np.testing.assert_array_equal(mean, np.zeros((1, L, N)))
    np.testing.assert_allclose(variance, np.ones((1, L, N)), rtol=1e-6)
    np.testing.assert_allclose(posterior.regularizer()["kl"], np.zeros((1, L)), atol=1e-6)


def test_initial_scale(problem):
    posterior = build(problem, initial_scale=0.1).at(tf.constant(problem.x)[None])
    reduced = problem.k_diag - 0.99 * np.sum(problem.a.numpy() ** 2, axis=0)
    np.testing.assert_allclose(posterior.marginals().variance, np.tile(reduced, (1, L, 1)), **TIGHT)


@every_variant
def test_every_parameter_of_q_has_a_gradient(variant, problem):
    """With float32 variables under float64 algebra, compiled."""
    gp = build(problem, variant, variable_dtype="float32")

    @tf.function
    def gradients():
        with tf.GradientTape() as tape:
            mean, variance = gp.at(tf.constant(problem.x)[None]).marginals()
            loss = tf.reduce_sum(mean) + tf.reduce_sum(variance)
        return tape.gradient(loss, gp.trainable_variables)

    for gradient in gradients():
        assert gradient.dtype == tf.float32 and np.all(np.any(np.reshape(gradient, (L, -1)) != 0.0, axis=-1))


def test_pseudo_observations_have_no_say(problem):
    gp = build(problem)
    given = gp.condition(
        LatentDataset(tf.constant(problem.x)[None], tf.constant(problem.y)[None], tf.constant(problem.s)[None])
    )
    for part, expected in zip(given.marginals(), gp.at(tf.constant(problem.x)[None]).marginals(), strict=True):
        np.testing.assert_array_equal(part, expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_data": None}, "num_data must be >= 1, got None"),
        ({"num_data": 0}, "num_data must be >= 1, got 0"),
        ({"initial_scale": 0.0}, "initial_scale must be positive, got 0.0"),
        ({"num_channels": 0}, "num_channels must be >= 1, got 0"),
        ({"num_channels": 3}, "are for 2 channels, not 3"),
    ],
)
def test_arguments_are_refused(options, message):
    points = InducingPoints(np.zeros((2, M, 1)))
    options = dict(num_channels=2, num_data=NUM_DATA) | options
    with pytest.raises(ValueError, match=message):
        FreeSparseGP(kernels.exponentiated_quadratic(), points, **options)
