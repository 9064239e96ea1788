"""Latent GPs: priors over latent functions with the posterior each paper gives them."""

from gpvae_tf.latent_gps import correlated, cost, kernel_dtype, kernel_state_space, product_features
from gpvae_tf.latent_gps.banded import BandedGP, BandedPosterior
from gpvae_tf.latent_gps.base import LatentGP, LatentPosterior, LatentPredictor
from gpvae_tf.latent_gps.correlated import CorrelatedSharedGaussian
from gpvae_tf.latent_gps.exact import ExactGP, ExactPosterior
from gpvae_tf.latent_gps.factorized import FactorizedGP, FactorizedPosterior, FactorizedPredictor
from gpvae_tf.latent_gps.free_sparse import FreePosterior, FreeSparseGP
from gpvae_tf.latent_gps.independent import Independent, IndependentPosterior
from gpvae_tf.latent_gps.inducing_basis import InducingBasis
from gpvae_tf.latent_gps.kernel_gp import KernelGP
from gpvae_tf.latent_gps.latent_dataset import LatentDataset
from gpvae_tf.latent_gps.low_rank import LowRankGP, LowRankPosterior, LowRankPredictor
from gpvae_tf.latent_gps.markov import MarkovGP, MarkovPosterior
from gpvae_tf.latent_gps.mean_field import IndependentMeanField, IndependentMeanFieldPosterior
from gpvae_tf.latent_gps.object_average import ObjectAverage
from gpvae_tf.latent_gps.proposals import BandedProposal, Proposal, RegressionProposal
from gpvae_tf.latent_gps.regression import RegressionGP, RegressionPosterior
from gpvae_tf.latent_gps.shared import ObjectPosterior, SharedGaussian, SharedPosterior
from gpvae_tf.latent_gps.sparse import SparseGP, SparsePosterior, SparsePredictor, TitsiasGP, TitsiasPosterior
from gpvae_tf.latent_gps.vecchia import VecchiaGP, VecchiaPosterior

__all__ = [
    "BandedGP",
    "BandedPosterior",
    "BandedProposal",
    "CorrelatedSharedGaussian",
    "ExactGP",
    "ExactPosterior",
    "FactorizedGP",
    "FactorizedPosterior",
    "FactorizedPredictor",
    "FreePosterior",
    "FreeSparseGP",
    "Independent",
    "IndependentMeanField",
    "IndependentMeanFieldPosterior",
    "IndependentPosterior",
    "InducingBasis",
    "KernelGP",
    "LatentDataset",
    "LatentGP",
    "LatentPosterior",
    "LatentPredictor",
    "LowRankGP",
    "LowRankPosterior",
    "LowRankPredictor",
    "MarkovGP",
    "MarkovPosterior",
    "ObjectAverage",
    "ObjectPosterior",
    "Proposal",
    "RegressionGP",
    "RegressionPosterior",
    "RegressionProposal",
    "SharedGaussian",
    "SharedPosterior",
    "SparseGP",
    "SparsePosterior",
    "SparsePredictor",
    "TitsiasGP",
    "TitsiasPosterior",
    "VecchiaGP",
    "VecchiaPosterior",
    "correlated",
    "cost",
    "kernel_dtype",
    "kernel_state_space",
    "product_features",
]
