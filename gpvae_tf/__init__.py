"""gpvae_tf: Gaussian-process and structured-prior variational autoencoders in TensorFlow 2."""

from gpvae_tf import _keras  # first: checks that tensorflow and tf-keras fit together
from gpvae_tf import data, gp, inducing, kernels, latent_gps, likelihoods, models, networks, objectives
from gpvae_tf.models import GPVAE, SVGPVAE, VAE, LatentGPVAE, NeuralProcessGPVAE
from gpvae_tf.types import Bound, Gaussian

__version__ = "0.1.0"

__all__ = [
    "Bound",
    "GPVAE",
    "Gaussian",
    "LatentGPVAE",
    "NeuralProcessGPVAE",
    "SVGPVAE",
    "VAE",
    "data",
    "gp",
    "inducing",
    "kernels",
    "latent_gps",
    "likelihoods",
    "models",
    "networks",
    "objectives",
]
