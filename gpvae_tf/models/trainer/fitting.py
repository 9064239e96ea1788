"""What `fit` and `evaluate` do around training steps: check the data before, and the outcome after."""

import abc
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from gpvae_tf.models.trainer.first_batch import FirstBatchCheck, asserted
from gpvae_tf.models.trainer.keras_options import (
    check_array_options,
    check_callbacks,
    check_data_options,
    check_fit_options,
    continues_a_fit,
)
from gpvae_tf.models.trainer.nonfinite import NonFiniteWeights, not_finite
from gpvae_tf.models.trainer.nonfinite_cause import check_trained
from gpvae_tf.models.trainer.posterior_collapse import check_informed
from gpvae_tf.models.trainer.replicated import Replicated
from gpvae_tf.models.trainer.single_batches import TrainedOnSingleBatches
from gpvae_tf.models.trainer.training_data import check_ends, check_length, check_steps, opened
from gpvae_tf.types import Batch


class FittedOnBatches(Replicated, TrainedOnSingleBatches):
    """The part of a Keras model that `fit` trains, step by step, on batches of its own kind.

    Attributes:
      batch_axes: the axes of a batch's observations in front of an observation's own.
      steps: training steps taken, skipped ones included; part of the checkpoints.
    """

    batch_axes: tuple[str, ...]
    steps: tf.Variable

    @abc.abstractmethod
    def check_batch(self, batch: Batch) -> None:
        """Refuses a batch that cannot be trained on."""

    def check_data(self, data: Any) -> None:  # noqa: B027
        """Refuses data that say of their columns what the model does not know; see `input_roles`."""

    def check_points(self, num_data: int | None) -> None:  # noqa: B027 (`check_batch` says what single images lack)
        """Refuses batches of some points of one data set (`SequenceData` with points_per_batch); see `LatentGP`."""

    @property
    @abc.abstractmethod
    def num_steps(self) -> int:
        """Training steps taken, skipped ones included."""

    @property
    @abc.abstractmethod
    def num_skipped(self) -> int:
        """Training steps that were skipped."""

    def fit(self, x=None, y=None, *, epochs: int = 1, steps_per_epoch: int | None = None, **options):
        """Keras' `fit` on a `tf.data.Dataset` of batches, or on what has one as its `dataset` (`gpvae_tf.data`).

        The first batch is checked (`check_batch`), before any other work where the data can be looked at (`example`),
        else when it comes out of the dataset, whose shuffles are left alone. `validation_data` may be what `x` may be.
        Data that can begin at any step (`data.SequenceData`) do so at that of the model: several calls are one.

        Raises:
          TypeError, ValueError: if it is no dataset of such batches, is known to end too early, a later batch is one
            that the model cannot train on, or see `check_batch`, `check_points` and `check_fit_options`.
          NonFiniteWeights: see `check_finite`.
          NothingTrained: see `nonfinite_cause.check_trained`.
        """
        check_fit_options(x, {"y": y, **options})
        self.check_data(x)
        data = opened(x, self._needs)
        (x, steps_per_epoch), example = data.from_step(self.num_steps, steps_per_epoch), data.example
        if data.num_data is not None:
            self.check_points(data.num_data)
        epochs_left, steps, skipped = epochs - options.get("initial_epoch", 0), self.num_steps, self.num_skipped
        if (validation := options.get("validation_data")) is not None:
            self.check_data(validation)
            options["validation_data"] = validation = self._checked(validation, "validation_data")
            check_ends(validation, options.get("validation_steps"), "validation_data", "validation_steps")
        self._check_shareable(x)
        if isinstance(x, tf.data.Dataset):
            check_length(x, steps_per_epoch, epochs_left)
        if example is not None:
            self.check_training_batch(example)
        first = FirstBatchCheck(self._check_first_batch, example)
        # Keras would go on with the validation data of a fit that was interrupted, and BackupAndRestore has taken away
        # what the next fit reads.
        self._eval_data_handler, self._training_state = None, None
        try:
            given = self.as_trained_on(first.watched(x)) if isinstance(x, tf.data.Dataset) else x
            given, size = self._shared_out(given, ("x", "steps_per_epoch"), steps_per_epoch, for_epochs=True)
            if validation is not None:
                names = ("validation_data", "validation_steps")
                found = self._shared_out(validation, names, options.get("validation_steps"))
                options["validation_data"], options["validation_steps"] = found
            history = super().fit(given, epochs=epochs, steps_per_epoch=size, **options)
        except Exception as error:
            told = first.error_of(x) or asserted(error)
            if told is None:
                raise
            raise told from None
        taken = self.num_steps - steps
        if steps_per_epoch and not self.stop_training and not continues_a_fit(options.get("callbacks")):
            check_steps(taken, steps_per_epoch * epochs_left)
        self._check_outcome(taken, self.num_skipped - skipped, history.history.get("regularizer", ()), first.batch)
        return history

    def _check_outcome(self, taken: int, skipped: int, regularizers: Sequence[float], batch: Batch | None) -> None:
        """Raises if training moved nothing or left weights that are not finite; warns of posterior collapse."""
        self.check_finite()
        if batch is not None:  # None if a callback stopped training before it began
            check_trained(self, taken, skipped, batch, is_scaled=self.optimizer.initial_scale > 1.0)
            check_informed(regularizers, taken, lambda: self.is_blind(batch))

    def is_blind(self, batch: Batch) -> bool:
        """Whether the encoder gives the same for all observations of a batch; a model that can tell overrides this."""
        return False

    def evaluate(self, x=None, y=None, batch_size=None, verbose="auto", sample_weight=None, steps=None, **options):
        """Keras' `evaluate` on what `fit` takes.

        Raises:
          TypeError, ValueError: see `check_data_options`, `check_callbacks` and `check_batch`.
        """
        check_data_options("evaluate", dict(y=y, sample_weight=sample_weight))
        check_callbacks(options.get("callbacks"))
        # In `fit` Keras calls it after every epoch, of data that were looked at before the first one.
        if "_use_cached_eval_dataset" not in options:
            check_array_options("evaluate", x, dict(batch_size=batch_size))
            x = self._checked(x, "x")
            check_ends(x, steps, "x", "steps")
        x, steps = self._shared_out(x, ("x", "steps"), steps)
        try:
            return super().evaluate(x, batch_size=batch_size, verbose=verbose, steps=steps, **options)
        except Exception as error:
            told = asserted(error)
            if told is None:
                raise
            raise told from None

    @property
    def _needs(self) -> tuple[str, ...]:
        """What a batch must have."""
        return ("observations", "inputs")[: len(self.batch_axes)]

    def _checked(self, data: Any, name: str) -> Any:
        """The dataset to evaluate or to validate on, after a check of its first batch.

        Raises:
          TypeError, ValueError: naming the data.
        """
        given = opened(data, self._needs, name)
        if (batch := given.first_batch()) is not None:
            try:
                if given.num_data is not None:
                    self.check_points(None)
                self.check_batch(batch)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from error
        found = given.dataset  # arrays, of which Keras makes batches, stay as they are
        return self.as_trained_on(found) if isinstance(found, tf.data.Dataset) else found

    def check_training_batch(self, batch: Batch) -> None:
        """`check_batch`, and what only a batch that is trained on has to be; by default nothing."""
        self.check_batch(batch)

    def _check_first_batch(self, batch: Batch) -> None:
        self.check_training_batch(batch)
        self._check_enough_rows(batch)

    def check_finite(self) -> None:
        """Refuses weights, or a state of the optimizer, that are not finite: a step too large for their dtype.

        Raises:
          NonFiniteWeights: naming them and the step.
        """
        optimizer = getattr(self, "optimizer", None)
        if found := not_finite([*self.trainable_variables, *(() if optimizer is None else optimizer.variables)]):
            raise NonFiniteWeights(
                f"after step {self.num_steps:,} {', '.join(found[:3])}{', ...' if found[3:] else ''} "
                f"{'are' if found[1:] else 'is'} not finite: try a smaller learning rate, or clipped gradients"
            )

    def as_trained_on(self, dataset: tf.data.Dataset) -> tf.data.Dataset:
        """The dataset as `fit` and `evaluate` iterate over it: as it is, by default."""
        return dataset
