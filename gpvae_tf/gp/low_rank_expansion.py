"""The first-order expansion of the density of a low-rank GP, `low_rank`: GPPVAE's objective for mini-batches.

Casale et al., "Gaussian Process Prior Variational Autoencoders" (NeurIPS 2018): the chapter on low-memory stochastic
backpropagation.
"""

from typing import NamedTuple

import tensorflow as tf

from gpvae_tf.gp import linalg
from gpvae_tf.gp.low_rank import LowRankRegression, inverse_diagonal, project


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
      regression: the result of `condition` on all rows.
      v, z: the rows, [..., n, H] and [..., n, L].
    """
    alpha, channels = regression.noise_variance, tf.cast(tf.shape(z)[-1], z.dtype)
    projected = project(regression, v)
    inverse_v = (
        tf.linalg.triangular_solve(regression.factor, projected, adjoint=True) / alpha
    )  # (K^-1 V)^T, [..., H, n]
    a = (z - tf.matmul(v, regression.weights)) / alpha
    b = channels * tf.linalg.matrix_transpose(inverse_v) - tf.matmul(a, regression.weights, transpose_b=True)
    c = 0.5 * (channels * inverse_diagonal(regression, projected) - tf.reduce_sum(tf.square(a), axis=-1))
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
      expansion: the result of `expand` at these rows.
      v, z, noise_variance: the rows and alpha, to differentiate by.
    """
    a, b, c, offset = (tf.stop_gradient(part) for part in expansion)
    return tf.reduce_sum(a * z, axis=-1) + tf.reduce_sum(b * v, axis=-1) + noise_variance * c + offset
