"""What the experiments on single images share: data splits, streams, the choice of an epoch on validation images."""

import abc
import dataclasses
from typing import Any

import tensorflow as tf

from gpvae_tf import serving
from gpvae_tf._keras import keras
from gpvae_tf.data import image_sets
from gpvae_tf.data.binarization import Splits
from gpvae_tf.evaluation.bounds import NegativeELBO
from gpvae_tf.experiments.base import ExperimentConfig
from gpvae_tf.models.image_vae import ImageVAE
from gpvae_tf.training.early_stopping import EarlyStopping
from gpvae_tf.training.optimizers import PRECISIONS, make_optimizer


@dataclasses.dataclass(frozen=True)
class ImageConfig(ExperimentConfig):
    """Fields that every script on single images has; a subclass says what the authors' own flags stand for.

    The epoch with the best validation loss counts; --precision is that of the networks.
    """

    preset: str = "paper"
    seed: int = 0
    precision: str = "float32"
    cosine: bool = True
    mnist_manual_dir: str | None = None
    data_dir: str | None = None
    data_file: str | None = None

    def __post_init__(self):
        if self.precision not in PRECISIONS:
            raise ValueError(f"--precision must be one of {', '.join(PRECISIONS)}, got {self.precision!r}")
        if not self.learning_rate > 0:
            raise ValueError(f"the learning rate must be positive, got {self.learning_rate}")
        for name, value in (("batch_size", self.train_batch_size), ("number of epochs", self.num_epochs)):
            if value < 1:
                raise ValueError(f"the {name} must be >= 1, got {value}")

    @property
    @abc.abstractmethod
    def splits(self) -> Splits:
        """Training, validation and test images, loaded once per process."""

    @property
    @abc.abstractmethod
    def num_epochs(self) -> int:
        """At most."""

    @property
    @abc.abstractmethod
    def train_batch_size(self) -> int:
        """Images per step."""

    @property
    @abc.abstractmethod
    def learning_rate(self) -> float:
        """Adam's, at first."""

    @property
    def binarize(self) -> bool:
        """Whether training images are binarized anew in every batch."""
        return False

    @property
    def patience(self) -> int:
        """Epochs without a better validation loss after which training ends; by default it never does early."""
        return self.num_epochs

    @property
    def warm_up_epochs(self) -> int:
        """Epochs that do not count as waiting."""
        return 0

    @property
    def first_best_epoch(self) -> int:
        """The first epoch, from 1, whose weights may be those of the result."""
        return 1

    @property
    def steps_per_epoch(self) -> int:  # type: ignore[override]
        return self.splits.train.steps_per_epoch(self.train_batch_size)

    @property
    def num_steps(self) -> int:
        return self.num_epochs * self.steps_per_epoch

    def stream(self, start: int) -> tf.data.Dataset:
        options: dict[str, Any] = dict(binarize=self.binarize, seed=self.seed, start_step=start)
        return image_sets.stream(self.splits.train, self.train_batch_size, **options)

    def optimizer(self) -> keras.optimizers.Optimizer:
        """Adam; with --cosine its rate falls to zero along half a cosine."""
        rate = self.learning_rate
        schedule = keras.optimizers.schedules.CosineDecay(rate, self.num_steps) if self.cosine else rate
        return make_optimizer(schedule, precision=self.precision)

    def validation_loss(self) -> NegativeELBO:
        """What the best epoch is chosen by."""
        return NegativeELBO()

    def callbacks(self, model: ImageVAE) -> list[keras.callbacks.Callback]:
        options = dict(patience=self.patience, first_epoch=self.warm_up_epochs, first_best=self.first_best_epoch)
        return [EarlyStopping(model, self.splits.validation, self.validation_loss(), **options)]

    def evaluate(self, model: ImageVAE) -> dict[str, float]:
        return {}  # the validation loss is in the logs already

    def finish(self, model: ImageVAE) -> None:
        """The weights of the epoch with the best validation loss."""
        model.best_weights.restore(model)

    def servable(self, model: ImageVAE) -> serving.Servable:
        return serving.ServableImages(model)
