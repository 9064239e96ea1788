"""Objectives: what is minimised, and how GECO's multiplier moves."""

import math

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.as_coded.geco import AsCodedGECO
from gpvae_tf.likelihoods import Gaussian
from gpvae_tf.objectives import GECO, BetaELBO
from gpvae_tf.types import Bound

POINTS = np.array([4.0, 2.0])


def bound(reconstruction=(-30.0, -10.0), regularizer=(-3.0, -5.0), points=POINTS) -> Bound:
    return Bound(
        *(tf.constant(v, tf.float64) for v in (reconstruction, regularizer)), {}, tf.constant(points, tf.float64)
    )


def test_beta_weights_the_regularizer():
    np.testing.assert_allclose(BetaELBO(0.5)(bound()), [31.5, 12.5])


def test_geco_at_multiplier_one_is_half_the_negative_elbo_up_to_a_constant():
    geco = GECO(target=-2.0)
    shortfall = -2.0 * POINTS - np.array([-30.0, -10.0])
    np.testing.assert_allclose(geco(bound()), (shortfall + [3.0, 5.0]) / 2.0)


def test_geco_with_a_fixed_multiplier_is_the_elbo_of_another_variance():
    """lambda over s^2 is one over s^2 / lambda: the gradients agree up to the factor 1 + lambda."""
    images, output = tf.constant(np.ones((1, 2, 2, 1))), tf.Variable(np.full((1, 2, 2, 1), 0.3))
    kl = lambda: -tf.square(output[0, 0, 0, 0])

    def gradient(likelihood, objective):
        with tf.GradientTape() as tape:
            terms = Bound(likelihood.log_prob(output, images), kl()[tf.newaxis], {}, tf.ones([1], tf.float64))
            loss = objective(terms)
        return tape.gradient(loss, output)

    geco = GECO(target=0.0)
    geco.log_multiplier.assign(math.log(4.0))
    np.testing.assert_allclose(5.0 * gradient(Gaussian(1.0), geco), gradient(Gaussian(0.25), BetaELBO()), rtol=1e-6)


def test_the_multiplier_follows_the_moving_average_of_what_a_point_lacks():
    geco = GECO(target=-2.0, decay=0.9, rate=0.1)
    geco.update(bound())  # lacks 28 nats on 6 points
    first = (-2.0 * 6 + 40.0) / 6
    assert geco.constraint.numpy() == pytest.approx(first) and geco.log_multiplier.numpy() == pytest.approx(0.1 * first)
    geco.update(bound(reconstruction=(-4.0, -2.0)))  # 6 nats more than was asked for: -1 per point
    average = 0.9 * first - 0.1
    assert geco.constraint.numpy() == pytest.approx(average)
    assert geco.log_multiplier.numpy() == pytest.approx(0.1 * (first + average))
    assert geco.logs().keys() == {"log_multiplier", "constraint"}


def test_the_multiplier_stays_in_its_range_and_falls_when_the_target_is_met():
    geco = GECO(target=-2.0, decay=0.0, rate=10.0, log_range=(-1.0, 2.0))
    geco.update(bound())
    assert geco.log_multiplier.numpy() == 2.0
    geco.update(bound(reconstruction=(0.0, 0.0)))
    assert geco.log_multiplier.numpy() == -1.0


def test_a_bad_step_leaves_no_trace():
    geco = GECO(target=-2.0)
    geco.update(bound(reconstruction=(math.nan, 1.0)))
    assert math.isnan(geco.constraint.numpy()) and geco.log_multiplier.numpy() == 0.0
    geco.update(bound())
    before = geco.constraint.numpy(), geco.log_multiplier.numpy()
    geco.update(bound(reconstruction=(-math.inf, 1.0)))
    assert (geco.constraint.numpy(), geco.log_multiplier.numpy()) == before


def test_geco_as_coded_in_the_authors_terms():
    """-KL_term + lambda mean(MSE - kappa^2), lambda <- lambda exp(C_ma) without bound, for one data set (B18)."""
    pixels, kappa_squared, mse = 784, 0.02, np.array([0.05, 0.03, 0.04])
    likelihood = Gaussian(1.0)
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
    likelihood, pixels, mse = Gaussian(1.0), 784, rng.uniform(0.02, 0.06, (3, 2))
    log_prob = np.vectorize(lambda value: likelihood.nats_at(value, pixels))(mse).sum(axis=1)
    geco = AsCodedGECO(likelihood.nats_at(0.02, pixels), pixels_per_nat=2.0 / pixels)
    losses = geco(bound(log_prob, np.zeros(3), np.full(3, 2.0)))
    assert float(tf.reduce_sum(losses)) == pytest.approx(9.0 * np.mean(mse - 0.02), rel=1e-6)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"target": math.nan}, "target must be finite"),
        ({"target": 0.0, "decay": 1.0}, "decay must lie in"),
        ({"target": 0.0, "rate": 0.0}, "rate must be positive"),
        ({"target": 0.0, "log_range": (1.0, 2.0)}, "log_range must contain 0"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        GECO(**options)
