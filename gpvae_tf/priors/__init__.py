"""Priors over the latents of plain VAEs, one file each."""

from gpvae_tf.priors.base import Prior
from gpvae_tf.priors.components import EveryCategory, GaussianComponents
from gpvae_tf.priors.conditional import ConditionalGaussians
from gpvae_tf.priors.full_components import FullCovarianceComponents
from gpvae_tf.priors.gaussian_mixture import MixtureOfGaussians
from gpvae_tf.priors.standard_normal import StandardNormal
from gpvae_tf.priors.two_level import TwoLevelPrior
from gpvae_tf.priors.vamp import GaussianFamily, PseudoInputs, VampPrior

__all__ = [
    "ConditionalGaussians",
    "EveryCategory",
    "FullCovarianceComponents",
    "GaussianComponents",
    "GaussianFamily",
    "MixtureOfGaussians",
    "Prior",
    "PseudoInputs",
    "StandardNormal",
    "TwoLevelPrior",
    "VampPrior",
]
