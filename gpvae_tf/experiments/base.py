"""What an experiment is: what a configuration stands for, which is data, model, training, scores and pictures."""

import abc
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

import numpy as np
import tensorflow as tf

from gpvae_tf import serving
from gpvae_tf._keras import keras
from gpvae_tf.experiments.config import Config, RunOptions
from gpvae_tf.models.base import LatentVariableModel
from gpvae_tf.training.checkpoints import Checkpoints, check_disk_space
from gpvae_tf.training.loop import Phase, train
from gpvae_tf.training.optimizers import make_optimizer


class Scores(NamedTuple):
    """What a finished model is worth.

    Attributes:
      numbers: by name, for scores.json.
      per_image: by name, one number per test image [n], for NAME.npy; t-tests between runs need them.
    """

    numbers: dict[str, float]
    per_image: Mapping[str, np.ndarray] = {}


C = TypeVar("C", bound=Config)


class Experiment(abc.ABC, Generic[C]):
    """A configuration's data, model, training and scores; what is costly is made when it is first asked for.

    Attributes:
      name: in config.json and in `EXPERIMENTS`.
      script: file in scripts/ that runs it.
      config_class: class of its configurations.
      options_class: class of what its runs can be told besides.
      expid: default name of a run.
      folder_name: name of a run's folder, in which expid and fields of the configuration stand in braces.
      aliases: the authors' names of flags that all scripts share, and ours.
      trains: whether there is anything to train.
      config: the configuration.
    """

    name: ClassVar[str]
    script: ClassVar[str]
    config_class: ClassVar[type[Config]]
    options_class: ClassVar[type[RunOptions]] = RunOptions
    expid: ClassVar[str] = "debug"
    folder_name: ClassVar[str]
    aliases: ClassVar[Mapping[str, str]] = {}
    trains: ClassVar[bool] = True

    def __init__(self, config: C):
        self.config = config

    def folder(self, expid: str) -> str:
        """Name of a run's folder."""
        return self.folder_name.format(expid=expid, **vars(self.config))

    @property
    @abc.abstractmethod
    def num_steps(self) -> int:
        """Training steps in all."""

    @property
    @abc.abstractmethod
    def steps_per_epoch(self) -> int:
        """Training steps between evaluations, log rows and checkpoints."""

    @functools.cached_property
    def model(self) -> Any:
        """The model, as it is trained, restored and scored; not compiled at first."""
        return self.build_model()

    @property
    def steps_done(self) -> int:
        """Training steps that the model has had."""
        return self.model.num_steps

    @abc.abstractmethod
    def build_model(self) -> LatentVariableModel | None:
        """A new model; None where nothing trains."""

    def optimizer(self) -> keras.optimizers.Optimizer:
        """A new optimizer for it."""
        return make_optimizer(precision=self.config.precision)

    @abc.abstractmethod
    def stream(self, start: int) -> tf.data.Dataset:
        """Endless training batches, the first of which is that of step `start`."""

    @property
    def phases(self) -> Sequence[Phase]:
        """Parts of the run that train in different ways; none if it is of one piece."""
        return ()

    def callbacks(self) -> Sequence[keras.callbacks.Callback]:
        """What training needs besides evaluation, logs and checkpoints."""
        return ()

    @abc.abstractmethod
    def evaluate(self) -> dict[str, float]:
        """The numbers that go into the logs at the end of every epoch."""

    def compile(self, *, jit_compile: bool = False, steps_per_execution: int = 1) -> None:
        """Compiles the model with its optimizer; see Keras' `compile` for the options."""
        self.model.compile(self.optimizer(), jit_compile=jit_compile, steps_per_execution=steps_per_execution)

    @property
    def steps_per_data_epoch(self) -> int:
        """Training steps that see the training set once, where batches come in epochs."""
        return 1

    def check_options(self, options: Any) -> None:  # noqa: B027 (most configurations serve all options)
        """Refuses, before any work, options of the run that its configuration cannot serve.

        Raises:
          ValueError: naming the flags.
        """

    def check_disk_space(self, folder: Path) -> None:
        """Refuses a disk without room for what a run of the compiled model writes.

        Raises:
          OSError: see `training.checkpoints.check_disk_space`.
        """
        check_disk_space(folder, self.model, "--base_dir")

    def restore(self, folder: Path) -> bool:
        """Gives the model the weights of a run's newest whole checkpoint; says whether there is one.

        Raises:
          CheckpointError: see `training.checkpoints.Checkpoints.restore`.
        """
        return bool(Checkpoints(folder / "checkpoints", self.model).restore())

    def train(self, folder: Path | None = None, *, resume: bool = False, verbose: int = 1) -> None:
        """Trains the compiled model to the end and chooses its weights.

        Args:
          folder: of the run, for logs and checkpoints; None writes nothing.
          resume: continue from the newest whole checkpoint in the folder.
          verbose: Keras' progress bar, 0, 1 or 2.

        Raises:
          CheckpointError, TrainingDiverged: see `training.loop.train`.
        """
        train(
            self.model,
            self.stream,
            steps=self.num_steps,
            steps_per_epoch=min(self.num_steps, self.steps_per_epoch),
            evaluation=lambda _: self.evaluate(),
            phases=self.phases,
            callbacks=self.callbacks(),
            folder=folder,
            resume=resume,
            verbose=verbose,
        )
        self.select_weights()

    def select_weights(self) -> None:  # noqa: B027 (most experiments keep the last ones)
        """Gives the trained model the weights that it is scored, exported and drawn with."""

    def score(self) -> Scores:
        """The numbers of the finished model; those of the logs by default."""
        return Scores(self.evaluate())

    def write_extras(self, folder: Path, options: Any) -> list[Path]:
        """Writes numbers of the finished model that only some runs ask for; returns the paths of the files."""
        return []

    @abc.abstractmethod
    def summary(self, numbers: Mapping[str, float]) -> str:
        """The scores as one line of text."""

    @abc.abstractmethod
    def servable(self) -> serving.Servable | None:
        """What a SavedModel of the model offers; None where there is no model."""
