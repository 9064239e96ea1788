"""Training on an evidence lower bound: what `compile` does, a step, one that is not finite, and what is logged."""

import abc

import tensorflow as tf

from gpvae_tf._keras import TrainingMode, keras
from gpvae_tf.likelihoods import Likelihood
from gpvae_tf.models import eager_checks
from gpvae_tf.models.input_checks import as_tensor
from gpvae_tf.models.masks import checked_mask, entries_of
from gpvae_tf.models.observation_checks import check_observations, check_values
from gpvae_tf.models.prediction.seeds import Seed, stateless_seed
from gpvae_tf.models.trainer.fitting import FittedOnBatches
from gpvae_tf.models.trainer.keras_options import check_compile_options, penalties
from gpvae_tf.models.trainer.metrics import EpochMean, RunningTotal, UntrackedMetric
from gpvae_tf.models.trainer.nonfinite import check_global_norm, guard, moving_averages, skip_nonfinite
from gpvae_tf.models.trainer.single_batches import unpacked
from gpvae_tf.objectives import Objective
from gpvae_tf.replicas import shares
from gpvae_tf.replicas.batches import global_count
from gpvae_tf.saving import SavedToFolder
from gpvae_tf.types import Batch, Bound


class TrainedOnBounds(FittedOnBatches, SavedToFolder):
    """The base of models that Keras' `fit` trains on batches through `elbo`.

    Attributes:
      reads_errors: whether a batch may have "errors", the standard deviations with which observations were measured.
      part_names: names of the bound's parts, which the logs show.
      skipped: how many of the steps were skipped.
    """

    reads_errors = False
    part_names: tuple[str, ...]
    event_shape: tuple[int, ...]
    likelihood: Likelihood
    objective: Objective
    seed: int
    skipped: RunningTotal
    trackers: list[EpochMean]
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

    def check_batch(self, batch: Batch) -> None:
        """Refuses a batch that cannot be trained on: eager, for the first one of `fit` and for data of one's own.

        Raises:
          ValueError: naming the entry of the batch, what it has and what was expected.
        """
        self.check_observations(batch)

    def check_observations(self, batch: Batch) -> None:
        """What `check_batch` refuses of observations, mask and errors, whatever else a batch has."""
        checks = self.likelihood_values, self.likelihood.check
        takes_errors = self.likelihood.takes_errors if self.reads_errors else None
        check_observations(batch, self.batch_axes, self.event_shape, *checks, takes_errors)

    def check_values(self, batch: Batch) -> None:
        """Refuses, outside compiled code, observed values that are not finite or that the likelihood cannot have.

        Raises:
          ValueError: saying which; or if the mask does not fit.
        """
        if eager_checks.are_due():
            observations, entries = as_tensor(batch["observations"]), None
            if batch.get("mask") is not None:
                lead = observations.shape[: observations.shape.rank - len(self.event_shape)]
                mask = checked_mask(batch["mask"], lead, observations.shape)
                entries = entries_of(mask, observations).numpy()
            check_values(self.likelihood_values(observations).numpy(), entries, self.likelihood.check)

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
        base = tf.random.fold_in(tf.constant([self.seed, salt], tf.int32), tf.cast(self.steps, tf.int32))
        return tf.random.fold_in(base, 0)

    def seed_or_step(self, seed: Seed | None) -> tf.Tensor:
        """The stateless seed [2] of what was given: a whole number or two of them, or None for the current step's."""
        return self.step_seed() if seed is None else stateless_seed(seed)

    def train_step(self, batch: Batch) -> dict[str, tf.Tensor]:
        """One step of the optimizer on the mean objective over the data sets of the (global) batch.

        What regularisers of the networks' weights add belongs to every data set's loss.

        Raises:
          RuntimeError: if the model was not compiled, and so has no optimizer.
        """
        if getattr(self, "optimizer", None) is None:
            raise RuntimeError(f"{self.name} has no optimizer yet: call compile(optimizer) before it is trained")
        batch = unpacked(batch)
        before = [(variable, tf.identity(variable)) for variable in moving_averages(self)]
        with tf.GradientTape() as tape:
            with eager_checks.left_out(), self._share_of(batch):
                with TrainingMode():
                    bound = shares.total(self.training_bound(batch, self.step_seed()), shares.POINTS)
                losses = self.objective(bound)
            added = penalties(self)
            if added:
                losses += tf.add_n([tf.cast(penalty, losses.dtype) for penalty in added])
            loss = tf.cast(tf.reduce_sum(losses) / global_count(losses), tf.float32)
            scaled = self.optimizer.get_scaled_loss(loss)
        variables = self.trainable_variables
        unscaled = self.optimizer.get_unscaled_gradients(tape.gradient(scaled, variables))
        gradients, skipped = guard(unscaled, self.optimizer)
        self._apply_gradients(gradients, variables)
        for variable, value in before:  # of what is skipped nothing remains
            variable.assign(tf.where(skipped > 0.0, value, variable))
        # Run only once the batch has arrived: a dataset that has ended must not count as a step.
        with tf.control_dependencies([loss]):
            self.objective.update(bound)
            self.steps.assign_add(1)
        self.skipped.update_state(skipped)  # `iterations` would count it as a step
        return {
            **self._update_metrics(bound, losses, finite=True),
            **self.objective.logs(),
            "skipped": self.skipped.result(),
        }

    def training_bound(self, batch: Batch, seed: tf.Tensor) -> Bound:
        """The bound that a training step differentiates: `elbo`, where training does nothing else."""
        return self.elbo(batch, seed=seed)

    def test_step(self, batch: Batch) -> dict[str, tf.Tensor]:
        """The bound's parts on a batch, with draws of the step count.

        "loss" is the objective's `validation_loss`, without what regularisers of weights add. It is not finite if the
        bound of one data set is not.
        """
        batch = unpacked(batch)
        with eager_checks.left_out(), self._share_of(batch):
            bound = shares.total(self.testing_bound(batch, self.step_seed(salt=1)), shares.POINTS)
        return self._update_metrics(bound, self.objective.validation_loss(bound))

    def testing_bound(self, batch: Batch, seed: tf.Tensor) -> Bound:
        """The bound that `test_step` logs: `elbo`, where testing does nothing else."""
        return self.elbo(batch, seed=seed)

    def _update_metrics(self, bound: Bound, losses: tf.Tensor, *, finite: bool = False) -> dict[str, tf.Tensor]:
        """The metrics, to which the values of a batch were added; with `finite`, those that are finite."""
        none = tf.zeros_like(bound.regularizer)  # for parts that the bound of another stage of training has
        parts = (bound.parts.get(name, none) for name in self.part_names)
        values = (bound.elbo, bound.reconstruction, bound.regularizer, *parts)
        for metric, value in zip([self._loss.metric, *self.trackers], (losses, *values)):
            (metric.update_finite if finite else metric.update_state)(value)
        return {metric.name: metric.result() for metric in self.metrics}
