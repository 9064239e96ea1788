"""The free sparse GP as the SVGP-VAE authors coded it (docs/deviations.md, B5); for comparison with their runs only."""

import math
from collections.abc import Callable, Mapping

import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.gp import factorization, linalg, sparse
from gpvae_tf.gp.gaussians import masked_sum
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.latent_gps.base import TINY_VARIANCE, Range
from gpvae_tf.latent_gps.free_sparse import FreePosterior, FreeSparseGP


class AsCodedFreePosterior(FreePosterior):
    """q_S as class `SVIGP_Hensman` of ratschlab/SVGP-VAE at 4775cfb uses it: z is its mean and is never drawn.

    Instead the bound has, per channel, -1/2 sum_i Var_qS[f(x_i)] / noise. That is right for regression on f itself with
    noise variance `noise`; behind a decoder it is part of no bound, and `noise` is a standard deviation there.
    """

    _prior: "AsCodedFreeGP"

    def draw(self, noise: tf.Tensor, variance_range: Range = (TINY_VARIANCE, math.inf)) -> tf.Tensor:
        """The means [..., L, n], whatever the noise."""
        return self.marginals().mean

    def regularizer(self) -> Mapping[str, tf.Tensor]:
        trace = masked_sum(self.marginals().variance, self.data.channel_mask) / self._prior.noise(self._prior.dtype)
        return {**super().regularizer(), "trace": -0.5 * trace}


class AsCodedFreeGP(FreeSparseGP):
    """`FreeSparseGP` with their parametrisation: q(f_m) = N(mu, X X^T), X any square matrix, at first N(0, I).

    Args:
      noise: gives their `noise`, the likelihood's standard deviation, in a dtype.
      kernel, inducing_points, num_channels, options: see `FreeSparseGP`.
    """

    part_names = ("kl", "trace")
    posterior_class = AsCodedFreePosterior

    def __init__(
        self,
        kernel: kernels.Kernel,
        inducing_points: InducingPoints,
        num_channels: int,
        *,
        noise: Callable[[tf.DType], tf.Tensor],
        **options,
    ):
        super().__init__(kernel, inducing_points, num_channels, **options)
        self.noise = noise

    def _make_variables(self, root: tf.Tensor, dtype: str) -> None:
        self._mean = tf.Variable(tf.zeros(root.shape[:-1], dtype), name="q_mean")
        self._root = tf.Variable(tf.cast(root, dtype), name="q_root")

    def q(self, factor_mm: tf.Tensor) -> sparse.WhitenedGaussian:
        """q(v), v = L^-1 f_m: mean L^-1 mu and the Cholesky factor of L^-1 X X^T L^-T."""
        mean, root = tf.cast(self._mean, self.dtype), tf.cast(self._root, self.dtype)
        half = linalg.solve_lower(factor_mm, root)
        covariance = tf.matmul(half, half, transpose_b=True)
        sqrt = factorization.cholesky(covariance, name="L^-1 X X^T L^-T", jitter=self.jitter)
        return sparse.WhitenedGaussian(linalg.solve_lower_vec(factor_mm, mean), sqrt)

    def assign(self, q: sparse.WhitenedGaussian) -> None:
        """Sets mu = L mean and X = L sqrt, with L of the present kernel and inducing points."""
        factor = self.basis().factor_mm
        self._mean.assign(tf.cast(tf.linalg.matvec(factor, q.mean), self._mean.dtype))
        self._root.assign(tf.cast(tf.matmul(factor, q.sqrt), self._root.dtype))
