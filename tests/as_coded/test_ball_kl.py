"""The KL of the moving ball as coded (B1): the authors' expression beside the right posterior."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.as_coded.ball_kl import AsCodedGP
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.latent_gps import LatentDataset, SparseGP
from tests.support import oracles

B, L, N, SCALE = 3, 2, 6, 1.2
POINTS = np.array([[0.5], [2.0], [4.5]])


@pytest.fixture
def data(rng):
    x = np.arange(N) + rng.uniform(-0.2, 0.2, N)
    y, s = rng.normal(size=(B, L, N)), rng.uniform(0.1, 1.0, (B, L, N))
    return LatentDataset(tf.constant(np.tile(x[:, None], (B, 1, 1))), tf.constant(y), tf.constant(s))


def build(kind):
    """A sparse GP without jitter, so that the formulas hold to rounding."""
    return kind(kernels.exponentiated_quadratic(SCALE), InducingPoints(POINTS, dtype="float64"), jitter=0.0)


def test_as_coded_gp_is_the_authors_expression(data):
    """SVGP.variational_loss of ratschlab/SVGP-VAE for one channel: mu_hat is missing, two sums run over all videos."""
    x = data.x[0].numpy()
    k_mm, k_mn = oracles.rbf(POINTS, POINTS, SCALE), oracles.rbf(POINTS, x, SCALE)
    kl = build(AsCodedGP).condition(data).regularizer()["kl"]
    k_inverse = np.linalg.inv(k_mm)
    for c in range(L):
        y, s = data.y[:, c].numpy(), data.noise_variance[:, c].numpy()
        a_hat = np.stack([oracles.optimal_q(k_mm, k_mn, y[b], s[b])[1] for b in range(B)])
        log_det_a = 2.0 * np.sum(np.log(np.diagonal(np.linalg.cholesky(a_hat), axis1=-2, axis2=-1)))  # no axis
        mahalanobis = np.sum(a_hat * np.einsum("mk,bkj->bmj", k_inverse, a_hat))  # no axis, and A_hat for mu_hat
        trace = np.trace(k_inverse @ a_hat, axis1=-2, axis2=-1)
        expected = 0.5 * (np.linalg.slogdet(k_mm)[1] - log_det_a - len(POINTS) + trace + mahalanobis)
        np.testing.assert_allclose(kl[:, c], -expected, rtol=1e-9, atol=1e-9)


def test_as_coded_gp_has_the_right_posterior(data):
    ours, reference = build(AsCodedGP).condition(data).marginals(), build(SparseGP).condition(data).marginals()
    np.testing.assert_array_equal(ours.mean, reference.mean)
    np.testing.assert_array_equal(ours.variance, reference.variance)
