"""The posterior of a standard VAE as it is usually coded: the encoder's Gaussian itself, under the prior N(0, I)."""

import tensorflow as tf

from gpvae_tf.latent_gps.independent import Independent, IndependentPosterior
from gpvae_tf.latent_gps.latent_dataset import LatentDataset
from gpvae_tf.types import Gaussian


class IndependentMeanFieldPosterior(IndependentPosterior):
    """q(z_i) = N(z_i; y_i, s_i), and the prior of a missing point; its part of the bound is -KL(q || N(0, I))."""

    def marginals(self) -> Gaussian:
        (y, noise), mask = self.data[1:3], self.data.channel_mask
        if mask is None:
            return Gaussian(y, noise)
        return Gaussian(tf.where(mask, y, tf.zeros_like(y)), tf.where(mask, noise, tf.ones_like(noise)))


class IndependentMeanField(Independent):
    """Latents that are independent standard normal, with the encoder's Gaussian for q (Kingma & Welling, 2014)."""

    def condition(self, data: LatentDataset) -> IndependentMeanFieldPosterior:
        return IndependentMeanFieldPosterior(self, data.checked())
