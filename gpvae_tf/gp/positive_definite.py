"""What Gaussian densities ask of a positive definite matrix, with gradients in closed form.

TensorFlow differentiates a Cholesky factor by a solve and three products of n x n matrices, and solves with it by more.
The factor is only a means here: log-determinants, solves and quadratic forms are functions of the matrix, whose
gradients need no derivative of a factor (Petersen & Pedersen, The Matrix Cookbook, Section 2):

    d log|B| = tr(B^-1 dB),    dX = B^-1 (dG - dB X),    d(G^T X) = dG^T X + X^T dG - X^T dB X,    X = B^-1 G.
"""

import tensorflow as tf

from gpvae_tf.gp import factorization, linalg


class PositiveDefinite:
    """A symmetric positive definite matrix B, factorised once.

    Gradients with respect to B are those for changes that keep it symmetric; their own derivatives go through the
    factor. Leading dimensions broadcast.

    Args:
      matrix: B, [..., n, n].
      name: its name in the paper, for the error message.

    Raises:
      FactorizationError: see `factorization.cholesky`.
    """

    def __init__(self, matrix: tf.Tensor, *, name: str):
        self._matrix = matrix
        self._factor = factorization.cholesky(matrix, name=name)

    def log_det(self) -> tf.Tensor:
        """log |B|, [...]."""

        @tf.custom_gradient
        def value(matrix: tf.Tensor):
            def gradient(upstream: tf.Tensor) -> tf.Tensor:
                return _summed(upstream[..., tf.newaxis, tf.newaxis] * self._solve(self._eye()), matrix)

            return linalg.log_det(self._factor), gradient

        return value(self._matrix)

    def solve(self, rhs: tf.Tensor) -> tf.Tensor:
        """B^-1 rhs, [..., n, k]."""

        @tf.custom_gradient
        def value(matrix: tf.Tensor, rhs: tf.Tensor):
            solution = self._solve(rhs)

            def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
                of_rhs = self._solve(upstream)
                return _summed(-tf.matmul(of_rhs, solution, transpose_b=True), matrix), _summed(of_rhs, rhs)

            return solution, gradient

        return value(self._matrix, rhs)

    def inverse(self) -> tf.Tensor:
        """B^-1, [..., n, n]."""
        return self.solve(self._eye())

    def quadratic(self, rhs: tf.Tensor) -> tf.Tensor:
        """g^T B^-1 g of every column g of rhs [..., n, k]: the diagonal of `form`, [..., k]."""

        @tf.custom_gradient
        def value(matrix: tf.Tensor, rhs: tf.Tensor):
            half = self._half(rhs)

            def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
                solution = self._other_half(half)
                weighted = solution * upstream[..., tf.newaxis, :]
                return _summed(-tf.matmul(weighted, solution, transpose_b=True), matrix), _summed(2.0 * weighted, rhs)

            return tf.reduce_sum(tf.square(half), axis=-2), gradient

        return value(self._matrix, rhs)

    def form(self, rhs: tf.Tensor) -> tf.Tensor:
        """rhs^T B^-1 rhs, symmetric to the bit, for rhs [..., n, k]: [..., k, k]."""

        @tf.custom_gradient
        def value(matrix: tf.Tensor, rhs: tf.Tensor):
            half = self._half(rhs)

            def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
                solution = self._other_half(half)
                weighted = tf.matmul(solution, upstream + tf.linalg.matrix_transpose(upstream))
                return _summed(-0.5 * tf.matmul(weighted, solution, transpose_b=True), matrix), _summed(weighted, rhs)

            return tf.matmul(half, half, transpose_a=True), gradient

        return value(self._matrix, rhs)

    def _eye(self) -> tf.Tensor:
        return tf.eye(tf.shape(self._factor)[-1], dtype=self._factor.dtype)

    def _half(self, rhs: tf.Tensor) -> tf.Tensor:
        """L^-1 rhs."""
        return linalg.solve_lower(self._factor, rhs)

    def _other_half(self, half: tf.Tensor) -> tf.Tensor:
        """L^-T half; of L^-1 rhs this makes B^-1 rhs."""
        return tf.linalg.triangular_solve(self._factor, half, adjoint=True)

    def _solve(self, rhs: tf.Tensor) -> tf.Tensor:
        """B^-1 rhs."""
        return self._other_half(self._half(rhs))


def _summed(gradient: tf.Tensor, argument: tf.Tensor) -> tf.Tensor:
    """A gradient summed to the shape of its argument, which may have been broadcast."""
    axes = tf.raw_ops.BroadcastGradientArgs(s0=tf.shape(argument), s1=tf.shape(gradient)).r0
    return tf.reshape(tf.reduce_sum(gradient, axes), tf.shape(argument))
