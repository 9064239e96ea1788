"""SavedModels read again: the newest version in a folder, whose functions are called by the names of their inputs."""

import contextlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from gpvae_tf.files import expanded, versions
from gpvae_tf.files.versions import is_saved_model
from gpvae_tf.serving.base import DEFAULT


class Served:
    """The functions of a SavedModel, with inputs that are checked before they run.

    Args:
      path: folder of the SavedModel itself.

    Attributes:
      path: the same.
      signatures: TensorFlow's functions, by name.
    """

    def __init__(self, path: Path):
        self.path = path
        self._loaded = _loaded(path)  # holds the variables
        self.signatures = dict(self._loaded.signatures)

    def __call__(self, signature: str = DEFAULT, /, **inputs: Any) -> dict[str, tf.Tensor]:
        """The outputs of a function, by name.

        Args:
          signature: its name.
          inputs: arrays, tensors or numbers.

        Raises:
          ValueError: naming a signature that is not there, or an input that is missing, unknown, or of another dtype or
            shape.
          tf.errors.InvalidArgumentError: naming an input whose values are refused (`requests.checked`).
        """
        if signature not in self.signatures:
            raise ValueError(f"signature is {signature!r}; {self.path} has {', '.join(sorted(self.signatures))}")
        function = self.signatures[signature]
        specs = function.structured_input_signature[1]
        if set(inputs) != set(specs):
            what = ", ".join(sorted(set(inputs) ^ set(specs)))
            raise ValueError(f"{signature} takes {', '.join(sorted(specs))}; missing or unknown: {what}")
        return function(
            **{name: _fitting(f"{signature}: {name}", value, specs[name]) for name, value in inputs.items()}
        )


def load(folder: str | os.PathLike, version: int | None = None) -> Served:
    """A SavedModel that `model.export` wrote.

    Args:
      folder: of the versions; or a SavedModel itself, as this library wrote it before there were versions.
      version: which one; None for the newest, as servers do.

    Raises:
      FileNotFoundError: if there is none.
      ValueError: if it cannot be read, and was written by a newer TensorFlow.
    """
    path = expanded(folder).absolute()
    if version is None and is_saved_model(path):
        return Served(path)
    found = [number for number in versions(path) if is_saved_model(path / str(number))]
    if not found or version not in (None, *found):
        what = f"versions {', '.join(map(str, found))}" if found else "no SavedModel"
        raise FileNotFoundError(f"{path} holds {what}{'' if version is None else f'; version {version} was asked for'}")
    return Served(path / str(found[-1] if version is None else version))


def written_by(path: Path) -> str:
    """The version of the TensorFlow that wrote a SavedModel, or "" if its file does not tell."""
    graphs = saved_model_pb2.SavedModel.FromString((path / "saved_model.pb").read_bytes()).meta_graphs
    return graphs[0].meta_info_def.tensorflow_version if graphs else ""


def _loaded(path: Path) -> Any:
    try:
        with _without_notes():
            return tf.saved_model.load(str(path))
    except Exception as error:  # whatever an unknown operation or format ends in
        try:
            writer = written_by(path)
        except Exception:
            writer = ""  # a damaged file, of which the first error tells
        if _number(writer) > _number(tf.__version__):
            raise ValueError(
                f"{path} was written by TensorFlow {writer} and cannot be read by {tf.__version__}: "
                f"install {writer} or later, or export the model again with {tf.__version__}"
            ) from error
        raise


@contextlib.contextmanager
def _without_notes() -> Iterator[None]:
    """Holds back TensorFlow's warning, a line for every function, that its gradient was left out: none is asked for.

    It goes through Python's logging, which TF_CPP_MIN_LOG_LEVEL does not silence.
    """
    wanted = lambda record: "unsaved custom gradients" not in record.getMessage()
    logger = logging.getLogger("absl")
    logger.addFilter(wanted)
    try:
        yield
    finally:
        logger.removeFilter(wanted)


def _number(version: str) -> tuple[int, ...]:
    """(2, 21) of "2.21.0-rc1"."""
    return tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())


def _fitting(name: str, value: Any, spec: tf.TensorSpec) -> tf.Tensor:
    """A value as a tensor. Numbers and lists take the dtype asked for; what has a dtype of its own must have that."""
    own = getattr(value, "dtype", None)
    if own is not None and tf.as_dtype(own) != spec.dtype:
        raise ValueError(f"{name} has dtype {tf.as_dtype(own).name}; expected {spec.dtype.name}")
    array = value if own is not None else np.asarray(value)
    if own is None and not np.can_cast(array.dtype, spec.dtype.as_numpy_dtype, "same_kind"):
        raise ValueError(f"{name} is made of {array.dtype.name}; expected {spec.dtype.name}")
    if own is None and spec.dtype.is_integer and np.size(array):
        range_of = np.iinfo(spec.dtype.as_numpy_dtype)
        if not range_of.min <= np.min(array) <= np.max(array) <= range_of.max:
            raise ValueError(
                f"{name} has {np.min(array)} to {np.max(array)}; expected {range_of.min} to {range_of.max}"
            )
    tensor = tf.convert_to_tensor(array, spec.dtype)
    if not spec.shape.is_compatible_with(tensor.shape):
        raise ValueError(f"{name} has shape {tuple(tensor.shape)}; expected {_shape(spec)}")
    return tensor


def _shape(spec: tf.TensorSpec) -> str:
    return f"[{', '.join('?' if size is None else str(size) for size in spec.shape)}]"
