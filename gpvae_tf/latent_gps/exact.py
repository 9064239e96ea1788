"""Exact GP inference in the latent space (Pearce, 2020; SVGP-VAE Eqs. 1 and 2)."""

import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.gp import exact, linalg
from gpvae_tf.latent_gps.kernel_dtype import num_observed
from gpvae_tf.latent_gps.latent_dataset import LatentDataset
from gpvae_tf.latent_gps.regression import RegressionGP, RegressionPosterior
from gpvae_tf.types import Gaussian


class ExactPosterior(RegressionPosterior):
    """The GP posterior of Eq. 1; its part of the bound is log Z - E_q[log q~] (Eq. 2)."""

    def __init__(self, kernel: kernels.Kernel, data: LatentDataset):
        self._kernel, self.data = kernel, data
        self._k_nn = kernels.matrix(kernel, data.x, data.x)  # [..., L or 1, n, n]
        self._regression = exact.condition(self._k_nn, data.y, data.noise_variance, data.channel_mask)

    @property
    def log_marginal_likelihood(self) -> tf.Tensor:
        return self._regression.log_marginal_likelihood

    def marginals(self) -> Gaussian:
        return exact.marginals(self._regression, self._k_nn, linalg.diagonal(self._k_nn))

    def predict(self, x: tf.Tensor) -> Gaussian:
        k_ns = kernels.matrix(self._kernel, self.data.x, x)
        return exact.marginals(self._regression, k_ns, kernels.diagonal(self._kernel, x))

    def predict_joint(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        k_ns = kernels.matrix(self._kernel, self.data.x, x)
        covariance = exact.covariance(self._regression, k_ns, kernels.matrix(self._kernel, x, x))
        return self.predict(x).mean, covariance


class ExactGP(RegressionGP):
    """Independent GP priors over the latent channels, with exact inference, O(n^3).

    Args:
      kernel: any psd kernel of batch shape [] or [L]; its dtype is that of the algebra, float64 if its
        parameters are Python numbers.
    """

    def __init__(self, kernel: kernels.Kernel):
        super().__init__(kernel, name="exact_gp")

    def check(self, x: tf.Tensor, num_sets: int, num_channels: int) -> None:
        self.check_dense(x, num_sets, num_channels)

    def num_coupled(self, x: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        return num_observed(x, mask)

    def condition(self, data: LatentDataset) -> ExactPosterior:
        return ExactPosterior(self.kernel, data.checked())
