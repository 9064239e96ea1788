"""Objectives: what is minimised, how GECO's multiplier moves, and the weight of every epoch of a KL warm-up."""

import math

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.objectives import GECO, BetaELBO, KLWarmUp
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
    np.testing.assert_allclose(
        5.0 * gradient(GaussianLikelihood(1.0), geco), gradient(GaussianLikelihood(0.25), BetaELBO()), rtol=1e-6
    )


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


@pytest.fixture
def random_bound(rng):
    reconstruction, first, second = (tf.constant(rng.normal(size=5)) for _ in range(3))
    parts = {"category_kl": first, "kl": second}
    return Bound(reconstruction, first + second, parts, tf.ones_like(first))


def test_warm_up_weight_rises_by_epoch_from_the_first(random_bound):
    """min(1, e / 4) in epoch e = 1, 2, ... of three steps."""
    objective = KLWarmUp(4, steps_per_epoch=3)
    seen = []
    for _ in range(18):
        seen.append(float(objective.logs()["beta"]))
        np.testing.assert_allclose(objective(random_bound), BetaELBO(seen[-1])(random_bound), rtol=1e-6)
        objective.update(random_bound)
    np.testing.assert_allclose(seen, np.repeat([0.25, 0.5, 0.75, 1.0, 1.0, 1.0], 3))


def test_warm_up_without_epochs_the_weight_is_one(random_bound):
    np.testing.assert_array_equal(KLWarmUp(0, steps_per_epoch=3)(random_bound), -random_bound.elbo)


def test_warm_up_exempt_parts_have_the_full_weight(random_bound):
    objective = KLWarmUp(4, steps_per_epoch=3, exempt=["category_kl"])
    expected = -(random_bound.reconstruction + random_bound.parts["category_kl"] + 0.25 * random_bound.parts["kl"])
    np.testing.assert_allclose(objective(random_bound), expected, rtol=1e-12)


def test_warm_up_refusals(random_bound):
    with pytest.raises(ValueError, match="epochs must be >= 0, got -1"):
        KLWarmUp(-1, steps_per_epoch=3)
    with pytest.raises(ValueError, match="steps_per_epoch must be >= 1, got 0"):
        KLWarmUp(1, steps_per_epoch=0)
    with pytest.raises(ValueError, match=r"exempt has \['kl_c'\]; the bound's parts are \['category_kl', 'kl'\]"):
        KLWarmUp(1, steps_per_epoch=1, exempt=["kl_c"])(random_bound)
