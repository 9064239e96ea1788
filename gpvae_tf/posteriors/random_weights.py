"""Last layers f(y) = W psi(y) whose weights have a Gaussian posterior q(W): full, diagonal, or no covariance."""

import abc
import math

import tensorflow as tf

from gpvae_tf._keras import TrainingMode
from gpvae_tf.checks import check_positive
from gpvae_tf.gp import gp_encoder
from gpvae_tf.types import Gaussian

WIDTH = 32  # columns per product where no gradient is taken


class RandomWeights(tf.Module, abc.ABC):
    """q(W) = prod_j N(w_j; mu_j, Sigma_j), rows w_j of length p, one per latent dimension; mu starts at 0.

    Args:
      latent_dim: L.
      feature_dim: p.
      scale: initial standard deviation of every weight, > 0.
    """

    def __init__(self, latent_dim: int, feature_dim: int, scale: float):
        super().__init__(name="random_weights")
        check_positive(scale=scale)
        self.mean = tf.Variable(tf.zeros([latent_dim, feature_dim]), name="mean")
        self._initial_log_scale = math.log(scale)

    @abc.abstractmethod
    def project(self, features: tf.Tensor) -> Gaussian:
        """Mean and variance [B, L] of f_j = w_j^T psi, for features psi [B, p]."""

    @abc.abstractmethod
    def kl(self) -> tf.Tensor | None:
        """KL(q(W) || N(0, I)), a scalar in nats, or what stands in its place; None for nothing."""


class FullCovariance(RandomWeights):
    """Sigma_j = L_j L_j^T, all p (p + 1) / 2 entries (Kim & Pavlovic, Section 5); diag(L_j) > 0 through exp.

    The variable holds square matrices whose upper triangles are not used: filling triangles from vectors takes as long
    as the product they enter.
    """

    def __init__(self, latent_dim: int, feature_dim: int, scale: float):
        super().__init__(latent_dim, feature_dim, scale)
        eye = tf.eye(feature_dim, batch_shape=[latent_dim])
        self.raw_factor = tf.Variable(self._initial_log_scale * eye, name="raw_factor")

    def factor(self, dtype: tf.DType = tf.float32) -> tf.Tensor:
        """L_j, lower triangular, [L, p, p]."""
        raw = tf.cast(self.raw_factor, dtype)
        return tf.linalg.set_diag(tf.linalg.band_part(raw, -1, 0), tf.exp(tf.linalg.diag_part(raw)))

    def project(self, features: tf.Tensor) -> Gaussian:
        mean, factor = tf.cast(self.mean, features.dtype), self.factor(features.dtype)
        return gp_encoder.project(features, mean, factor, width=None if TrainingMode.is_on() else WIDTH)

    def kl(self) -> tf.Tensor:
        return gp_encoder.weights_kl(self.mean, self.factor())


class DiagonalCovariance(RandomWeights):
    """Sigma_j diagonal, an ablation."""

    def __init__(self, latent_dim: int, feature_dim: int, scale: float):
        super().__init__(latent_dim, feature_dim, scale)
        self.log_scale = tf.Variable(tf.fill([latent_dim, feature_dim], self._initial_log_scale), name="log_scale")

    def project(self, features: tf.Tensor) -> Gaussian:
        mean, log_scale = (tf.cast(v, features.dtype) for v in (self.mean, self.log_scale))
        return gp_encoder.project_diagonal(features, mean, tf.exp(log_scale))

    def kl(self) -> tf.Tensor:
        return gp_encoder.weights_kl_diagonal(self.mean, tf.exp(self.log_scale))


class MeanOnly(RandomWeights):
    """Sigma_j = 0, an ablation; of the KL only |mu|^2 / 2 is left, the prior's pull on the means."""

    def project(self, features: tf.Tensor) -> Gaussian:
        mean = tf.matmul(features, tf.cast(self.mean, features.dtype), transpose_b=True)
        return Gaussian(mean, tf.zeros_like(mean))

    def kl(self) -> tf.Tensor | None:
        return 0.5 * tf.reduce_sum(tf.math.square(self.mean))


class Deterministic(MeanOnly):
    """An ordinary linear layer without bias: with it a GP encoder is three deterministic trunks, and no GP."""

    def kl(self) -> None:
        return None
