"""Callbacks of our own: evaluation, logs, an end to training that no longer moves, and GPPVAE's latents."""

import csv
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.gp.linalg import FactorizationError

Evaluation = Callable[[keras.Model], Mapping[str, float]]


class TrainingDiverged(ArithmeticError):
    """Steps in a row had gradients that were not finite; the weights are those of the last good step."""


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
        """Fixes the columns to those of the first epoch; Keras would add a "val_" column for each."""
        if self.keys is None:
            self.keys = sorted(logs or {})
        super().on_epoch_end(epoch, logs)


class StopOnNonFinite(keras.callbacks.Callback):
    """Ends training when `patience` steps in a row were skipped because their gradients were not finite.

    Args:
      batches: a dataset to take a batch from, on which the bound is then evaluated eagerly to name the culprit.
      patience: steps. mixed_float16 rightly skips some ten while its loss scale settles.

    Raises:
      TrainingDiverged: with the name, size, dtype and jitter of the matrix that had no factor, if that was the cause.
    """

    def __init__(self, batches: Iterable[Mapping[str, tf.Tensor]], patience: int = 50):
        super().__init__()
        self._batches, self._patience = batches, patience
        self._seen, self._skipped = 0, 0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Steps skipped by an earlier part of the run do not count."""
        self._seen, self._skipped = 0, self.model.num_skipped

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Looks once in `patience` steps, so that the device need not be waited for at every step."""
        self._seen += 1
        if self._seen % self._patience:
            return
        skipped = self.model.num_skipped
        if skipped - self._skipped >= self._patience:
            raise TrainingDiverged(
                f"the last {self._patience} steps had gradients that were not finite and were skipped; the weights are "
                f"those of step {self.model.num_steps - self._patience}. {self._diagnosis()}"
            )
        self._skipped = skipped

    def _diagnosis(self) -> str:
        try:
            bound = self.model.elbo(next(iter(self._batches)))
        except FactorizationError as error:
            return f"Cause: {error}"
        parts = ", ".join(f"{name} {float(tf.reduce_mean(v)):.4g}" for name, v in bound.parts.items())
        reconstruction = float(tf.reduce_mean(bound.reconstruction))
        return (
            f"Every matrix has a factor; the bound has reconstruction {reconstruction:.4g}, {parts}. Try a smaller "
            "learning rate, clipped encoder variances, or clipped gradients."
        )


class RefreshLatents(keras.callbacks.Callback):
    """Encodes the whole training set at the beginning of every epoch whose stage needs it (`GPPVAE.refresh`).

    What an evaluation just encoded, at the same step, is not encoded again; the draws would be the same.

    Args:
      batches: the training set with "index", to be iterated once an epoch (not a generator, which ends for good).
    """

    def __init__(self, batches: Iterable[Mapping[str, tf.Tensor]]):
        super().__init__()
        self._batches = batches

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Refreshes, unless the bank is of this very step."""
        if not self.model.ignores_gp and int(self.model.bank.filled_at.numpy()) != self.model.num_steps:
            self.model.refresh(self._batches)
