"""The posterior of z ~ N(0, I) given y = J z + noise, and Gaussians given by the Cholesky factor of their precision.

Precisions are A = C C^T, [..., L, L]; A has eigenvalues of at least 1. Jacobians are transposed: tangents [..., L, P],
whose row l is dy / dz_l.
"""

import tensorflow as tf

from gpvae_tf.gp import factorization, linalg


def precision_factor(tangents: tf.Tensor, noise_variance: tf.Tensor) -> tf.Tensor:
    """C of the posterior's precision A = I + J^T diag(1 / s) J.

    Args:
      tangents: J^T, [..., L, P].
      noise_variance: s, [..., P].
    """
    scaled = tangents / tf.sqrt(noise_variance)[..., tf.newaxis, :]
    eye = tf.eye(tangents.shape[-2], dtype=tangents.dtype)
    return factorization.cholesky(eye + tf.matmul(scaled, scaled, transpose_b=True), name="the precision I + J^T J / s")


def posterior_mean(factor: tf.Tensor, tangents: tf.Tensor, residual: tf.Tensor, noise_variance: tf.Tensor) -> tf.Tensor:
    """A^-1 J^T (residual / s), [..., L], for y - b = residual [..., P] under y = b + J z + noise."""
    projected = tf.matmul(tangents, (residual / noise_variance)[..., tf.newaxis])
    return tf.linalg.cholesky_solve(factor, projected)[..., 0]


def draw(mean: tf.Tensor, factor: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
    """mean + C^-T noise, whose covariance is A^-1, for standard normal noise [..., L]."""
    return mean + tf.linalg.triangular_solve(factor, noise[..., tf.newaxis], lower=True, adjoint=True)[..., 0]


def log_density(z: tf.Tensor, mean: tf.Tensor, factor: tf.Tensor) -> tf.Tensor:
    """log N(z; mean, A^-1) = 1/2 [log |A| - |C^T (z - mean)|^2 - L log 2 pi], [...], nats."""
    whitened = tf.linalg.matvec(factor, z - mean, transpose_a=True)
    return 0.5 * (linalg.log_det(factor) - tf.reduce_sum(tf.math.square(whitened) + linalg.LOG_2PI, axis=-1))


def kl_standard_normal(mean: tf.Tensor, factor: tf.Tensor) -> tf.Tensor:
    """KL(N(mean, A^-1) || N(0, I)) = 1/2 [|C^-1|_F^2 + |mean|^2 - L + log |A|], [...], nats."""
    trace = tf.reduce_sum(tf.math.square(linalg.inverse_lower(factor)), axis=[-2, -1])
    return 0.5 * (trace + tf.reduce_sum(tf.math.square(mean) - 1.0, axis=-1) + linalg.log_det(factor))
