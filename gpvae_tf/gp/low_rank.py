"""A GP whose covariance is low rank plus noise, K = V V^T + alpha I, and the first-order expansion of its density.

Casale et al., "Gaussian Process Prior Variational Autoencoders" (NeurIPS 2018): the chapters on efficient GP
computations and on low-memory stochastic backpropagation. The same model in weight space: z_l = V w_l + e_l with
w_l ~ N(0, I_H) and e_l ~ N(0, alpha I_N), for every channel l. All comes from one factor, of B = I + V^T V / alpha;
its eigenvalues are at least 1, so no jitter is needed. No N x N matrix appears, and the cost is O(N H^2 + H^3).
"""

from typing import NamedTuple

import tensorflow as tf

from gpvae_tf.gp import linalg
from gpvae_tf.types import Gaussian


class SufficientStatistics(NamedTuple):
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


class Expansion(NamedTuple):
    """Coefficients, at some rows, of the first-order expansion of -sum_l log N(z_l | 0, K) in Z, V and alpha.

    Attributes:
      a: [..., n, L], rows of K^-1 Z, the derivative by Z.
      b: [..., n, H], rows of L K^-1 V - sum_l K^-1 z_l z_l^T K^-1 V, the derivative by V.
      c: [..., n], 1/2 (L [K^-1]_ii - sum_l a_il^2), whose sum over all rows is the derivative by alpha.
      offset: [..., n], makes the expansion's value at its own point the row's share of the exact one.
    """

    a: tf.Tensor
    b: tf.Tensor
    c: tf.Tensor
    offset: tf.Tensor


def statistics(v: tf.Tensor, z: tf.Tensor, mask: tf.Tensor | None = None) -> SufficientStatistics:
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
    return SufficientStatistics(
        gram=tf.matmul(v, v, transpose_a=True),
        cross=tf.matmul(v, z, transpose_a=True),
        square=tf.reduce_sum(tf.square(z), axis=-2),
        count=tf.reduce_sum(observed, axis=-1),
    )


def grouped_statistics(u: tf.Tensor, f: tf.Tensor, z: tf.Tensor, mask: tf.Tensor | None = None) -> SufficientStatistics:
    """The same for rows V_i = vec(u_i (outer) f_g) of G groups, in O(N M (M + L)): V, [N, M Q], is never formed.

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
    return SufficientStatistics(
        gram=tf.reshape(gram, [size, size]),
        cross=tf.reshape(cross, [size, -1]),
        square=tf.reduce_sum(within.square, axis=0),
        count=tf.reduce_sum(within.count),
    )


def condition(stats: SufficientStatistics, noise_variance: tf.Tensor) -> LowRankRegression:
    """Density of Z and posterior of the weights, by the matrix inversion lemma.

    z^T K^-1 z = |z|^2 / alpha - |R^-1 V^T z|^2 / alpha^2 and log|K| = N log alpha + log|B|, B = R R^T.

    Args:
      stats: from `statistics`, possibly summed.
      noise_variance: alpha, [], > 0.
    """
    b = stats.gram / noise_variance
    factor = linalg.cholesky(tf.linalg.set_diag(b, 1.0 + tf.linalg.diag_part(b)), name="I + V^T V / alpha")
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
      regression: from `condition`.
      v: [..., s, H].
      residual_variance: [..., s], prior variance of the rows that the features do not carry.

    Returns:
      mean and variance [..., s, L]; the variance of a row is the same in every channel.
    """
    mean = tf.matmul(v, regression.weights)
    variance = tf.reduce_sum(tf.square(_project(regression, v)), axis=-2) + residual_variance
    return Gaussian(mean, tf.broadcast_to(variance[..., tf.newaxis], tf.shape(mean)))


def covariance(regression: LowRankRegression, v: tf.Tensor) -> tf.Tensor:
    """Posterior covariance V* B^-1 V*^T of V* w, [..., s, s], the same in every channel."""
    projected = _project(regression, v)
    return tf.matmul(projected, projected, transpose_a=True)


def inverse_diagonal(regression: LowRankRegression, v: tf.Tensor) -> tf.Tensor:
    """[K^-1]_ii = (1 - |R^-1 v_i|^2 / alpha) / alpha of rows that are part of K, [..., n]."""
    return _inverse_diagonal(regression, _project(regression, v))


def noise_derivative(regression: LowRankRegression) -> tf.Tensor:
    """sum_i c_i = 1/2 (L tr K^-1 - sum_l z_l^T K^-2 z_l), the derivative by alpha, without the rows, [...].

    tr K^-1 = (N - H + tr B^-1) / alpha, and z^T K^-2 z = (z^T K^-1 z - |w|^2) / alpha with w the posterior means.
    """
    alpha, channels = regression.noise_variance, tf.cast(tf.shape(regression.weights)[-1], regression.factor.dtype)
    size = tf.cast(tf.shape(regression.factor)[-1], regression.factor.dtype)
    inverse_b = tf.reduce_sum(tf.square(linalg.inverse_lower(regression.factor)), axis=[-2, -1])
    trace = (regression.count - size + inverse_b) / alpha
    quadratic = -2.0 * tf.reduce_sum(regression.log_density, axis=-1) - channels * regression.log_normalizer
    return 0.5 * (channels * trace - (quadratic - tf.reduce_sum(tf.square(regression.weights), axis=[-2, -1])) / alpha)


def expand(regression: LowRankRegression, v: tf.Tensor, z: tf.Tensor) -> Expansion:
    """The coefficients at some of the rows that `regression` was made of.

    Args:
      regression: from `condition` on all rows.
      v, z: the rows, [..., n, H] and [..., n, L].
    """
    alpha, channels = regression.noise_variance, tf.cast(tf.shape(z)[-1], z.dtype)
    projected = _project(regression, v)
    inverse_v = (
        tf.linalg.triangular_solve(regression.factor, projected, adjoint=True) / alpha
    )  # (K^-1 V)^T, [..., H, n]
    a = (z - tf.matmul(v, regression.weights)) / alpha
    b = channels * tf.linalg.matrix_transpose(inverse_v) - tf.matmul(a, regression.weights, transpose_b=True)
    c = 0.5 * (channels * _inverse_diagonal(regression, projected) - tf.reduce_sum(tf.square(a), axis=-1))
    per_row = regression.log_normalizer / regression.count
    share = 0.5 * (tf.reduce_sum(a * z, axis=-1) + channels * per_row[..., tf.newaxis])
    offset = share - tf.reduce_sum(a * z, axis=-1) - tf.reduce_sum(b * v, axis=-1) - alpha * c
    return Expansion(a, b, c, offset)


def linearized(expansion: Expansion, v: tf.Tensor, z: tf.Tensor, noise_variance: tf.Tensor) -> tf.Tensor:
    """Each row's part of -sum_l log N(z_l | 0, K), expanded: <a_i, z_i> + <b_i, v_i> + alpha c_i + offset_i, [..., n].

    The coefficients are constants (deviation B3 is what happens if they are not), so gradients reach a mini-batch
    through its own rows only. At the point of expansion
    - the value is exact: the rows' parts 1/2 sum_l a_il z_il + L (log|K| + N log 2 pi) / 2N sum to -log p(Z);
    - the gradient by z_i is exact for every row; the gradients by V and alpha, and so by whatever made V, are exact for
      the sum over all rows, and a mini-batch has its rows' share.
    Away from that point it is linear, hence neither; expand again after every step.

    Args:
      expansion: from `expand`, at these rows.
      v, z, noise_variance: the rows and alpha, to differentiate by.
    """
    a, b, c, offset = (tf.stop_gradient(part) for part in expansion)
    return tf.reduce_sum(a * z, axis=-1) + tf.reduce_sum(b * v, axis=-1) + noise_variance * c + offset


def _project(regression: LowRankRegression, v: tf.Tensor) -> tf.Tensor:
    """R^-1 V^T, [..., H, n]."""
    return linalg.solve_lower(regression.factor, tf.linalg.matrix_transpose(v))


def _inverse_diagonal(regression: LowRankRegression, projected: tf.Tensor) -> tf.Tensor:
    alpha = regression.noise_variance
    return (1.0 - tf.reduce_sum(tf.square(projected), axis=-2) / alpha) / alpha
