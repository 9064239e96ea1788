"""Models: one file each, which says only what is different about its paper."""

from gpvae_tf.models import (
    building,
    compiled,
    cp_estimators,
    cp_temperatures,
    eager_checks,
    embedding_space,
    encoding,
    from_data,
    hiding,
    image_joint,
    input_checks,
    known_labels,
    latent_bank,
    latent_regression,
    masks,
    observation_checks,
    staged,
    training_rows,
)
from gpvae_tf.models.banded_gp_vae import BandedGPVAE
from gpvae_tf.models.base import LatentVariableModel
from gpvae_tf.models.cp_vae import CPVAE
from gpvae_tf.models.cvae import CVAE
from gpvae_tf.models.deep_svigp import DeepSVIGP
from gpvae_tf.models.fgp_vae import FGPVAE
from gpvae_tf.models.gp_vae import GPVAE, NeuralProcessGPVAE
from gpvae_tf.models.gppvae import GPPVAE
from gpvae_tf.models.hierarchical_vae import HierarchicalVAE
from gpvae_tf.models.image_vae import ImageVAE
from gpvae_tf.models.latent_gp_vae import LatentGPVAE
from gpvae_tf.models.markov_gp_vae import MarkovGPVAE
from gpvae_tf.models.nonparametric_vae import NonparametricVAE
from gpvae_tf.models.object_svgp_vae import ObjectSVGPVAE
from gpvae_tf.models.prediction.predictor import Predictor
from gpvae_tf.models.svgp_vae import SVGPVAE
from gpvae_tf.models.trainer.fused_adam import FusedAdam
from gpvae_tf.models.trainer.nonfinite import NonFiniteWeights
from gpvae_tf.models.trainer.nonfinite_cause import NothingTrained
from gpvae_tf.models.vae import VAE
from gpvae_tf.models.vecchia_gp_vae import VecchiaGPVAE

__all__ = [
    "BandedGPVAE",
    "CPVAE",
    "CVAE",
    "DeepSVIGP",
    "FGPVAE",
    "FusedAdam",
    "GPPVAE",
    "GPVAE",
    "HierarchicalVAE",
    "ImageVAE",
    "LatentGPVAE",
    "LatentVariableModel",
    "MarkovGPVAE",
    "NeuralProcessGPVAE",
    "NonFiniteWeights",
    "NonparametricVAE",
    "NothingTrained",
    "ObjectSVGPVAE",
    "Predictor",
    "SVGPVAE",
    "VAE",
    "VecchiaGPVAE",
    "building",
    "compiled",
    "cp_estimators",
    "cp_temperatures",
    "eager_checks",
    "embedding_space",
    "encoding",
    "from_data",
    "hiding",
    "image_joint",
    "input_checks",
    "known_labels",
    "latent_bank",
    "latent_regression",
    "masks",
    "observation_checks",
    "staged",
    "training_rows",
]
