"""The base of all SavedModels: a model's variables, and functions with fixed feature sizes and free batch."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.files import atomic_folder, check_plain, write_version
from gpvae_tf.files.versions import is_empty, is_saved_model, may_hold_versions, no_saved_model
from gpvae_tf.serving import warm_up
from gpvae_tf.serving.request_checks import checked
from gpvae_tf.serving.requests import Argument, Limits

# What TensorFlow raises where a disk is full or a folder is not ours to write.
WRITING_FAILED = (tf.errors.ResourceExhaustedError, tf.errors.PermissionDeniedError, tf.errors.FailedPreconditionError)
DEFAULT = "serving_default"  # what servers call if a request names no signature
Outputs = Mapping[str, tf.Tensor]


class Servable(tf.Module):
    """Functions of a model that a server offers, each a signature of the same name; float32 in and out.

    Args:
      model: trained.

    Attributes:
      functions: the functions, by name.
      arguments: what each of them takes.
      default: name of the function that is also `serving_default`; the first one if "".
      limits: the most that a request may ask for; what is assigned before the SavedModel is written counts.
    """

    default = ""

    def __init__(self, model: keras.Model):
        super().__init__(name="servable")
        self._tracked = [*model.variables, *model.non_trainable_variables]  # no Keras object enters the file
        self.functions: dict[str, Any] = {}
        self.arguments: dict[str, dict[str, Argument]] = {}
        self.limits = Limits()

    def offer(self, name: str, function: Callable[..., Outputs], **arguments: tf.TensorSpec | Argument) -> None:
        """Adds a function, whose requests are checked (`requests.checked`) wherever the SavedModel runs.

        Args:
          name: name of the signature.
          function: tensors -> tensors by name; the results are cast to float32.
          arguments: what it takes, in its order.
        """
        known = {key: one if isinstance(one, Argument) else Argument(one) for key, one in arguments.items()}

        def in_float32(*tensors: tf.Tensor) -> dict[str, tf.Tensor]:
            given = checked(known, dict(zip(known, tensors)), self.limits)
            return {key: tf.cast(value, tf.float32) for key, value in function(*given).items()}

        specs = [tf.TensorSpec(one.spec.shape, one.spec.dtype, name=key) for key, one in known.items()]
        self.functions[name] = tf.function(in_float32, input_signature=specs)
        self.arguments[name] = known
        setattr(self, name, self.functions[name])  # TensorFlow saves the functions that are attributes

    @property
    def signatures(self) -> dict[str, Any]:
        """The functions by the names that a server knows them by."""
        return {DEFAULT: self.functions[self.default or next(iter(self.functions))], **self.functions}

    def write(self, folder: Path) -> None:
        """Writes the SavedModel beside the folder and puts it in its place; an older one there is replaced.

        Raises:
          ValueError: if it could not be read from there again (`files.check_plain`).
          OSError: in one sentence, if it cannot be written, or the folder holds something else than a SavedModel.
        """
        check_plain(folder, "the folder of a SavedModel")
        if folder.exists() and not is_empty(folder) and not is_saved_model(folder):
            raise FileExistsError(no_saved_model(folder))
        try:
            with atomic_folder(folder) as new:
                self._write_into(new)
        except WRITING_FAILED as error:
            raise OSError(f"the SavedModel {folder} cannot be written: {str(error).splitlines()[0]}") from error

    def write_version(self, folder: Path, *, keep: int | None = None) -> Path:
        """Writes the SavedModel as the next version in a folder, FOLDER/1, FOLDER/2, ..., as servers look for it.

        A folder that is a SavedModel itself, as this library wrote it before there were versions, is replaced by one
        that holds version 1.

        Args:
          folder: where the versions are.
          keep: how many of the newest versions stay; None for all.

        Returns:
          the folder of the version.

        Raises:
          ValueError, OSError: see `write`.
        """
        check_plain(folder, "the folder of a SavedModel")
        if is_saved_model(folder):
            with atomic_folder(folder) as new:
                self.write(new / "1")
            return folder / "1"
        if not may_hold_versions(folder):
            raise FileExistsError(no_saved_model(folder))
        try:
            return write_version(folder, self._write_into, keep=keep)
        except WRITING_FAILED as error:
            raise OSError(f"the SavedModel {folder} cannot be written: {str(error).splitlines()[0]}") from error

    def _write_into(self, folder: Path) -> None:
        # Nobody differentiates what a server answers, and TensorFlow never frees the gradients of a SavedModel it read:
        # with them each reload keeps the last one's graphs.
        options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
        tf.saved_model.save(self, str(folder), signatures=self.signatures, options=options)
        warm_up.write(self, folder)
