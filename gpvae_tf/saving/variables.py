"""The variables of a model in a checkpoint: all of them, or an error."""

import os
from collections.abc import Iterable
from typing import Any

import tensorflow as tf

from gpvae_tf.saving.configurable import SavingError


def without_optimizer(model: Any) -> tf.train.Checkpoint:
    """A checkpoint of all of a model but its optimizer, which reads and writes the same files."""
    parts = tf.train.TrackableView.children(model)
    return tf.train.Checkpoint(**{name: part for name, part in parts.items() if name != "optimizer"})


def slots_of(model: Any) -> tuple[list[Any], dict[Any, tf.Variable]]:
    """The keys of the variables that a compiled model's optimizer has slots for, and the variables that train, by key.

    Both are in their order, by which Keras numbers slots. An optimizer has none before its first step.
    """
    optimizer: Any = getattr(model, "optimizer", None)
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    known = list(getattr(optimizer, "_index_dict", ()))
    return known, {optimizer._var_key(variable): variable for variable in model.trainable_variables} if known else {}


def restore(checkpoint: tf.train.Checkpoint, prefix: str | os.PathLike) -> None:
    """Gives every variable that the checkpoint knows its value; what the file has besides is left there.

    Raises:
      SavingError: if the file has no value for one of them, is damaged, or of another model; then all are as they were.
    """
    parts = tf.train.TrackableView(checkpoint).descendants()
    before = [(part, part.numpy()) for part in parts if isinstance(part, tf.Variable)]
    try:
        _read(checkpoint, prefix)
    except SavingError:
        for variable, value in before:
            variable.assign(value)
        raise


def _read(checkpoint: tf.train.Checkpoint, prefix: str | os.PathLike) -> None:
    try:
        checkpoint.read(os.fspath(prefix)).assert_existing_objects_matched().expect_partial()
    except AssertionError as error:
        raise SavingError(f"{prefix} lacks variables of the model: {str(error).splitlines()[0]}") from error
    except (tf.errors.OpError, IndexError, ValueError) as error:
        raise SavingError(f"{prefix} is missing, damaged or of another model: {str(error).splitlines()[0]}") from error


def check_all_are_saved(model: Any, parts: Iterable[tf.Module]) -> None:
    """Refuses a model with variables that a checkpoint of it would not hold.

    Args:
      model: the model.
      parts: what is written, parts before wholes; if one holds other variables, it is in the model no more.
    """
    saved = {id(part) for part in tf.train.TrackableView(model).descendants()}
    for part in parts:
        for variable in part.variables:
            if id(variable) not in saved:
                owner = type(part).__name__
                raise SavingError(
                    f"the variable {variable.name!r} of a {owner} would be lost, as a checkpoint of the model does not "
                    "reach it: keep it in an attribute of a tf.Module or Keras layer, and replace no part of a model "
                    "that is built"
                )
