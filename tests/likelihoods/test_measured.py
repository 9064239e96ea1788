"""The likelihood of what is measured with errors of known size, against scipy."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import stats

from gpvae_tf.likelihoods import (
    BernoulliLikelihood,
    GaussianLikelihood,
    HeteroscedasticGaussianLikelihood,
    Likelihood,
    MixedLikelihood,
    StudentTLikelihood,
    measured,
)
from tests.support.likelihood_cases import CASES

SHAPE = (5, 4, 3)
NORMAL = {name: case for name, case in CASES.items() if case.build().takes_errors is True}


def drawn(rng):
    """Errors of which some are 0, and observations."""
    return np.where(rng.uniform(size=SHAPE) < 0.2, 0.0, rng.uniform(0.1, 3.0, SHAPE)), rng.normal(size=SHAPE)


def test_both_gaussian_likelihoods_take_errors():
    kinds = {type(case.build()) for case in NORMAL.values()}
    assert kinds == {GaussianLikelihood, HeteroscedasticGaussianLikelihood}


@pytest.mark.parametrize("case", NORMAL.values(), ids=NORMAL.keys())
def test_variances_add(case, rng):
    (errors, observations), output = drawn(rng), case.output(rng, SHAPE[:1])
    ours = measured(case.build(), tf.constant(errors))
    frozen = case.scipy(output)
    variance = np.broadcast_to(frozen.var(), SHAPE) + errors**2
    expected = stats.norm.logpdf(observations, frozen.mean(), np.sqrt(variance))
    output = tf.constant(output)
    np.testing.assert_allclose(ours.log_prob_entries(output, observations), expected, rtol=1e-9)
    np.testing.assert_allclose(ours.mean(output), np.broadcast_to(frozen.mean(), SHAPE), rtol=1e-12)
    np.testing.assert_allclose(ours.variance(output), variance, rtol=1e-9)
    mask = rng.uniform(size=SHAPE) < 0.5
    masked = ours.log_prob(output, np.where(mask, observations, np.nan), tf.constant(mask), event_ndims=2)
    np.testing.assert_allclose(masked, np.sum(expected * mask, axis=(1, 2)), rtol=1e-9)


def test_draws_vary_by_both(rng):
    ours = measured(GaussianLikelihood(0.25), tf.constant([1.2, 0.0]))
    found = ours.sample(tf.zeros([40_000, 2]), tf.constant([0, 1])).numpy()
    np.testing.assert_allclose(found.std(axis=0), [1.3, 0.5], rtol=0.02)


def test_channels_of_other_kinds_stay_as_they_are(rng):
    """Real numbers beside yes or no, in an order that has to be undone."""
    real, binary = GaussianLikelihood([0.2, 0.4]), BernoulliLikelihood()
    mixed = MixedLikelihood([real, binary, real])
    assert mixed.takes_errors.tolist() == [True, False, True]
    errors, output = np.array([0.5, 7.0, 2.0]), rng.normal(size=(6, 3))
    observations = np.stack([rng.normal(size=6), rng.integers(0, 2, 6), rng.normal(size=6)], axis=-1)
    decoded = output[:, [0, 2, 1]]  # the decoder's channels stand next to those of their kind
    variance = np.array([0.2, 0.4]) + errors[[0, 2]] ** 2
    normal = stats.norm.logpdf(observations[:, [0, 2]], decoded[:, [0, 2]], np.sqrt(variance))
    p = 1.0 / (1.0 + np.exp(-decoded[:, 1]))
    yes_or_no = stats.bernoulli.logpmf(observations[:, 1].astype(int), p)
    ours = measured(mixed, tf.constant(errors))
    found = ours.log_prob_entries(tf.constant(output), observations)
    np.testing.assert_allclose(found, np.stack([normal[:, 0], yes_or_no, normal[:, 1]], axis=-1), rtol=1e-9)
    np.testing.assert_allclose(
        ours.variance(tf.constant(output))[0], [variance[0], p[0] * (1.0 - p[0]), variance[1]], rtol=1e-9
    )
    draws = ours.sample(tf.zeros([20_000, 3], tf.float64), tf.constant([2, 3])).numpy()
    np.testing.assert_allclose(draws.std(axis=0), [np.sqrt(variance[0]), 0.5, np.sqrt(variance[1])], rtol=0.03)


def test_missing_entries_are_what_the_others_can_have():
    """A likelihood without 0 beside one with errors: gradients are finite at gaps."""

    class Positive(Likelihood):
        placeholder = 1.0

        def entries(self, output):
            return tfp.distributions.LogNormal(output, tf.ones_like(output))

    mixed = MixedLikelihood([GaussianLikelihood(0.1), Positive()])
    output = tf.Variable(np.zeros((3, 2)))
    with tf.GradientTape() as tape:
        nats = measured(mixed, tf.ones([3, 2])).log_prob(
            output, np.full((3, 2), np.nan), tf.constant([[True, False]] * 3) & False, event_ndims=1
        )
    assert np.all(np.isfinite(tape.gradient(nats, output))) and np.all(nats == 0.0)


@pytest.mark.parametrize(
    "likelihood",
    [BernoulliLikelihood(), StudentTLikelihood(), HeteroscedasticGaussianLikelihood(beta=0.5)],
    ids=["Bernoulli", "Student-t", "beta-NLL"],
)
def test_others_are_refused(likelihood):
    assert measured(likelihood, None) is likelihood
    with pytest.raises(ValueError, match=f"errors are given, and {type(likelihood).__name__} takes none"):
        measured(likelihood, tf.ones([3]))
