"""Cholesky factors with a stated jitter, and square roots of covariances that may be singular.

`tf.linalg.cholesky` returns NaN for a matrix that is not positive definite, and says nothing. Inside a compiled step
the NaN is caught by the optimizer's finite-step guard (`models.trainer.nonfinite`); executed eagerly, the factorisation
here raises and names the matrix, which is how `training.divergence.StopOnNonFinite` finds out what went wrong.
"""

import tensorflow as tf

from gpvae_tf.gp import linalg

_SMALLEST_JITTER = {tf.float64: 1e-12, tf.float32: 1e-5}


class FactorizationError(ArithmeticError):
    """A matrix had no finite Cholesky factor."""


def effective_jitter(jitter: float, dtype: tf.DType) -> float:
    """The relative jitter that is used when `jitter` is asked for in `dtype`.

    A jitter far below the rounding error of `dtype` changes nothing (1e-9 in float32, as in the authors' moving-ball
    code), so it is raised to the smallest that acts: 1e-5 in float32, 1e-12 in float64. Zero means off and stays zero.

    Args:
      jitter: relative jitter asked for, >= 0, in units of the matrix's mean diagonal.
      dtype: tf.float32 or tf.float64.

    Raises:
      ValueError: if jitter is negative or the dtype has no Cholesky kernel.
    """
    dtype = tf.as_dtype(dtype)
    if dtype not in _SMALLEST_JITTER:
        raise ValueError(f"gp_dtype must be float32 or float64, no Cholesky exists for {dtype.name}")
    if not jitter >= 0.0:
        raise ValueError(f"jitter must be >= 0, got {jitter}")
    return max(float(jitter), _SMALLEST_JITTER[dtype]) if jitter > 0.0 else 0.0


def cholesky(matrix: tf.Tensor, *, name: str, jitter: float = 0.0) -> tf.Tensor:
    """Lower Cholesky factor of `matrix + jitter * mean(diag(matrix)) * I`.

    Args:
      matrix: [..., n, n], symmetric.
      name: the matrix's name in the paper, for the error message.
      jitter: relative to the mean diagonal, dimensionless.

    Returns:
      [..., n, n] lower triangular; NaN in graph mode where no factor exists.

    Raises:
      FactorizationError: executed eagerly, if the factor is not finite.
    """
    if jitter:
        matrix = _shifted(matrix, jitter)
    factor = tf.linalg.cholesky(matrix)
    if tf.executing_eagerly() and not bool(tf.reduce_all(tf.math.is_finite(factor))):
        finite = bool(tf.reduce_all(tf.math.is_finite(matrix)))
        cause = "it is not positive definite to rounding" if finite else "it has entries that are not finite"
        raise FactorizationError(
            f"{name} has no Cholesky factor: shape {tuple(matrix.shape)}, {matrix.dtype.name}, relative jitter "
            f"{jitter}: {cause}. Try a larger jitter, float64 kernel algebra, clipped encoder variances, "
            "fewer or better spread inducing points, or a smaller learning rate."
        )
    return factor


def square_root(matrix: tf.Tensor, *, name: str, jitter: float) -> tf.Tensor:
    """A with A A^T = `matrix`, for drawing from a Gaussian with that covariance, which may be singular.

    A is the Cholesky factor with the jitter that acts in the dtype, relative to every variance by itself, as variances
    at data with little noise are many orders of magnitude smaller than far from them. Where rounding has left no such
    factor, the jitter is relative to the mean variance. Rounding can take more from a covariance than that gives back
    (a posterior's is the difference of two matrices of the prior's size). The batch then gets V sqrt(max(e, 0)) of its
    eigenvectors V and eigenvalues e: for a float32 covariance of 1,000 points that takes seconds.

    Args:
      matrix: [..., n, n], symmetric to rounding.
      name: the matrix's name, for the error message.
      jitter: see `effective_jitter`.

    Returns:
      [..., n, n]; NaN in graph mode if the matrix has entries that are not finite.

    Raises:
      FactorizationError: executed eagerly, if the matrix has entries that are not finite.
    """
    jitter = effective_jitter(jitter, matrix.dtype)
    finite = tf.reduce_all(tf.math.is_finite(matrix))
    if tf.executing_eagerly() and not bool(finite):
        raise FactorizationError(f"{name} has no square root: shape {tuple(matrix.shape)}, entries that are not finite")

    succeeded = lambda factor: tf.reduce_all(tf.math.is_finite(factor))

    def symmetric() -> tf.Tensor:
        values, vectors = tf.linalg.eigh(0.5 * (matrix + tf.linalg.matrix_transpose(matrix)))
        return vectors * tf.sqrt(tf.maximum(values, 0.0))[..., tf.newaxis, :]

    def shifted() -> tf.Tensor:
        factor = tf.linalg.cholesky(_shifted(matrix, jitter))
        return tf.cond(finite & ~succeeded(factor), symmetric, lambda: factor)

    factor = _scaled_factor(matrix, jitter)
    return tf.cond(finite & succeeded(factor), lambda: factor, shifted)


def _scaled_factor(matrix: tf.Tensor, jitter: float) -> tf.Tensor:
    """The Cholesky factor of matrix + jitter * diag(matrix), by that of the correlations; 0 where a variance is 0.

    It is NaN where a variance is negative.
    """
    variance = tf.linalg.diag_part(matrix)
    moves = variance != 0.0
    deviation = tf.sqrt(tf.where(moves, variance, tf.ones_like(variance)))
    correlation = matrix / deviation[..., :, tf.newaxis] / deviation[..., tf.newaxis, :]
    both = moves[..., :, tf.newaxis] & moves[..., tf.newaxis, :]
    correlation = tf.where(both, correlation, tf.eye(tf.shape(matrix)[-1], dtype=matrix.dtype))
    factor = tf.linalg.cholesky(linalg.add_to_diagonal(correlation, jitter))
    return tf.where(moves, deviation, tf.zeros_like(deviation))[..., tf.newaxis] * factor


def _shifted(matrix: tf.Tensor, jitter: float) -> tf.Tensor:
    """matrix + jitter * mean(diag(matrix)) * I."""
    return linalg.add_to_diagonal(matrix, jitter * tf.reduce_mean(tf.linalg.diag_part(matrix), axis=-1, keepdims=True))
