"""The base class of all models: the training step behind `fit`, its guard against non-finite steps, and its metrics."""

import abc
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from gpvae_tf._keras import Network, apply_flat, check_network, keras
from gpvae_tf.likelihoods import BernoulliLikelihood, Likelihood, widened
from gpvae_tf.models.nonfinite import share_of_skipped_step, skip_nonfinite
from gpvae_tf.models.replicas import global_count
from gpvae_tf.models.trackers import FiniteMean, OutsideCheckpoints, RunningTotal
from gpvae_tf.models.training_data import (
    check_length,
    check_observations,
    check_steps,
    first_rows,
    training_dataset,
)
from gpvae_tf.objectives import BetaELBO, Objective
from gpvae_tf.posteriors.base import PosteriorDistribution
from gpvae_tf.saving import Configurable, SavedToFolder
from gpvae_tf.shapes import at_least_one, check_shape
from gpvae_tf.types import Bound, Gaussian

Batch = Mapping[str, tf.Tensor]


class LatentVariableModel(Configurable, SavedToFolder, abc.ABC):
    """A generative model p(y | z) p(z) trained through an evidence lower bound.

    A subclass gives `elbo` and the names of the bound's parts; training is `compile(optimizer)` and `fit(dataset)` on
    a `tf.data` dataset of batches (dicts of tensors); "loss" in the logs is what is minimised. A step whose gradients
    are not all finite is skipped and counted, so NaN never reaches the weights (`nonfinite.skip_nonfinite`).

    Args:
      encoder: observations [N, *event] -> [N, 2L] (means, log variances); tf_keras model or tf.Module. None for a model
        whose encoder belongs to its posterior family (`ImageVAE`), or that has none (`DeepSVIGP`).
      decoder: latents [N, L] -> what the likelihood takes, [N, *event] for most (`Likelihood.output_shape`).
      likelihood: p(y | z), Bernoulli logits by default.
      event_shape: the shape of one observation: (H, W, C) of images, (C,) of vectors, any other.
      latent_dim: L.
      objective: how the bound is trained; the plain ELBO by default.
      seed: seeds every random draw of the model (stateless: same seed and step, same draw).
    """

    part_names: tuple[str, ...]
    batch_axes: tuple[str, ...] = ("B",)  # in front of the event's
    later_attributes = Configurable.later_attributes | {"likelihood", "objective", "seed", "trainable"}

    def __init__(
        self,
        encoder: Network | None,
        decoder: Network,
        *,
        event_shape: tuple[int, ...],
        latent_dim: int,
        likelihood: Likelihood | None = None,
        objective: Objective | None = None,
        seed: int = 0,
        part_names: tuple[str, ...],
        name: str,
    ):
        super().__init__(name=name)
        if encoder is not None:
            check_network(encoder, "encoder")
        check_network(decoder, "decoder")
        self.encoder: Any = encoder
        self.decoder = decoder
        self.likelihood = likelihood or BernoulliLikelihood()
        self.objective = objective or BetaELBO()
        self.event_shape, self.latent_dim, self.seed = tuple(event_shape), at_least_one("latent_dim", latent_dim), seed
        self.part_names = part_names
        first = tf.VariableAggregation.ONLY_FIRST_REPLICA
        self.steps = tf.Variable(0, trainable=False, dtype=tf.int64, aggregation=first, name="steps")
        self.skipped = RunningTotal("skipped")
        self._loss = OutsideCheckpoints(FiniteMean("loss"))
        self.trackers = [FiniteMean(n) for n in ("elbo", "reconstruction", "regularizer", *part_names)]
        self._has_seen_data = False
        self.built = True  # networks and kernels hold their variables already; there is no `call`

    def compile(self, optimizer: keras.optimizers.Optimizer | str = "adam", **options):
        """Keras' `compile`, with an optimizer that skips steps whose gradients are not all finite.

        Args:
          optimizer: any tf_keras optimizer or its name; `nonfinite.skip_nonfinite` wraps it, with a loss scale that
            adapts if a network computes in float16.
          options: Keras' own.

        Raises:
          TypeError, ValueError: if the optimizer is no tf_keras optimizer, or not the name of one.
        """
        half = any(getattr(part, "compute_dtype", None) == "float16" for part in self.submodules)
        super().compile(optimizer=skip_nonfinite(optimizer, adapt_scale=half), **options)

    def fit(self, x=None, y=None, *, epochs: int = 1, steps_per_epoch: int | None = None, **options):
        """Keras' `fit` on a `tf.data.Dataset` of batches, or on what has one as its `dataset` (`gpvae_tf.data`).

        The first batch is read once more and checked (`check_batch`) when a model sees data for the first time.

        Raises:
          TypeError, ValueError: if it is no dataset of such batches, is known to end too early, or see `check_batch`.
        """
        x = training_dataset(x, y, ("observations", "inputs")[: len(self.batch_axes)])
        epochs_left, steps = epochs - options.get("initial_epoch", 0), self.num_steps
        if isinstance(x, tf.data.Dataset):
            check_length(x, steps_per_epoch, epochs_left)
        if not self._has_seen_data:
            for batch in x.take(1) if isinstance(x, tf.data.Dataset) else [first_rows(x)]:
                self.check_batch(batch)
            self._has_seen_data = True
        x = self.as_trained_on(x) if isinstance(x, tf.data.Dataset) else x
        history = super().fit(x, epochs=epochs, steps_per_epoch=steps_per_epoch, **options)
        if steps_per_epoch and not self.stop_training:
            check_steps(self.num_steps - steps, steps_per_epoch * epochs_left)
        return history

    def as_trained_on(self, dataset: tf.data.Dataset) -> tf.data.Dataset:
        """The dataset as `fit` iterates over it: as it is, by default."""
        return dataset

    def check_batch(self, batch: Batch) -> None:
        """Refuses a batch that cannot be trained on: eager, for the first one of `fit` and for data of one's own.

        Raises:
          ValueError: naming the entry of the batch, what it has and what was expected.
        """
        check_observations(batch, self.batch_axes, self.event_shape, self.likelihood_values, self.likelihood.check)

    def likelihood_values(self, observations: tf.Tensor) -> tf.Tensor:
        """Observations as the likelihood sees them; a model that scales them overrides this."""
        return tf.convert_to_tensor(observations)

    def __call__(self, *args, **options):
        """A model is not called.

        Raises:
          TypeError: always, naming what there is instead.
        """
        raise TypeError(
            f"{type(self).__name__} is not called like a network: use reconstruct(batch), encode(observations), "
            "decode(latents), or condition_on(batches) for predictions"
        )

    @abc.abstractmethod
    def elbo(self, batch: Batch, seed: tf.Tensor | None = None) -> Bound:
        """The evidence lower bound of every data set in the batch."""

    @abc.abstractmethod
    def encode(
        self, observations: tf.Tensor, inputs: tf.Tensor | None = None, seed: tf.Tensor | None = None
    ) -> Gaussian | PosteriorDistribution:
        """The distribution of latents that the encoder gives for observations [..., *event]; its `mean` is [..., L].

        Args:
          observations: the observations.
          inputs: [..., D], where they were taken; needed by models whose networks see the inputs, ignored by others.
          seed: stateless seed [2] for models whose inference draws; ignored by others.
        """

    @abc.abstractmethod
    def decode(self, latents: tf.Tensor, inputs: tf.Tensor | None = None) -> tf.Tensor:
        """E[y | z] of latents [..., L]: observations [..., *event]; `inputs` as in `encode`."""

    @abc.abstractmethod
    def reconstruct(self, batch: Batch) -> tf.Tensor:
        """E[y | z] at the posterior mean of a batch's own latents, for missing observations too."""

    @abc.abstractmethod
    def sample(self, num: int, seed: tf.Tensor, inputs: tf.Tensor | None = None) -> tf.Tensor:
        """`num` draws from the model, E[y | z] of latents z from the prior.

        Args:
          num: how many observations, [num, *event], or whole data sets, [num, s, *event], of models that have inputs.
          seed: stateless seed [2].
          inputs: [s, D], the same for all data sets, or [num, s, D]; None for models of single images.
        """

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
        """The stateless seed [2] of the current step and replica; `salt` separates uses (0 training, 1 testing)."""
        context = tf.distribute.get_replica_context()
        replica = 0 if context is None else tf.cast(context.replica_id_in_sync_group, tf.int32)
        base = tf.random.experimental.stateless_fold_in(
            tf.constant([self.seed, salt], tf.int32), tf.cast(self.steps, tf.int32)
        )
        return tf.random.experimental.stateless_fold_in(base, replica)

    def train_step(self, batch: Batch) -> dict[str, tf.Tensor]:
        """One step of the optimizer on the mean objective over the data sets of the (global) batch."""
        with tf.GradientTape() as tape:
            bound = self.training_bound(batch, self.step_seed())
            losses = self.objective(bound)
            loss = tf.cast(tf.reduce_sum(losses) / global_count(losses), tf.float32)
            scaled = self.optimizer.get_scaled_loss(loss)
        variables = self.trainable_variables
        gradients = self.optimizer.get_unscaled_gradients(tape.gradient(scaled, variables))
        self.optimizer.apply_gradients(zip(gradients, variables))
        self.objective.update(bound)
        self.steps.assign_add(1)
        self.skipped.update_state(share_of_skipped_step(gradients))  # `iterations` would count it as a step
        return {**self._update_metrics(bound, losses), **self.objective.logs(), "skipped": self.skipped.result()}

    def training_bound(self, batch: Batch, seed: tf.Tensor) -> Bound:
        """The bound that a training step differentiates: `elbo`, where training does nothing else."""
        return self.elbo(batch, seed=seed)

    def test_step(self, batch: Batch) -> dict[str, tf.Tensor]:
        """The bound's parts on a batch, with draws of the step count; "loss" is the objective's `validation_loss`."""
        bound = self.testing_bound(batch, self.step_seed(salt=1))
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

    @property
    def event_ndims(self) -> int:
        """The number of axes of one observation."""
        return len(self.event_shape)

    def decode_output(self, latents: tf.Tensor) -> tf.Tensor:
        """The decoder on latents [..., L] -> what the likelihood takes, in float32 if it computes in half precision.

        Raises:
          ValueError: if the decoder gives another shape.
        """
        output = widened(apply_flat(self.decoder, tf.cast(latents, self.network_dtype), event_ndims=1))
        check_shape("the decoder's output", output, ("...", *self.likelihood.output_shape(self.event_shape)))
        return output

    @property
    def network_dtype(self) -> tf.DType:
        """Dtype of what enters and leaves the networks: float64 if the decoder's variables are, else float32."""
        variables = self.decoder.trainable_variables
        return tf.float64 if variables and variables[0].dtype == tf.float64 else tf.float32
