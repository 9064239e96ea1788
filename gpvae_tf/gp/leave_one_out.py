"""Prediction of each point from all others, by the exact GP or by the paper's convex combination in its place.

Nonparametric VAE (Bodin et al., 2017), Eqs. 3, 4 and 6. Points are x [n, D], their values z [n, L].
"""

import tensorflow as tf

from gpvae_tf.gp import linalg
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
    """
    logits = _logits(x_new, x, length_scale)
    if exclude is not None:
        out = exclude[:, tf.newaxis] == tf.range(tf.shape(x)[-2], dtype=exclude.dtype)
        logits = tf.where(out, _minus_infinity(x.dtype), logits)
    return tf.nn.softmax(logits)


def leave_one_out(k_nn: tf.Tensor, z: tf.Tensor, noise_variance: tf.Tensor) -> Gaussian:
    """p(z_i | x_i, z_{-i}) of a GP at every point (Eq. 3), from one factor: Rasmussen & Williams (2006), Eq. 5.12.

    With C = K + s I: mean_i = z_i - [C^-1 z]_i / [C^-1]_ii and variance_i = 1 / [C^-1]_ii.

    Args:
      k_nn: [n, n] kernel matrix.
      z: [n, L], L independent channels.
      noise_variance: s > 0, scalar.

    Returns:
      mean [n, L], and variance [n, 1] of z_i, noise included.
    """
    factor = _noisy_factor(k_nn, noise_variance)
    inverse_factor = linalg.inverse_lower(factor)
    precision = tf.reduce_sum(tf.math.square(inverse_factor), axis=-2)[..., tf.newaxis]  # [C^-1]_ii
    solved = tf.linalg.cholesky_solve(factor, z)
    return Gaussian(z - solved / precision, tf.math.reciprocal(precision))


def predict(k_nn: tf.Tensor, k_sn: tf.Tensor, z: tf.Tensor, noise_variance: tf.Tensor) -> tf.Tensor:
    """The GP's mean K_sn (K_nn + s I)^-1 z at s new points, [s, L]."""
    return tf.matmul(k_sn, tf.linalg.cholesky_solve(_noisy_factor(k_nn, noise_variance), z))


def _noisy_factor(k_nn: tf.Tensor, noise_variance: tf.Tensor) -> tf.Tensor:
    noisy = linalg.add_to_diagonal(k_nn, noise_variance)
    return linalg.cholesky(noisy, name="K + s I")


def _logits(x1: tf.Tensor, x2: tf.Tensor, length_scale: tf.Tensor | float) -> tf.Tensor:
    return -0.5 * squared_distances(x1 / length_scale, x2 / length_scale)


def _minus_infinity(dtype: tf.DType) -> tf.Tensor:
    return tf.constant(float("-inf"), dtype)
