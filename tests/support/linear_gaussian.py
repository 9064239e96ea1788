"""A model that is known exactly: y = V z + m + noise, z ~ N(0, I)."""

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import keras
from tests.support import oracles

IMAGE_SHAPE = (4, 3, 1)


class LinearGaussian:
    """V [P, L], m [P] and a noise variance, with decoder, exact posterior and exact log-likelihood."""

    def __init__(self, rng: np.random.Generator, *, latent_dim: int = 2, noise_variance: float = 0.3, dtype="float64"):
        pixels = int(np.prod(IMAGE_SHAPE))
        self.weights, self.shift = 0.5 * rng.normal(size=(pixels, latent_dim)), rng.normal(size=pixels)
        self.noise_variance, self.latent_dim, self.dtype = noise_variance, latent_dim, dtype
        layers = [
            keras.layers.InputLayer((latent_dim,), dtype=dtype),
            keras.layers.Dense(pixels, dtype=dtype),
            keras.layers.Reshape(IMAGE_SHAPE, dtype=dtype),
        ]
        self.decoder = keras.Sequential(layers)
        self.decoder.set_weights([self.weights.T, self.shift])

    def images(self, rng: np.random.Generator, num: int) -> np.ndarray:
        """Draws of y, [num, H, W, C]."""
        mean = rng.normal(size=(num, self.latent_dim)) @ self.weights.T + self.shift
        noise = np.sqrt(self.noise_variance) * rng.normal(size=mean.shape)
        return (mean + noise).reshape(-1, *IMAGE_SHAPE)

    def posterior(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Means [B, L] and the covariance [L, L] of p(z | y)."""
        precision = np.eye(self.latent_dim) + self.weights.T @ self.weights / self.noise_variance
        covariance = np.linalg.inv(precision)
        residual = images.reshape(len(images), -1) - self.shift
        return residual @ self.weights @ covariance / self.noise_variance, covariance

    def log_likelihood(self, images: np.ndarray) -> np.ndarray:
        """log N(y; m, V V^T + s I), [B]."""
        covariance = self.weights @ self.weights.T + self.noise_variance * np.eye(len(self.shift))
        return np.array([oracles.log_normal(row, self.shift, covariance) for row in images.reshape(len(images), -1)])

    def encoder(self, log_variance: float | None = None) -> keras.Sequential:
        """A linear encoder with the exact posterior mean, and its marginal log variances or a given one."""
        _, covariance = self.posterior(np.zeros((1, *IMAGE_SHAPE)))
        gain = self.weights @ covariance / self.noise_variance  # [P, L]
        spread = np.log(np.diag(covariance)) if log_variance is None else np.full(self.latent_dim, log_variance)
        dtype = self.dtype
        layers = [
            keras.layers.InputLayer(IMAGE_SHAPE, dtype=dtype),
            keras.layers.Flatten(dtype=dtype),
            keras.layers.Dense(2 * self.latent_dim, dtype=dtype),
        ]
        encoder = keras.Sequential(layers)
        encoder.set_weights(
            [np.concatenate([gain, np.zeros_like(gain)], axis=1), np.concatenate([-self.shift @ gain, spread])]
        )
        return encoder


def constant_encoder(output: np.ndarray, dtype: str = "float64") -> tf.Module:
    """An encoder that returns the same row for every image."""
    return Constant(tf.Variable(np.asarray(output), dtype=dtype))


class Constant(tf.Module):
    """See `constant_encoder`."""

    def __init__(self, row: tf.Variable):
        super().__init__()
        self.row = row

    def __call__(self, images):
        return tf.tile(tf.convert_to_tensor(self.row)[tf.newaxis], [tf.shape(images)[0], 1])
