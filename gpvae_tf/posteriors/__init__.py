"""Posterior families q(z | y) of plain VAEs, one file each, with exact log-densities."""

from gpvae_tf.posteriors.base import Conditioned, Draws, Joint, Posterior, WeightedDraws
from gpvae_tf.posteriors.gp_encoder import GPEncoder
from gpvae_tf.posteriors.householder import HouseholderFlow
from gpvae_tf.posteriors.iaf import IAF
from gpvae_tf.posteriors.laplace import Laplace
from gpvae_tf.posteriors.mean_field import DiagonalConditioned, MeanField
from gpvae_tf.posteriors.mixture import Mixture
from gpvae_tf.posteriors.recursive_mixture import RecursiveMixture
from gpvae_tf.posteriors.semi_amortized import SemiAmortized

__all__ = [
    "Conditioned",
    "DiagonalConditioned",
    "Draws",
    "GPEncoder",
    "HouseholderFlow",
    "IAF",
    "Joint",
    "Laplace",
    "MeanField",
    "Mixture",
    "Posterior",
    "RecursiveMixture",
    "SemiAmortized",
    "WeightedDraws",
]
