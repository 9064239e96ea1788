"""What people ask a latent-GP model for: latents and data at new inputs given a context, or of a batch itself."""

import abc
import functools
from collections.abc import Iterable

import tensorflow as tf

from gpvae_tf.checks import check_shape
from gpvae_tf.embeddings import AmortizedObjects, ObjectEmbedding
from gpvae_tf.latent_gps import LatentDataset, LatentPosterior
from gpvae_tf.models.input_checks import as_tensor, check_inputs
from gpvae_tf.models.prediction.conditioning import Conditioning
from gpvae_tf.models.prediction.data_distribution import DataDistribution
from gpvae_tf.models.prediction.input_spec import InputSpec
from gpvae_tf.models.prediction.predictor import draw_marginals
from gpvae_tf.models.prediction.seeds import Seed, another_seed, stateless_seed
from gpvae_tf.types import Batch, Gaussian, Predictive


class Predictions(Conditioning):
    """A model whose latents are functions of inputs: predictions, imputation, reconstructions and prior draws.

    A subclass says what its decoder sees and makes of it (`decoder_inputs`, `output_at`), and the posterior of a batch.
    """

    @abc.abstractmethod
    def posterior(self, batch: Batch) -> LatentPosterior:
        """q(Z | batch), to be asked for marginals, predictions and its part of the bound."""

    @abc.abstractmethod
    def output_at(self, latents: tf.Tensor, inputs: tf.Tensor | None = None) -> tf.Tensor:
        """What the likelihood of scaled data takes, of latents [..., L] at inputs [..., D] that the decoder may see."""

    @abc.abstractmethod
    def decoder_inputs(self, batch: Batch) -> tf.Tensor:
        """The inputs that `output_at` takes for a batch's own points."""

    def represent(self, observations: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        """Vectors [..., M] of objects of which there are observations [..., k, *event], by the embedding's network.

        Args:
          observations: in original units.
          mask: boolean [..., k], True = there; None for all.

        Raises:
          TypeError: if the embedding is not `AmortizedObjects`.
          ValueError: see `AmortizedObjects.represent`.
        """
        objects = self.amortized_objects()
        return objects.represent(
            self.scaling.observations(tf.convert_to_tensor(observations), self.network_dtype), mask
        )

    def inputs_of_new_objects(self, views: tf.Tensor, context: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        """Inputs [..., s, V + M] of objects never seen, in views [..., s, V], with the vectors that `represent` gives.

        Args:
          views: how the objects are seen.
          context, mask: observations [..., k, *event] of the objects, see `represent`.

        Raises:
          TypeError, ValueError: see `represent`.
        """
        return self.amortized_objects().inputs_at(views, self.represent(context, mask))

    def first_vectors(self, batch: Batch) -> tf.Tensor:
        """Guesses [S, k, M] of the vectors of objects with "observations" [k, c, *event], by an `ObjectEmbedding`."""
        assert isinstance(self.embedding, ObjectEmbedding)
        data = self.observed(batch)
        return self.embedding.first_vectors(data.values, data.points)

    def amortized_objects(self) -> AmortizedObjects:
        """The embedding, whose network makes the vectors of objects.

        Raises:
          TypeError: if it is another one, or there is none.
        """
        if not isinstance(self.embedding, AmortizedObjects):
            raise TypeError(f"model.embedding must be AmortizedObjects, got {type(self.embedding).__name__}")
        return self.embedding

    def predict_f(self, context: Batch | Iterable[Batch] | None, inputs: tf.Tensor) -> Gaussian:
        """Marginal means and variances of the latents, [B, s, L], at inputs [B, s, D], given a context.

        For several questions about one context, `condition_on(context)` encodes it once.

        Args:
          context: the data that are known; see `LatentGPVAE.condition_on`.
          inputs: where; B data sets as the context has.

        Raises:
          ValueError: if the inputs do not fit the context.
        """
        return self.condition_on(context).predict_f(inputs)

    def predict_y(self, context: Batch | Iterable[Batch] | None, inputs: tf.Tensor, *args, **options) -> Predictive:
        """The distribution of the data [B, s, *event] at inputs [B, s, D], given a context.

        Args:
          context, inputs: see `predict_f`.
          args, options: num_samples, seed, joint, quantiles, ...; see `Predictor.predict_y`.

        Raises:
          ValueError: if an argument does not fit.
        """
        return self.condition_on(context).predict_y(inputs, *args, **options)

    def draws_given(
        self, batch: Batch, num_samples: int | tf.Tensor, seed: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        inputs = as_tensor(self.decoder_inputs(batch)) if self.conditions_on_inputs else None
        return draw_marginals(self.latents_given(batch), seed, num_samples), inputs

    def latents(self, batch: Batch) -> Gaussian:
        """Posterior marginals of the batch's own latents, [B, n, L].

        As in `condition_on` the batch is all that is known, also where its b points stand for `num_data` to `posterior`
        and the bound.
        """
        if self.latent_gp.stands_for_more:
            return self.latents_given(batch)
        return self.posterior(batch).marginals().transposed()

    def reconstruct(self, batch: Batch) -> tf.Tensor:
        """E[y | z] at the posterior mean, [B, n, *event], for missing points and entries too."""
        return self.decode(self.latents(batch).mean, self.decoder_inputs(batch))

    def latents_given(self, batch: Batch) -> Gaussian:
        """Marginals of the latents at all points of a batch, [B, n, L], given what was observed of it.

        The batch is all that is known (`condition_on`). A model whose posterior is every point's own encoding has that
        where something was observed, and its prediction elsewhere.
        """
        data = self.checked_latent_dataset(batch)
        if self.latent_gp.predicts_own_points:
            return self.latents_elsewhere(data).transposed()
        own = self.latent_gp.condition(data).marginals()
        if data.mask is None or (tf.executing_eagerly() and bool(tf.reduce_all(data.mask))):
            return own.transposed()  # predictions need what some latent GPs have for their training inputs alone
        elsewhere = self.latents_elsewhere(data)
        both = (tf.where(data.channel_mask, *parts) for parts in zip(own, elsewhere, strict=True))
        return Gaussian(*both).transposed()

    def latents_elsewhere(self, data: LatentDataset) -> Gaussian:
        """Marginals [..., L, n] at all points of a latent data set, for those at which nothing was observed."""
        return self.condition_latents(data).predict(data.x)

    def sample(self, num: int, seed: Seed, inputs: tf.Tensor | None = None, *, noise: bool = False) -> tf.Tensor:
        """`num` data sets of observations [num, s, *event], each decoded from one draw of the prior over functions.

        Args:
          num, seed, inputs, noise: see `LatentVariableModel.sample`.

        Raises:
          ValueError: if inputs are missing or no [s, D] or [num, s, D], and, eagerly, if `fit` would refuse them.
        """
        if inputs is None:
            raise ValueError("inputs is None: the prior is over functions of the inputs, say where to draw them")
        inputs = as_tensor(inputs)
        inputs = tf.tile(inputs[tf.newaxis], [num, 1, 1]) if inputs.shape.rank == 2 else inputs
        check_shape("inputs", inputs, (num, "s", "D"))
        expected = InputSpec.of((num,), self.input_dim, self.embedding)
        if expected.has_data_columns(inputs) and tf.executing_eagerly():  # vectors may lie as close as they like
            check_inputs(self.without_roles(inputs).numpy())
        z = self.latent_gp.draw_prior(self.features(inputs), self.latent_dim, stateless_seed(seed))
        z = tf.linalg.matrix_transpose(z)
        return self.observe(z, another_seed(seed), inputs) if noise else self.decode(z, inputs)

    @functools.cached_property
    def data_distribution(self) -> DataDistribution:
        """p(y) of data given draws of their latents."""
        return DataDistribution(self.output_at, self.likelihood, self.event_shape, self.network_dtype, self.scaling)
