"""The models of CP-VAE's Table 1, one record each: flags, construction, scores, draws and figures."""

import dataclasses
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from gpvae_tf.datasets.binarization import Splits
from gpvae_tf.evaluation.bounds import mean_bound
from gpvae_tf.experiments.cp_vae import category_pictures, draws, models, scores
from gpvae_tf.models.image_vae import ImageVAE

Numbers = dict[str, float]


@dataclasses.dataclass(frozen=True)
class PriorFamily:
    """A model of the table. What is not given is that of a VAE without categories.

    Attributes:
      name: model name in folders of runs and in `PRIOR_FAMILIES`.
      label: model name in rows and figures.
      model_name, prior: values of the flags that choose it.
      build: makes a new model.
      components: the flag whose value is K; None if the model has no K.
      latents: draws latents in every way that the model generates, the paper's first; see `draws`.
      bounds: (model, images) -> mean bounds, nats per image, the valid one as "elbo".
      epoch_metrics: (model, splits) -> numbers for the log of every epoch.
      code_use: (model, splits) -> numbers on the use of the latent code.
      figures: (model, splits, seed) -> figures by name, beside those that every family has.
      elbo_label: name of the valid bound's row.
      published: score whose negative the paper's Table 1 prints.
    """

    name: str
    label: str
    model_name: str
    prior: str
    build: Callable[[models.Hyperparameters], ImageVAE]
    components: str | None = None
    latents: Callable[[Any, Splits, int, tf.Tensor], draws.Latents] = draws.from_prior
    bounds: Callable[[Any, np.ndarray], Numbers] = mean_bound
    epoch_metrics: Callable[[Any, Splits], Numbers] = lambda model, splits: {}
    code_use: Callable[[Any, Splits], Numbers] = scores.active_units
    figures: Callable[[Any, Splits, int], dict[str, Figure]] = lambda model, splits, seed: {}
    elbo_label: str = "negative ELBO"
    published: str = "test_elbo"


_CP = PriorFamily(
    "cp",
    "CP-VAE",
    "cp_vae_z_xc",
    "conditional",
    models.cp_vae,
    "disc_size",
    draws.from_categories,
    scores.category_bounds,
    scores.categories_used,
    scores.category_code,
    category_pictures.figures,
    elbo_label="negative ELBO, one-hot c",
    published="test_relaxed_bound",  # what the authors' code reports
)
_VAE = PriorFamily("vae", "VAE", "vae", "standard", models.plain_vae)
_MG = PriorFamily("mg", "MG", "vae", "MoG", models.mixture_vae, "disc_size")
_VAMP = PriorFamily("vamp", "VampPrior", "vae", "vampprior", models.vamp_vae, "number_components")
_HVAE = PriorFamily("hvae", "HVAE", "hvae_2level", "standard", models.two_level_vae)
_HVP = PriorFamily("hvp", "HVP", "hvae_2level", "vampprior", models.two_level_vamp_vae, "number_components")


def _by_name(*families: PriorFamily) -> Mapping[str, PriorFamily]:
    return MappingProxyType({family.name: family for family in families})


CPVAE_FAMILIES = _by_name(_CP, _VAE, _MG)  # those of CPVAE_experiment.py
VAMPPRIOR_FAMILIES = _by_name(_VAE, _VAMP, _HVAE, _HVP)  # those of VampPrior_experiment.py
PRIOR_FAMILIES: Mapping[str, PriorFamily] = MappingProxyType({**CPVAE_FAMILIES, **VAMPPRIOR_FAMILIES})


def choose(families: Mapping[str, PriorFamily], model_name: str, prior: str) -> PriorFamily:
    """The family that --model_name and --prior stand for.

    Raises:
      ValueError: naming the flags and what there is, if there is none.
    """
    for family in families.values():
        if (family.model_name, family.prior) == (model_name, prior):
            return family
    known = ", ".join(f"--model_name={family.model_name} --prior={family.prior}" for family in families.values())
    raise ValueError(f"--model_name={model_name} has no --prior={prior}; there is {known}")
