"""Training on an evidence lower bound: what `compile` and `fit` do, a step that is not finite, and what is logged."""

import abc

import tensorflow as tf

from gpvae_tf._keras import TrainingMode, keras
from gpvae_tf.likelihoods import Likelihood
from gpvae_tf.models.observation_checks import check_observations
from gpvae_tf.models.trainer.first_batch import FirstBatchCheck
from gpvae_tf.models.trainer.keras_options import (
    check_callbacks,
    check_compile_options,
    check_data_options,
    check_fit_options,
    penalties,
)
from gpvae_tf.models.trainer.metrics import FiniteMean, RunningTotal, UntrackedMetric
from gpvae_tf.models.trainer.nonfinite import NonFiniteWeights, check_global_norm, guard, not_finite, skip_nonfinite
from gpvae_tf.models.trainer.nonfinite_cause import check_trained
from gpvae_tf.models.trainer.posterior_collapse import check_informed
from gpvae_tf.models.trainer.replicated import Replicated
from gpvae_tf.models.trainer.single_batches import TrainedOnSingleBatches, unpacked
from gpvae_tf.models.trainer.training_data import check_length, check_steps, dataset_of, first_rows, training_dataset
from gpvae_tf.objectives import Objective
from gpvae_tf.replicas import shares
from gpvae_tf.replicas.batches import global_count
from gpvae_tf.saving import SavedToFolder
from gpvae_tf.types import Batch, Bound


class TrainedOnBounds(Replicated, TrainedOnSingleBatches, SavedToFolder):
    """The base of models that Keras' `fit` trains on batches through `elbo`.

    Attributes:
      batch_axes: the axes of a batch's observations in front of an observation's own.
      reads_errors: whether a batch may have "errors", the standard deviations with which observations were measured.
      part_names: names of the bound's parts, which the logs show.
      steps: training steps taken, skipped ones included; part of the checkpoints.
      skipped: how many of them were skipped.
    """

    batch_axes: tuple[str, ...]
    reads_errors = False
    part_names: tuple[str, ...]
    event_shape: tuple[int, ...]
    likelihood: Likelihood
    objective: Objective
    seed: int
    steps: tf.Variable
    skipped: RunningTotal
    trackers: list[FiniteMean]
    _loss: UntrackedMetric

    @abc.abstractmethod
    def elbo(self, batch: Batch, seed: tf.Tensor | None = None) -> Bound:
        """The evidence lower bound of every data set in the batch."""

    def compile(self, optimizer: keras.optimizers.Optimizer | str = "adam", **options):
        """Keras' `compile`, with an optimizer that skips steps whose gradients are not all finite.

        Args:
          optimizer: any tf_keras optimizer or its name; `nonfinite.skip_nonfinite` wraps it, with a loss scale that
            adapts if a network computes in float16.
          options: Keras' own, except for those of a network's outputs.

        Raises:
          TypeError, ValueError: if the optimizer is no tf_keras optimizer, or not the name of one; if options are
            given that would have no effect, such as `metrics`; see `skip_nonfinite` and `check_global_norm`.
        """
        check_compile_options(options)
        half = any(getattr(part, "compute_dtype", None) == "float16" for part in self.submodules)
        guarded = skip_nonfinite(optimizer, adapt_scale=half)
        check_global_norm(guarded, self.trainable_variables)
        super().compile(optimizer=guarded, **options)
        self.distribute_reduction_method = "first"  # what a replica logs is of all of them already; Keras adds it up

    def fit(self, x=None, y=None, *, epochs: int = 1, steps_per_epoch: int | None = None, **options):
        """Keras' `fit` on a `tf.data.Dataset` of batches, or on what has one as its `dataset` (`gpvae_tf.data`).

        The first batch is checked (`check_batch`), before any other work where the data can be looked at (`example`),
        else when it comes out of the dataset, whose shuffles are left alone. `validation_data` may be what `x` may be.

        Raises:
          TypeError, ValueError: if it is no dataset of such batches, is known to end too early, or see `check_batch`
            and `check_fit_options`.
          NonFiniteWeights: see `check_finite`.
          NothingTrained: see `nonfinite_cause.check_trained`.
        """
        check_fit_options(options)
        example = getattr(x, "example", None)
        x = training_dataset(x, y, ("observations", "inputs")[: len(self.batch_axes)])
        epochs_left, steps, skipped = epochs - options.get("initial_epoch", 0), self.num_steps, self.num_skipped
        if (validation := options.get("validation_data")) is not None:
            options["validation_data"] = dataset_of(validation)
        self._check_shareable(x)
        first = FirstBatchCheck(self._check_first_batch)
        if isinstance(x, tf.data.Dataset):
            check_length(x, steps_per_epoch, epochs_left)
        else:
            example = first_rows(x)
        if example is not None:
            self.check_batch(example)
        try:
            watched = x if example is not None else first.watched(x)
            given = self.as_trained_on(watched) if isinstance(x, tf.data.Dataset) else x
            given, size = self._shared_out(given, steps_per_epoch, for_epochs=True)
            if validation is not None:
                found = self._shared_out(options["validation_data"], options.get("validation_steps"))
                options["validation_data"], options["validation_steps"] = found
            history = super().fit(given, epochs=epochs, steps_per_epoch=size, **options)
        except Exception:
            if example is not None or (error := first.error_of(x)) is None:
                raise
            self.steps.assign(steps)  # which a compiled step may count before its batch has come
            raise error from None
        self.check_finite()
        if steps_per_epoch and not self.stop_training:
            check_steps(self.num_steps - steps, steps_per_epoch * epochs_left)
        a_batch = lambda: next(iter(x)) if example is None else example
        is_scaled = self.optimizer.initial_scale > 1.0
        check_trained(self, self.num_steps - steps, self.num_skipped - skipped, a_batch, is_scaled=is_scaled)
        check_informed(history.history.get("regularizer", ()), self.num_steps - steps)
        return history

    def evaluate(self, x=None, y=None, batch_size=None, verbose="auto", sample_weight=None, steps=None, **options):
        """Keras' `evaluate` on what `fit` takes.

        Raises:
          TypeError: see `check_data_options` and `check_callbacks`.
        """
        check_data_options("evaluate", dict(y=y, sample_weight=sample_weight))
        check_callbacks(options.get("callbacks"))
        x, steps = self._shared_out(dataset_of(x), steps)
        return super().evaluate(x, batch_size=batch_size, verbose=verbose, steps=steps, **options)

    def _check_first_batch(self, batch: Batch) -> None:
        self.check_batch(batch)
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
        """The dataset as `fit` iterates over it: as it is, by default."""
        return dataset

    def check_batch(self, batch: Batch) -> None:
        """Refuses a batch that cannot be trained on: eager, for the first one of `fit` and for data of one's own.

        Raises:
          ValueError: naming the entry of the batch, what it has and what was expected.
        """
        checks = self.likelihood_values, self.likelihood.check
        takes_errors = self.likelihood.takes_errors if self.reads_errors else None
        check_observations(batch, self.batch_axes, self.event_shape, *checks, takes_errors)

    def likelihood_values(self, observations: tf.Tensor) -> tf.Tensor:
        """Observations as the likelihood sees them; a model that scales them overrides this."""
        return tf.convert_to_tensor(observations)

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return [self._loss.metric, *self.trackers]

    @property
    def num_steps(self) -> int:
        """Training steps taken, skipped ones included."""
        return int(self.steps.numpy())

    @property
    def num_skipped(self) -> int:
        """Training steps whose gradients were not finite and which left the weights alone."""
        return int(self.skipped.result())

    def step_seed(self, salt: int = 0) -> tf.Tensor:
        """The stateless seed [2] of the current step; `salt` separates uses (0 training, 1 testing).

        It is the same on all replicas, which take their rows of the global batch's draws (`gpvae_tf.replicas.draws`).
        """
        base = tf.random.experimental.stateless_fold_in(
            tf.constant([self.seed, salt], tf.int32), tf.cast(self.steps, tf.int32)
        )
        return tf.random.experimental.stateless_fold_in(base, 0)

    def train_step(self, batch: Batch) -> dict[str, tf.Tensor]:
        """One step of the optimizer on the mean objective over the data sets of the (global) batch.

        What regularisers of the networks' weights add belongs to every data set's loss.
        """
        batch = unpacked(batch)
        with tf.GradientTape() as tape:
            with self._share_of(batch):
                with TrainingMode():
                    bound = shares.total(self.training_bound(batch, self.step_seed()), shares.POINTS)
                losses = self.objective(bound)
            if added := penalties(self):
                losses += tf.add_n([tf.cast(penalty, losses.dtype) for penalty in added])
            loss = tf.cast(tf.reduce_sum(losses) / global_count(losses), tf.float32)
            scaled = self.optimizer.get_scaled_loss(loss)
        variables = self.trainable_variables
        unscaled = self.optimizer.get_unscaled_gradients(tape.gradient(scaled, variables))
        gradients, skipped = guard(unscaled, self.optimizer)
        self._apply_gradients(gradients, variables)
        self.objective.update(bound)
        self.steps.assign_add(1)
        self.skipped.update_state(skipped)  # `iterations` would count it as a step
        return {**self._update_metrics(bound, losses), **self.objective.logs(), "skipped": self.skipped.result()}

    def training_bound(self, batch: Batch, seed: tf.Tensor) -> Bound:
        """The bound that a training step differentiates: `elbo`, where training does nothing else."""
        return self.elbo(batch, seed=seed)

    def test_step(self, batch: Batch) -> dict[str, tf.Tensor]:
        """The bound's parts on a batch, with draws of the step count.

        "loss" is the objective's `validation_loss`, without what regularisers of weights add.
        """
        batch = unpacked(batch)
        with self._share_of(batch):
            bound = shares.total(self.testing_bound(batch, self.step_seed(salt=1)), shares.POINTS)
        return self._update_metrics(bound, self.objective.validation_loss(bound))

    def testing_bound(self, batch: Batch, seed: tf.Tensor) -> Bound:
        """The bound that `test_step` logs: `elbo`, where testing does nothing else."""
        return self.elbo(batch, seed=seed)

    def _update_metrics(self, bound: Bound, losses: tf.Tensor) -> dict[str, tf.Tensor]:
        none = tf.zeros_like(bound.regularizer)  # for parts that the bound of another stage of training has
        parts = (bound.parts.get(name, none) for name in self.part_names)
        values = (bound.elbo, bound.reconstruction, bound.regularizer, *parts)
        for metric, value in zip(self.metrics, (losses, *values)):
            metric.update_state(value)
        return {metric.name: metric.result() for metric in self.metrics}
