"""What people ask a latent-GP model for: latents and data at new inputs given a context, or of a batch itself."""

import functools
from collections.abc import Iterable
from typing import Any

import tensorflow as tf

from gpvae_tf.models.prediction.data_distribution import DataDistribution
from gpvae_tf.models.prediction.imputation import interval_levels, with_gaps_filled
from gpvae_tf.models.prediction.predictor import draw_marginals
from gpvae_tf.models.prediction.seeds import Seed, stateless_seed
from gpvae_tf.shapes import check_shape
from gpvae_tf.types import Batch, Gaussian, Imputation, Predictive


class Predictions:
    """Mixed into a latent-GP model, in front of it: predictions, imputation, reconstructions and prior draws."""

    def predict_f(self, context: Batch | Iterable[Batch] | None, inputs: tf.Tensor) -> Gaussian:
        """Marginal means and variances of the latents, [B, s, L], at inputs [B, s, D], given a context.

        For several questions about one context, `condition_on(context)` encodes it once.

        Args:
          context: the data that are known; see `LatentGPVAE.condition_on`.
          inputs: where; B data sets as the context has.

        Raises:
          ValueError: if the inputs do not fit the context.
        """
        return _of(self).condition_on(context).predict_f(inputs)

    def predict_y(self, context: Batch | Iterable[Batch] | None, inputs: tf.Tensor, *args, **options) -> Predictive:
        """The distribution of the data [B, s, *event] at inputs [B, s, D], given a context.

        Args:
          context, inputs: see `predict_f`.
          args, options: num_samples, seed, joint, quantiles, ...; see `Predictor.predict_y`.

        Raises:
          ValueError: if an argument does not fit.
        """
        return _of(self).condition_on(context).predict_y(inputs, *args, **options)

    def impute(
        self,
        batch: Batch,
        interval: float | tf.Tensor = 0.95,
        num_samples: int | tf.Tensor = 100,
        seed: Seed = 0,
        *,
        chunk: int | None = None,
    ) -> Imputation:
        """A batch with its gaps filled in, and the distribution of its data at all its points.

        Missing points get their latents from the observed ones, missing entries of an observed point from its own.

        Args:
          batch: "observations" [B, n, *event], "inputs" [B, n, D] and "mask", [B, n] or [B, n, *event]; without a mask
            nothing is missing.
          interval: share of the data that lies between `lower` and `upper`, in (0, 1).
          num_samples: draws of the latents, at least (1 + interval) / (1 - interval): 39 for 95 %.
          seed, chunk: see `Predictor.predict_y`.

        Raises:
          ValueError: if an argument does not fit, or there are too few draws for the interval.
        """
        model = _of(self)
        levels = interval_levels(interval, num_samples)
        z_seed, y_seed = tf.unstack(tf.random.split(stateless_seed(seed)))
        z = draw_marginals(self.latents_given(batch), z_seed, num_samples)
        inputs = tf.convert_to_tensor(model.decoder_inputs(batch)) if model.conditions_on_inputs else None
        predicted = self.data_distribution.summary(
            z, inputs, seed=y_seed, levels=levels, chunk=chunk, keep_samples=False
        )
        return with_gaps_filled(batch["observations"], batch.get("mask"), predicted)

    def latents(self, batch: Batch) -> Gaussian:
        """Posterior marginals of the batch's own latents, [B, n, L]."""
        return _of(self).posterior(batch).marginals().transposed()

    def reconstruct(self, batch: Batch) -> tf.Tensor:
        """E[y | z] at the posterior mean, [B, n, *event], for missing points and entries too."""
        model = _of(self)
        return model.decode(self.latents(batch).mean, model.decoder_inputs(batch))

    def latents_given(self, batch: Batch) -> Gaussian:
        """Marginals of the latents at all points of a batch, [B, n, L], given what was observed of it.

        The batch is all that is known (`condition_on`). A model whose posterior is every point's own encoding has that
        where something was observed, and its prediction elsewhere.
        """
        model = _of(self)
        data = model.encoded(batch)
        own = model.latent_gp.condition(data).marginals() if model.latent_gp.encodes_alone else None
        if own is None:
            marginals = model.condition_latents(data).predict(data.x)
        elif data.mask is None or (tf.executing_eagerly() and bool(tf.reduce_all(data.mask))):
            marginals = own  # predictions need what some latent GPs have for their training inputs alone
        else:
            predicted = model.condition_latents(data).predict(data.x)
            marginals = Gaussian(*(tf.where(data.channel_mask, *parts) for parts in zip(own, predicted, strict=True)))
        return marginals.transposed()

    def sample(self, num: int, seed: Seed, inputs: tf.Tensor | None = None) -> tf.Tensor:
        """`num` data sets of observations [num, s, *event], each decoded from one draw of the prior over functions.

        Raises:
          ValueError: if inputs are missing or no [s, D] or [num, s, D].
        """
        model = _of(self)
        if inputs is None:
            raise ValueError("inputs is None: the prior is over functions of the inputs, say where to draw them")
        inputs = tf.convert_to_tensor(inputs)
        inputs = tf.tile(inputs[tf.newaxis], [num, 1, 1]) if inputs.shape.rank == 2 else inputs
        check_shape("inputs", inputs, (num, "s", "D"))
        z = model.latent_gp.draw_prior(model.features(inputs), model.latent_dim, stateless_seed(seed))
        return model.decode(tf.linalg.matrix_transpose(z), inputs)

    @functools.cached_property
    def data_distribution(self) -> DataDistribution:
        """p(y) of data given draws of their latents."""
        model = _of(self)
        decoder = lambda z, inputs: model.decode_output(model.decoder_input(z, inputs))
        return DataDistribution(decoder, model.likelihood, model.event_shape, model.network_dtype, model.scaling)


def _of(predictions: Predictions) -> Any:
    """The model that they are mixed into."""
    return predictions
