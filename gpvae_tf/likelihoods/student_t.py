"""Student's t likelihood, for observations with outliers."""

import tensorflow as tf

from gpvae_tf.kernels import positive
from gpvae_tf.likelihoods.base import Distribution, Likelihood, tfd


class StudentTLikelihood(Likelihood):
    """p(y | z) = prod StudentT(y_j; df, output_j, scale): outliers cost log instead of square nats.

    Args:
      df: degrees of freedom, > 2, so that the variance scale^2 df / (df - 2) exists.
      scale: initial or fixed scale, > 0.
      trainable: whether the scale is learned; df is fixed.

    Raises:
      ValueError: if a parameter is out of range.
    """

    def __init__(self, df: float = 4.0, scale: float = 1.0, *, trainable: bool = False):
        super().__init__(name="student_t_likelihood")
        if not df > 2:
            raise ValueError(f"df must be above 2, got {df}")
        self.df = float(df)
        self._scale = positive(scale, trainable=trainable, name="scale", dtype="float64")

    def entries(self, output: tf.Tensor) -> Distribution:
        return tfd.StudentT(tf.cast(self.df, output.dtype), output, tf.cast(self._scale, output.dtype))
