"""Sparse GP regression with inducing points, whitened, from weighted sufficient statistics.

With K_mm = L L^T and v = L^-1 f_m ~ N(0, I), the projected inputs are A = L^-1 K_mn, and the optimal q(v) of SVGP-VAE
Eq. 9 has precision B = I + (N/b) A diag(s)^-1 A^T. Its eigenvalues are at least 1, so only K_mm ever needs jitter, no
inverse of K_mm is formed, and the [b, m, m] tensors Lambda_i of Eq. 7 never appear.
"""

from typing import NamedTuple

import tensorflow as tf

from gpvae_tf.gp import factorization, linalg
from gpvae_tf.gp.gaussians import expected_log_density, masked_sum
from gpvae_tf.gp.positive_definite import PositiveDefinite
from gpvae_tf.replicas import shares
from gpvae_tf.types import Gaussian


class SufficientStatistics(NamedTuple):
    """Sums over data points that determine q(f_m); add them over batches or replicas.

    Attributes:
      precision: [..., m, m], sum_i a_i a_i^T / s_i.
      vector: [..., m], sum_i a_i y_i / s_i.
    """

    precision: tf.Tensor
    vector: tf.Tensor


class WhitenedGaussian(NamedTuple):
    """q(v) = N(mean, sqrt sqrt^T), v = L^-1 f_m, with a triangular square root.

    Attributes:
      mean: [..., m].
      sqrt: [..., m, m], lower or upper triangular.
    """

    mean: tf.Tensor
    sqrt: tf.Tensor


def statistics(
    a: tf.Tensor, y: tf.Tensor, noise_variance: tf.Tensor, mask: tf.Tensor | None = None
) -> SufficientStatistics:
    """Weighted sufficient statistics of a latent data set.

    Args:
      a: [..., m, n], projected inputs L^-1 K_mn.
      y, noise_variance: [..., n].
      mask: boolean, broadcastable to [..., n]; False points carry no information.
    """
    precision, y = linalg.information(y, noise_variance, mask)
    weighted = a * precision[..., tf.newaxis, :]  # [..., m, n]
    return SufficientStatistics(tf.matmul(weighted, a, transpose_b=True), tf.linalg.matvec(weighted, y))


def optimal_q(stats: SufficientStatistics, scale: tf.Tensor | float = 1.0) -> WhitenedGaussian:
    """The q(f_m) of Eqs. 4-5 (scale 1) and Eq. 9 (scale N/b), whitened.

    Args:
      stats: results of `statistics`, summed over batches if there are several.
      scale: N/b, data points the batch stands for over data points it has; broadcastable to [...].

    Returns:
      q(v) with covariance B^-1 = L_B^-T L_B^-1 and mean scale B^-1 A diag(s)^-1 y.
    """
    scale = tf.convert_to_tensor(scale, stats.vector.dtype)
    b = scale[..., tf.newaxis, tf.newaxis] * stats.precision
    factor = factorization.cholesky(linalg.add_to_diagonal(b, 1.0), name="I + (N/b) A diag(1/s) A^T")
    inverse = linalg.inverse_lower(factor)
    half = tf.linalg.matvec(inverse, scale[..., tf.newaxis] * stats.vector)
    return WhitenedGaussian(tf.linalg.matvec(inverse, half, transpose_a=True), tf.linalg.matrix_transpose(inverse))


def marginals(q: WhitenedGaussian, a: tf.Tensor, k_diag: tf.Tensor) -> Gaussian:
    """q_S (Eq. 3) at points with projections a [..., m, s] and prior variances k_diag [..., s].

    mean a^T E[v], variance k - |a|^2 + |sqrt^T a|^2.
    """
    mean = tf.linalg.matvec(a, q.mean, transpose_a=True)
    spread = tf.matmul(q.sqrt, a, transpose_a=True)
    return Gaussian(mean, k_diag - tf.reduce_sum(tf.square(a), -2) + tf.reduce_sum(tf.square(spread), -2))


def covariance(q: WhitenedGaussian, a: tf.Tensor, k_ss: tf.Tensor) -> tf.Tensor:
    """Full covariance [..., s, s] of q_S (Eq. 3)."""
    spread = tf.matmul(q.sqrt, a, transpose_a=True)
    return k_ss - tf.matmul(a, a, transpose_a=True) + tf.matmul(spread, spread, transpose_a=True)


def inducing_moments(factor_mm: tf.Tensor, q: WhitenedGaussian) -> tuple[tf.Tensor, tf.Tensor]:
    """The unwhitened moments mu [..., m] and A [..., m, m] of q(f_m), f_m = L v."""
    root = tf.matmul(factor_mm, q.sqrt)
    return tf.linalg.matvec(factor_mm, q.mean), tf.matmul(root, root, transpose_b=True)


def prior_kl(q: WhitenedGaussian) -> tf.Tensor:
    """KL(q(f_m) || p(f_m)) = KL(q(v) || N(0, I)) = 1/2 [tr S + |mean|^2 - m - log|S|], shape [...], nats."""
    size = tf.cast(tf.shape(q.mean)[-1], q.mean.dtype)
    log_det = 2.0 * tf.reduce_sum(tf.math.log(tf.abs(tf.linalg.diag_part(q.sqrt))), axis=-1)
    trace = tf.reduce_sum(tf.square(q.sqrt), axis=[-2, -1])
    return 0.5 * (trace + tf.reduce_sum(tf.square(q.mean), axis=-1) - size - log_det)


def hensman_bound(
    q: WhitenedGaussian,
    a: tf.Tensor,
    k_diag: tf.Tensor,
    y: tf.Tensor,
    noise_variance: tf.Tensor,
    *,
    scale: tf.Tensor | float = 1.0,
    mask: tf.Tensor | None = None,
) -> tf.Tensor:
    """L_H of Eq. 7 for any q(f_m): scale * sum_i E_qS[log N(y_i | f_i, s_i)] - KL, shape [...], nats.

    Args:
      q: whitened q(f_m), optimal or free.
      a, k_diag: projections [..., m, n] and prior variances [..., n] of the data.
      y, noise_variance, mask: the latent data set, [..., n].
      scale: N/b.
    """
    return scale * expected_log_density(marginals(q, a, k_diag), y, noise_variance, mask) - prior_kl(q)


def titsias_bound(
    a: tf.Tensor, k_diag: tf.Tensor, y: tf.Tensor, noise_variance: tf.Tensor, mask: tf.Tensor | None = None
) -> tf.Tensor:
    """L_T of Eq. 6: log N(y | 0, A^T A + diag(s)) - 1/2 tr(diag(s)^-1 (K_nn - A^T A)), shape [...], nats.

    Replicas that share the points get values whose sum is that of all points.

    Args:
      a, k_diag: projections [..., m, n] and prior variances [..., n] of the data.
      y, noise_variance, mask: the latent data set, [..., n].
    """
    stats = shares.total(statistics(a, y, noise_variance, mask), shares.POINTS)
    b = PositiveDefinite(linalg.add_to_diagonal(stats.precision, 1.0), name="I + A diag(1/s) A^T")
    precision, y = linalg.information(y, noise_variance, mask)
    log_noise = masked_sum(linalg.LOG_2PI - tf.math.log(tf.where(precision > 0, precision, 1.0)), mask)
    share = shares.fraction(shares.POINTS)  # of terms that are equal on all replicas that share the points
    explained = tf.squeeze(b.quadratic(stats.vector[..., tf.newaxis]), axis=-1)
    quadratic = masked_sum(precision * tf.square(y), mask) - share * explained
    trace = masked_sum(precision * (k_diag - tf.reduce_sum(tf.square(a), axis=-2)), mask)
    return -0.5 * (log_noise + share * b.log_det() + quadratic + trace)


def project(factor_mm: tf.Tensor, k_mn: tf.Tensor) -> tf.Tensor:
    """A = L^-1 K_mn, [..., m, n]."""
    return linalg.solve_lower(factor_mm, k_mn)
