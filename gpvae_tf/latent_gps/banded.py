"""A GP prior with a posterior that the encoder gives whole, not by regression (Fortuin et al., 2020)."""

from collections.abc import Mapping

import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.gp import banded, linalg
from gpvae_tf.latent_gps.base import LatentDataset, LatentPosterior
from gpvae_tf.latent_gps.kernel_gp import KernelGP
from gpvae_tf.types import Gaussian


class BandedPosterior(LatentPosterior):
    """q(z) = N(y, (B^T B)^-1) of every channel; its part of the bound is -KL(q || N(0, K)).

    B has s_i^-1/2 on its diagonal and the data's couplings above it. The mask is not looked at: q and prior are those
    of all inputs, of missing points too, for which the encoder speaks as well.
    """

    def __init__(self, prior: "BandedGP", data: LatentDataset):
        self._prior, self.data = prior, data
        diagonal = tf.math.rsqrt(data.noise_variance)
        upper = tf.zeros_like(diagonal) if data.coupling is None else data.coupling
        self.q = banded.BandedGaussian(data.y, diagonal, upper)
        self._factor = linalg.cholesky(prior.prior_covariance(data.x), name="K_nn", jitter=prior.jitter)

    def marginals(self) -> Gaussian:
        return self.q.marginals()

    def predict(self, x: tf.Tensor) -> Gaussian:
        mean, covariance = self.predict_joint(x)
        return Gaussian(mean, tf.linalg.diag_part(covariance))

    def predict_joint(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        k_ns = kernels.matrix(self._prior.kernel, self.data.x, x)
        return banded.conditional(self.q, self._factor, k_ns, self._prior.prior_covariance(x))

    def regularizer(self) -> Mapping[str, tf.Tensor]:
        return {"kl": -banded.kl(self.q, self._factor)}


class BandedGP(KernelGP):
    """Independent GP priors over the channels, with q(z) = N(m, (B^T B)^-1) from an encoder of whole sequences.

    The encoder gives means, variances 1 / b_i^2 and couplings u_i (Fortuin et al., 2020); without couplings q is the
    encoder's diagonal Gaussian. Cost O(n^3), for the prior's factor.

    Args:
      kernel: any psd kernel of batch shape [] or [L].
      white_noise: variance of independent noise that the prior adds at every input.
      jitter: relative to the mean diagonal of K_nn, see `gp.linalg.effective_jitter`.

    Raises:
      ValueError: if white_noise is negative, or the jitter is.
    """

    part_names = ("kl",)
    encodes_alone = True

    def __init__(self, kernel: kernels.Kernel, *, white_noise: float = 0.0, jitter: float = 1e-9):
        super().__init__(kernel, name="banded_gp")
        if not 0.0 <= white_noise < float("inf"):
            raise ValueError(f"white_noise must be a number of at least 0, got {white_noise}")
        self.white_noise = white_noise
        self.jitter = linalg.effective_jitter(jitter, self.dtype)

    def check(self, x: tf.Tensor, num_sets: int, num_channels: int) -> None:
        self.check_dense(x, num_sets, num_channels)

    def condition(self, data: LatentDataset) -> BandedPosterior:
        return BandedPosterior(self, data.checked())

    def prior_covariance(self, x: tf.Tensor) -> tf.Tensor:
        """K + white_noise I of inputs [..., s, D]: equal inputs share the kernel's value, not the noise."""
        return linalg.add_to_diagonal(super().prior_covariance(x), self.white_noise)
