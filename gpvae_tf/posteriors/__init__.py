"""Posterior families q(z | y) of plain VAEs, one file each, with exact log-densities."""

from gpvae_tf.posteriors import flow, linearization, made, random_weights
from gpvae_tf.posteriors.base import Draws, Joint, Posterior, PosteriorDistribution, WeightedDraws
from gpvae_tf.posteriors.categorical_gaussian import CategoricalGaussian, CategoricalGaussianDistribution
from gpvae_tf.posteriors.gp_encoder import GPEncoder, GPEncoderDistribution
from gpvae_tf.posteriors.householder import HouseholderDistribution, HouseholderFlow
from gpvae_tf.posteriors.iaf import IAF, IAFDistribution
from gpvae_tf.posteriors.laplace import Laplace, LaplaceApproximation
from gpvae_tf.posteriors.mean_field import DiagonalDistribution, MeanField
from gpvae_tf.posteriors.mixture import Mixture, MixtureDistribution
from gpvae_tf.posteriors.recursive_mixture import RecursiveMixture, RecursiveMixtureDistribution
from gpvae_tf.posteriors.semi_amortized import SemiAmortized
from gpvae_tf.posteriors.two_level import TwoLevelDistribution, TwoLevelPosterior
from gpvae_tf.posteriors.without_category import WithoutCategory

__all__ = [
    "CategoricalGaussian",
    "CategoricalGaussianDistribution",
    "DiagonalDistribution",
    "Draws",
    "GPEncoder",
    "GPEncoderDistribution",
    "HouseholderDistribution",
    "HouseholderFlow",
    "IAF",
    "IAFDistribution",
    "Joint",
    "Laplace",
    "LaplaceApproximation",
    "MeanField",
    "Mixture",
    "MixtureDistribution",
    "Posterior",
    "PosteriorDistribution",
    "RecursiveMixture",
    "RecursiveMixtureDistribution",
    "SemiAmortized",
    "TwoLevelDistribution",
    "TwoLevelPosterior",
    "WeightedDraws",
    "WithoutCategory",
    "flow",
    "linearization",
    "made",
    "random_weights",
]
