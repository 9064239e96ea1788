"""Whole models written to a folder and read back: how they are built, their variables, and their optimizer."""

import os
from importlib import metadata
from pathlib import Path
from typing import Any

import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.files import expanded
from gpvae_tf.saving import folder as files
from gpvae_tf.saving import variables
from gpvae_tf.saving.configurable import SavingError, import_package
from gpvae_tf.saving.reader import Reader
from gpvae_tf.saving.writer import Writer

_PACKAGES = ("tensorflow", "tf-keras", "tensorflow-probability")


def save(model: Any, folder: str | os.PathLike, *, overwrite: bool = True, include_optimizer: bool = True) -> None:
    """Writes a model so that `load_model` gives an equal one, in this process or another.

    Args:
      model: any model of the library, or one of a registered class.
      folder: where; it is made. A model saved there before is replaced, at once and as a whole.
      overwrite: whether that is allowed.
      include_optimizer: whether a compiled model's optimizer comes back with its state, so that `fit` goes on.

    Raises:
      SavingError: in one sentence, if something of the model cannot be written, or the folder holds something else.
      OSError: if the disk is full, or the folder cannot be written.
    """
    target = expanded(folder).absolute()
    files.check_target(target, overwrite=overwrite)
    writer = Writer()
    name = type(model).__name__
    description: dict[str, Any] = {
        "versions": {package: metadata.version(package) for package in _PACKAGES},
        "model": writer.write(model, name),
        "optimizer": None,
    }
    if include_optimizer and getattr(model, "_is_compiled", False):
        _build_slots(model)
        description["optimizer"] = writer.write(model.optimizer, f"{name}.optimizer")
        steps = int(model.steps_per_execution.numpy())
        description["compile"] = {"steps_per_execution": steps, "jit_compile": bool(model.jit_compile)}
    variables.check_all_are_saved(model, writer.modules[::-1])
    checkpoint = tf.train.Checkpoint(root=model) if include_optimizer else variables.without_optimizer(model)
    files.write(target, description, writer.arrays, lambda prefix: _write(checkpoint, prefix))


def _write(checkpoint: tf.train.Checkpoint, prefix: Path) -> None:
    try:
        checkpoint.write(str(prefix))
    except tf.errors.OpError as error:
        raise OSError(f"{prefix} cannot be written: {str(error).splitlines()[0]}") from error


def load_model(folder: str | os.PathLike) -> Any:
    """The model that `model.save(folder)` wrote: compiled if it was, with the state of its optimizer.

    A file from elsewhere is safe to load: only classes of the library, of Keras, of TFP and registered ones are built.

    Raises:
      SavingError: a ValueError that names the file, if there is no saved model, it is damaged, or it needs a class that
        is not known.
    """
    import_package("models")  # and with it all of which a model can be built
    source = expanded(folder).absolute()
    description = files.read_description(source)
    reader = Reader(files.read_arrays(source, description.get("arrays")))
    path = source / files.DESCRIPTION
    try:
        model = reader.read(description.get("model"))
        if not isinstance(model, keras.Model):
            raise SavingError(f"the object is a {type(model).__name__}, no model")
        if description.get("optimizer") is not None:
            _compile(model, reader.read(description["optimizer"]), description.get("compile"))
    except (SavingError, RecursionError) as error:
        raise SavingError(f"{path} does not describe a model that can be built: {error}") from error
    variables.restore(tf.train.Checkpoint(root=model), files.beside(source, description.get("weights")))
    return model


def _compile(model: Any, optimizer: Any, options: Any) -> None:
    try:
        model.compile(optimizer, **_compile_options(options))
    except (ValueError, TypeError) as error:
        raise SavingError(f"the optimizer is a {type(optimizer).__name__}: {error}") from error
    _build_slots(model)


def _compile_options(options: Any) -> dict[str, Any]:
    """What `compile` takes besides the optimizer; Keras' defaults for files from before, which do not say.

    Raises:
      SavingError: if a file says something else.
    """
    if options is None:
        return {}
    names = {"steps_per_execution", "jit_compile"}
    if not (isinstance(options, dict) and options.keys() == names and isinstance(options["jit_compile"], bool)):
        raise SavingError(f"the entry 'compile' is {options!r}; expected steps_per_execution and jit_compile")
    steps = options["steps_per_execution"]
    if type(steps) is not int or steps < 1:
        raise SavingError(f"steps_per_execution is {steps!r}; expected a whole number >= 1")
    return options


def _build_slots(model: Any) -> None:
    """Makes the optimizer's slots, which have to be there before they are restored, one per replica.

    Raises:
      SavingError: if they are there for other variables, or in another order.
    """
    known, trained = variables.slots_of(model)
    if known != list(trained):
        raise SavingError(
            "the optimizer was compiled when other variables trained: compile the model again, with a new optimizer, "
            "or save it with include_optimizer=False"
        )
    with model.distribute_strategy.scope():
        model.optimizer.build(model.trainable_variables)
