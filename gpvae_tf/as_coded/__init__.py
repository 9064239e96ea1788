"""What the authors' released code does where it differs from their papers (docs/deviations.md), one file each.

The experiments' presets choose from here; the library proper never imports it.
"""

from gpvae_tf.as_coded.ball_kl import AsCodedGP, AsCodedPosterior
from gpvae_tf.as_coded.banded_gp_vae import AsCodedBandedGPVAE
from gpvae_tf.as_coded.cp_estimator import AsCoded
from gpvae_tf.as_coded.deep_svigp import AsCodedDeepSVIGP
from gpvae_tf.as_coded.free_sparse_gp import AsCodedFreeGP, AsCodedFreePosterior
from gpvae_tf.as_coded.geco import AsCodedGECO
from gpvae_tf.as_coded.low_rank_gp import AsCodedLowRankGP
from gpvae_tf.as_coded.norm_grad import AdamNormGrad
from gpvae_tf.as_coded.priors import AsCodedComponents, AsCodedMixture
from gpvae_tf.as_coded.shared_gaussian import AsCodedSharedGaussian, AsCodedSharedPosterior

__all__ = [
    "AdamNormGrad",
    "AsCoded",
    "AsCodedBandedGPVAE",
    "AsCodedComponents",
    "AsCodedDeepSVIGP",
    "AsCodedFreeGP",
    "AsCodedFreePosterior",
    "AsCodedGECO",
    "AsCodedGP",
    "AsCodedLowRankGP",
    "AsCodedMixture",
    "AsCodedPosterior",
    "AsCodedSharedGaussian",
    "AsCodedSharedPosterior",
]
