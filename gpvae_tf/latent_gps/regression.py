"""What latent GPs share whose posterior is GP regression on the pseudo-observations: kernel and term of the bound."""

import abc
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.gp import gaussians
from gpvae_tf.latent_gps.base import LatentDataset, LatentGP, LatentPosterior
from gpvae_tf.latent_gps.kernel_precision import with_double_precision


class RegressionPosterior(LatentPosterior):
    """A posterior by GP regression; its part of the bound is log Z - E_q[log q~] (SVGP-VAE Eq. 2)."""

    @property
    @abc.abstractmethod
    def log_marginal_likelihood(self) -> tf.Tensor:
        """log Z of the latent data set, [..., L], nats."""

    def regularizer(self) -> Mapping[str, tf.Tensor]:
        cross_entropy = gaussians.expected_log_density(
            self.marginals(), self.data.y, self.data.noise_variance, self.data.channel_mask
        )
        return {"log_marginal_likelihood": self.log_marginal_likelihood, "cross_entropy": -cross_entropy}


class RegressionGP(LatentGP):
    """Independent GP priors over the latent channels, conditioned by regression.

    Args:
      kernel: any psd kernel of batch shape [] or [L]; its dtype is that of the algebra, float64 if its
        parameters are Python numbers.
      name: of the module.
    """

    part_names = ("log_marginal_likelihood", "cross_entropy")

    def __init__(self, kernel: kernels.Kernel, *, name: str):
        kernel = with_double_precision(kernel)
        super().__init__(kernel.dtype or tf.float64, name=name)
        self.kernel = kernel

    @property
    def num_channels(self) -> int | None:
        return kernels.num_channels(self.kernel)

    def prior_covariance(self, x: tf.Tensor) -> tf.Tensor:
        return kernels.matrix(self.kernel, x, x)


def check_finite(data: LatentDataset) -> None:
    """Refuses, executed eagerly, pseudo-observations that are not finite where something was observed.

    Raises:
      ValueError: with their number and where they come from.
    """
    if not tf.executing_eagerly():
        return
    bad = ~(np.isfinite(data.y) & np.isfinite(data.noise_variance))
    if data.channel_mask is not None:
        bad &= data.channel_mask.numpy()
    if np.any(bad):
        raise ValueError(
            f"y has {np.count_nonzero(bad)} values that are not finite at observed points: NaN among the observations "
            'has to be masked, False there, which data.from_arrays(missing="nan") does; or the encoder has diverged'
        )
