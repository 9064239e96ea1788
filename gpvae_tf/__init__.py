"""gpvae_tf: Gaussian-process and structured-prior variational autoencoders in TensorFlow 2."""

from gpvae_tf import _keras  # first: checks that tensorflow and tf-keras fit together
from gpvae_tf import data, embeddings, gp, inducing, kernels, latent_gps, likelihoods, models, networks
from gpvae_tf.networks import images as networks_images
from gpvae_tf import objectives, posteriors, priors
from gpvae_tf.models import CPVAE, CVAE, FGPVAE, GPPVAE, GPVAE, SVGPVAE, VAE, DeepSVIGP, HierarchicalVAE, ImageVAE
from gpvae_tf.models import LatentGPVAE, NeuralProcessGPVAE, NonparametricVAE
from gpvae_tf.types import Bound, Gaussian

__version__ = "0.1.0"

__all__ = [
    "Bound",
    "CPVAE",
    "CVAE",
    "DeepSVIGP",
    "FGPVAE",
    "GPPVAE",
    "GPVAE",
    "Gaussian",
    "HierarchicalVAE",
    "ImageVAE",
    "LatentGPVAE",
    "NeuralProcessGPVAE",
    "NonparametricVAE",
    "SVGPVAE",
    "VAE",
    "data",
    "embeddings",
    "gp",
    "inducing",
    "kernels",
    "latent_gps",
    "likelihoods",
    "models",
    "networks",
    "objectives",
    "posteriors",
    "priors",
]
