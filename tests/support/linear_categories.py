"""A CP-VAE whose likelihood is known: y = V z + w_c + m + noise, p(z | c_k) = N(m_k, diag(v)) with one v for all c.

With orthogonal columns of V the posterior q(z | y, c_k) has diagonal covariance and a mean linear in [y, c], and
q(c | y) has logits linear in y (linear discriminants), so CP-VAE's own heads can represent it exactly.
"""

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.models.cp_vae import CPVAE
from gpvae_tf.posteriors.categorical_gaussian import CategoricalGaussian
from gpvae_tf.priors import ConditionalGaussians, GaussianComponents
from tests.support import oracles

SHAPE, P, K, D, NOISE = (3, 2, 1), 6, 3, 2, 0.3


class LinearCategories:
    """The model with its exact posterior, and its exact log-likelihood."""

    def __init__(self, rng: np.random.Generator):
        basis, _ = np.linalg.qr(rng.normal(size=(P, D)))
        self.v = basis * rng.uniform(0.5, 1.5, D)
        self.w, self.shift = rng.normal(size=(K, P)), rng.normal(size=P)
        components = GaussianComponents(K, D, mean_scale=1.0)
        components.log_variances.assign(np.tile(rng.uniform(-1.0, 0.5, D), (K, 1)))
        self.means, self.variance = np.float64(components.means), np.exp(np.float64(components.log_variances[0]))
        self.centres = self.means @ self.v.T + self.w + self.shift  # E[y | c_k]
        self.covariance = self.v @ np.diag(self.variance) @ self.v.T + NOISE * np.eye(P)
        layers = [keras.layers.Dense(P, dtype="float64"), keras.layers.Reshape(SHAPE, dtype="float64")]
        decoder = keras.Sequential(layers)
        decoder.build([None, D + K])
        decoder.set_weights([np.concatenate([self.v.T, self.w]), self.shift])
        self.model = CPVAE(
            self._posterior(),
            decoder,
            event_shape=SHAPE,
            prior=ConditionalGaussians(components),
            likelihood=GaussianLikelihood(NOISE),
        )

    def _posterior(self) -> CategoricalGaussian:
        layers = [keras.layers.InputLayer(SHAPE, dtype="float64"), keras.layers.Flatten(dtype="float64")]
        features = keras.Sequential(layers)
        posterior = CategoricalGaussian(features, K, D, units=P, policy="float64")
        spread = 1.0 / (1.0 / self.variance + np.sum(self.v**2, axis=0) / NOISE)  # of z given y and c
        gain = self.v * spread / NOISE  # [P, D]
        offsets = -self.w @ gain + self.means / self.variance * spread
        posterior.mean_head.kernel.assign(np.concatenate([gain, offsets]))
        posterior.mean_head.bias.assign(-self.shift @ gain)
        posterior.log_variance_head.kernel.assign(np.zeros((P + K, D)))
        posterior.log_variance_head.bias.assign(np.log(spread))
        discriminants = np.linalg.solve(self.covariance, self.centres.T)
        posterior.logit_head.set_weights([discriminants, -0.5 * np.sum(self.centres.T * discriminants, axis=0)])
        return posterior

    def images(self, rng: np.random.Generator, num: int) -> np.ndarray:
        """Draws of y, [num, H, W, C]."""
        y = self.centres[rng.integers(0, K, num)] + rng.multivariate_normal(np.zeros(P), self.covariance, num)
        return y.reshape(-1, *SHAPE)

    def log_likelihood(self, images: np.ndarray) -> np.ndarray:
        """log 1/K sum_k N(y; V m_k + w_k + m, V diag(v) V^T + s I), [B]."""
        rows = images.reshape(len(images), -1)
        each = [[oracles.log_normal(row, centre, self.covariance) for centre in self.centres] for row in rows]
        return np.log(np.mean(np.exp(each), axis=1))

    def disturb(self, rng: np.random.Generator, scale: float = 0.1) -> None:
        """Moves the posterior away from the exact one."""
        for variable in self.model.posterior.trainable_variables:
            variable.assign_add(scale * tf.constant(rng.normal(size=variable.shape)))
