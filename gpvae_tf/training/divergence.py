"""Training that diverges, or skips all its steps, is ended with a message that names the step and the cause."""

import itertools
import math
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.models.trainer.nonfinite import NonFiniteWeights
from gpvae_tf.models.trainer.nonfinite_cause import ADVICE, cause

Batches = Iterable[Mapping[str, tf.Tensor]]

_SUSPICIOUS = 1e3  # times as many nats as at the start; the two-level VAE of CP-VAE's table recovered from 5e3
_HOPELESS = 1e9  # the authors' FGP-VAE with GECO, whose bound is not what it trains on, ends at 2e6


class TrainingDiverged(ArithmeticError):
    """Training diverged, or took no step any more; the newest checkpoint is from before that."""


class StopOnNonFinite(keras.callbacks.Callback):
    """Ends training that diverged or takes no step any more, before its numbers and weights are logged or saved.

    Training ends when `patience` steps in a row were skipped because their gradients were not finite, or all steps of a
    shorter training; when a weight or the optimizer's state is not finite; and when the bound is 10^9 times as far
    below zero as at the start. A bound that ends 10^3 times as far is warned of: some runs have recovered from that.

    Args:
      batches: of the training set, from the first step on, or a function of the step that gives those from it on; the
        bound of the last skipped step is evaluated again, eagerly, to name the culprit.
      patience: steps. mixed_float16 rightly skips some ten while its loss scale settles.

    Raises:
      TrainingDiverged: with the step, and what was wrong there: the observations, or the name, size, dtype and jitter
        of the matrix that had no factor.
    """

    def __init__(self, batches: Batches | Callable[[int], Batches], patience: int = 50):
        super().__init__()
        self._batches, self._patience = batches, patience
        self._began: int | None = None
        self._start: float | None = None  # the bound of the first step, nats
        self._seen, self._in_a_row, self._skipped, self._bound = 0, 0, 0.0, math.nan
        self._first = 0  # the step that training begins with

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Steps skipped by an earlier part of the run do not count."""
        self._seen, self._in_a_row, self._skipped = 0, 0, float(self.model.num_skipped)
        self._first = self.model.num_steps
        if self._began is None:
            self._began = self.model.num_steps

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Counts the steps that were skipped in a row; of several taken in one go either all of them or none."""
        logs = logs or {}
        skipped, seen = float(logs.get("skipped", self.model.num_skipped)), self.model.num_steps - self._first
        taken, self._seen = seen - self._seen, seen
        self._in_a_row = self._in_a_row + taken if skipped - self._skipped > taken - 0.5 else 0
        self._skipped = skipped
        if self._start is None and math.isfinite(first := float(logs.get("elbo", math.nan))):
            self._start = first
        if self._in_a_row >= self._patience:
            self._fail(f"the last {self._in_a_row} steps")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Ends training if a weight or the optimizer's state is not finite, or the epoch's bound is far too low."""
        try:
            self.model.check_finite()
        except NonFiniteWeights as error:
            raise TrainingDiverged(str(error)) from error
        self._bound = float((logs or {}).get("elbo", math.nan))
        if self._is_below(_HOPELESS):
            raise TrainingDiverged(
                f"training diverged: the bound was {self._start:.4g} nats at first and {self._bound:.4g} in the epoch "
                f"up to step {self.model.num_steps:,}, which is not saved. {ADVICE}"
            )

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Refuses a training that skipped all its steps, and warns of a bound that ended far below the first."""
        if self._seen and self._in_a_row == self._seen and not math.isfinite(self._bound):
            self._fail(f"all {self._seen} steps")
        if self._is_below(_SUSPICIOUS):
            warnings.warn(
                f"the bound ended at {self._bound:.4g} nats, far below the {self._start:.4g} of the first step: unless "
                f"the objective is another, training diverged. {ADVICE}",
                stacklevel=2,
            )

    def _is_below(self, factor: float) -> bool:
        """Whether the bound is so many times as far below zero as at the start; at least a nat a value counts there."""
        if self._start is None:
            return False
        scale = max(abs(self._start), float(math.prod(self.model.event_shape)))
        return self._bound < self._start - factor * scale

    def _fail(self, which: str) -> None:
        step = self.model.num_steps
        raise TrainingDiverged(
            f"{which} had gradients that were not finite and were skipped; the weights are those of step "
            f"{step - self._in_a_row}. {self._diagnosis(step - 1)}"
        )

    def _diagnosis(self, step: int) -> str:
        """What is wrong with a step, counted from 0."""
        batch = self._batch_of(step)
        if batch is None:
            return ADVICE
        return cause(self.model, batch, f"the batch of step {step + 1}")

    def _batch_of(self, step: int) -> Mapping[str, tf.Tensor] | None:
        if callable(self._batches):
            return next(iter(self._batches(step)), None)
        since = step - (self._began or 0)
        return next(itertools.islice(iter(self._batches), since, None), None)
