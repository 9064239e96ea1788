"""A CP-VAE whose networks train as a VAE's first, and whose categories begin as clusters of its latents."""

import math
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.experiments.images import ImageExperiment
from gpvae_tf.files import SCIKIT_LEARN, check_installed
from gpvae_tf.training.mixture_start import start_categories
from gpvae_tf.training.optimizers import make_optimizer


def start(
    experiment: ImageExperiment,
    *,
    epochs: int,
    lr: float,
    clip_norm: float | None,
    fits: int,
    trial: int,
    verbose: int = 0,
) -> None:
    """Gives an experiment's model the weights and categories that it begins with.

    Of several mixtures that one counts after which a short training has the best validation bound: on MNIST the
    likeliest mixture is often not the one whose clusters are digits. No label is looked at.

    Args:
      experiment: of a CP-VAE.
      epochs, lr, clip_norm: of the VAE; its learning rate falls to zero along half a cosine.
      fits: number of mixtures.
      trial: epochs that are trained from every mixture, if there are several.
      verbose: Keras' progress bar, 0, 1 or 2.

    Raises:
      MissingPackage: without scikit-learn, before anything is trained.
    """
    check_installed("--start=mixture", SCIKIT_LEARN)
    model, size = experiment.model, experiment.steps_per_epoch
    with model.distribute_strategy.scope():
        vae = model.without_categories()
        rate = keras.optimizers.schedules.CosineDecay(lr, epochs * size)
        vae.compile(make_optimizer(rate, precision=experiment.config.precision, clip_norm=clip_norm))
    vae.fit(experiment.stream(0), epochs=epochs, steps_per_epoch=size, verbose=verbose)
    variables = model.trainable_variables
    trained, best, least = [variable.numpy() for variable in variables], None, math.inf
    for number in range(fits):
        _assign(variables, trained)
        start_categories(model, experiment.splits.train.images, restarts=1, seed=fits * experiment.config.seed + number)
        if fits > 1 and (loss := _loss_after(experiment, trial, verbose)) < least:
            best, least = [variable.numpy() for variable in variables], loss
    if best is not None:
        _assign(variables, best)


def _loss_after(experiment: ImageExperiment, epochs: int, verbose: int) -> float:
    """The validation loss after so many epochs of a new model that begins with the weights of the experiment's.

    Every trial has a model of its own, whose steps, and with them the weight of the KL, begin at 0.
    """
    with experiment.model.distribute_strategy.scope():
        model = experiment.new_model()
        model.compile(experiment.optimizer())
    _assign(model.trainable_variables, experiment.model.trainable_variables)
    model.fit(experiment.stream(0), epochs=epochs, steps_per_epoch=experiment.steps_per_epoch, verbose=verbose)
    return experiment.validation_loss()(model, experiment.splits.validation)


def _assign(variables: Sequence[tf.Variable], values: Sequence[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
