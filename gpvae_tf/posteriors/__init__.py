"""Posterior families q(z | y) of plain VAEs, one file each, with exact log-densities."""

from gpvae_tf.posteriors import flow, linearization, made, random_weights
from gpvae_tf.posteriors.base import Conditioned, Draws, Joint, Posterior, WeightedDraws
from gpvae_tf.posteriors.categorical_gaussian import CategoricalConditioned, CategoricalGaussian
from gpvae_tf.posteriors.gp_encoder import GPEncoder, GPEncoderConditioned
from gpvae_tf.posteriors.householder import HouseholderConditioned, HouseholderFlow
from gpvae_tf.posteriors.iaf import IAF, IAFConditioned
from gpvae_tf.posteriors.laplace import Laplace, LaplaceConditioned
from gpvae_tf.posteriors.mean_field import DiagonalConditioned, MeanField
from gpvae_tf.posteriors.mixture import Mixture, MixtureConditioned
from gpvae_tf.posteriors.recursive_mixture import RecursiveConditioned, RecursiveMixture
from gpvae_tf.posteriors.semi_amortized import SemiAmortized
from gpvae_tf.posteriors.two_level import TwoLevel, TwoLevelConditioned

__all__ = [
    "CategoricalConditioned",
    "CategoricalGaussian",
    "Conditioned",
    "DiagonalConditioned",
    "Draws",
    "GPEncoder",
    "GPEncoderConditioned",
    "HouseholderConditioned",
    "HouseholderFlow",
    "IAF",
    "IAFConditioned",
    "Joint",
    "Laplace",
    "LaplaceConditioned",
    "MeanField",
    "Mixture",
    "MixtureConditioned",
    "Posterior",
    "RecursiveConditioned",
    "RecursiveMixture",
    "SemiAmortized",
    "TwoLevel",
    "TwoLevelConditioned",
    "WeightedDraws",
    "flow",
    "linearization",
    "made",
    "random_weights",
]
