"""Posteriors that push an encoder's Gaussian through invertible maps; the density follows by change of variables."""

import abc
from typing import NamedTuple

import tensorflow as tf

from gpvae_tf.posteriors.base import Draws, PosteriorDistribution
from gpvae_tf.posteriors.mean_field import DiagonalDistribution


class Mapped(NamedTuple):
    """The result of an invertible map.

    Attributes:
      z: [S, B, L].
      log_det: log |dz_out / dz_in|, [S, B].
    """

    z: tf.Tensor
    log_det: tf.Tensor


class FlowDistribution(PosteriorDistribution, abc.ABC):
    """q(z | y) of z = F(z_0; y) with z_0 from a Gaussian: log q(z) = log q_0(z_0) - log |dF / dz_0|.

    Args:
      base: q_0, the encoder's Gaussian.
    """

    def __init__(self, base: DiagonalDistribution):
        self.base = base

    @abc.abstractmethod
    def forward(self, z: tf.Tensor) -> Mapped:
        """F(z_0), from z_0 [S, B, L]."""

    @abc.abstractmethod
    def inverse(self, z: tf.Tensor) -> Mapped:
        """z_0 of z [S, B, L], with the log-determinant of the inverse map."""

    def sample(self, num_samples: int, seed: tf.Tensor) -> Draws:
        start, log_prob = self.base.sample(num_samples, seed)
        z, log_det = self.forward(start)
        return Draws(z, log_prob - log_det)

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        start, log_det = self.inverse(z)
        return self.base.log_prob(start) + log_det

    @property
    def mean(self) -> tf.Tensor:
        """F at the mean of q_0, [B, L]; the mean of q where F is linear."""
        return self.forward(self.base.mean[tf.newaxis]).z[0]
