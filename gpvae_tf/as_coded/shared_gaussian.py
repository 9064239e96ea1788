"""The global channels as the authors' code has them (docs/deviations.md, F1 and F3), for comparison with their runs."""

import math

import tensorflow as tf

from gpvae_tf.gp import gaussians, linalg
from gpvae_tf.latent_gps.base import TINY_VARIANCE, LatentPosterior, Range
from gpvae_tf.latent_gps.shared import SharedGaussian, SharedPosterior
from gpvae_tf.replicas import shares


class AsCodedSharedPosterior(SharedPosterior):
    """The right q(z), with log Z of `FGP.build_1d_gp_global` and the draws of metodj/FGP-VAE at 607559a.

    Their sum of y^2 / v lacks its axis, so it runs over all objects of the batch: every object pays for the others too,
    and the bound is none. Every image draws its own value of the latent that they share.
    """

    @property
    def log_marginal_likelihood(self) -> tf.Tensor:
        data = self.data
        precision = linalg.precision_of(data.noise_variance, data.channel_mask)
        squares = gaussians.masked_sum(precision * tf.square(data.y), data.channel_mask)  # [B, L]
        of_others = shares.total(tf.reduce_sum(squares, axis=0, keepdims=True), shares.DATA_SETS) - squares
        return super().log_marginal_likelihood - 0.5 * of_others

    def draw(self, noise: tf.Tensor, variance_range: Range = (TINY_VARIANCE, math.inf)) -> tf.Tensor:
        return LatentPosterior.draw(self, noise, variance_range)


class AsCodedSharedGaussian(SharedGaussian):
    """`SharedGaussian` with the log Z and the draws of `AsCodedSharedPosterior`; data sets [B, L, n] only."""

    posterior_class = AsCodedSharedPosterior
