"""Gaussians with a bidiagonal factor of the precision, N(m, (B^T B)^-1), beside a GP prior (Fortuin et al., 2020).

B is upper bidiagonal, so the vector is a Markov chain from its end: x = m + B^-1 e with e ~ N(0, I) is
x_i - m_i = (e_i - u_i (x_{i+1} - m_{i+1})) / b_i. A negative u_i makes neighbours alike, a positive one unlike.
"""

from typing import NamedTuple

import tensorflow as tf

from gpvae_tf.gp import linalg
from gpvae_tf.types import Gaussian


class BandedGaussian(NamedTuple):
    """N(m, (B^T B)^-1).

    Attributes:
      mean: m, [..., n].
      diagonal: b, [..., n], positive.
      upper: u, [..., n]; B has u_i right of b_i, and the last u is not used.
    """

    mean: tf.Tensor
    diagonal: tf.Tensor
    upper: tf.Tensor

    def factor(self) -> tf.Tensor:
        """B, [..., n, n]."""
        # `diag(..., k=1)` has a gradient whose shape TensorFlow gets wrong where a size is not known.
        shifted = tf.linalg.diag(self.upper)[..., :-1]
        return tf.linalg.diag(self.diagonal) + tf.pad(shifted, [[0, 0]] * (shifted.shape.rank - 1) + [[1, 0]])

    def solve(self, rhs: tf.Tensor, *, adjoint: bool = False) -> tf.Tensor:
        """B^-1 rhs, or B^-T rhs, for rhs [..., n, k] whose leading dimensions broadcast.

        XLA has no solver for banded matrices, so the factor is a triangular matrix of its full size.
        """
        return tf.linalg.triangular_solve(self.factor(), rhs, lower=False, adjoint=adjoint)

    def square_root(self) -> tf.Tensor:
        """B^-1, [..., n, n], whose rows' squares sum to the variances."""
        return self.solve(tf.eye(tf.shape(self.diagonal)[-1], dtype=self.diagonal.dtype))

    def marginals(self) -> Gaussian:
        """Means and variances [..., n]."""
        return Gaussian(self.mean, tf.reduce_sum(tf.square(self.square_root()), axis=-1))


def kl(q: BandedGaussian, prior_factor: tf.Tensor) -> tf.Tensor:
    """KL(q || N(0, K)) = 1/2 [|L^-1 B^-1|^2 + |L^-1 m|^2 - n + log|K| + 2 sum_i log b_i], [...], nats.

    Args:
      q: of leading dimensions [...].
      prior_factor: L, the Cholesky factor of K, [..., n, n], whose leading dimensions broadcast against q's.
    """
    columns = tf.concat([q.square_root(), q.mean[..., tf.newaxis]], axis=-1)
    n = tf.cast(tf.shape(q.mean)[-1], q.mean.dtype)
    squares = tf.reduce_sum(tf.square(linalg.solve_lower(prior_factor, columns)), axis=[-2, -1])
    return 0.5 * (squares - n + linalg.log_det(prior_factor)) + tf.reduce_sum(tf.math.log(q.diagonal), axis=-1)


def conditional(
    q: BandedGaussian, prior_factor: tf.Tensor, k_ns: tf.Tensor, k_ss: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """The prior's conditional at s other inputs, averaged over q: mean A^T m, covariance k_ss - A^T (K - S) A.

    A = K^-1 k_ns [n, s], and S = (B^T B)^-1 is q's covariance.

    Args:
      q, prior_factor: see `kl`.
      k_ns: [..., n, s] kernel matrix between the inputs of q and the others.
      k_ss: [..., s, s] kernel matrix of the others.

    Returns:
      mean [..., s] and covariance [..., s, s].
    """
    mean, *roots = _conditional(q, prior_factor, k_ns)
    explained, uncertain = (tf.matmul(part, part, transpose_a=True) for part in roots)
    return mean, k_ss - explained + uncertain


def conditional_marginals(
    q: BandedGaussian, prior_factor: tf.Tensor, k_ns: tf.Tensor, k_ss_diag: tf.Tensor
) -> Gaussian:
    """Means and variances [..., s] of `conditional`, without its matrices [s, s]; prior variances are [..., s]."""
    mean, *roots = _conditional(q, prior_factor, k_ns)
    explained, uncertain = (tf.reduce_sum(tf.square(part), axis=-2) for part in roots)
    return Gaussian(mean, k_ss_diag - explained + uncertain)


def _conditional(q: BandedGaussian, prior_factor: tf.Tensor, k_ns: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """A^T m [..., s], and the roots L^-1 k_ns and B^-T A, [..., n, s], of what data explain and what q leaves open."""
    half = linalg.solve_lower(prior_factor, k_ns)
    weights = tf.linalg.triangular_solve(prior_factor, half, lower=True, adjoint=True)
    return tf.linalg.matvec(weights, q.mean, transpose_a=True), half, q.solve(weights, adjoint=True)
