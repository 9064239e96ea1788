"""What latent GPs share whose posterior is GP regression on the pseudo-observations: the term of the bound."""

import abc
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from gpvae_tf.gp import gaussians
from gpvae_tf.latent_gps.base import LatentPosterior
from gpvae_tf.latent_gps.kernel_gp import KernelGP


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
