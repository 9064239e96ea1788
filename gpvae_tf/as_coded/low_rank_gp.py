"""The GP prior term of GPPVAE as ratschlab/SVGP-VAE codes it (docs/deviations.md, B2 and B3); for comparison only."""

import tensorflow as tf

from gpvae_tf.gp import low_rank, low_rank_expansion
from gpvae_tf.latent_gps.low_rank import LowRankGP


class AsCodedLowRankGP(LowRankGP):
    """`LowRankGP` whose mini-batch term is `GP_prior_term` of `forward_pass_Casale` at 4775cfb.

    T = sum_i (<a_i, z_i> + <b_i, V_i>) over the mini-batch + alpha sum_i c_i over all rows, where a, b, c are the
    derivatives of -log p(Z): it is maximised (B2), and differentiated with the coefficients as functions (B3). Over all
    rows T = 1/2 alpha sum_l z_l^T K^-2 z_l + L (N - 1/2 alpha tr K^-1), which is no log density, nor minus one.
    """

    def expanded_log_density(self, regression: low_rank.LowRankRegression, x: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        """T, [...]; arguments as in `LowRankGP`."""
        v = self.features(x)
        rows = low_rank_expansion.expand(regression, v, z)
        linear = tf.reduce_sum(rows.a * z, axis=[-2, -1]) + tf.reduce_sum(rows.b * v, axis=[-2, -1])
        return linear + self.alpha * low_rank_expansion.noise_derivative(regression)
