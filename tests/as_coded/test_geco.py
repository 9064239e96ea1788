"""GECO as coded: the authors' loss and multiplier in their own terms (B18, F2)."""

import math

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.as_coded.geco import AsCodedGECO
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.types import Bound


def bound(reconstruction, regularizer, points) -> Bound:
    return Bound(
        *(tf.constant(v, tf.float64) for v in (reconstruction, regularizer)), {}, tf.constant(points, tf.float64)
    )


def test_geco_as_coded_in_the_authors_terms():
    """-KL_term + lambda mean(MSE - kappa^2), lambda <- lambda exp(C_ma) without bound, for one data set (B18)."""
    pixels, kappa_squared, mse = 784, 0.02, np.array([0.05, 0.03, 0.04])
    likelihood = GaussianLikelihood(1.0)
    log_prob = sum(likelihood.nats_at(value, pixels) for value in mse)
    geco = AsCodedGECO(likelihood.nats_at(kappa_squared, pixels), pixels_per_nat=2.0 / pixels)
    terms = bound([log_prob], [-7.0], [3.0])
    for _ in range(3):
        lagrange = math.exp(geco.log_multiplier.numpy())
        np.testing.assert_allclose(geco(terms), [7.0 + lagrange * np.mean(mse - kappa_squared)], rtol=1e-6)
        geco.update(terms)
    assert geco.log_multiplier.numpy() == pytest.approx(3 * np.mean(mse - kappa_squared), rel=1e-4)


def test_geco_as_coded_charges_every_data_set_for_all(rng):
    """Summed over P objects of q images, the weight of the mean error is lambda P^2 (F2)."""
    likelihood, pixels, mse = GaussianLikelihood(1.0), 784, rng.uniform(0.02, 0.06, (3, 2))
    log_prob = np.vectorize(lambda value: likelihood.nats_at(value, pixels))(mse).sum(axis=1)
    geco = AsCodedGECO(likelihood.nats_at(0.02, pixels), pixels_per_nat=2.0 / pixels)
    losses = geco(bound(log_prob, np.zeros(3), np.full(3, 2.0)))
    assert float(tf.reduce_sum(losses)) == pytest.approx(9.0 * np.mean(mse - 0.02), rel=1e-6)
