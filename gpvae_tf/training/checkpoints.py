"""Checkpoints of model, optimizer and epoch: saved every epoch, restored bit for bit, with a fall-back."""

import csv
import warnings
from collections.abc import Callable
from pathlib import Path

import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.files import atomic_write

# What TensorFlow raises for a checkpoint whose bytes are damaged: DataLossError and kin, or its index reader's errors.
_DAMAGE = (tf.errors.OpError, IndexError, ValueError)


class CheckpointError(RuntimeError):
    """No checkpoint of a run could be restored."""


class Checkpoints:
    """The checkpoints of one run.

    Args:
      folder: where they lie.
      model: a built, compiled model (an uncompiled one restores its own variables only).
      keep: how many of the newest to keep.
    """

    def __init__(self, folder: Path, model: keras.Model, *, keep: int = 2):
        self._folder, self._model, self._keep = Path(folder), model, keep
        self.epoch = tf.Variable(0, trainable=False, dtype=tf.int64, name="epoch")
        self._track()

    def _track(self) -> None:
        """Takes the model as it is compiled now."""
        objects = {"model": self._model, "epoch": self.epoch}
        optimizer = getattr(self._model, "optimizer", None)
        self._with_optimizer = optimizer is not None
        if optimizer is not None:
            with self._model.distribute_strategy.scope():  # slots must exist before they are restored, one per replica
                optimizer.build(self._model.trainable_variables)
            objects["optimizer"] = optimizer
        self._checkpoint = tf.train.Checkpoint(**objects)
        self._manager = tf.train.CheckpointManager(self._checkpoint, str(self._folder), max_to_keep=self._keep)

    def save(self, epoch: int) -> None:
        """Saves the state after `epoch` epochs."""
        self.epoch.assign(epoch)
        self._manager.save(checkpoint_number=epoch)

    def saver(self) -> keras.callbacks.Callback:
        """Saves after every epoch; last among the callbacks, so that what a checkpoint promises has been written."""
        return keras.callbacks.LambdaCallback(on_epoch_end=lambda number, logs: self.save(number + 1))

    def restore(self, enter: Callable[[int], None] | None = None) -> int:
        """Restores the newest checkpoint that is whole.

        Args:
          enter: compiles the model as it was compiled at the step it is called with, that of a checkpoint.

        Returns:
          the number of epochs it had done; 0 if there is no checkpoint yet.

        Raises:
          CheckpointError: if there are checkpoints but none can be restored, or they are of another model.
        """
        failures = []
        for path in reversed(self._manager.checkpoints or self._unlisted()):
            try:
                if enter is not None:
                    enter(_steps(path))
                    self._track()
                status = self._checkpoint.restore(path)
                status.assert_existing_objects_matched()
            except AssertionError as error:
                raise CheckpointError(f"{path} is a checkpoint of another model: {error}") from error
            except _DAMAGE as error:
                reason = str(error).splitlines()[0]
                failures.append(f"{path}: {reason}")
                warnings.warn(f"checkpoint {path} is damaged ({reason}); trying the one before", stacklevel=2)
                continue
            if not self._with_optimizer:
                status.expect_partial()
            return int(self.epoch)
        if failures:
            raise CheckpointError("no checkpoint could be restored:\n  " + "\n  ".join(failures))
        return 0

    def _unlisted(self) -> list[str]:
        """Checkpoints that lie in the folder though the state file that lists them is lost or damaged, oldest first."""
        found = {int(p.stem.split("-")[1]): str(p.with_suffix("")) for p in self._folder.glob("ckpt-*.index")}
        if found:
            warnings.warn(
                f"{self._folder}/checkpoint does not list the checkpoints beside it; using them", stacklevel=3
            )
        return [found[number] for number in sorted(found)]


def _steps(path: str) -> int:
    """Training steps that the model of a checkpoint had taken."""
    return int(tf.train.load_checkpoint(path).get_tensor("model/steps/.ATTRIBUTES/VARIABLE_VALUE"))


def trim_csv(path: Path, epochs: int) -> None:
    """Drops the rows of a Keras CSV log whose epoch is not among the first `epochs` (they will be run again)."""
    if not path.exists():
        return
    with path.open(newline="") as stream:
        rows = list(csv.reader(stream))
    kept = rows[:1] + [row for row in rows[1:] if row and row[0].isdigit() and int(row[0]) < epochs]
    with atomic_write(path, newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(kept)
