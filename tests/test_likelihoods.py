"""Likelihoods against their formulas and TFP."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.likelihoods import BernoulliLikelihood, GaussianLikelihood


@pytest.fixture
def output(rng):
    return tf.constant(5.0 * rng.normal(size=(2, 3, 4, 4, 1)))


def test_bernoulli(output, rng):
    images = rng.integers(0, 2, output.shape).astype(np.float32)
    logits = output.numpy()
    expected = np.sum(images * logits - np.logaddexp(0.0, logits), axis=(-3, -2, -1))
    np.testing.assert_allclose(BernoulliLikelihood().log_prob(output, images), expected, rtol=1e-12)
    np.testing.assert_allclose(BernoulliLikelihood().distribution(output).log_prob(images), expected, rtol=1e-12)
    np.testing.assert_allclose(BernoulliLikelihood().mean(output), 1.0 / (1.0 + np.exp(-logits)), rtol=1e-12)
    assert (
        BernoulliLikelihood().log_prob(tf.constant([[[[-1e4], [1e4]]]]), tf.constant([[[[1.0], [0.0]]]])) == -2e4
    )  # no inf


@pytest.mark.parametrize("value", [-0.1, 255.0, float("nan")])
def test_what_is_no_probability_has_no_bernoulli_likelihood(value):
    images = np.full((2, 4, 4, 1), 0.5)
    BernoulliLikelihood().check(images)
    images[1, 2, 3] = value
    GaussianLikelihood().check(images)
    with pytest.raises(ValueError, match=r"observations has values from .*; a Bernoulli decoder needs \[0, 1\]"):
        BernoulliLikelihood().check(images)


@pytest.mark.parametrize("trainable", [False, True])
def test_gaussian(output, rng, trainable):
    images, likelihood = rng.normal(size=output.shape), GaussianLikelihood(0.3, trainable=trainable)
    nats = np.log(2 * np.pi * 0.3) + (images - output.numpy()) ** 2 / 0.3
    expected = -0.5 * np.sum(nats, axis=(-3, -2, -1))
    np.testing.assert_allclose(likelihood.log_prob(output, images), expected, rtol=1e-6)  # the variance is float32
    np.testing.assert_allclose(likelihood.distribution(output).log_prob(images), expected, rtol=1e-6)
    np.testing.assert_array_equal(likelihood.mean(output), output)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(likelihood.log_prob(output, images))
    assert len(likelihood.trainable_variables) == int(trainable)
    assert all(abs(g.numpy()) > 1e-3 for g in tape.gradient(total, likelihood.trainable_variables))


@pytest.mark.parametrize("variance", [0.0, -1.0, float("nan")])
def test_variance_must_be_positive(variance):
    with pytest.raises(ValueError, match="variance must be positive"):
        GaussianLikelihood(variance)
