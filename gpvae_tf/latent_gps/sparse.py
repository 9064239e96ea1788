"""Sparse GP inference in the latent space: SVGP-VAE (Jazbec et al., 2021), Eqs. 6, 7, 9 and 10.

Identity used for the default: the data sum of L_H (Eq. 7) equals the cross entropy E_qS[log q~], so the bound of Eq. 10
is sum_i E[log p(y_i | z_i)] - (b/N) sum_l KL(q(f_m) || p(f_m)), with q(f_m) from Eq. 9.
"""

import warnings
from collections.abc import Mapping

import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.checks import at_least_one
from gpvae_tf.gp import factorization, gaussians, sparse
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.latent_gps import cost
from gpvae_tf.latent_gps.base import LatentPosterior, LatentPredictor
from gpvae_tf.latent_gps.inducing_basis import InducingBasis
from gpvae_tf.latent_gps.kernel_gp import KernelGP
from gpvae_tf.latent_gps.latent_dataset import LatentDataset
from gpvae_tf.replicas import shares
from gpvae_tf.types import Gaussian

_FEW = 2  # points per inducing point, below which a batch says too little of q(f_m)


class SparsePredictor(LatentPredictor):
    """q_S of Eq. 3 for a whitened q(f_m), at any inputs.

    Attributes:
      q: q(v), v = L^-1 f_m.
      basis: the inducing points, and L, the Cholesky factor of K_mm.
    """

    def __init__(self, prior: "SparseGP", q: sparse.WhitenedGaussian, basis: InducingBasis):
        self._prior, self.q, self.basis = prior, q, basis

    def inducing_moments(self) -> tuple[tf.Tensor, tf.Tensor]:
        """mu_b [..., L, m] and A_b [..., L, m, m] of Eq. 9."""
        return sparse.inducing_moments(self.basis.factor_mm, self.q)

    def predict(self, x: tf.Tensor) -> Gaussian:
        return sparse.marginals(self.q, self.basis.project(x), kernels.diagonal(self._prior.kernel, x))

    def predict_joint(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        k_ss = kernels.matrix(self._prior.kernel, x, x)
        return self.predict(x).mean, sparse.covariance(self.q, self.basis.project(x), k_ss)


class SparsePosterior(SparsePredictor, LatentPosterior):
    """q_S of Eq. 3 with the optimal q(f_m) of Eq. 9; its part of the bound is -(b/N) KL (Eq. 10, collapsed).

    q(f_m) is that of the global batch where replicas share the points, and each has an equal part of the KL. Where
    points are hidden from q(f_m), its b is that of the others, and the KL's that of all points which the bound sums.
    """

    def __init__(self, prior: "SparseGP", data: LatentDataset):
        self._prior, self.data, basis = prior, data, prior.basis()
        self._a = basis.project(data.x)
        self._k_diag = kernels.diagonal(prior.kernel, data.x)
        self._scale = self._data_scale()  # N/b, [..., 1]
        super().__init__(prior, self._make_q(basis), basis)

    def _make_q(self, basis: InducingBasis) -> sparse.WhitenedGaussian:
        """q(v) of the data; a posterior that has it from elsewhere overrides this."""
        data = self.data
        stats = sparse.statistics(self._a, data.y, data.noise_variance, data.channel_mask)
        return sparse.optimal_q(shares.total(stats, shares.POINTS), self._scale)

    def _data_scale(self) -> tf.Tensor:
        """N / b per data set, b that of the global batch; 1 where the data set is complete."""
        if self._prior.num_data is None:
            return tf.ones([1], self._prior.dtype)
        return tf.cast(self._prior.num_data, self._prior.dtype) / tf.maximum(self._count(self.data.mask), 1.0)

    def _points_per_seen(self) -> tf.Tensor:
        """Points in the bound's sum divided by points that q(f_m) was conditioned on, [..., 1]; 1 if none is hidden."""
        if self._prior.num_data is None or self.data.in_bound is None:
            return tf.ones([1], self._prior.dtype)
        return self._count(self.data.in_bound) * self._scale / self._prior.num_data

    def _count(self, mask: tf.Tensor | None) -> tf.Tensor:
        """Points of the global batch where a mask [..., n] is True, per data set, [..., 1]; all without a mask."""
        if mask is None:
            own = tf.cast(tf.shape(self.data.x)[-2:-1], self._prior.dtype)
        else:
            own = tf.reduce_sum(tf.cast(mask, self._prior.dtype), axis=-1, keepdims=True)
        return shares.total(own, shares.POINTS)

    def marginals(self) -> Gaussian:
        return sparse.marginals(self.q, self._a, self._k_diag)

    def regularizer(self) -> Mapping[str, tf.Tensor]:
        kl = shares.fraction(shares.POINTS) * sparse.prior_kl(self.q)
        return {"kl": -kl * self._share_of_data()}

    def _share_of_data(self) -> tf.Tensor:
        """b / N per data set, b the points in the bound's sum, [..., 1]; 0 of those without an observed point."""
        if self._prior.num_data is None:
            return tf.ones([1], self._prior.dtype)
        data = self.data
        return self._count(data.mask if data.in_bound is None else data.in_bound) / self._prior.num_data


class TitsiasPosterior(SparsePosterior):
    """`SparsePosterior` with L_T of the batch (Eq. 6) for log Z in Eq. 2; a bound only when the batch is all data."""

    def regularizer(self) -> Mapping[str, tf.Tensor]:
        data, mask = self.data, self.data.channel_mask
        noise = data.noise_variance / self._points_per_seen()[..., tf.newaxis]  # of k like points, s / k, in both terms
        bound = sparse.titsias_bound(self._a, self._k_diag, data.y, noise, mask)
        cross_entropy = gaussians.expected_log_density(self.marginals(), data.y, noise, mask)
        return {"titsias_bound": bound, "cross_entropy": -cross_entropy}


class SparseGP(KernelGP):
    """GP priors over the latent channels with inducing points and the amortised, mini-batchable posterior of Eq. 9.

    Args:
      kernel: any psd kernel of batch shape [] or [L]; its dtype is that of the algebra.
      inducing_points: inducing inputs, shared or per channel.
      num_data: N, the points a batch stands for; None when every data set is complete (b = N), as for whole videos.
      jitter: added to K_mm, relative to its mean diagonal (`gp.factorization.effective_jitter`); 0 is off.
    """

    part_names: tuple[str, ...] = ("kl",)
    posterior_class: type[SparsePosterior] = SparsePosterior

    def __init__(
        self,
        kernel: kernels.Kernel,
        inducing_points: InducingPoints,
        *,
        num_data: int | None = None,
        jitter: float = 1e-9,
    ):
        super().__init__(kernel, name="sparse_gp")
        if not isinstance(inducing_points, InducingPoints):
            raise TypeError(f"inducing_points must be InducingPoints, got {type(inducing_points).__name__}")
        if num_data is not None:
            at_least_one("num_data", num_data)
        self.inducing_points = inducing_points
        self.num_data = num_data
        self.jitter = factorization.effective_jitter(jitter, self.dtype)

    @property
    def shares_points(self) -> bool:  # type: ignore[override]
        """Whether a batch is some points of a data set, whose sufficient statistics replicas add up."""
        return self.num_data is not None

    @property
    def stands_for_more(self) -> bool:  # type: ignore[override]
        return self.num_data is not None  # N/b in Eq. 9

    @property
    def num_channels(self) -> int | None:
        from_kernel, from_points = super().num_channels, self.inducing_points.num_channels
        if None not in (from_kernel, from_points) and from_kernel != from_points:
            raise ValueError(f"kernel is for {from_kernel} channels, inducing_points for {from_points}")
        return from_points if from_kernel is None else from_kernel

    def basis(self) -> InducingBasis:
        """The present inducing points with the factor of their prior covariance, computed at every call."""
        return InducingBasis(self.kernel, self.inducing_points(self.dtype), self.jitter)

    def check(self, x: tf.Tensor, num_sets: int, num_channels: int) -> None:
        cost.check_explained_variance(self.explained_variance(x))

    def check_points(self, num_data: int | None) -> None:
        if self.num_data is None or num_data not in (None, self.num_data):
            raise ValueError(
                f"num_data is {self.num_data}, and the data have batches of points (points_per_batch) of one data set"
                f"{'' if num_data is None else f' of {num_data}'}: give the model num_data=data.num_data"
            )

    def check_count(self, num_points: int) -> None:
        if self.num_data is not None and num_points > self.num_data:
            raise ValueError(
                f"num_data is {self.num_data}, and a data set of the batch has {num_points} observed points: it counts "
                "points, not series; None for batches of whole data sets"
            )
        num_inducing = self.inducing_points.num_points
        if self.stands_for_more and num_points < min(self.num_data or 0, _FEW * num_inducing):
            warnings.warn(
                f"a batch has {num_points} of {self.num_data} points, and q(f_m) at {num_inducing} inducing points is "
                "made of them alone, as if the others were alike: the bound is too good, and predictions are too sure. "
                "Take larger batches (points_per_batch) or fewer inducing points",
                stacklevel=2,
            )

    def explained_variance(self, x: tf.Tensor) -> tf.Tensor | None:
        explained = tf.reduce_sum(tf.square(self.basis().project(x)), axis=[-2, -1])
        return tf.reduce_min(tf.math.divide_no_nan(explained, tf.reduce_sum(kernels.diagonal(self.kernel, x), axis=-1)))

    def num_coupled(self, x: tf.Tensor, mask: tf.Tensor | None = None) -> int:
        return self.inducing_points.num_points

    def condition(self, data: LatentDataset) -> SparsePosterior:
        return self.posterior_class(self, data.checked())

    def condition_on_all(self, data: LatentDataset) -> SparsePredictor:
        return self.condition_on_statistics(self.statistics(data))

    def statistics(self, data: LatentDataset) -> sparse.SufficientStatistics:
        """Sufficient statistics of a latent data set for f_m; those of several data sets add up."""
        a = self.basis().project(self.checked(data).x)
        return sparse.statistics(a, data.y, data.noise_variance, data.channel_mask)

    def condition_on_statistics(self, stats: sparse.SufficientStatistics) -> SparsePredictor:
        """The predictor given the data behind summed statistics, taken for all data there are (N/b = 1)."""
        return SparsePredictor(self, sparse.optimal_q(stats), self.basis())


class TitsiasGP(SparseGP):
    """`SparseGP` with the Titsias bound; see `TitsiasPosterior`."""

    part_names = ("titsias_bound", "cross_entropy")
    posterior_class = TitsiasPosterior
