"""Saving that saves: models written as JSON, arrays and a checkpoint, and read back without running foreign code."""

from gpvae_tf.saving import (
    building,
    exporting,
    folder,
    keras_objects,
    keras_ways,
    reader,
    tfp_objects,
    variables,
    writer,
)
from gpvae_tf.saving.building import Configurable, SavingError, register
from gpvae_tf.saving.keras_ways import SavedToFolder
from gpvae_tf.saving.model import load_model, save

__all__ = [
    "Configurable",
    "SavedToFolder",
    "SavingError",
    "building",
    "exporting",
    "folder",
    "keras_objects",
    "keras_ways",
    "load_model",
    "reader",
    "register",
    "save",
    "tfp_objects",
    "variables",
    "writer",
]
