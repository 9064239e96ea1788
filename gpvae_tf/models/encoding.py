"""What the encoder makes of a batch: a latent data set of features and pseudo-observations (y~, s~)."""

import tensorflow as tf

from gpvae_tf._keras import apply_flat
from gpvae_tf.checks import check_shape
from gpvae_tf.latent_gps import LatentDataset
from gpvae_tf.latent_gps.base import Range
from gpvae_tf.likelihoods import errors_for
from gpvae_tf.models import masks
from gpvae_tf.models.input_checks import as_tensor
from gpvae_tf.models.observation_checks import errors_of
from gpvae_tf.models.prediction.conditioning import Conditioning
from gpvae_tf.models.trainer.posterior_collapse import is_constant
from gpvae_tf.types import Batch, Gaussian


class Encoding(Conditioning):
    """A model whose encoder turns a batch into a latent data set: `encode`, `features`, `latent_dataset`.

    A subclass sets the attributes (see `LatentGPVAE`).
    """

    amortized: bool
    mask_channel: bool
    noise_clip: Range | None

    def features(self, inputs: tf.Tensor) -> tf.Tensor:
        """Features of inputs [..., n, D] that the kernel takes, in the dtype of the kernel algebra."""
        inputs = as_tensor(inputs)
        check_shape("inputs", inputs, ("...", "n", "D"))
        if self.embedding is None:
            return tf.cast(self.without_roles(self.scaling.inputs(inputs)), self.latent_gp.dtype)
        return self.embedding(self.scaling.inputs(inputs, self.embedding.scaled_columns), self.latent_gp.dtype)

    def exposure_at(self, inputs: tf.Tensor | None) -> tf.Tensor | None:
        """What stands behind counts at inputs [..., D], scaled; it broadcasts against observations [..., *event].

        None where the model has no exposures.

        Raises:
          ValueError: if there are no inputs, which have it, or see `InputRoles.check`.
        """
        if not self.roles.exposures:
            return None
        found = self.roles.exposure_per_entry(self._scaled(inputs), self.event_ndims)
        return tf.cast(found, self.network_dtype)

    def with_conditions(self, numbers: tf.Tensor, inputs: tf.Tensor | None, event_ndims: int = 1) -> tf.Tensor:
        """Numbers [..., C] with the conditions at inputs behind them on the last axis, if the model has some.

        Args:
          numbers: latents [..., L], or what an encoder sees of observations.
          inputs: [..., D].
          event_ndims: axes of the numbers of one point.

        Raises:
          ValueError: if there are no inputs, which have them.
        """
        if not self.roles.conditions:
            return numbers
        return behind(numbers, tf.gather(self._scaled(inputs), self.roles.conditions, axis=-1), event_ndims)

    def _scaled(self, inputs: tf.Tensor | None) -> tf.Tensor:
        """Scaled inputs, which are needed for the roles of their columns."""
        if inputs is None:
            raise ValueError(
                f"inputs is None; expected [..., D], whose columns {self.roles.used} have conditions or exposures"
            )
        self.check_roles(inputs)
        return self.scaling.inputs(as_tensor(inputs))

    def features_of_batch(self, scaled: tf.Tensor, inputs: tf.Tensor, points: tf.Tensor | None) -> tf.Tensor:
        """Features of a batch's own inputs, which an embedding may read off its observations (`AmortizedObjects`).

        Args:
          scaled: observations [..., n, *event], scaled.
          inputs: [..., n, D].
          points: boolean [..., n], the points whose observation it may read; None for all.
        """
        if self.embedding is None:
            return self.features(inputs)
        inputs = self.scaling.inputs(inputs, self.embedding.scaled_columns)
        return self.embedding.of_batch(inputs, tf.cast(scaled, self.network_dtype), points, self.latent_gp.dtype)

    def encoder_input(self, scaled: tf.Tensor, inputs: tf.Tensor | None) -> tf.Tensor:
        """The encoder's input for scaled observations [..., *event]; one that sees more of the inputs overrides it."""
        return self.with_conditions(scaled, inputs, self.event_ndims)

    def encode(
        self, observations: tf.Tensor, inputs: tf.Tensor | None = None, seed: tf.Tensor | None = None
    ) -> Gaussian:
        """Pseudo-observations y~ and noise variances s~ of whole observations [..., *event], each [..., L]."""
        check_shape("observations", observations, ("...", *self.event_shape))
        return self.pseudo_observations(self.observed_at(observations, inputs), inputs)

    def features_and_observed(self, batch: Batch) -> tuple[tf.Tensor, masks.Observed]:
        """Features [..., n, F] of a batch's inputs, and what was observed there."""
        observations, inputs = tf.convert_to_tensor(batch["observations"]), as_tensor(batch["inputs"])
        check_shape("observations", observations, ("...", "n", *self.event_shape))
        check_shape("inputs", inputs, (*observations.shape[: -self.event_ndims], "D"))
        self.check_inputs_of(batch)
        data = self.observed(batch)
        return self.features_of_batch(data.values, inputs, masks.context_of(batch, data.points)), data

    def observed(self, batch: Batch) -> masks.Observed:
        """Scaled observations, with 0 where nothing was observed, their errors and exposures.

        Raises:
          ValueError: if shapes do not fit; outside compiled code, also on values and errors that `fit` would refuse.
        """
        self.check_values(batch)
        scaled = self.scaling.observations(tf.convert_to_tensor(batch["observations"]), self.network_dtype)
        errors = errors_for(self.likelihood, errors_of(batch, self.event_ndims, self.likelihood.takes_errors))
        if errors is not None:
            check_shape("errors", tf.convert_to_tensor(errors), list(scaled.shape))
            errors = self.scaling.differences(errors, self.network_dtype)
        found = masks.observed(scaled, batch.get("mask"), self.event_ndims, errors)
        return found._replace(exposure=self.exposure_at(batch.get("inputs")))

    def observed_at(self, observations: tf.Tensor, inputs: tf.Tensor | None) -> masks.Observed:
        """`observed` of whole observations, where nothing is missing."""
        return self.observed({"observations": observations} | ({} if inputs is None else {"inputs": inputs}))

    def pseudo_observations(self, data: masks.Observed, inputs: tf.Tensor | None) -> Gaussian:
        """Means y~ and noise variances s~, each [..., L], that the encoder makes of what was observed."""
        seen = self.encoder_input(data.seen(self.mask_channel), inputs)
        output = apply_flat(self.encoder, seen, event_ndims=self.event_ndims)
        check_shape("the encoder's output", output, ("...", 2 * self.latent_dim))
        mean, variance = Gaussian.from_log_variance(tf.cast(output, self.latent_gp.dtype))
        return Gaussian(mean, self.clip_noise(variance))

    def clip_noise(self, variance: tf.Tensor) -> tf.Tensor:
        """Variances of the encoder, clipped to `noise_clip` if there is one."""
        return tf.clip_by_value(variance, *self.noise_clip) if self.noise_clip else variance

    def latent_dataset(self, batch: Batch) -> LatentDataset:
        """(x, y~, s~) that the encoder makes of a batch, channel first."""
        features, data = self.features_and_observed(batch)
        y, noise_variance = self.pseudo_observations(data, as_tensor(batch["inputs"])).transposed()
        least = self.latent_gp.least_noise(features, data.points)
        noise_variance = noise_variance if least is None else tf.maximum(noise_variance, least)
        return LatentDataset(features, y, noise_variance, data.points)

    def is_blind(self, batch: Batch) -> bool:
        return self.amortized and is_constant(self.latent_dataset(batch).y)


def behind(numbers: tf.Tensor, conditions: tf.Tensor, event_ndims: int) -> tf.Tensor:
    """Numbers [..., C] with conditions [..., K] behind them on the last axis, the same all over an event.

    Args:
      numbers: of points, with `event_ndims` axes each.
      conditions: of the points.
      event_ndims: 3 for images, whose every pixel gets them.
    """
    conditions = tf.cast(conditions[(..., *[tf.newaxis] * (event_ndims - 1), slice(None))], numbers.dtype)
    return tf.concat([numbers, tf.ones_like(numbers[..., :1]) * conditions], axis=-1)
