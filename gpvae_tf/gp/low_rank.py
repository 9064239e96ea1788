"""A GP whose covariance is low rank plus noise, K = V V^T + alpha I.

Casale et al., "Gaussian Process Prior Variational Autoencoders" (NeurIPS 2018): the chapters on efficient GP
computations and on low-memory stochastic backpropagation. The same model in weight space: z_l = V w_l + e_l with
w_l ~ N(0, I_H) and e_l ~ N(0, alpha I_N), for every channel l. All comes from one factor, of B = I + V^T V / alpha;
its eigenvalues are at least 1, so no jitter is needed. No N x N matrix appears, and the cost is O(N H^2 + H^3).
"""

from typing import NamedTuple

import tensorflow as tf

from gpvae_tf.gp import factorization, linalg
from gpvae_tf.types import Gaussian


class LowRankStatistics(NamedTuple):
    """Sums over data points that determine p(Z) and the posterior of the weights; add them over batches.

    Attributes:
      gram: [..., H, H], V^T V.
      cross: [..., H, L], V^T Z.
      square: [..., L], sum_i z_il^2.
      count: [...], N.
    """

    gram: tf.Tensor
    cross: tf.Tensor
    square: tf.Tensor
    count: tf.Tensor


class LowRankRegression(NamedTuple):
    """p(Z) and the posterior of the weights, factorised once.

    Attributes:
      factor: [..., H, H], Cholesky factor R of B = I + V^T V / alpha; the weights have posterior covariance B^-1.
      weights: [..., H, L], V^T K^-1 Z, their posterior means.
      log_density: [..., L], log N(z_l | 0, K), nats.
      log_normalizer: [...], log|K| + N log 2 pi.
      count: [...], N.
      noise_variance: [], alpha.
    """

    factor: tf.Tensor
    weights: tf.Tensor
    log_density: tf.Tensor
    log_normalizer: tf.Tensor
    count: tf.Tensor
    noise_variance: tf.Tensor


def statistics(v: tf.Tensor, z: tf.Tensor, mask: tf.Tensor | None = None) -> LowRankStatistics:
    """Sufficient statistics of Z given the features.

    Args:
      v: [..., N, H].
      z: [..., N, L].
      mask: boolean, broadcastable to [..., N], True = observed; the other points are removed.
    """
    observed = tf.ones_like(v[..., 0]) if mask is None else tf.cast(mask, v.dtype) * tf.ones_like(v[..., 0])
    if mask is not None:
        keep = tf.cast(mask, tf.bool)[..., tf.newaxis]
        v, z = tf.where(keep, v, tf.zeros_like(v)), tf.where(keep, z, tf.zeros_like(z))
    return LowRankStatistics(
        gram=tf.matmul(v, v, transpose_a=True),
        cross=tf.matmul(v, z, transpose_a=True),
        square=tf.reduce_sum(tf.square(z), axis=-2),
        count=tf.reduce_sum(observed, axis=-1),
    )


def grouped_statistics(u: tf.Tensor, f: tf.Tensor, z: tf.Tensor, mask: tf.Tensor | None = None) -> LowRankStatistics:
    """`statistics` of rows V_i = vec(u_i (outer) f_g) in G groups, in O(N M (M + L)): V, [N, M Q], is never formed.

    V^T V = sum_g (sum_{i in g} u_i u_i^T) (x) f_g f_g^T, and likewise V^T Z.

    Args:
      u: [G, n, M], the rows' own factors.
      f: [G, Q], the groups' common ones.
      z: [G, n, L].
      mask: boolean [G, n], True = observed, where groups are padded to one length.
    """
    within = statistics(u, z, mask)
    gram = tf.einsum("gmn,gp,gq->mpnq", within.gram, f, f)
    cross = tf.einsum("gml,gq->mql", within.cross, f)
    size = u.shape[-1] * f.shape[-1]
    return LowRankStatistics(
        gram=tf.reshape(gram, [size, size]),
        cross=tf.reshape(cross, [size, -1]),
        square=tf.reduce_sum(within.square, axis=0),
        count=tf.reduce_sum(within.count),
    )


def condition(stats: LowRankStatistics, noise_variance: tf.Tensor) -> LowRankRegression:
    """Density of Z and posterior of the weights, by the matrix inversion lemma.

    z^T K^-1 z = |z|^2 / alpha - |R^-1 V^T z|^2 / alpha^2 and log|K| = N log alpha + log|B|, B = R R^T.

    Args:
      stats: results of `statistics`, summed over batches if there are several.
      noise_variance: alpha, [], > 0.
    """
    b = stats.gram / noise_variance
    factor = factorization.cholesky(linalg.add_to_diagonal(b, 1.0), name="I + V^T V / alpha")
    half = linalg.solve_lower(factor, stats.cross / noise_variance)  # [..., H, L]
    weights = tf.linalg.triangular_solve(factor, half, adjoint=True)
    log_normalizer = stats.count * (linalg.LOG_2PI + tf.math.log(noise_variance)) + linalg.log_det(factor)
    quadratic = stats.square / noise_variance - tf.reduce_sum(tf.square(half), axis=-2)
    log_density = -0.5 * (quadratic + log_normalizer[..., tf.newaxis])
    return LowRankRegression(factor, weights, log_density, log_normalizer, stats.count, noise_variance)


def marginals(regression: LowRankRegression, v: tf.Tensor, residual_variance: tf.Tensor | float = 0.0) -> Gaussian:
    """Posterior marginals of f = V* w + r at new rows, without the noise alpha: mean V* E[w], variance |R^-1 v*|^2 + r.

    Z is taken as it is: it has no uncertainty of its own here, as in Casale et al.

    Args:
      regression: the result of `condition`.
      v: [..., s, H].
      residual_variance: [..., s], prior variance of the rows that the features do not carry.

    Returns:
      mean and variance [..., s, L]; the variance of a row is the same in every channel.
    """
    mean = tf.matmul(v, regression.weights)
    variance = tf.reduce_sum(tf.square(project(regression, v)), axis=-2) + residual_variance
    return Gaussian(mean, tf.broadcast_to(variance[..., tf.newaxis], tf.shape(mean)))


def covariance(regression: LowRankRegression, v: tf.Tensor) -> tf.Tensor:
    """Posterior covariance V* B^-1 V*^T of V* w, [..., s, s], the same in every channel."""
    projected = project(regression, v)
    return tf.matmul(projected, projected, transpose_a=True)


def project(regression: LowRankRegression, v: tf.Tensor) -> tf.Tensor:
    """R^-1 V^T of rows V, [..., H, n]."""
    return linalg.solve_lower(regression.factor, tf.linalg.matrix_transpose(v))


def inverse_diagonal(regression: LowRankRegression, projected: tf.Tensor) -> tf.Tensor:
    """[K^-1]_ii = (1 - |R^-1 v_i|^2 / alpha) / alpha of rows that are part of K, [..., n], from their `project`."""
    alpha = regression.noise_variance
    return (1.0 - tf.reduce_sum(tf.square(projected), axis=-2) / alpha) / alpha
