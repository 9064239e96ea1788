"""The base of all SavedModels: a model's variables, and functions with fixed feature sizes and free batch."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.files import check_plain

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
        """Writes the SavedModel; an older one in the folder is replaced.

        Raises:
          ValueError: if it could not be read from there again (`files.check_plain`).
        """
        check_plain(folder, "the folder of a SavedModel")
        tf.saved_model.save(self, str(folder), signatures=dict(self.functions))


def export(servable: Servable, folder: Path) -> None:
    """Writes a SavedModel; an older one in the folder is replaced.

    Args:
      servable: functions of a trained model.
      folder: where it goes.
    """
    servable.write(folder)
