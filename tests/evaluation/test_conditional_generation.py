"""The test error both ways, and decoding in chunks, against whole arrays in numpy."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.evaluation import conditional_generation as cg
from gpvae_tf.models import GPVAE
from gpvae_tf.models.prediction.predictor import draw_marginals
from gpvae_tf.types import Gaussian
from tests.support.tiny import IMAGE_SHAPE, LATENT_DIM

L, N, D = 3, 10, 2
SEED = tf.constant([5, 7])


class LinearModel:
    """Decodes z [k, L] at x [k, D] to images [k, 2, 2, 1] = W z + V x, and remembers how many came at a time."""

    def __init__(self, rng):
        self.weights, self.of_inputs, self.sizes = rng.normal(size=(L, 4)), rng.normal(size=(D, 4)), []

    def decode(self, latents, inputs=None):
        self.sizes.append(len(latents))
        return tf.reshape(tf.matmul(latents, self.weights) + tf.matmul(inputs, self.of_inputs), [-1, 2, 2, 1])

    def whole(self, latents, inputs) -> np.ndarray:
        """All images at once, [n, 4]."""
        return np.reshape(latents, (-1, L)) @ self.weights + np.reshape(inputs, (-1, D)) @ self.of_inputs


@pytest.fixture
def model(rng):
    return LinearModel(rng)


@pytest.fixture
def marginals(rng):
    return Gaussian(tf.constant(rng.normal(size=(N, L))), tf.constant(rng.uniform(0.1, 1.0, (N, L))))


@pytest.fixture
def inputs(rng):
    return tf.constant(rng.normal(size=(N, D)))


def test_mean_squared_error_is_per_pixel(rng):
    images, predictions = rng.uniform(size=(2, 4, 3, 5, 1))
    total = sum((images[index] - predictions[index]) ** 2 for index in np.ndindex(images.shape))
    np.testing.assert_allclose(cg.mean_squared_error(images, predictions), total / (4 * 3 * 5), rtol=1e-12)


def test_mean_squared_error_does_not_lose_small_terms_in_float32():
    images = np.zeros((1, 10_000_000, 1, 1), np.float32)
    images[0, 0] = 4096.0  # in float32, 2^24 + 1 is 2^24
    predictions = np.where(np.arange(10_000_000) == 0, 0.0, 1.0).astype(np.float32)[None, :, None, None]
    np.testing.assert_allclose(cg.mean_squared_error(images, predictions), (2**24 + 9_999_999) / 1e7, rtol=1e-12)


def test_draw_is_mean_plus_standard_normal_times_standard_deviation(marginals):
    noise = tf.random.stateless_normal([N, L], SEED, dtype=tf.float64).numpy()
    expected = marginals.mean.numpy() + noise * np.sqrt(marginals.variance.numpy())
    np.testing.assert_allclose(draw_marginals(marginals, SEED, 1)[0], expected, rtol=1e-12)
    assert not np.allclose(draw_marginals(marginals, SEED + 1, 1)[0], expected)


def test_draw_of_a_variance_rounded_below_zero_is_the_mean():
    np.testing.assert_array_equal(
        draw_marginals(Gaussian(tf.ones([2, 1]), tf.fill([2, 1], -1e-9)), SEED, 1)[0], np.ones((2, 1))
    )


@pytest.mark.parametrize("chunk_size, sizes", [(4, [4, 4, 2]), (5, [5, 5]), (1024, [10])])
def test_decode_in_chunks_is_decode(model, marginals, inputs, chunk_size, sizes):
    images = cg.decode(model, marginals.mean, inputs, chunk_size)
    assert model.sizes == sizes
    np.testing.assert_allclose(images, model.whole(marginals.mean, inputs).reshape(N, 2, 2, 1), rtol=1e-12)


def test_decode_keeps_leading_dimensions(model, marginals, inputs):
    images = cg.decode(model, tf.reshape(marginals.mean, [2, 5, L]), tf.reshape(inputs, [2, 5, D]), 3)
    assert images.shape == (2, 5, 2, 2, 1) and max(model.sizes) == 3
    np.testing.assert_allclose(images.reshape(N, 4), model.whole(marginals.mean, inputs), rtol=1e-12)


@pytest.mark.parametrize("chunk_size", [3, 1024])
@pytest.mark.parametrize("lead", [(N,), (2, N // 2)])
def test_generation_errors_match_whole_arrays(rng, model, marginals, inputs, chunk_size, lead):
    images = rng.normal(size=(N, 2, 2, 1))
    shaped = Gaussian(*(tf.reshape(part, [*lead, L]) for part in marginals))
    arguments = images.reshape(*lead, 2, 2, 1), tf.reshape(inputs, [*lead, D])
    errors = cg.generation_errors(model, shaped, *arguments, seed=SEED, chunk_size=chunk_size)
    for name, latents in (("mse", marginals.mean), ("mse_sampled", draw_marginals(shaped, SEED, 1)[0])):
        expected = np.mean((images.reshape(N, 4) - model.whole(latents, inputs)) ** 2)
        np.testing.assert_allclose(errors[name], expected, rtol=1e-12, err_msg=name)


def test_a_draw_costs_the_decoded_variance(model):
    """With a linear decoder E|y - W(mu + s eps)|^2 = |y - W mu|^2 + tr(W s^2 W^T)."""
    zeros = tf.zeros([20000, L], tf.float64)
    marginals = Gaussian(zeros, zeros + 0.3)
    errors = cg.generation_errors(
        model, marginals, np.zeros((20000, 2, 2, 1)), tf.zeros([20000, D], tf.float64), seed=SEED
    )
    assert errors["mse"] == 0.0
    np.testing.assert_allclose(errors["mse_sampled"], 0.3 * np.sum(model.weights**2) / 4, rtol=0.05)


def test_generation_errors_of_a_model(tiny_networks, batch):
    model = GPVAE(
        *tiny_networks(), kernels.exponentiated_quadratic(2.0), event_shape=IMAGE_SHAPE, latent_dim=LATENT_DIM
    )
    errors = cg.generation_errors(
        model, model.latents(batch), batch["observations"], batch["inputs"], seed=SEED, chunk_size=4
    )
    expected = np.mean((batch["observations"].numpy() - model.reconstruct(batch).numpy()) ** 2)
    np.testing.assert_allclose(errors["mse"], expected, rtol=1e-5)
    assert errors["mse_sampled"] != errors["mse"]


def test_what_does_not_fit_is_refused(model, marginals, inputs):
    with pytest.raises(ValueError, match=r"predictions has shape \(2, 3\); expected that of images, \(2, 4\)"):
        cg.mean_squared_error(np.zeros((2, 4)), np.zeros((2, 3)))
    with pytest.raises(ValueError, match="expected that of images"):
        cg.mean_squared_error(np.zeros((0, 4)), np.zeros((0, 4)))
    with pytest.raises(ValueError, match="chunk_size must be >= 1, got 0"):
        cg.decode(model, marginals.mean, inputs, 0)
    with pytest.raises(ValueError, match=r"latents has shape \(0, 3\): there is nothing to decode"):
        cg.decode(model, marginals.mean[:0], inputs[:0])
    with pytest.raises(ValueError, match=r"images has shape \(4, 2, 2, 1\); expected \[10, H, W, C\]"):
        cg.generation_errors(model, marginals, np.zeros((4, 2, 2, 1)), inputs, seed=SEED)
