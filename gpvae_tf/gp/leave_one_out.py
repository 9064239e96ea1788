"""Prediction of each point from all others, by the exact GP or by the paper's convex combination in its place.

Nonparametric VAE (Bodin et al., 2017), Eqs. 3, 4 and 6. Points are x [n, D], their values z [n, L].
"""

import tensorflow as tf

from gpvae_tf.gp import linalg
from gpvae_tf.gp.positive_definite import PositiveDefinite
from gpvae_tf.types import Gaussian


def squared_distances(x1: tf.Tensor, x2: tf.Tensor) -> tf.Tensor:
    """|x1_i - x2_j|^2, [..., n1, n2], by differences: nothing cancels, and the gradient at distance 0 is 0."""
    return tf.reduce_sum(tf.math.squared_difference(x1[..., :, tf.newaxis, :], x2[..., tf.newaxis, :, :]), axis=-1)


def weights(x: tf.Tensor, length_scale: tf.Tensor | float) -> tf.Tensor:
    """W of Eqs. 4 and 6: W_ij = k(x_i, x_j) / sum_{j' != i} k(x_i, x_j'), W_ii = 0, k squared exponential.

    It is the softmax over j != i of -|x_i - x_j|^2 / (2 l^2): rows sum to 1 even where all kernel values underflow,
    which divide to 0/0 as printed. The amplitude of k cancels.

    Args:
      x: [..., n, D], n >= 2.
      length_scale: l > 0.

    Returns:
      [..., n, n].

    Raises:
      ValueError: if n is known to be below 2: a single point has no others.
    """
    if x.shape[-2] is not None and x.shape[-2] < 2:
        raise ValueError(f"x has {x.shape[-2]} points; leave-one-out weights need at least 2")
    logits = _logits(x, x, length_scale)
    own = tf.eye(tf.shape(logits)[-1], dtype=tf.bool)  # `set_diag` has a gradient that XLA refuses, see `linalg`
    return tf.nn.softmax(tf.where(own, _minus_infinity(x.dtype), logits))


def cross_weights(
    x_new: tf.Tensor, x: tf.Tensor, length_scale: tf.Tensor | float, exclude: tf.Tensor | None = None
) -> tf.Tensor:
    """Weights of n points at s new ones, [s, n]; a far-away query takes its nearest point.

    Args:
      x_new: [s, D].
      x: [n, D].
      length_scale: l > 0.
      exclude: [s], for each query the number of a point that gets weight 0 (the query itself), or -1 for none.

    Raises:
      ValueError: if there is `exclude`, and n is known to be below 2.
    """
    if exclude is not None and x.shape[-2] is not None and x.shape[-2] < 2:
        raise ValueError(f"x has {x.shape[-2]} points; weights without one of them need at least 2")
    logits = _logits(x_new, x, length_scale)
    if exclude is not None:
        out = exclude[:, tf.newaxis] == tf.range(tf.shape(x)[-2], dtype=exclude.dtype)
        logits = tf.where(out, _minus_infinity(x.dtype), logits)
    return tf.nn.softmax(logits)


def leave_one_out(k_nn: tf.Tensor, z: tf.Tensor, noise_variance: tf.Tensor) -> Gaussian:
    """p(z_i | x_i, z_{-i}) of a GP at every point (Eq. 3), by Rasmussen & Williams (2006), Eq. 5.12.

    With C = K + s I: mean_i = z_i - [C^-1 z]_i / [C^-1]_ii and variance_i = 1 / [C^-1]_ii.

    Args:
      k_nn: [n, n] kernel matrix.
      z: [n, L], L independent channels.
      noise_variance: s > 0, scalar.

    Returns:
      mean [n, L], and variance [n, 1] of z_i, noise included.
    """
    precision = _noisy(k_nn, noise_variance).inverse()
    own = linalg.diagonal(precision)[..., tf.newaxis]
    return Gaussian(z - tf.matmul(precision, z) / own, tf.math.reciprocal(own))


def joint_kl(k_nn: tf.Tensor, q: Gaussian, noise_variance: tf.Tensor) -> tf.Tensor:
    """Every point's share of KL(prod_i q(z_i) || p(Z | X)), the divergence of Eq. 1, [n], nats.

    With P = (K + s I)^-1 and N(m_i, v_i) for q(z_i), the sum of the shares over the points is, for each channel,

        1/2 [sum_i P_ii v_i + m^T P m - n - log|P| - sum_i log v_i];

    log|P| is divided equally, and m^T P m into m_i [P m]_i, so that a share by itself may be negative.

    Args:
      k_nn: [n, n] kernel matrix.
      q: means and variances [n, L], L independent channels.
      noise_variance: s > 0, scalar.
    """
    noisy = _noisy(k_nn, noise_variance)
    precision = noisy.inverse()
    own = linalg.diagonal(precision)[..., tf.newaxis]
    terms = own * q.variance + q.mean * tf.matmul(precision, q.mean) - 1.0 - tf.math.log(q.variance)
    share = noisy.log_det() / tf.cast(tf.shape(k_nn)[-1], k_nn.dtype)
    return 0.5 * tf.reduce_sum(terms + share, axis=-1)


def predictive_kl(k_nn: tf.Tensor, q: Gaussian, noise_variance: tf.Tensor) -> tf.Tensor:
    """E_q KL(q(z_i) || p(z_i | x_i, z_{-i})) of every point, the divergence of Eq. 2, [n], nats.

    The prediction's mean is z_i - [P z]_i / P_ii and its variance 1 / P_ii, P = (K + s I)^-1; the expectation is over
    the others' latents, which enter the mean. For each channel it is

        1/2 [([P m]_i^2 + sum_j P_ij^2 v_j) / P_ii - log P_ii - 1 - log v_i].

    Args:
      k_nn, q, noise_variance: see `joint_kl`.
    """
    precision = _noisy(k_nn, noise_variance).inverse()
    own = linalg.diagonal(precision)[..., tf.newaxis]
    squares = tf.square(tf.matmul(precision, q.mean)) + tf.matmul(tf.square(precision), q.variance)
    terms = squares / own - tf.math.log(own) - 1.0 - tf.math.log(q.variance)
    return 0.5 * tf.reduce_sum(terms, axis=-1)


def predict(k_nn: tf.Tensor, k_sn: tf.Tensor, z: tf.Tensor, noise_variance: tf.Tensor) -> tf.Tensor:
    """The GP's mean K_sn (K_nn + s I)^-1 z at s new points, [s, L]."""
    return tf.matmul(k_sn, _noisy(k_nn, noise_variance).solve(z))


def _noisy(k_nn: tf.Tensor, noise_variance: tf.Tensor) -> PositiveDefinite:
    return PositiveDefinite(linalg.add_to_diagonal(k_nn, noise_variance), name="K + s I")


def _logits(x1: tf.Tensor, x2: tf.Tensor, length_scale: tf.Tensor | float) -> tf.Tensor:
    return -0.5 * squared_distances(x1 / length_scale, x2 / length_scale)


def _minus_infinity(dtype: tf.DType) -> tf.Tensor:
    return tf.constant(float("-inf"), dtype)
