"""One training run: `fit` with evaluation, logs, checkpoints and resumption."""

from collections.abc import Callable
from pathlib import Path

import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.training.callbacks import CsvLog, Evaluate, Evaluation, StopOnNonFinite
from gpvae_tf.training.checkpoints import Checkpoints, SaveEveryEpoch, trim_csv

Stream = Callable[[int], tf.data.Dataset]


def train(
    model: keras.Model,
    stream: Stream,
    *,
    steps: int,
    steps_per_epoch: int,
    evaluation: Evaluation,
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
      folder: the run's folder for metrics.csv, tensorboard/ and checkpoints/; None writes nothing.
      resume: continue from the newest whole checkpoint in the folder.
      verbose: Keras' progress bar, 0, 1 or 2.

    Raises:
      ValueError: if steps or steps_per_epoch is not positive.
      CheckpointError, TrainingDiverged: see there.
    """
    for name, value in (("steps", steps), ("steps_per_epoch", steps_per_epoch)):
        if value < 1:
            raise ValueError(f"{name} must be >= 1, got {value}")
    callbacks: list[keras.callbacks.Callback] = [Evaluate(evaluation), StopOnNonFinite(stream(0))]
    epoch = 0
    if folder is not None:
        checkpoints = Checkpoints(folder / "checkpoints", model)
        epoch = checkpoints.restore() if resume else 0
        trim_csv(folder / "metrics.csv", epoch)
        board = keras.callbacks.TensorBoard(str(folder / "tensorboard"), write_graph=False, update_freq="epoch")
        callbacks += [CsvLog(folder / "metrics.csv"), board, SaveEveryEpoch(checkpoints)]
    whole, rest = divmod(max(steps - model.num_steps, 0), steps_per_epoch)
    for epochs, size in ((whole, steps_per_epoch), (1, rest)):
        if epochs and size:
            model.fit(
                stream(model.num_steps),
                initial_epoch=epoch,
                epochs=epoch + epochs,
                steps_per_epoch=size,
                callbacks=callbacks,
                verbose=verbose,
            )
            epoch += epochs
