"""A GP prior with a posterior that the encoder gives whole, not by regression (Fortuin et al., 2020)."""

from collections.abc import Mapping

import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.gp import banded, factorization, linalg
from gpvae_tf.latent_gps.base import LatentPosterior
from gpvae_tf.latent_gps.kernel_gp import KernelGP
from gpvae_tf.latent_gps.latent_dataset import LatentDataset
from gpvae_tf.latent_gps.proposals import BandedProposal
from gpvae_tf.types import Gaussian

_STANDARD = 0.0, 1.0  # mean and 1 / standard deviation of N(0, 1)


class BandedPosterior(LatentPosterior):
    """q(z) = N(y, (B^T B)^-1) of every channel; its part of the bound is -KL(q || N(0, K)).

    B has s_i^-1/2 on its diagonal and the data's couplings above it. q and prior are those of missing points too, for
    which the encoder speaks as well. Points where the data's mask is False are no part of a sequence: q and prior are
    N(0, 1) there, independent of all others, which adds nothing to the KL and nothing to predictions.
    """

    def __init__(self, prior: "BandedGP", data: LatentDataset):
        self._prior, self.data = prior, data
        self._part = data.channel_mask  # [..., 1, n]
        mean, diagonal = data.y, tf.math.rsqrt(data.noise_variance)
        upper = tf.zeros_like(diagonal) if data.coupling is None else data.coupling
        k_nn = prior.prior_covariance(data.x)
        jitter = prior.jitter
        if self._part is not None:
            mean, diagonal = (tf.where(self._part, part, fill) for part, fill in zip((mean, diagonal), _STANDARD))
            next_too = tf.concat([self._part[..., 1:], self._part[..., :1]], axis=-1)  # the last u is not used
            upper = tf.where(self._part & next_too, upper, tf.zeros_like(upper))
            both = self._part[..., :, tf.newaxis] & self._part[..., tf.newaxis, :]
            # Of the part's own variances: padding has others.
            k_nn = linalg.add_to_diagonal(k_nn, jitter * _mean_where(linalg.diagonal(k_nn), self._part))
            k_nn, jitter = tf.where(both, k_nn, tf.eye(tf.shape(data.x)[-2], dtype=k_nn.dtype)), 0.0
        self.q = banded.BandedGaussian(mean, diagonal, upper)
        self._factor = factorization.cholesky(k_nn, name="K_nn", jitter=jitter)

    def marginals(self) -> Gaussian:
        return self.q.marginals()

    def predict(self, x: tf.Tensor) -> Gaussian:
        variance = kernels.diagonal(self._prior.kernel, x) + self._prior.white_noise
        return banded.conditional_marginals(self.q, self._factor, self._covariances_with(x), variance)

    def predict_joint(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return banded.conditional(self.q, self._factor, self._covariances_with(x), self._prior.prior_covariance(x))

    def _covariances_with(self, x: tf.Tensor) -> tf.Tensor:
        """K between the sequence's points, 0 for padding, and inputs x [..., s, D]."""
        k_ns = kernels.matrix(self._prior.kernel, self.data.x, x)
        return k_ns if self._part is None else tf.where(self._part[..., tf.newaxis], k_ns, tf.zeros_like(k_ns))

    def regularizer(self) -> Mapping[str, tf.Tensor]:
        return {"kl": -banded.kl(self.q, self._factor)}

    def proposal(self) -> BandedProposal:
        """Draws of q itself."""
        return BandedProposal(self.q, self._factor)


def _mean_where(values: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """The mean [..., 1] of those values [..., n] that a mask leaves."""
    seen = tf.broadcast_to(tf.cast(mask, values.dtype), tf.shape(values))
    return tf.math.divide_no_nan(*(tf.reduce_sum(part, axis=-1, keepdims=True) for part in (seen * values, seen)))


class BandedGP(KernelGP):
    """Independent GP priors over the channels, with q(z) = N(m, (B^T B)^-1) from an encoder of whole sequences.

    The encoder gives means, variances 1 / b_i^2 and couplings u_i (Fortuin et al., 2020); without couplings q is the
    encoder's diagonal Gaussian. Cost O(n^3), for the prior's factor.

    Args:
      kernel: any psd kernel of batch shape [] or [L].
      white_noise: variance of independent noise that the prior adds at every input.
      jitter: relative to the mean diagonal of K_nn, see `gp.factorization.effective_jitter`.

    Raises:
      ValueError: if white_noise is negative, or the jitter is.
    """

    part_names = ("kl",)
    predicts_own_points = False

    def __init__(self, kernel: kernels.Kernel, *, white_noise: float = 0.0, jitter: float = 1e-9):
        super().__init__(kernel, name="banded_gp")
        if not 0.0 <= white_noise < float("inf"):
            raise ValueError(f"white_noise must be a number of at least 0, got {white_noise}")
        self.white_noise = white_noise
        self.jitter = factorization.effective_jitter(jitter, self.dtype)

    def check(self, x: tf.Tensor, num_sets: int, num_channels: int) -> None:
        self.check_dense(x, num_sets, num_channels)

    def condition(self, data: LatentDataset) -> BandedPosterior:
        return BandedPosterior(self, data.checked())

    def proposal(self, data: LatentDataset) -> BandedProposal:
        return self.condition(data).proposal()

    def prior_covariance(self, x: tf.Tensor) -> tf.Tensor:
        """K + white_noise I of inputs [..., s, D]: equal inputs share the kernel's value, not the noise."""
        return linalg.add_to_diagonal(super().prior_covariance(x), self.white_noise)
