"""What an experiment is made of: a configuration that is only fields, and what it stands for.

A `Config` is a frozen dataclass of everything that determines a run's numbers; it can be written to config.json and
compared. An `Experiment` owns what the configuration stands for: data, model, training batches, scores and pictures.
"""

import abc
import dataclasses
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

import numpy as np
import tensorflow as tf

from gpvae_tf import serving
from gpvae_tf._keras import keras
from gpvae_tf.flags.command_line import Gone
from gpvae_tf.flags.options import check_needs, check_values, needs, option, options_of
from gpvae_tf.models.base import LatentVariableModel
from gpvae_tf.training.checkpoints import Checkpoints, check_room
from gpvae_tf.training.execution import JIT, STRATEGIES
from gpvae_tf.training.loop import Phase, train
from gpvae_tf.training.optimizers import PRECISIONS, make_optimizer

PRESET_HELP = "paper: the paper's equations; authors_code: what the released code does."
PRECISION_HELP = "Floating-point precision of the networks; last layers are float32 in mixed precision."


@dataclasses.dataclass(frozen=True)
class Config:
    """What determines a run's numbers. Every field is declared with `option` and is a flag of the same name.

    Attributes:
      gone: flags of the authors' that have no meaning here, for every class of the hierarchy its own.
    """

    preset: str = option("paper", PRESET_HELP, choices=("paper", "authors_code"))
    seed: int = option(0, "Random seed of weights, data order and draws. (The authors' is never used, B6.)")
    precision: str = option("float32", PRECISION_HELP, choices=PRECISIONS)

    gone: ClassVar[Mapping[str, Gone]] = {}

    def __post_init__(self):
        for name, (_, about) in options_of(self).items():
            value = getattr(self, name)
            if isinstance(value, list):  # of config.json and of the command line
                object.__setattr__(self, name, tuple(value))
            elif about.formerly and isinstance(value, str) and value in about.formerly:
                object.__setattr__(self, name, about.formerly[value])
        check_values(self)
        check_needs(self)
        self.check()

    def check(self) -> None:  # noqa: B027 (most configurations have fields that do not depend on each other)
        """Refuses fields that contradict each other.

        Raises:
          ValueError: naming the flags.
        """

    @classmethod
    def all_gone(cls) -> dict[str, Gone]:
        """`gone` of the class and of those it derives from."""
        return {name: why for base in cls.__mro__ for name, why in vars(base).get("gone", {}).items()}


@dataclasses.dataclass(frozen=True)
class RunOptions:
    """How a run is executed and where it is written; nothing here determines a number."""

    base_dir: str = option(".", "Folder in which the run's folder is made.", is_path=True)
    expid: str = option("run", "Name of the run.")
    save: bool = option(True, "Write the run's folder; --nosave trains and prints only.")
    show_pics: bool = option(
        False, "Open the pictures in windows at the end (needs a display).", needs=[needs("save"), needs("figures")]
    )
    jit: str = option("auto", "Compile the training step with XLA; auto: on a GPU only.", choices=JIT)
    strategy: str = option("none", "tf.distribute strategy; multi_worker reads TF_CONFIG.", choices=STRATEGIES)
    resume: bool = option(
        False, "Continue the run in the output folder from its newest whole checkpoint.", needs=needs("save")
    )
    figures: bool = option(True, "Draw the run's pictures at the end.")
    export: bool = option(True, "Write a SavedModel at the end.")
    verbose: int = option(1, "0: quiet, 1: progress bar, 2: one line per epoch.", at_least=0, at_most=2)

    gone: ClassVar[Mapping[str, Gone]] = {
        "ram": Gone("TensorFlow 2 lets GPU memory grow as needed; there is no fraction to set.")
    }

    def __post_init__(self):
        check_values(self)
        check_needs(self)


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

    def compile(self, *, jit_compile: bool = False) -> None:
        """Compiles the model with its optimizer."""
        self.model.compile(self.optimizer(), jit_compile=jit_compile)

    def check_room(self, folder: Path) -> None:
        """Refuses a disk without room for what a run of the compiled model writes.

        Raises:
          OSError: see `training.checkpoints.check_room`.
        """
        check_room(folder, self.model, "--base_dir")

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
