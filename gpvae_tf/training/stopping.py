"""Training that a signal stops within an epoch, and that goes on there as if it had not been stopped."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.flags import signals
from gpvae_tf.training.checkpoints import Checkpoints


class BetweenSteps(keras.callbacks.Callback):
    """Lets a signal wait until the training step in progress is done; the last callback, so that all have seen it."""

    def __init__(self) -> None:
        super().__init__()
        self._step = contextlib.ExitStack()

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Lets it wait from now on."""
        self._step.enter_context(signals.deferred())

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Raises what has come."""
        self._step.close()


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
        """Assigns the values."""
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
    before, and so do several workers, which would have to agree on a step.

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
    try:
        yield
    except signals.Interrupted as stop:
        if checkpoints is None:
            raise signals.Interrupted(stop.number, f"at step {model.num_steps:,}; nothing is saved") from None
        saved = int(checkpoints.epoch)
        begun = first + (saved - epoch) * steps_per_epoch
        within, told = model.num_steps - begun, f"at step {model.num_steps:,}, which is saved"
        alone = not isinstance(model.distribute_strategy, tf.distribute.MultiWorkerMirroredStrategy)
        if alone and not stop.torn and 0 < within < steps_per_epoch:
            checkpoints.save_within_epoch(saved, steps_per_epoch - within)
        elif within:
            told = f"at step {model.num_steps:,}; step {begun:,} is saved"
        raise signals.Interrupted(stop.number, told) from None
