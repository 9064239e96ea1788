"""The base class of all models: their parts, and the verbs that every one of them has."""

import abc
from typing import Any

import tensorflow as tf

from gpvae_tf._keras import Network, apply_flat, check_network, widened
from gpvae_tf.checks import at_least_one, check_shape
from gpvae_tf.likelihoods import BernoulliLikelihood, Likelihood
from gpvae_tf.models.prediction.seeds import Seed
from gpvae_tf.models.trainer.cache_invalidation import CacheInvalidation
from gpvae_tf.models.trainer.metrics import EpochMean, RunningTotal, UntrackedMetric
from gpvae_tf.models.trainer.training_step import Batch, TrainedOnBounds
from gpvae_tf.objectives import BetaELBO, Objective
from gpvae_tf.posteriors.base import PosteriorDistribution
from gpvae_tf.saving import Configurable
from gpvae_tf.types import Gaussian


class LatentVariableModel(Configurable, CacheInvalidation, TrainedOnBounds, abc.ABC):
    """A generative model p(y | z) p(z) trained through an evidence lower bound.

    A subclass gives `elbo` and the names of the bound's parts; training is `compile(optimizer)` and `fit(dataset)` on
    a `tf.data` dataset of batches (dicts of tensors); "loss" in the logs is what is minimised. A step whose gradients
    are not all finite is skipped and counted, so NaN never reaches the weights (`nonfinite.skip_nonfinite`).

    Args:
      encoder: observations [N, *event] -> [N, 2L] (means, log variances); tf_keras model or tf.Module. None for a model
        whose encoder belongs to its posterior family (`ImageVAE`), or that has none (`DeepSVIGP`).
      decoder: latents [N, L] -> what the likelihood takes, [N, *event] for most (`Likelihood.output_shape`).
      likelihood: p(y | z), Bernoulli logits by default; `CVAE` and `DeepSVIGP` have a Gaussian one.
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
        self._loss = UntrackedMetric(EpochMean("loss"))
        self.trackers = [EpochMean(n) for n in ("elbo", "reconstruction", "regularizer", *part_names)]
        self.built = True  # networks and kernels hold their variables already; there is no `call`

    def __call__(self, *args, **options):
        """Use `reconstruct`, `encode` or `decode`, or `condition_on` for predictions: a model is not called.

        Raises:
          TypeError: always, naming what there is instead.
        """
        raise TypeError(
            f"{type(self).__name__} is not called like a network: use reconstruct(batch), encode(observations), "
            "decode(latents), or condition_on(batches) for predictions"
        )

    def predict(self, *args, **options):
        """Use `reconstruct` or `condition_on`: a model has no outputs that Keras could collect.

        Raises:
          TypeError: see `__call__`.
        """
        self(*args, **options)

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
    def observe(self, latents: tf.Tensor, seed: Seed, inputs: tf.Tensor | None = None) -> tf.Tensor:
        """A draw of y from p(y | z), noise included, of latents [..., L]: [..., *event]; `inputs` as in `encode`."""

    @abc.abstractmethod
    def reconstruct(self, batch: Batch) -> tf.Tensor:
        """E[y | z] at the posterior mean of a batch's own latents, for missing observations too."""

    @abc.abstractmethod
    def sample(self, num: int, seed: Seed, inputs: tf.Tensor | None = None, *, noise: bool = False) -> tf.Tensor:
        """`num` draws from the model, E[y | z] of latents z from the prior.

        Args:
          num: how many observations, [num, *event], or whole data sets, [num, s, *event], of models that have inputs.
          seed: a whole number, or a stateless seed [2].
          inputs: [s, D], the same for all data sets, or [num, s, D]; None for models of single images.
          noise: whether draws of y are returned, from p(y | z) of the same latents, such as data look.
        """

    @property
    def event_ndims(self) -> int:
        """The number of axes of one observation."""
        return len(self.event_shape)

    def decode_output(self, latents: tf.Tensor) -> tf.Tensor:
        """The decoder on latents [..., L] -> what the likelihood takes, in float32 if it computes in half precision.

        Raises:
          ValueError: if the decoder gives another shape, or several tensors.
        """
        output = apply_flat(self.decoder, tf.cast(latents, self.network_dtype), event_ndims=1)
        check_shape("the decoder's output", output, ("...", *self.likelihood.output_shape(self.event_shape)))
        return widened(output)

    @property
    def network_dtype(self) -> tf.DType:
        """Dtype of what enters and leaves the networks: float64 if the decoder's variables are, else float32.

        Frozen variables count too: what a network computes in does not depend on whether it is trained.
        """
        dtypes = (variable.dtype for variable in self.decoder.variables if variable.dtype.is_floating)
        return tf.float64 if next(dtypes, None) == tf.float64 else tf.float32
