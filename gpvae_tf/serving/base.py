"""The base of all SavedModels: a model's variables, and functions with fixed feature sizes and free batch."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.files import atomic_folder, check_plain

# What TensorFlow raises where a disk is full or a folder is not ours to write.
WRITING_FAILED = (tf.errors.ResourceExhaustedError, tf.errors.PermissionDeniedError, tf.errors.FailedPreconditionError)
Outputs = Mapping[str, tf.Tensor]


class Servable(tf.Module):
    """Functions of a model that a server offers, each a signature of the same name; float32 in and out.

    Args:
      model: trained.

    Attributes:
      functions: the functions, by name.
    """

    def __init__(self, model: keras.Model):
        super().__init__(name="servable")
        self._tracked = [*model.variables, *model.non_trainable_variables]  # no Keras object enters the file
        self.functions: dict[str, Any] = {}

    def offer(self, name: str, function: Callable[..., Outputs], **arguments: tf.TensorSpec) -> None:
        """Adds a function.

        Args:
          name: name of the signature.
          function: tensors -> tensors by name; the results are cast to float32.
          arguments: what it takes, in its order.
        """

        def in_float32(*tensors: tf.Tensor) -> dict[str, tf.Tensor]:
            return {key: tf.cast(value, tf.float32) for key, value in function(*tensors).items()}

        specs = [tf.TensorSpec(spec.shape, spec.dtype, name=argument) for argument, spec in arguments.items()]
        self.functions[name] = tf.function(in_float32, input_signature=specs)
        setattr(self, name, self.functions[name])  # which is what puts it into the file

    def write(self, folder: Path) -> None:
        """Writes the SavedModel beside the folder and puts it in its place; an older one there is replaced.

        Raises:
          ValueError: if it could not be read from there again (`files.check_plain`).
          OSError: in one sentence, if it cannot be written, or the folder holds something else than a SavedModel.
        """
        check_plain(folder, "the folder of a SavedModel")
        if folder.exists() and any(folder.iterdir()) and not (folder / "saved_model.pb").exists():
            raise FileExistsError(f"{folder} exists and is no SavedModel; nothing was written, choose another folder")
        try:
            with atomic_folder(folder) as new:
                tf.saved_model.save(self, str(new), signatures=dict(self.functions))
        except WRITING_FAILED as error:
            raise OSError(f"the SavedModel {folder} cannot be written: {str(error).splitlines()[0]}") from error


def export(servable: Servable, folder: Path) -> None:
    """Writes a SavedModel; an older one in the folder is replaced.

    Args:
      servable: functions of a trained model.
      folder: where it goes.
    """
    servable.write(folder)
