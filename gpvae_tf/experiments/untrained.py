"""Experiments that have nothing to train: rules beside the models of a table, run and collected as these are."""

from pathlib import Path
from typing import Any

import tensorflow as tf

from gpvae_tf.experiments.base import C, Experiment
from gpvae_tf.files import atomic_write

_LOG = "epoch,seconds,step\n0,0.0,1\n"  # a log of one step, as every run has one


class UntrainedExperiment(Experiment[C]):
    """An experiment without a model: data and scores only."""

    trains = False

    @property
    def num_steps(self) -> int:
        return 1

    @property
    def steps_per_epoch(self) -> int:
        return 1

    @property
    def steps_done(self) -> int:
        return self.num_steps

    def build_model(self) -> None:
        """There is none."""

    def compile(self, **options: Any) -> None:
        """There is nothing to compile."""

    def check_disk_space(self, folder: Path) -> None:
        """There are no checkpoints that need it."""

    def restore(self, folder: Path) -> bool:
        """Everything is there without a checkpoint."""
        return True

    def train(self, folder: Path | None = None, *, resume: bool = False, verbose: int = 1) -> None:
        """Writes the log of a run that ends with its first step."""
        if folder is not None:
            with atomic_write(folder / "metrics.csv") as file:
                file.write(_LOG)

    def stream(self, start: int) -> tf.data.Dataset:
        """There are no training batches.

        Raises:
          TypeError: always.
        """
        raise TypeError(f"{type(self).__name__} has nothing to train, so it has no batches")

    def evaluate(self) -> dict[str, float]:
        return {}

    def servable(self) -> Any:
        return None
