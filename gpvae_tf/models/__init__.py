"""Models: one file each, which says only what is different about its paper."""

from gpvae_tf.models import (
    chunked,
    conditioning,
    cp_estimators,
    cp_temperatures,
    data_distribution,
    embedding_space,
    first_batch,
    from_data,
    fused_adam,
    hiding,
    image_joint,
    imputation,
    keras_options,
    latent_bank,
    latent_regression,
    masks,
    nonfinite,
    predictions,
    predictor,
    queries,
    renewed,
    replicas,
    seeds,
    staged,
    summed_conditioning,
    trackers,
    training_data,
    training_step,
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
from gpvae_tf.models.npvae import NonparametricVAE
from gpvae_tf.models.object_svgp_vae import ObjectSVGPVAE
from gpvae_tf.models.svgp_vae import SVGPVAE
from gpvae_tf.models.vae import VAE
from gpvae_tf.models.vecchia_gp_vae import VecchiaGPVAE

__all__ = [
    "BandedGPVAE",
    "CPVAE",
    "CVAE",
    "DeepSVIGP",
    "FGPVAE",
    "GPPVAE",
    "GPVAE",
    "HierarchicalVAE",
    "ImageVAE",
    "LatentGPVAE",
    "LatentVariableModel",
    "MarkovGPVAE",
    "NeuralProcessGPVAE",
    "NonparametricVAE",
    "ObjectSVGPVAE",
    "SVGPVAE",
    "VAE",
    "VecchiaGPVAE",
    "chunked",
    "conditioning",
    "cp_estimators",
    "cp_temperatures",
    "data_distribution",
    "embedding_space",
    "first_batch",
    "from_data",
    "fused_adam",
    "hiding",
    "image_joint",
    "imputation",
    "keras_options",
    "latent_bank",
    "latent_regression",
    "masks",
    "nonfinite",
    "predictions",
    "predictor",
    "queries",
    "renewed",
    "replicas",
    "replicated",
    "seeds",
    "staged",
    "summed_conditioning",
    "trackers",
    "training_data",
    "training_step",
]
