"""Latent GPs: priors over latent functions with the posterior each paper gives them."""

from gpvae_tf.latent_gps.base import LatentDataset, LatentGP, LatentPosterior, LatentPredictor
from gpvae_tf.latent_gps.correlated import CorrelatedSharedGaussian
from gpvae_tf.latent_gps.exact import ExactGP
from gpvae_tf.latent_gps.factorized import Factorized
from gpvae_tf.latent_gps.free_sparse import FreeSparseGP
from gpvae_tf.latent_gps.independent import Independent
from gpvae_tf.latent_gps.low_rank import LowRankGP
from gpvae_tf.latent_gps.mean_field import MeanField
from gpvae_tf.latent_gps.shared import SharedGaussian
from gpvae_tf.latent_gps.sparse import SparseGP, TitsiasGP

__all__ = [
    "CorrelatedSharedGaussian",
    "ExactGP",
    "Factorized",
    "FreeSparseGP",
    "Independent",
    "LatentDataset",
    "LatentGP",
    "LatentPosterior",
    "LatentPredictor",
    "LowRankGP",
    "MeanField",
    "SharedGaussian",
    "SparseGP",
    "TitsiasGP",
]
