"""The few solves and sums that the rest is made of."""

import math

import tensorflow as tf

LOG_2PI = math.log(2.0 * math.pi)


def diagonal(matrix: tf.Tensor) -> tf.Tensor:
    """The diagonal [..., n] of a finite matrix [..., n, n].

    As `add_to_diagonal` for XLA: the gradient of `tf.linalg.diag_part` asks for a size that may not be known.
    """
    return tf.reduce_sum(matrix * tf.eye(tf.shape(matrix)[-1], dtype=matrix.dtype), axis=-1)


def add_to_diagonal(matrix: tf.Tensor, values: tf.Tensor | float) -> tf.Tensor:
    """matrix + diag(values), [..., n, n].

    The gradient of `tf.linalg.set_diag` has a shape that depends on data where a size is not known when it is traced,
    which XLA refuses; this one's is the matrix's.

    Args:
      matrix: [..., n, n].
      values: [..., n], or what broadcasts to it.
    """
    # `tf.cast` of a Python number would round it to float32 first.
    values = tf.cast(values, matrix.dtype) if tf.is_tensor(values) else tf.constant(values, matrix.dtype)
    values = tf.broadcast_to(values, tf.shape(matrix)[:-1])
    return matrix + tf.linalg.diag(values)


def solve_lower(factor: tf.Tensor, rhs: tf.Tensor) -> tf.Tensor:
    """L^-1 rhs for lower triangular L [..., n, n] and rhs [..., n, k], leading dimensions broadcast."""
    return tf.linalg.triangular_solve(factor, rhs, lower=True)


def solve_lower_vec(factor: tf.Tensor, rhs: tf.Tensor) -> tf.Tensor:
    """L^-1 rhs for a vector rhs [..., n]."""
    return tf.squeeze(solve_lower(factor, rhs[..., tf.newaxis]), axis=-1)


def product(a: tf.Tensor, b: tf.Tensor, *, transpose_a: bool = False, transpose_b: bool = False) -> tf.Tensor:
    """a b of matrices whose leading dimensions are equal, not only broadcastable.

    The gradient of `tf.matmul` looks for dimensions that were broadcast, in fifteen operations; scans have hundreds of
    products, and their graphs are four times smaller with this one. A sum over one entry, as in every product of
    1 x 1 matrices, is elementwise, which takes a third of the time.
    """
    if a.shape[-2 if transpose_a else -1] == 1:
        turned = lambda part, whether: tf.linalg.matrix_transpose(part) if whether else part
        return turned(a, transpose_a) * turned(b, transpose_b)
    return tf.raw_ops.BatchMatMul(x=a, y=b, adj_x=transpose_a, adj_y=transpose_b)


def solve(matrix: tf.Tensor, rhs: tf.Tensor) -> tf.Tensor:
    """matrix^-1 rhs of many small matrices [..., d, d]; a division where d = 1, which takes a tenth of the time."""
    return rhs / matrix if matrix.shape[-1] == 1 else tf.linalg.solve(matrix, rhs)


def inverse_lower(factor: tf.Tensor) -> tf.Tensor:
    """L^-1, lower triangular; only for well-conditioned L (here: of I + something positive)."""
    eye = tf.eye(tf.shape(factor)[-1], dtype=factor.dtype)
    return solve_lower(factor, eye)


def log_det(factor: tf.Tensor) -> tf.Tensor:
    """log |L L^T| from the Cholesky factor, shape [...]."""
    return 2.0 * tf.reduce_sum(tf.math.log(tf.linalg.diag_part(factor)), axis=-1)


def precision_of(noise_variance: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    """1 / noise_variance, and exactly 0 (no information) where `mask` is False.

    Args:
      noise_variance: [..., n].
      mask: boolean, broadcastable to it, or None for all observed.
    """
    if mask is None:
        return tf.math.reciprocal(noise_variance)
    safe = tf.where(mask, noise_variance, tf.ones_like(noise_variance))
    return tf.where(mask, tf.math.reciprocal(safe), tf.zeros_like(safe))


def information(y: tf.Tensor, noise_variance: tf.Tensor, mask: tf.Tensor | None) -> tuple[tf.Tensor, tf.Tensor]:
    """What noisy observations say: their precisions, see `precision_of`, and y; both are 0 where `mask` is False.

    Args:
      y, noise_variance: [..., n]; what is missing may hold anything, NaN included.
      mask: boolean, broadcastable to them, or None for all observed.
    """
    return precision_of(noise_variance, mask), y if mask is None else tf.where(mask, y, tf.zeros_like(y))
