"""Semi-amortised inference: its steps climb each image's own bound, and training sees through them."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.models.image_vae import ImageVAE
from gpvae_tf.posteriors import SemiAmortized
from tests.support.linear_gaussian import IMAGE_SHAPE, LinearGaussian, constant_encoder

SEED = tf.constant([3, 4])
START = np.array([0.5, -0.5, 0.2, -0.4])  # means and log variances, far from any posterior


def build(known: LinearGaussian, num_samples: int = 1, **options) -> ImageVAE:
    posterior = SemiAmortized(constant_encoder(START), 2, **options)
    likelihood = GaussianLikelihood(known.noise_variance)
    return ImageVAE(posterior, known.decoder, event_shape=IMAGE_SHAPE, likelihood=likelihood, num_samples=num_samples)


def exact_bound(known: LinearGaussian, images, gaussian) -> np.ndarray:
    """log p(y) - KL(q || p(z | y)) of diagonal Gaussians q, [B]."""
    means, covariance = known.posterior(images)
    precision = np.linalg.inv(covariance)
    bounds = []
    for mean, m, v, evidence in zip(means, *map(np.asarray, gaussian), known.log_likelihood(images)):
        quadratic = np.trace(precision @ np.diag(v)) + (m - mean) @ precision @ (m - mean)
        bounds.append(evidence - 0.5 * (quadratic - 2 - np.linalg.slogdet(precision)[1] - np.sum(np.log(v))))
    return np.array(bounds)


def test_the_bound_of_every_image_rises_step_by_step(rng):
    known = LinearGaussian(rng)
    images = known.images(rng, 6)
    start = (np.tile(START[:2], (6, 1)), np.tile(np.exp(START[2:]), (6, 1)))
    bounds = [exact_bound(known, images, start)]
    for steps in (1, 2, 4, 8):
        q = build(known, num_samples=50, num_steps=steps).encode(images, seed=SEED)
        bounds.append(exact_bound(known, images, q.gaussian))
    assert np.all(np.diff(bounds, axis=0) > 0.0)


def test_enough_steps_reach_the_best_gaussian(rng):
    known = LinearGaussian(rng)
    images = known.images(rng, 3)
    q = build(known, num_samples=200, num_steps=150, step_size=0.02, momentum=0.5).encode(images, seed=SEED)
    means, covariance = known.posterior(images)
    best = means, np.tile(1.0 / np.diag(np.linalg.inv(covariance)), (3, 1))
    np.testing.assert_allclose(exact_bound(known, images, q.gaussian), exact_bound(known, images, best), atol=0.02)


def test_a_step_is_that_images_own_gradient(rng):
    """lambda + step_size d ELBO / d lambda, whatever else is in the batch."""
    known = LinearGaussian(rng)
    images = known.images(rng, 4)
    posterior = build(known, step_size=0.1, num_steps=2, momentum=0.3)
    alone, together = (posterior.encode(images[:n], seed=SEED).gaussian for n in (1, 4))
    np.testing.assert_allclose(alone.mean[0], together.mean[0], rtol=1e-10)
    first = build(known, num_samples=4000, step_size=0.1).encode(images, seed=SEED).gaussian
    shift = 1e-5
    for entry in range(4):
        moved = [START + sign * shift * np.eye(4)[entry] for sign in (1, -1)]
        ends = [exact_bound(known, images, (np.tile(p[:2], (4, 1)), np.tile(np.exp(p[2:]), (4, 1)))) for p in moved]
        slope = (ends[0] - ends[1]) / (2 * shift)
        found = np.concatenate([first.mean, np.log(first.variance)], axis=1)[:, entry] - START[entry]
        np.testing.assert_allclose(found, 0.1 * slope, atol=0.1)


def test_steps_follow_the_seed(rng):
    known = LinearGaussian(rng)
    images, model = known.images(rng, 3), build(known, num_steps=2, step_size=0.1)
    first, again, other = (
        model.encode(images, seed=tf.constant(seed)).gaussian.mean for seed in ([3, 4], [3, 4], [3, 5])
    )
    np.testing.assert_array_equal(first, again)
    assert np.all(first != other)


@pytest.mark.parametrize("second_order", [True, False])
def test_training_sees_through_the_steps(rng, second_order):
    """The gradient in the starting point against central differences; without second order it differs from them."""
    known = LinearGaussian(rng)
    images = known.images(rng, 3)
    model = build(known, num_steps=3, step_size=0.05, second_order=second_order)
    row = model.posterior.encoder.row
    bound = lambda: tf.reduce_sum(model.elbo({"observations": images}, seed=SEED).elbo)
    with tf.GradientTape() as tape:
        value = bound()
    ours, numeric = tape.gradient(value, row).numpy(), []
    for entry in np.eye(4):
        row.assign(START + 1e-5 * entry)
        above = bound()
        row.assign(START - 1e-5 * entry)
        numeric.append((above - bound()) / 2e-5)
    assert np.allclose(ours, numeric, rtol=1e-5) == second_order


def test_the_decoder_trains_through_the_steps(rng):
    known = LinearGaussian(rng)
    images = known.images(rng, 3)
    gradients = []
    for second_order in (True, False):
        model = build(known, num_steps=3, step_size=0.05, second_order=second_order)
        with tf.GradientTape() as tape:
            elbo = tf.reduce_sum(model.elbo({"observations": images}, seed=SEED).elbo)
        gradients.append(tape.gradient(elbo, known.decoder.trainable_variables[0]).numpy())
    assert np.all(gradients[0] != gradients[1])


def test_steps_are_taken_at_test_time(rng):
    known = LinearGaussian(rng)
    images = known.images(rng, 3)
    model = build(known, step_size=0.01)
    eager = model.encode(images).mean
    assert np.all(np.abs(eager - START[:2]) > 1e-4)
    np.testing.assert_allclose(tf.function(lambda images: model.encode(images).mean)(images), eager, rtol=1e-10)


def test_what_is_refused(rng):
    encoder = constant_encoder(START)
    for options, message in (
        (dict(num_steps=0), "num_steps must be >= 1, got 0"),
        (dict(step_size=0.0), "step_size must be positive, got 0"),
        (dict(momentum=1.0), r"momentum must lie in \[0, 1\), got 1"),
    ):
        with pytest.raises(ValueError, match=message):
            SemiAmortized(encoder, 2, **options)
    with pytest.raises(ValueError, match="joint is None"):
        SemiAmortized(encoder, 2).condition(tf.zeros([1, *IMAGE_SHAPE]))
