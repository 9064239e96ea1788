"""Student's t likelihood, for observations with outliers."""

import math

import tensorflow as tf

from gpvae_tf.kernels import Value, positive
from gpvae_tf.likelihoods.base import Distribution, Likelihood, tfd
from gpvae_tf.likelihoods.parameters import check_channels


class StudentTLikelihood(Likelihood):
    """p(y | z) = prod StudentT(y_j; df, output_j, scale): outliers cost log instead of square nats.

    Args:
      df: degrees of freedom, finite and > 2, so that the variance scale^2 df / (df - 2) exists.
      scale: initial or fixed scale, > 0: one number, or one per channel, the entries of the last axis.
      trainable: whether the scale is learned; df is fixed.

    Raises:
      ValueError: if a parameter is out of range.
    """

    def __init__(self, df: float = 4.0, scale: Value = 1.0, *, trainable: bool = False):
        super().__init__(name="student_t_likelihood")
        if not 2 < df < math.inf:
            raise ValueError(f"df must be above 2 and finite, got {df}")
        self.df = float(df)
        self._scale = positive(scale, trainable=trainable, name="scale", dtype="float64")

    def output_shape(self, event_shape: tuple[int, ...]) -> tuple[int, ...]:
        check_channels("scale", self._scale, event_shape)
        return super().output_shape(event_shape)

    def entries(self, output: tf.Tensor) -> Distribution:
        return tfd.StudentT(tf.constant(self.df, output.dtype), output, tf.cast(self._scale, output.dtype))
