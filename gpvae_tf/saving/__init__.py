"""Saving that saves: models written as JSON, arrays and a checkpoint, and read back without running foreign code."""

from gpvae_tf.saving import (
    configurable,
    exporting,
    folder,
    keras_methods,
    keras_objects,
    reader,
    tfp_objects,
    variables,
    writer,
)
from gpvae_tf.saving.configurable import Configurable, SavingError, register
from gpvae_tf.saving.keras_methods import SavedToFolder
from gpvae_tf.saving.model import load_model, save

__all__ = [
    "Configurable",
    "SavedToFolder",
    "SavingError",
    "configurable",
    "exporting",
    "folder",
    "keras_methods",
    "keras_objects",
    "load_model",
    "reader",
    "register",
    "save",
    "tfp_objects",
    "variables",
    "writer",
]
