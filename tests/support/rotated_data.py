"""A folder in which the scripts find rotated MNIST, made of small random images instead of digits."""

import dataclasses
from pathlib import Path

import numpy as np

from gpvae_tf.data import cache, rotated_mnist
from gpvae_tf.data.rotation_recipes import RotationConfig
from gpvae_tf.experiments.rotated_mnist.config import RotatedConfig
from gpvae_tf.models import LatentGPVAE
from gpvae_tf.training.loop import train

INSTANCES = 20  # objects, where the recipes have 400


def write(folder: Path) -> Path:
    """Caches both recipes of digit 3 under the names of the real ones."""
    rng = np.random.default_rng(0)
    blocks = rng.integers(0, 2, (INSTANCES, 4, 4)).repeat(5, axis=1).repeat(5, axis=2)
    images = np.pad(blocks, ((0, 0), (4, 4), (4, 4))).astype(np.uint8) * 255
    for recipe in ("svgp", "fgp"):
        config = RotationConfig(recipe=recipe)
        small = dataclasses.replace(config, num_instances=INSTANCES)
        make = lambda small=small: rotated_mnist.generate(images, np.full(INSTANCES, 3), small).to_arrays()
        cache.load_or_make(folder / rotated_mnist.cache_name(config), make)
    return folder


def trained(config: RotatedConfig, folder: Path) -> LatentGPVAE:
    """The model of a configuration after its run, logged in `folder`; no step was skipped, and all variables moved."""
    model = config.build_model()
    before = {variable.name: variable.numpy() for variable in model.trainable_variables}
    model.compile(config.optimizer())
    train(
        model,
        config.stream,
        steps=config.num_steps,
        steps_per_epoch=config.steps_per_epoch,
        evaluation=config.evaluate,
        phases=config.phases,
        callbacks=config.callbacks(model),
        folder=folder,
        verbose=0,
    )
    assert model.num_steps == config.num_steps and model.num_skipped == 0
    assert all(np.any(v.numpy() != before[v.name]) for v in model.trainable_variables)
    return model
