"""Draws of all latents of a data set together, with how much more likely the prior makes them than the encoder does.

Averages of p(Y | Z) p(Z) / q(Z) over such draws are p(Y), whatever q (Burda et al., 2016).
"""

import abc

import tensorflow as tf

from gpvae_tf.gp import banded, exact, factorization, gaussians, linalg
from gpvae_tf.latent_gps.latent_dataset import LatentDataset
from gpvae_tf.types import Gaussian


class Proposal(abc.ABC):
    """q(Z) of latent data sets [..., L, n], jointly over their points."""

    @abc.abstractmethod
    def draw(self, num: int, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Draws Z [num, ..., L, n] from q, and log p(Z) - log q(Z), [num, ..., L], nats, from a stateless seed [2]."""


class RegressionProposal(Proposal):
    """q(Z) = p(Z) prod_i N(y_i; z_i, s_i) / N(y; 0, K + diag(s)): exact GP regression, whatever the model's is, O(n^3).

    log p(Z) - log q(Z) = log N(y; 0, K + diag(s)) - sum_i log N(y_i; z_i, s_i), which asks for no inverse of K.

    Args:
      covariance: K, [..., L or 1, n, n].
      data: the pseudo-observations y and their noise variances s.
    """

    def __init__(self, covariance: tf.Tensor, data: LatentDataset):
        self._data = data
        regression = exact.condition(covariance, data.y, data.noise_variance, data.channel_mask)
        self._log_z = regression.log_marginal_likelihood
        self._mean = exact.marginals(regression, covariance, linalg.diagonal(covariance)).mean
        given = exact.covariance(regression, covariance, covariance)
        self._root = factorization.square_root(given, name="the covariance of the latents", jitter=1e-6)

    def draw(self, num: int, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        noise = _normals(num, self._mean, seed)
        z, data = self._mean + tf.linalg.matvec(self._root, noise), self._data
        point = Gaussian(z, tf.zeros_like(z))
        density = gaussians.expected_log_density(point, data.y, data.noise_variance, data.channel_mask)
        return z, self._log_z - density


class BandedProposal(Proposal):
    """q(Z) = N(m, (B^T B)^-1) of an encoder of whole sequences.

    Args:
      q: of leading dimensions [..., L].
      prior_factor: the Cholesky factor of K, [..., L or 1, n, n].
    """

    def __init__(self, q: banded.BandedGaussian, prior_factor: tf.Tensor):
        self._q, self._factor = q, prior_factor
        self._log_scales = tf.reduce_sum(tf.math.log(q.diagonal), axis=-1) + 0.5 * linalg.log_det(prior_factor)

    def draw(self, num: int, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        noise = _normals(num, self._q.mean, seed)
        z = self._q.mean + self._q.solve(noise[..., tf.newaxis])[..., 0]
        whitened = linalg.solve_lower_vec(self._factor, z)
        return z, 0.5 * tf.reduce_sum(tf.square(noise) - tf.square(whitened), axis=-1) - self._log_scales


def _normals(num: int, like: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Standard normals [num, ...] in shape and dtype of a tensor [...]."""
    return tf.random.stateless_normal(tf.concat([[num], tf.shape(like)], axis=0), seed, dtype=like.dtype)
