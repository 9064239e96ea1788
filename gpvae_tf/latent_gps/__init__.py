"""Latent GPs: priors over latent functions with the posterior each paper gives them."""

from gpvae_tf.latent_gps.as_coded import AsCodedGP
from gpvae_tf.latent_gps.base import LatentDataset, LatentGP, LatentPosterior
from gpvae_tf.latent_gps.exact import ExactGP
from gpvae_tf.latent_gps.independent import Independent
from gpvae_tf.latent_gps.mean_field import MeanField
from gpvae_tf.latent_gps.sparse import SparseGP, TitsiasGP

__all__ = [
    "AsCodedGP",
    "ExactGP",
    "Independent",
    "LatentDataset",
    "LatentGP",
    "LatentPosterior",
    "MeanField",
    "SparseGP",
    "TitsiasGP",
]
