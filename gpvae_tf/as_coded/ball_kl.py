"""The authors' moving-ball KL as their code has it (docs/deviations.md, B1), for comparison with their runs only."""

from collections.abc import Mapping

import tensorflow as tf

from gpvae_tf.gp import linalg
from gpvae_tf.latent_gps.sparse import SparseGP, SparsePosterior
from gpvae_tf.replicas import shares


class AsCodedPosterior(SparsePosterior):
    """q_S as in Eq. 3, with the KL of `SVGP.variational_loss` in ratschlab/SVGP-VAE at 4775cfb.

    Per channel and video it is 1/2 [log|K| - sum_b log|A_b| - m + tr(K^-1 A) + sum_b tr(A_b A_b K^-1)]: the Mahalanobis
    term has A where mu belongs, and two terms are summed over all videos of the batch and charged to each of them. It
    is no divergence, and the bound with it is none.
    """

    def regularizer(self) -> Mapping[str, tf.Tensor]:
        _, cov = self.inducing_moments()  # [B, L, m, m]
        size = tf.cast(tf.shape(cov)[-1], cov.dtype)
        factor = self.basis.factor_mm
        root = tf.matmul(factor, self.q.sqrt)  # A = root root^T
        log_det_k = linalg.log_det(factor)
        log_det_a = log_det_k + 2.0 * tf.reduce_sum(tf.math.log(tf.linalg.diag_part(self.q.sqrt)), axis=-1)
        trace = tf.reduce_sum(tf.square(linalg.solve_lower(factor, root)), axis=[-2, -1])
        quadratic = tf.reduce_sum(tf.square(linalg.solve_lower(factor, cov)), axis=[-2, -1])
        over_videos = shares.total(tf.reduce_sum(quadratic - log_det_a, axis=0, keepdims=True), shares.DATA_SETS)
        return {"kl": -0.5 * (log_det_k - size + trace + over_videos)}


class AsCodedGP(SparseGP):
    """`SparseGP` with the KL of `AsCodedPosterior`."""

    posterior_class = AsCodedPosterior
