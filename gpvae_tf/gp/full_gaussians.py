"""Densities of K Gaussians with full covariances L_k L_k^T, and divergences of diagonal Gaussians to them."""

import tensorflow as tf

from gpvae_tf.gp import linalg
from gpvae_tf.types import Gaussian


def component_log_densities(z: tf.Tensor, means: tf.Tensor, factors: tf.Tensor) -> tf.Tensor:
    """log N(z | m_k, L_k L_k^T) = -1/2 [|L_k^-1 (z - m_k)|^2 + 2 sum_d log L_k,dd + D log 2 pi]; [..., K], nats.

    Args:
      z: [..., D].
      means: [K, D].
      factors: lower triangular with a positive diagonal, [K, D, D].
    """
    whitened = _whitened(z[..., tf.newaxis, :] - means, linalg.inverse_lower(factors))
    constants = linalg.log_det(factors) + float(means.shape[-1]) * linalg.LOG_2PI
    return -0.5 * (tf.reduce_sum(tf.square(whitened), axis=-1) + constants)


def kl_to_components(q: Gaussian, means: tf.Tensor, factors: tf.Tensor) -> tf.Tensor:
    """KL(N(mu, diag(v)) || N(m_k, L_k L_k^T)) of a q of its own for every k, [..., K], nats.

    With R = L_k^-1 it is 1/2 [sum_d v_d sum_e R_ed^2 + |R (mu - m_k)|^2 - D + 2 sum_d log L_k,dd - sum_d log v_d].

    Args:
      q: mean and variance, [..., K, D].
      means, factors: see `component_log_densities`.
    """
    inverse = linalg.inverse_lower(factors)
    spread = tf.reduce_sum(q.variance * tf.reduce_sum(tf.square(inverse), axis=-2), axis=-1)
    distance = tf.reduce_sum(tf.square(_whitened(q.mean - means, inverse)), axis=-1)
    volumes = linalg.log_det(factors) - tf.reduce_sum(tf.math.log(q.variance), axis=-1)
    return 0.5 * (spread + distance - float(means.shape[-1]) + volumes)


def _whitened(difference: tf.Tensor, inverse: tf.Tensor) -> tf.Tensor:
    """R_k d_k of differences [..., K, D]."""
    return tf.einsum("kij,...kj->...ki", inverse, difference)
