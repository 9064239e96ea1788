"""What a sparse GP sees of its inputs: their covariances with the inducing points, whitened."""

import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.gp import factorization, sparse


class InducingBasis:
    """Inducing points and the Cholesky factor of their prior covariance, by which inputs are projected.

    Args:
      kernel: of batch shape [] or [L].
      points: the inducing points, [1 or L, m, D].
      jitter: added to K_mm, relative to its mean diagonal.

    Attributes:
      points: the inducing points.
      factor_mm: L, Cholesky factor of K_mm, [1 or L, m, m].
    """

    def __init__(self, kernel: kernels.Kernel, points: tf.Tensor, jitter: float):
        self._kernel, self.points = kernel, points
        self.factor_mm = factorization.cholesky(kernels.covariance(kernel, points, points), name="K_mm", jitter=jitter)

    def project(self, x: tf.Tensor) -> tf.Tensor:
        """L^-1 K_mn at inputs [..., n, D], [..., L or 1, m, n].

        Raises:
          ValueError: if the inputs have another number of columns than the inducing points.
        """
        if None not in (x.shape[-1], self.points.shape[-1]) and x.shape[-1] != self.points.shape[-1]:
            raise ValueError(
                f"inputs has {x.shape[-1]} columns (after the embedding, if there is one); expected "
                f"{self.points.shape[-1]}, as inducing_points has"
            )
        return sparse.project(self.factor_mm, kernels.covariance(self._kernel, self.points, x[..., tf.newaxis, :, :]))
