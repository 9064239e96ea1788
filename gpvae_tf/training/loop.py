"""One training run: `fit` with evaluation, logs, checkpoints and resumption."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.checks import at_least_one
from gpvae_tf.training.callbacks import Clock, CsvLog, Evaluate, Evaluation
from gpvae_tf.training.checkpoints import Checkpoints, trim_csv
from gpvae_tf.training.divergence import StopOnNonFinite
from gpvae_tf.training.scores import SCORES
from gpvae_tf.training.stopping import (
    ContinueEpoch,
    DeferSignals,
    StopWorkersTogether,
    metric_variables,
    saving_when_stopped,
)
from gpvae_tf.training.workers import WorkerGroup, watched

Stream = Callable[[int], tf.data.Dataset]


class Phase(NamedTuple):
    """A part of a run that trains in its own way.

    Attributes:
      end: the step it ends at, counted from the beginning of the run.
      configure: sets the model up for it.
      optimizer: makes the optimizer with which the model is compiled for it; None leaves the model as it is compiled.
    """

    end: int
    configure: Callable[[keras.Model], None] = lambda model: None
    optimizer: Callable[[], keras.optimizers.Optimizer] | None = None

    def enter(self, model: keras.Model) -> None:
        """Makes the model train in this phase's way from now on."""
        self.configure(model)
        if self.optimizer is not None:
            with model.distribute_strategy.scope():
                at_once = int(model.steps_per_execution.numpy())
                model.compile(self.optimizer(), jit_compile=model.jit_compile, steps_per_execution=at_once)


def train(
    model: keras.Model,
    stream: Stream,
    *,
    steps: int,
    steps_per_epoch: int,
    evaluation: Evaluation,
    phases: Sequence[Phase] = (),
    callbacks: Sequence[keras.callbacks.Callback] = (),
    folder: Path | None = None,
    resume: bool = False,
    verbose: int = 1,
) -> None:
    """Trains a compiled model for a number of steps, evaluating and saving every epoch.

    Args:
      model: compiled; its `steps` variable counts the steps taken.
      stream: step number -> endless dataset of batches beginning with the one for that step.
      steps: in all, those of the run being resumed included.
      steps_per_epoch: steps between evaluations and checkpoints; the last epoch may be shorter.
      evaluation: its numbers go into the logs of every epoch.
      phases: parts that train differently, in order, the last one ending at `steps`; empty: the whole run trains in
        one way.
      callbacks: the model's own; they come before evaluation, logs and checkpoints.
      folder: the run's folder for metrics.csv, tensorboard/ and checkpoints/; scores.json there is deleted, as it
        describes fewer steps. None writes nothing.
      resume: continue from the newest whole checkpoint in the folder, in mid-epoch if the run was stopped there.
      verbose: Keras' progress bar, 0, 1 or 2.

    Raises:
      ValueError: if steps or steps_per_epoch is not positive, or the phases do not end at `steps`.
      CheckpointError, TrainingDiverged: see there.
      ClusterError, WorkerLost: if the model has several workers, whose data differ, or one is lost.
      Interrupted: with where it was stopped and what is saved, if a signal asked the process to end.
    """
    for name, value in (("steps", steps), ("steps_per_epoch", steps_per_epoch)):
        at_least_one(name, value)
    in_phases, phases = bool(phases), phases or [Phase(steps)]
    ends = [phase.end for phase in phases]
    if ends != sorted(set(ends)) or ends[-1] != steps:
        raise ValueError(f"phases must end in order and the last at steps = {steps}, got {ends}")
    everyone = WorkerGroup(model.distribute_strategy)
    if not everyone.is_alone:
        everyone.check_same("first batch", next(iter(stream(0))))
    # A worker that was killed before its first checkpoint goes on with the others.
    resume = folder is not None and bool(everyone.gathered([resume]).any())
    together = StopWorkersTogether(everyone)
    epoch, left, entered = 0, 0, None
    means: list[np.ndarray] = []
    checkpoints: Checkpoints | None = None

    def enter(step: int) -> None:
        nonlocal entered
        entered = next((phase for phase in phases if step <= phase.end), phases[-1])
        entered.enter(model)

    if folder is not None and resume:
        checkpoints = Checkpoints(folder / "checkpoints", model)
        epoch = checkpoints.restore(enter if in_phases else None)
        left, means = int(checkpoints.steps_left), [variable.numpy() for variable in metric_variables(model)]
        if any(getattr(callback, "is_over", False) for callback in callbacks):  # a callback has ended the run already
            return
    for phase in phases:
        if model.num_steps >= phase.end:
            continue
        if phase is not entered:
            phase.enter(model)
        called: list[keras.callbacks.Callback] = [Clock(), StopOnNonFinite(stream), *callbacks, Evaluate(evaluation)]
        if folder is not None:
            (folder / SCORES).unlink(missing_ok=True)  # it describes fewer steps
            checkpoints = Checkpoints(folder / "checkpoints", model)
            trim_csv(folder / "metrics.csv", epoch)
            board = keras.callbacks.TensorBoard(str(folder / "tensorboard"), write_graph=False, update_freq="epoch")
            called += [CsvLog(folder / "metrics.csv"), board, checkpoints.saver()]
        for epochs, size in epoch_plan(phase.end - model.num_steps, left, steps_per_epoch):
            more = [ContinueEpoch(means, callbacks)] if left else []
            left = 0
            with (
                saving_when_stopped(model, checkpoints, epoch, size),
                watched(everyone.index, everyone.number),
                DeferSignals() as one_by_one,
            ):
                model.fit(
                    stream(model.num_steps),
                    initial_epoch=epoch,
                    epochs=epoch + epochs,
                    steps_per_epoch=size,
                    callbacks=[*more, *called, one_by_one if everyone.is_alone else together],
                    verbose=verbose,
                )
            if model.stop_training:  # a callback ended it early
                return
            epoch += epochs


def epoch_plan(steps: int, begun: int, per_epoch: int) -> list[tuple[int, int]]:
    """How steps make epochs, (epochs, steps in each): the rest of a begun one, whole ones, a shorter last one.

    Args:
      steps: to be taken, which may be fewer than when the epoch was begun.
      begun: steps that are left of an epoch that was stopped; 0 if none was.
      per_epoch: steps of a whole epoch.
    """
    rest = min(begun, steps)
    whole, last = divmod(steps - rest, per_epoch)
    return [(epochs, size) for epochs, size in ((1, rest), (whole, per_epoch), (1, last)) if epochs and size]
