"""What a script needs to know of an experiment: its model, data and metrics, all made from a configuration."""

import abc
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from gpvae_tf import serving
from gpvae_tf._keras import keras
from gpvae_tf.models.base import LatentVariableModel
from gpvae_tf.training.loop import Phase
from gpvae_tf.training.optimizers import make_optimizer


class ExperimentConfig(abc.ABC):
    """A frozen dataclass of what determines a run's numbers, and what it stands for.

    Attributes:
      may_change_on_resume: fields that a resumed run may give another value.
      steps_per_epoch: training steps between evaluations, log rows and checkpoints.
      precision: of the networks.
    """

    may_change_on_resume: tuple[str, ...] = ()
    steps_per_epoch: int
    precision: str

    @abc.abstractmethod
    def folder(self, expid: str) -> str:
        """Name of a run's folder."""

    @property
    @abc.abstractmethod
    def num_steps(self) -> int:
        """Training steps in all."""

    @abc.abstractmethod
    def build_model(self) -> LatentVariableModel:
        """The model, not compiled."""

    def optimizer(self) -> keras.optimizers.Optimizer:
        """Its optimizer."""
        return make_optimizer(precision=self.precision)

    @abc.abstractmethod
    def stream(self, start: int) -> tf.data.Dataset:
        """Endless training batches, the first of which is that of step `start`."""

    @property
    def phases(self) -> Sequence[Phase]:
        """Parts of the run that train in different ways; none if it is of one piece."""
        return ()

    def callbacks(self, model: Any) -> list[keras.callbacks.Callback]:
        """What the model needs besides evaluation, logs and checkpoints; made before a checkpoint is restored."""
        return []

    @abc.abstractmethod
    def evaluate(self, model: Any) -> dict[str, float]:
        """The numbers that go into the logs at the end of every epoch."""

    def finish(self, model: Any) -> None:  # noqa: B027 (most experiments need nothing here)
        """Gives a trained model the weights that it is scored, exported and drawn with; the last ones by default."""

    def score(self, model: Any) -> dict[str, float]:
        """The numbers of a finished model that go into scores.json; those of the logs by default."""
        return self.evaluate(model)

    @abc.abstractmethod
    def summary(self, numbers: Mapping[str, float]) -> str:
        """The scores as one line of text."""

    @abc.abstractmethod
    def servable(self, model: Any) -> serving.Servable:
        """What a SavedModel of the model offers."""
