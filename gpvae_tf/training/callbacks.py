"""Callbacks of our own: evaluation, logs, and GPPVAE's latents."""

import csv
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from gpvae_tf._keras import keras

Evaluation = Callable[[keras.Model], Mapping[str, float]]


class Evaluate(keras.callbacks.Callback):
    """Adds the step count, seconds per epoch and an evaluation's numbers to the logs at the end of every epoch.

    Args:
      evaluation: maps the model to named numbers.
    """

    def __init__(self, evaluation: Evaluation):
        super().__init__()
        self._evaluation = evaluation
        self._started = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Starts the epoch's clock."""
        self._started = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Evaluates, after the clock is stopped."""
        if logs is not None:
            logs["step"] = self.model.num_steps
            logs["seconds"] = round(time.monotonic() - self._started, 3)
            logs.update(self._evaluation(self.model))


class CsvLog(keras.callbacks.CSVLogger):
    """Keras' CSV log without its empty "val_" columns; appends, so that a resumed run continues its file.

    A file keeps the columns it began with: a log that has come since, such as "loss", is left out of it.
    """

    keys: list[str] | None  # the columns, set at the end of the first epoch

    def __init__(self, path: Path):
        super().__init__(str(path), append=True)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Takes the columns of a file that is there."""
        path = Path(self.filename)
        if self.keys is None and path.exists():
            with path.open(newline="") as stream:
                _, *self.keys = next(csv.reader(stream), [""])
            self.keys = self.keys or None
        super().on_train_begin(logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Fixes the columns to those of the first epoch; Keras would add a "val_" column for each.

        What an epoch does not have is NaN, where Keras writes a text.
        """
        if self.keys is None:
            self.keys = sorted(logs or {})
        super().on_epoch_end(epoch, dict.fromkeys(self.keys, float("nan")) | (logs or {}))


class RefreshLatents(keras.callbacks.Callback):
    """Encodes the whole training set at the beginning of every epoch whose stage needs it (`GPPVAE.refresh`).

    What an evaluation just encoded, at the same step, is not encoded again; the draws would be the same.

    Args:
      batches: the training set with "index", to be iterated once an epoch (not a generator, which ends for good).
    """

    def __init__(self, batches: Iterable[Mapping[str, tf.Tensor]]):
        super().__init__()
        self._batches = batches
        self.continues = False  # whether an epoch is gone on with that began before, and had its refreshment

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Refreshes, unless the bank is of this very step."""
        if self.continues:
            self.continues = False
        elif not self.model.ignores_gp and int(self.model.bank.filled_at.numpy()) != self.model.num_steps:
            self.model.refresh(self._batches)
