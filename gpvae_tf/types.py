"""The small typed results that travel between the rooms of the library."""

from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf


class Gaussian(NamedTuple):
    """Marginal means and variances of independent Gaussians, two tensors of one shape."""

    mean: tf.Tensor
    variance: tf.Tensor


class Bound(NamedTuple):
    """An evidence lower bound with named parts, all in nats.

    Attributes:
      reconstruction: E_q[log p(y | z)], one value per data set (a video, an object, or the one global set), summed
        over its observed data points.
      regularizer: the term beside it, of the same shape; minus a KL divergence or its estimate.
      parts: what `regularizer` is made of, by name; the values sum to it.
      num_points: observed data points of every data set, of the same shape and dtype.
    """

    reconstruction: tf.Tensor
    regularizer: tf.Tensor
    parts: Mapping[str, tf.Tensor]
    num_points: tf.Tensor

    @property
    def elbo(self) -> tf.Tensor:
        """reconstruction + regularizer."""
        return self.reconstruction + self.regularizer
