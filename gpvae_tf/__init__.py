"""gpvae_tf: Gaussian-process and structured-prior variational autoencoders in TensorFlow 2."""

import importlib
from typing import TYPE_CHECKING, Any

from gpvae_tf import _quiet
from gpvae_tf._version import __version__

if TYPE_CHECKING:
    from gpvae_tf import (
        data,
        datasets,
        defaults,
        embeddings,
        evaluation,
        gp,
        inducing,
        input_roles,
        kernels,
        latent_gps,
        likelihoods,
        models,
    )
    from gpvae_tf import networks
    from gpvae_tf import objectives, posteriors, priors, saving, scaling, serving, training, types
    from gpvae_tf.models import CPVAE, CVAE, FGPVAE, GPPVAE, GPVAE, SVGPVAE, VAE, BandedGPVAE, DeepSVIGP
    from gpvae_tf.models import HierarchicalVAE, ImageVAE, LatentGPVAE, MarkovGPVAE, NeuralProcessGPVAE
    from gpvae_tf.models import NonparametricVAE, ObjectSVGPVAE, VecchiaGPVAE
    from gpvae_tf.saving import load_model
    from gpvae_tf.types import Bound, Gaussian
    from gpvae_tf import plotting, recalibration, replicas

_quiet.install()

__all__ = [
    "BandedGPVAE",
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
    "MarkovGPVAE",
    "NeuralProcessGPVAE",
    "NonparametricVAE",
    "ObjectSVGPVAE",
    "SVGPVAE",
    "VAE",
    "VecchiaGPVAE",
    "data",
    "datasets",
    "defaults",
    "embeddings",
    "evaluation",
    "gp",
    "inducing",
    "input_roles",
    "kernels",
    "latent_gps",
    "likelihoods",
    "load_model",
    "models",
    "networks",
    "objectives",
    "plotting",
    "posteriors",
    "priors",
    "recalibration",
    "replicas",
    "saving",
    "scaling",
    "serving",
    "training",
    "types",
]


_HOMES = {"Bound": "types", "Gaussian": "types", "load_model": "saving"}  # of what is no module; or else `models`


def __getattr__(name: str) -> Any:
    """Modules and models are imported when they are first asked for: TensorFlow alone takes seconds."""
    if name not in __all__:
        raise AttributeError(f"module 'gpvae_tf' has no attribute {name!r}")
    if name[0].islower() and name not in _HOMES:
        return importlib.import_module(f"gpvae_tf.{name}")
    return getattr(importlib.import_module(f"gpvae_tf.{_HOMES.get(name, 'models')}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
