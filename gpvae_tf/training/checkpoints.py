"""Checkpoints of model, optimizer and epoch: saved every epoch, restored bit for bit, with a fall-back."""

import csv
import math
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.files import atomic_write
from gpvae_tf.files import check_disk_space as require_room
from gpvae_tf.flags import signals
from gpvae_tf.training import checkpoint_files as files
from gpvae_tf.training.checkpoint_files import CheckpointError
from gpvae_tf.training.common_checkpoint import common
from gpvae_tf.training.workers import DISCONNECTED, WorkerGroup

KEPT = 2  # checkpoints of a run, the newest


class Checkpoints:
    """The checkpoints of one run.

    Args:
      folder: where they lie.
      model: a built, compiled model (an uncompiled one restores its own variables only).
    """

    def __init__(self, folder: Path, model: keras.Model):
        self._folder, self._model = Path(folder), model
        self.epoch = tf.Variable(0, trainable=False, dtype=tf.int64, name="epoch")
        self.steps_left = tf.Variable(0, trainable=False, dtype=tf.int64, name="steps_left")
        self._track()

    def _track(self) -> None:
        """Makes the checkpoint of the model and its optimizer as they are compiled now."""
        self._objects: dict[str, Any] = {"model": self._model, "epoch": self.epoch}
        optimizer = getattr(self._model, "optimizer", None)
        self._with_optimizer = optimizer is not None
        if optimizer is not None:
            with self._model.distribute_strategy.scope():  # slots must exist before they are restored, one per replica
                optimizer.build(self._model.trainable_variables)
            self._objects["optimizer"] = optimizer
        self._checkpoint = tf.train.Checkpoint(**self._objects)

    def save(self, epoch: int) -> None:
        """Saves the state after `epoch` epochs, and deletes all but the newest checkpoints.

        Raises:
          CheckpointError: if the files cannot be written; the older ones are as they were.
        """
        self.epoch.assign(epoch)
        self._checkpoint.save_counter.assign_add(1)  # which the checkpoints of TensorFlow's own manager have
        with signals.deferred(firm=True):
            self._write(self._checkpoint, files.prefix(self._folder, epoch))
            there = [number for number in files.numbers(self._folder) if number <= epoch]
            files.write_list(self._folder, there[-KEPT:])
            for number in there[:-KEPT]:
                files.delete(files.prefix(self._folder, number))
            files.delete(str(self._folder / files.STOPPED))

    def save_within_epoch(self, epoch: int, steps_left: int) -> None:
        """Saves the state some steps before the end of an epoch, with the means of its logs so far.

        Args:
          epoch: how many epochs were done.
          steps_left: steps to the end of the one that was begun.

        Raises:
          CheckpointError: if the files cannot be written; the older ones are as they were.
        """
        self.epoch.assign(epoch)
        self.steps_left.assign(steps_left)
        with signals.deferred(firm=True):
            self._write(self._within_epoch(), str(self._folder / files.STOPPED))

    def _within_epoch(self) -> tf.train.Checkpoint:
        checkpoint = tf.train.Checkpoint(**self._objects, steps_left=self.steps_left, metrics=self._model.metrics)
        checkpoint.save_counter.assign(self._checkpoint.save_counter)
        return checkpoint

    def _write(self, checkpoint: tf.train.Checkpoint, path: str) -> None:
        try:
            checkpoint.write(path)
        except tf.errors.OpError as error:
            if isinstance(error, DISCONNECTED) and not WorkerGroup(self._model.distribute_strategy).is_alone:
                raise  # a checkpoint holds sums over all workers
            files.delete_leftovers(self._folder)
            reason = str(error).splitlines()[0]
            raise CheckpointError(f"checkpoint {path} cannot be written, the one before is whole: {reason}") from error

    def saver(self) -> keras.callbacks.Callback:
        """Saves after every epoch; last among the callbacks, so that the logs of the epoch are written before."""
        return keras.callbacks.LambdaCallback(on_epoch_end=lambda number, logs: self.save(number + 1))

    def restore(self, enter: Callable[[int], None] | None = None) -> int:
        """Restores the newest checkpoint that is whole; a compiled model also where it was stopped within an epoch.

        Of several workers' checkpoints it is the newest that all of them have.

        Then `steps_left` says how many steps are left of that epoch, and the model's metrics have the means so far.

        Args:
          enter: compiles the model as it was compiled at the step it is called with, that of a checkpoint.

        Returns:
          the number of epochs it had done; 0 if there is no checkpoint yet.

        Raises:
          CheckpointError: if there are checkpoints but none can be restored, or they are of another model.
        """
        failures, numbers = [], files.numbers(self._folder)
        if numbers and not files.is_listed(self._folder, numbers[-1]):
            warnings.warn(
                f"{self._folder / files.LIST} does not list the checkpoints beside it; using them", stacklevel=2
            )
        paths = [files.prefix(self._folder, number) for number in reversed(numbers)]
        within = files.stopped(self._folder) if self._with_optimizer else None
        paths = [within, *paths] if within else paths
        for path in common(WorkerGroup(self._model.distribute_strategy), self._folder, paths):
            try:
                files.check_whole(path)
                if enter is not None:
                    enter(files.steps(path))
                    self._track()
                self.steps_left.assign(0)
                checkpoint = self._within_epoch() if path == within else self._checkpoint
                status = checkpoint.restore(path)
                status.assert_existing_objects_matched()
                self._checkpoint.save_counter.assign(checkpoint.save_counter)
            except AssertionError as error:
                raise CheckpointError(f"{path} is a checkpoint of another model: {error}") from error
            except files.DAMAGE as error:
                reason = str(error).splitlines()[0]
                failures.append(f"{path}: {reason}")
                warnings.warn(f"checkpoint {path} is damaged ({reason}); trying the one before", stacklevel=2)
                continue
            if not self._with_optimizer:
                status.expect_partial()
            return int(self.epoch)
        if failures:
            raise files.none_restored(failures)
        return 0


def trim_csv(path: Path, epochs: int) -> None:
    """Drops the rows of a Keras CSV log whose epoch is not among the first `epochs` (they will be run again)."""
    if not path.exists():
        return
    with path.open(newline="") as stream:
        rows = list(csv.reader(stream))
    kept = rows[:1] + [row for row in rows[1:] if row and row[0].isdecimal() and int(row[0]) < epochs]
    with atomic_write(path, newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(kept)


def check_disk_space(folder: Path, model: keras.Model, name: str) -> None:
    """Refuses a disk without room for the checkpoints of a run and for the model at its end.

    A checkpoint holds the variables and two slots for each that trains; beside those that are kept, one is written.

    Args:
      folder: of the run.
      model: compiled.
      name: of the option that says where, for the message.

    Raises:
      OSError: with both numbers of bytes.
    """
    size = _size(model.variables) + 2 * _size(model.trainable_variables)
    more = max(1, KEPT + 1 - len(files.numbers(folder / "checkpoints")))
    require_room(folder / "the run", more * size + _size(model.variables), name)


def _size(variables: Iterable[tf.Variable]) -> int:
    return sum(math.prod(variable.shape) * variable.dtype.size for variable in variables)
