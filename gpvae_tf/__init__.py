"""gpvae_tf: Gaussian-process and structured-prior variational autoencoders in TensorFlow 2."""

import importlib
from typing import TYPE_CHECKING, Any

from gpvae_tf import _keras  # first: checks that tensorflow and tf-keras fit together
from gpvae_tf import (
    data,
    defaults,
    embeddings,
    evaluation,
    gp,
    inducing,
    kernels,
    latent_gps,
    likelihoods,
    models,
    networks,
)
from gpvae_tf import objectives, posteriors, priors, scaling, serving, shapes, training, types
from gpvae_tf.models import CPVAE, CVAE, FGPVAE, GPPVAE, GPVAE, SVGPVAE, VAE, DeepSVIGP, HierarchicalVAE, ImageVAE
from gpvae_tf.models import LatentGPVAE, NeuralProcessGPVAE, NonparametricVAE
from gpvae_tf.types import Bound, Gaussian

if TYPE_CHECKING:
    from gpvae_tf import plotting

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
    "defaults",
    "embeddings",
    "evaluation",
    "gp",
    "inducing",
    "kernels",
    "latent_gps",
    "likelihoods",
    "models",
    "networks",
    "objectives",
    "plotting",
    "posteriors",
    "priors",
    "scaling",
    "serving",
    "shapes",
    "training",
    "types",
]


def __getattr__(name: str) -> Any:
    """`plotting` is imported when it is first asked for: matplotlib takes a second to import."""
    if name == "plotting":
        return importlib.import_module("gpvae_tf.plotting")
    raise AttributeError(f"module 'gpvae_tf' has no attribute {name!r}")
