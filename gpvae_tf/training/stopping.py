"""Training that a signal stops within an epoch, and that goes on there as if it had not been stopped."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.flags import signals
from gpvae_tf.training.checkpoints import Checkpoints
from gpvae_tf.training.workers import WorkerGroup

_SECONDS = 0.5  # between two looks of several workers at the signals that they got


class DeferSignals(keras.callbacks.Callback):
    """Lets a signal wait until the training step in progress is done; the last callback, so that all have seen it.

    The context of `fit`, at whose end no signal waits for a step that failed.
    """

    def __init__(self) -> None:
        super().__init__()
        self._step = contextlib.ExitStack()

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Defers signals from now on."""
        self._step.enter_context(signals.deferred())

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Raises the signal that has come meanwhile."""
        self._step.close()

    def __enter__(self) -> "DeferSignals":
        return self

    def __exit__(self, *raised: Any) -> None:
        self._step.__exit__(*raised)


class StopWorkersTogether(keras.callbacks.Callback):
    """Lets a signal that one worker got stop all of them after the same step; the last callback, as `DeferSignals`.

    The workers tell each other about twice a second what signal waits, and how long a step takes in the slowest of
    them, from which all know after how many steps they do so again; and at the end of every epoch.

    Args:
      everyone: the workers.
    """

    def __init__(self, everyone: WorkerGroup):
        super().__init__()
        self._everyone, self._every, self._left, self._since = everyone, 1, 1, time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Asks the other workers for signals, if it is time to."""
        self._left -= 1
        if not self._left:
            pace = (time.monotonic() - self._since) / self._every
            slowest = self._look(round(1e6 * pace))
            self._every = self._left = int(np.clip(_SECONDS * 1e6 / max(slowest, 1), 1, 100))
            self._since = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Asks the other workers for signals, when the epoch is saved."""
        self._look(0)

    def _look(self, pace: int) -> int:
        """Raises the signal that a worker got; returns how long a step takes in the slowest one, microseconds."""
        told = self._everyone.gathered([signals.waiting(), pace])
        if len(stopped := np.flatnonzero(told[:, 0])):
            signals.forget()
            first, is_own = int(stopped[0]), told[self._everyone.index, 0] > 0
            raise signals.Interrupted(int(told[first, 0]), "" if is_own else f"of worker {first}")
        return int(told[:, 1].max())


class ContinueEpoch(keras.callbacks.Callback):
    """Lets the first epoch be the rest of one that was begun before the run was stopped.

    Args:
      means: values of the metrics' variables, which Keras sets to zero when an epoch begins.
      others: the run's own callbacks; one with an attribute `continues` is told that the epoch began before.
    """

    def __init__(self, means: Sequence[np.ndarray], others: Sequence[keras.callbacks.Callback]):
        super().__init__()
        self._means, self._others = means, others

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Assigns the metrics' values, and tells the callbacks."""
        for variable, value in zip(metric_variables(self.model), self._means, strict=True):
            variable.assign(value)
        for callback in self._others:
            if hasattr(callback, "continues"):
                callback.continues = True


def metric_variables(model: keras.Model) -> list[tf.Variable]:
    """The variables of a model's metrics, which hold the means of an epoch."""
    return [variable for metric in model.metrics for variable in metric.variables]


@contextlib.contextmanager
def saving_when_stopped(
    model: keras.Model, checkpoints: Checkpoints | None, epoch: int, steps_per_epoch: int
) -> Iterator[None]:
    """Saves a model that a signal stops in the block, which trains it for some epochs.

    A run that is stopped after the last step of an epoch, and before its evaluation is done, goes on from the epoch
    before. Several workers stop after the same step (`StopWorkersTogether`), unless Ctrl-C comes twice.

    Args:
      model: that is trained.
      checkpoints: of the run; None saves nothing.
      epoch: how many epochs are done at first.
      steps_per_epoch: of the epochs in the block.

    Raises:
      Interrupted: with the step, and what is saved.
    """
    first = model.num_steps
    if checkpoints is not None:
        checkpoints.epoch.assign(epoch)
    is_alone = WorkerGroup(model.distribute_strategy).is_alone
    try:
        with contextlib.nullcontext() if is_alone else signals.deferred():
            yield
    except signals.Interrupted as stop:
        place = f"{stop} at step {model.num_steps:,}".lstrip()
        if checkpoints is None:
            raise signals.Interrupted(stop.number, f"{place}; nothing is saved") from None
        saved = int(checkpoints.epoch)
        begun = first + (saved - epoch) * steps_per_epoch
        within, told = model.num_steps - begun, f"{place}, which is saved"
        if not stop.torn and 0 < within < steps_per_epoch:
            checkpoints.save_within_epoch(saved, steps_per_epoch - within)
        elif within:
            told = f"{place}; step {begun:,} is saved"
        raise signals.Interrupted(stop.number, told) from None
