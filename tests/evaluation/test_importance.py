"""Importance-weighted log-likelihood against a model whose likelihood is known."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.evaluation import importance
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.models.image_vae import ImageVAE
from gpvae_tf.posteriors import MeanField
from tests.support.linear_gaussian import IMAGE_SHAPE, LinearGaussian

SEED = tf.constant([3, 4])


def model_of(known: LinearGaussian, log_variance: float | None = None) -> ImageVAE:
    posterior = MeanField(known.encoder(log_variance), known.latent_dim)
    likelihood = GaussianLikelihood(known.noise_variance)
    return ImageVAE(posterior, known.decoder, event_shape=IMAGE_SHAPE, likelihood=likelihood)


def test_linear_gaussian_model(rng):
    """Means over 16 images within 0.01 nats of the exact log-likelihood, single images within 0.05."""
    known = LinearGaussian(rng)
    images = known.images(rng, 16)
    ours = importance.importance_weighted(model_of(known), images, num_samples=4000, seed=SEED, chunk_size=500)
    exact = known.log_likelihood(images)
    assert ours.dtype == tf.float64
    assert abs(np.mean(ours) - np.mean(exact)) < 0.01
    np.testing.assert_allclose(ours, exact, atol=0.05)


def test_one_draw_is_enough_from_the_exact_posterior(rng):
    known = LinearGaussian(rng, latent_dim=1)  # with one latent, the mean field is the exact posterior
    images = known.images(rng, 5)
    ours = importance.importance_weighted(model_of(known), images, num_samples=1, seed=SEED)
    np.testing.assert_allclose(ours, known.log_likelihood(images), rtol=1e-6)  # the noise variance is float32


def test_the_bound_rises_with_the_number_of_draws(rng):
    """E over 200 images, from a posterior ten times too wide."""
    known = LinearGaussian(rng)
    images = known.images(rng, 200)
    model, exact = model_of(known, log_variance=0.0), known.log_likelihood(images).mean()
    means = [importance.log_likelihoods(model, images, num_samples=s).mean() for s in (1, 5, 50, 500)]
    assert np.all(np.diff([*means, exact + 1e-3]) > 0.0), (means, exact)


@pytest.mark.parametrize("num_samples, chunk_size, sizes", [(7, 3, [1, 3]), (6, 3, [3, 3]), (2, 5, [2]), (1, 1, [1])])
def test_streaming_is_the_log_of_the_mean(num_samples, chunk_size, sizes):
    """Log-weights around -1e5 in float32, whose exponentials are all zero; chunks and their draws as recorded."""
    recorded = []

    def draw(size, seed):
        recorded.append(-1e5 + 50.0 * tf.random.stateless_normal([size, 4], seed))
        return recorded[-1]

    ours = importance.streamed_log_mean_exp(draw, num_samples, seed=SEED, chunk_size=chunk_size)
    weights = np.concatenate(recorded).astype(np.float64)
    assert len(weights) == num_samples and sorted({len(r) for r in recorded}) == sorted(set(sizes))
    assert len(np.unique(weights)) == weights.size  # no chunk repeats the draws of another
    top = weights.max(axis=0)
    np.testing.assert_allclose(ours, top + np.log(np.mean(np.exp(weights - top), axis=0)), rtol=1e-12)


def test_batches_cover_the_test_set(rng):
    known = LinearGaussian(rng, latent_dim=1)
    images = known.images(rng, 7)
    ours = importance.log_likelihoods(model_of(known), images, num_samples=2, batch_size=3)
    np.testing.assert_allclose(ours, known.log_likelihood(images), rtol=1e-6)


@pytest.mark.parametrize("name", ["num_samples", "batch_size", "chunk_size"])
def test_counts_below_one(rng, name):
    known = LinearGaussian(rng)
    with pytest.raises(ValueError, match=f"{name} must be >= 1, got 0"):
        importance.log_likelihoods(model_of(known), known.images(rng, 2), **(dict(num_samples=1) | {name: 0}))


def test_images_of_another_shape_and_none(rng):
    known = LinearGaussian(rng)
    with pytest.raises(ValueError, match=r"images has shape \(2, 5, 5, 1\); expected \[N, 4, 3, 1\]"):
        importance.log_likelihoods(model_of(known), np.zeros((2, 5, 5, 1)), num_samples=1)
    with pytest.raises(ValueError, match="images is empty"):
        importance.log_likelihoods(model_of(known), np.zeros((0, *IMAGE_SHAPE)), num_samples=1)
