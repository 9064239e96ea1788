"""Callbacks of our own: evaluation, logs, and GPPVAE's latents."""

import csv
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from gpvae_tf._keras import keras

Evaluation = Callable[[keras.Model], Mapping[str, float]]


class Clock(keras.callbacks.Callback):
    """Adds the step count and the seconds of training to the logs at the end of every epoch.

    It comes before all other callbacks, so that what they do first counts, such as `RefreshLatents`, and not what they
    do at the end, such as validation.
    """

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Starts the epoch's clock."""
        self._started = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Stops the clock."""
        if logs is not None:
            logs["step"] = self.model.num_steps
            logs["seconds"] = round(time.monotonic() - self._started, 3)


class Evaluate(keras.callbacks.Callback):
    """Adds an evaluation's numbers to the logs at the end of every epoch.

    Args:
      evaluation: maps the model to named numbers.
    """

    def __init__(self, evaluation: Evaluation):
        super().__init__()
        self._evaluation = evaluation

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Evaluates."""
        if logs is not None:
            logs.update(self._evaluation(self.model))


class CsvLog(keras.callbacks.CSVLogger):
    """Keras' CSV log without its empty "val_" columns; appends, so that a resumed run continues its file.

    A file keeps its first columns: a number that later versions of the library log besides is left out of it.
    """

    keys: list[str] | None  # the columns, set at the end of the first epoch

    def __init__(self, path: Path):
        super().__init__(str(path), append=True)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Takes over the columns of a file that exists."""
        path = Path(self.filename)
        if self.keys is None and path.exists():
            with path.open(newline="") as stream:
                _, *self.keys = next(csv.reader(stream), [""])
            self.keys = self.keys or None
        super().on_train_begin(logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Fixes the columns to those of the first epoch; Keras would add a "val_" column for each.

        A number that an epoch lacks is NaN; Keras would write the text "NA".
        """
        if self.keys is None:
            self.keys = sorted(logs or {})
        super().on_epoch_end(epoch, dict.fromkeys(self.keys, float("nan")) | (logs or {}))


class RefreshLatents(keras.callbacks.Callback):
    """Encodes the whole training set at the beginning of every epoch whose stage needs it (`GPPVAE.refresh`).

    What an evaluation just encoded, at the same step, is not encoded again; the draws would be the same.

    Args:
      batches: the training set with "index", iterated once an epoch (no generator, which can be iterated only once).
    """

    def __init__(self, batches: Iterable[Mapping[str, tf.Tensor]]):
        super().__init__()
        self._batches = batches
        # True if the next epoch continues an interrupted one, whose latents were refreshed when it began.
        self.continues = False

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Encodes the training set, unless that was done at this very step."""
        if self.continues:
            self.continues = False
        elif not self.model.ignores_gp and int(self.model.bank.filled_at.numpy()) != self.model.num_steps:
            self.model.refresh(self._batches)
