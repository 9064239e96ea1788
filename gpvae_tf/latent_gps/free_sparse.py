"""Sparse GP whose q(f_m) is free: Hensman et al. (2013), and the deep SVIGP baseline of SVGP-VAE's Table 1.

No encoder stands in front of it. Per latent channel, q(v) = N(mean, S), v = L^-1 f_m with K_mm = L L^T, is learned by
gradient steps on mini-batches, where `SparseGP` computes it from pseudo-observations (Eq. 9).
"""

import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf import kernels
from gpvae_tf.checks import at_least_one, check_positive
from gpvae_tf.gp import factorization, sparse
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.latent_gps.inducing_basis import InducingBasis
from gpvae_tf.latent_gps.latent_dataset import LatentDataset
from gpvae_tf.latent_gps.sparse import SparseGP, SparsePosterior, SparsePredictor


class FreePosterior(SparsePosterior):
    """q_S of Eq. 3 with the prior's own q(v); its part of the bound is -(b/N) KL(q(v) || N(0, I)).

    Only the inputs and the mask of the latent data set are used; there are no pseudo-observations.
    """

    _prior: "FreeSparseGP"

    def _make_q(self, basis: InducingBasis) -> sparse.WhitenedGaussian:
        lead = tf.shape(self.data.x)[:-2]  # one q for all data sets of the batch
        return sparse.WhitenedGaussian(*(_repeated(part, lead) for part in self._prior.q(basis.factor_mm)))


class FreeSparseGP(SparseGP):
    """GP priors over L latent channels with inducing points and a free Gaussian q(v) = N(mean, S) per channel.

    S = sqrt sqrt^T with a lower-triangular root of positive diagonal. It starts at N(0, initial_scale^2 I); the prior
    is N(0, I).

    Args:
      kernel, inducing_points, jitter: see `SparseGP`.
      num_channels: L.
      num_data: N, the points that all batches together hold.
      initial_scale: > 0.
      variable_dtype: dtype of the stored variables.

    Raises:
      ValueError: if an argument is out of range, or kernel or inducing points are made for another number of channels.
    """

    posterior_class: type[FreePosterior] = FreePosterior
    stands_for_more = False  # q(f_m) is the same whatever the batch

    def __init__(
        self,
        kernel: kernels.Kernel,
        inducing_points: InducingPoints,
        num_channels: int,
        *,
        num_data: int,
        jitter: float = 1e-9,
        initial_scale: float = 1.0,
        variable_dtype: str = "float32",
    ):
        if num_data is None:
            raise ValueError("num_data must be >= 1, got None: the KL of a free q(f_m) is shared out over N points")
        super().__init__(kernel, inducing_points, num_data=num_data, jitter=jitter)
        at_least_one("num_channels", num_channels)
        if super().num_channels not in (None, num_channels):
            raise ValueError(f"kernel or inducing_points are for {super().num_channels} channels, not {num_channels}")
        check_positive(initial_scale=initial_scale)
        self._num_channels = num_channels
        root = initial_scale * tf.eye(inducing_points.num_points, batch_shape=[num_channels], dtype=tf.float64)
        self._make_variables(root, variable_dtype)

    def _make_variables(self, root: tf.Tensor, dtype: str) -> None:
        self._triangular = tfp.bijectors.FillScaleTriL(diag_bijector=tfp.bijectors.Softplus(), diag_shift=None)
        self._mean = tf.Variable(tf.zeros(root.shape[:-1], dtype), name="q_mean")
        self._raw_sqrt = tf.Variable(tf.cast(self._triangular.inverse(root), dtype), name="q_sqrt")

    @property
    def num_channels(self) -> int:
        return self._num_channels

    def at(self, x: tf.Tensor, mask: tf.Tensor | None = None) -> FreePosterior:
        """q at inputs x [..., n, D]: `condition` without pseudo-observations, which it ignores."""
        return self.posterior_class(self, LatentDataset(x, None, None, mask))

    def condition_on_all(self, data: LatentDataset) -> SparsePredictor:
        """That of the present q(v), which data do not change."""
        return self.predictor()

    def predictor(self) -> SparsePredictor:
        """q_S at any inputs from the present q(v), which stands for all data that it was trained on."""
        basis = self.basis()
        return SparsePredictor(self, self.q(basis.factor_mm), basis)

    def q(self, factor_mm: tf.Tensor) -> sparse.WhitenedGaussian:
        """q(v), mean [L, m] and root [L, m, m], in the dtype of the algebra.

        Args:
          factor_mm: L, for a parametrisation that is not whitened; this one is.
        """
        root = self._triangular.forward(tf.cast(self._raw_sqrt, self.dtype))
        return sparse.WhitenedGaussian(tf.cast(self._mean, self.dtype), root)

    def assign(self, q: sparse.WhitenedGaussian) -> None:
        """Sets q(v), for instance to one that `gp.sparse.optimal_q` found.

        Args:
          q: mean [L, m] and any square root [L, m, m] of S.
        """
        covariance = tf.matmul(q.sqrt, q.sqrt, transpose_b=True)
        root = factorization.cholesky(covariance, name="the covariance of q(v)")
        self._mean.assign(tf.cast(q.mean, self._mean.dtype))
        self._raw_sqrt.assign(tf.cast(self._triangular.inverse(root), self._raw_sqrt.dtype))


def _repeated(part: tf.Tensor, lead: tf.Tensor) -> tf.Tensor:
    return tf.broadcast_to(part, tf.concat([lead, tf.shape(part)], axis=0))
