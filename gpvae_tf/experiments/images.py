"""What the experiments on single images share: data splits, streams, the choice of an epoch on validation images."""

import abc
import dataclasses
import functools
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
import tensorflow as tf

from gpvae_tf import serving
from gpvae_tf._keras import keras
from gpvae_tf.data.row_batches import steps_per_epoch
from gpvae_tf.datasets import cache, image_sets
from gpvae_tf.datasets.binarization import Splits
from gpvae_tf.evaluation.bounds import NegativeELBO
from gpvae_tf.experiments.base import Experiment
from gpvae_tf.experiments.config import Config
from gpvae_tf.flags.options import option
from gpvae_tf.models.base import LatentVariableModel
from gpvae_tf.objectives import BetaELBO, KLWarmUp, Objective
from gpvae_tf.training.early_stopping import BestWeightsStopping, track_best_weights
from gpvae_tf.training.optimizers import make_optimizer


@dataclasses.dataclass(frozen=True)
class ImageConfig(Config):
    """Options that every script on single images has."""

    cosine: bool = option(False, "Let the learning rate fall to zero along half a cosine.")
    mnist_manual_dir: str | None = option(
        None, "Folder with MNIST's four .gz files, for machines without network.", may_change=True, is_path=True
    )
    data_dir: str | None = option(
        None, "Where TFDS keeps what it prepared; its own default if not given.", may_change=True, is_path=True
    )


# Files that stand in for TFDS where there is no network, in the data folder (`cache.folder`), by data set.
STAND_INS: Mapping[str, str] = {"omniglot": "omniglot28.npz", "cifar10": "cifar10_subset.npz"}


def with_stand_in(given: Mapping[str, Any], dataset: str) -> Mapping[str, Any]:
    """Fields of a configuration, --data_file among them if the data set's stand-in is there."""
    file = cache.folder() / STAND_INS[dataset] if dataset in STAND_INS else None
    return {**given, "data_file": str(file)} if file and file.exists() else given


@dataclasses.dataclass(frozen=True)
class WarmUpConfig(ImageConfig):
    """Options of scripts whose KL may count less at first."""

    warmup: int = option(0, "Epochs in which the weight of the KL rises to 1; 0 is off.", at_least=0)

    def objective(self, steps_per_epoch: int, exempt: Collection[str] = ()) -> Objective:
        """The bound with the KL's weight rising to 1 over --warmup epochs; parts that are exempt have it at once."""
        return KLWarmUp(self.warmup, steps_per_epoch, exempt=exempt) if self.warmup else BetaELBO()


@dataclasses.dataclass(frozen=True)
class Schedule:
    """How long and how fast an experiment on single images trains, whatever the authors call the flags.

    Attributes:
      batch_size: images per step.
      epochs: number of epochs if training is not stopped early.
      learning_rate: Adam's, at first.
      patience: epochs without a better validation loss after which training ends; None for never.
      warm_up: epochs that do not count as waiting.
      first_best: the first epoch, from 1, whose weights may be those of the result.
    """

    batch_size: int
    epochs: int
    learning_rate: float
    patience: int | None = None
    warm_up: int = 0
    first_best: int = 1


C = TypeVar("C", bound=ImageConfig)


class ImageExperiment(Experiment[C], Generic[C]):
    """A run on single images: the weights of the epoch with the best validation loss count."""

    @property
    def binarize(self) -> bool:
        """Whether training images are binarized anew in every batch."""
        return False

    @property
    @abc.abstractmethod
    def schedule(self) -> Schedule:
        """How long and how fast it trains."""

    @functools.cached_property
    @abc.abstractmethod
    def splits(self) -> Splits:
        """Training, validation and test images."""

    @abc.abstractmethod
    def new_model(self) -> LatentVariableModel:
        """A new model whose networks have random weights."""

    def build_model(self) -> LatentVariableModel:
        """The model of the run's seed, which keeps the weights of its best epoch."""
        keras.utils.set_random_seed(self.config.seed)  # the networks' initial weights
        model = self.new_model()
        track_best_weights(model)
        return model

    @property
    def steps_per_data_epoch(self) -> int:
        return steps_per_epoch(self.splits.train, self.schedule.batch_size)

    @property
    def steps_per_epoch(self) -> int:
        return self.steps_per_data_epoch

    @property
    def num_steps(self) -> int:
        return self.schedule.epochs * self.steps_per_epoch

    @property
    def training_labels(self) -> np.ndarray | None:
        """Labels [n] of the training images that the model may read, -1 where none is known; None for the split's."""
        return None

    def stream(self, start: int) -> tf.data.Dataset:
        options: dict[str, Any] = dict(binarize=self.binarize, seed=self.config.seed, start_step=start)
        options["labels"] = self.training_labels
        return image_sets.stream(self.splits.train, self.schedule.batch_size, **options)

    def learning_rate(self) -> float | keras.optimizers.schedules.LearningRateSchedule:
        """Adam's: constant, or with --cosine falling to zero along half a cosine."""
        rate = self.schedule.learning_rate
        return keras.optimizers.schedules.CosineDecay(rate, self.num_steps) if self.config.cosine else rate

    def optimizer(self) -> keras.optimizers.Optimizer:
        return make_optimizer(self.learning_rate(), precision=self.config.precision)

    def validation_loss(self) -> NegativeELBO:
        """What the best epoch is chosen by."""
        return NegativeELBO()

    def callbacks(self) -> Sequence[keras.callbacks.Callback]:
        schedule = self.schedule
        patience = schedule.epochs if schedule.patience is None else schedule.patience
        options = dict(patience=patience, first_epoch=schedule.warm_up, first_best=schedule.first_best)
        return [BestWeightsStopping(self.model.best_weights, self.splits.validation, self.validation_loss(), **options)]

    def evaluate(self) -> dict[str, float]:
        return {}  # the validation loss is in the logs already

    def select_weights(self) -> None:
        """The weights of the epoch with the best validation loss."""
        self.model.best_weights.restore(self.model)

    def servable(self) -> serving.Servable:
        return serving.ServableImages(self.model)
