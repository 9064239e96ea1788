"""GECO as the authors' scripts have it (docs/deviations.md, B18 and F2)."""

import math

import tensorflow as tf

from gpvae_tf.objectives import GECO
from gpvae_tf.replicas import shares
from gpvae_tf.types import Bound


class AsCodedGECO(GECO):
    """GECO as in the authors' scripts (docs/deviations.md, B18): a mean over pixels and images against KL sums.

    The constraint is mean(SE / K) - kappa^2, its moving average moves log lambda by itself (rate 1), and lambda has no
    bound. In a batch of P data sets every one is charged the constraint P times (FGP-VAE, F2; P = 1 in SVGP-VAE).

    Args:
      target: as for `GECO`.
      pixels_per_nat: 2 s^2 / K, which turns nats per image into mean squared error per pixel.
      decay: decay of the moving average, in [0, 1).
    """

    def __init__(self, target: float, *, pixels_per_nat: float, decay: float = 0.99):
        super().__init__(target, decay=decay, rate=1.0, log_range=(-math.inf, math.inf))
        self.pixels_per_nat = pixels_per_nat

    def __call__(self, bound: Bound) -> tf.Tensor:
        multiplier = tf.exp(tf.cast(self.log_multiplier, bound.regularizer.dtype))
        mean = self.pixels_per_nat * self.shortfall(bound) / bound.num_points
        data_sets = shares.total(tf.cast(tf.size(mean), mean.dtype), shares.DATA_SETS)
        return -bound.regularizer + multiplier * data_sets * mean

    def _per_point(self, bound: Bound) -> tf.Tensor:
        return self.pixels_per_nat * super()._per_point(bound)
