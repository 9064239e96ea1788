"""Every model of SVGP-VAE's experiment by the name of its --elbo: how it is built, trained and asked for latents."""

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.datasets import minibatches
from gpvae_tf.experiments.object_networks import model_class
from gpvae_tf.experiments.pixel_presets import CONSTANT, Learning
from gpvae_tf.experiments.rotated_mnist.svgp_parts import (
    SVGP_PRESETS,
    SVIGP_VARIANCE,
    VAE_VARIANCE,
    SvgpRun,
    embedding_argument,
    model_arguments,
    product_kernel,
    sparse_arguments,
)
from gpvae_tf.latent_gps import IndependentMeanField, SparseGP, TitsiasGP
from gpvae_tf.latent_gps.product_features import ProductFeatures
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.models import CVAE, GPPVAE, LatentGPVAE, VecchiaGPVAE
from gpvae_tf.models.prediction.predictor import Predictor
from gpvae_tf.objectives import BetaELBO, Objective
from gpvae_tf.training.callbacks import RefreshLatents

CHUNK = 1024  # images encoded at once to predict from the whole training split


def _vae(run: SvgpRun) -> LatentGPVAE:
    arguments = model_arguments(run, likelihood=GaussianLikelihood(VAE_VARIANCE))
    return LatentGPVAE(*run.networks(), IndependentMeanField(run.config.gp_dtype), name="vae", **arguments)


def _cvae(run: SvgpRun) -> LatentGPVAE:
    arguments = model_arguments(run, likelihood=GaussianLikelihood(VAE_VARIANCE), gp_dtype=run.config.gp_dtype)
    return CVAE(*run.networks(conditions=2), **arguments)


def _svgp_vae(run: SvgpRun, sparse_gp: type[SparseGP] = SparseGP) -> LatentGPVAE:
    arguments = model_arguments(run, **sparse_arguments(run), **run.likelihood_and_objective())
    encoder, decoder = run.networks()
    if run.config.decoder_sees_object:
        decoder = run.networks(conditions=run.config.M)[1]
    return model_class(run.config)(encoder, decoder, sparse_gp=sparse_gp, **arguments)


def _vecchia(run: SvgpRun) -> LatentGPVAE:
    """The exact GP of a mini-batch by nearest neighbours; images of other batches count as independent in training."""
    arguments = model_arguments(run, **embedding_argument(run), **run.likelihood_and_objective())
    num = run.config.num_neighbours
    return VecchiaGPVAE(*run.networks(), kernel=product_kernel(run), num_neighbours=num, **arguments)


def _gppvae(run: SvgpRun) -> LatentGPVAE:
    config, data, preset = run.config, run.data, SVGP_PRESETS[run.config.preset]
    views = np.delete(data.angles, np.flatnonzero(data.angles == data.held_out_angle))
    features = ProductFeatures(run.view_kernel(), views, normalize=config.object_kernel_normalize, jitter=config.jitter)
    latent_gp = preset.low_rank(features, trainable=config.GP_joint, variable_dtype=config.dtypes["variable_dtype"])
    clip = (1e-3, 100.0) if config.clip_qs else None
    arguments = model_arguments(
        run, **embedding_argument(run), likelihood=GaussianLikelihood(VAE_VARIANCE), noise_clip=clip
    )
    arguments |= {"objective": _gppvae_objective(run, "joint"), "predict_from": preset.gppvae_predicts_from}
    return GPPVAE(*run.networks(), latent_gp, data.train.inputs, **arguments)


def _deep_svigp(run: SvgpRun) -> LatentGPVAE:
    preset, decoder = SVGP_PRESETS[run.config.preset], run.networks()[1]
    arguments = model_arguments(run, **sparse_arguments(run), variable_dtype=run.config.dtypes["variable_dtype"])
    likelihood = GaussianLikelihood(SVIGP_VARIANCE, trainable=True)
    return preset.svigp(decoder, likelihood=likelihood, initial_scale=preset.svigp_scale, **arguments)


def _gppvae_objective(run: SvgpRun, stage: str) -> BetaELBO:
    """The ELBO of a VAE in its stage, then the authors' weight beta (B21)."""
    return BetaELBO(1.0 if stage == "VAE" else run.pixel_variance / VAE_VARIANCE)


def _train_images(run: SvgpRun) -> Iterable[dict[str, tf.Tensor]]:
    return minibatches.chunks(run.data.train, CHUNK)


def _given_bank(run: SvgpRun) -> Predictor:
    run.model.refresh(_train_images(run))
    return run.model.condition_on()


class RotatedModel(NamedTuple):
    """A model of the experiment. Every function takes the run, which has configuration, data and the model.

    Attributes:
      build: makes the model.
      predictor: conditions the model on the training split, to be asked for latents at any (angle, id).
      learning: how Adam is run in a stage of --opt_regime; "joint" where there are none.
      variance: pixel variance at first, which bounds the gradients.
      objective: that of a stage; None where all stages have that of the model.
      callbacks: makes the callbacks that training needs.
    """

    build: Callable[[SvgpRun], LatentGPVAE]
    predictor: Callable[[SvgpRun], Predictor] = lambda run: run.model.condition_on(_train_images(run))
    learning: Callable[[SvgpRun, str], Learning] = lambda run, stage: CONSTANT
    variance: Callable[[SvgpRun], float] = lambda run: VAE_VARIANCE
    objective: Callable[[SvgpRun, str], Objective] | None = None
    callbacks: Callable[[SvgpRun], Sequence[keras.callbacks.Callback]] = lambda run: ()


def _weighed(build: Callable[[SvgpRun], LatentGPVAE]) -> RotatedModel:
    """A model whose pixel errors --beta or --GECO weighs."""
    return RotatedModel(build, learning=lambda run, stage: run.preset.learning, variance=lambda run: run.pixel_variance)


_GPPVAE_RATES = {"VAE": 1e-3, "GP": 1e-2, "joint": 1e-3}  # the authors' (B21)
ROTATED_MODELS: dict[str, RotatedModel] = {
    "VAE": RotatedModel(_vae),
    "CVAE": RotatedModel(_cvae),
    "SVGPVAE_Hensman": _weighed(_svgp_vae),
    "SVGPVAE_Titsias": _weighed(functools.partial(_svgp_vae, sparse_gp=TitsiasGP)),
    "GPVAE_Vecchia": _weighed(_vecchia),
    "GPVAE_Casale": RotatedModel(
        _gppvae,
        _given_bank,
        learning=lambda run, stage: Learning(_GPPVAE_RATES[stage]),
        objective=_gppvae_objective,
        callbacks=lambda run: [RefreshLatents(_train_images(run))],
    ),
    "SVIGP_Hensman": RotatedModel(
        _deep_svigp,
        learning=lambda run, stage: run.preset.learning,
        variance=lambda run: SVIGP_VARIANCE,
    ),
}
