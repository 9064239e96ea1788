"""What latent GPs share whose posterior is GP regression on the pseudo-observations: the term of the bound."""

import abc
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from gpvae_tf.gp import gaussians
from gpvae_tf.latent_gps.base import LatentPosterior
from gpvae_tf.latent_gps.kernel_gp import KernelGP
from gpvae_tf.types import Gaussian


class RegressionPosterior(LatentPosterior):
    """A posterior by GP regression; its part of the bound is log Z - E_q[log q~] (SVGP-VAE Eq. 2)."""

    @property
    @abc.abstractmethod
    def log_marginal_likelihood(self) -> tf.Tensor:
        """log Z of the latent data set, [..., L], nats."""

    def expected_log_density(self, q: Gaussian) -> tf.Tensor:
        """sum_i E[log N(y_i | z_i, s_i)], [..., L], for marginals q of z_i broadcastable to [..., L, n]."""
        data = self.data
        return gaussians.expected_log_density(q, data.y, data.noise_variance, data.channel_mask)

    def regularizer(self) -> Mapping[str, tf.Tensor]:
        cross_entropy = self.expected_log_density(self.marginals())
        return {"log_marginal_likelihood": self.log_marginal_likelihood, "cross_entropy": -cross_entropy}


class RegressionGP(KernelGP):
    """Independent GP priors over the latent channels, conditioned by regression; for the arguments see `KernelGP`."""

    part_names = ("log_marginal_likelihood", "cross_entropy")


def check_finite_inputs(x: tf.Tensor, name: str, values: str = "values") -> None:
    """Refuses, executed eagerly, inputs that are not finite, called `name`, whose entries are `values`.

    Raises:
      ValueError: naming them.
    """
    if tf.executing_eagerly() and not np.all(np.isfinite(x)):
        raise ValueError(f"{name} has {values} that are not finite")
