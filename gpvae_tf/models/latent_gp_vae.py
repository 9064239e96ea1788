"""VAE with a latent GP: the line every GP-VAE shares, whichever latent GP stands in it.

    images --encode--> (y~, s~) --latent GP--> q(Z) --decode--> p(y | z)

Batches are dicts: "images" [B, n, H, W, C], "inputs" [B, n, D] (times, views), and optionally "mask" [B, n], boolean,
True = observed. Missing frames may hold anything finite; posterior and bound use the rest.
"""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.gp.gaussians import masked_sum
from gpvae_tf.gp.linalg import cholesky
from gpvae_tf.latent_gps import LatentDataset, LatentGP, LatentPosterior
from gpvae_tf.models.base import Batch, LatentVariableModel
from gpvae_tf.shapes import check_shape
from gpvae_tf.types import Bound, Gaussian

Clip = tuple[float, float]


class LatentGPVAE(LatentVariableModel):
    """p(y_i | z_i) with z_i = (f_1(x_i), ..., f_L(x_i)) and a latent GP prior on each f_l (SVGP-VAE Section 3.1).

    Args:
      encoder, decoder, image_shape, latent_dim, and further keywords: see `LatentVariableModel`.
      latent_gp: the prior and its rule of inference (`gpvae_tf.latent_gps`).
      noise_clip: range the encoder's variances s~ are clipped to, or None.
      sample_clip: range the posterior variances are clipped to for drawing z, or None.
    """

    def __init__(
        self,
        encoder: keras.Model | tf.Module,
        decoder: keras.Model | tf.Module,
        latent_gp: LatentGP,
        *,
        noise_clip: Clip | None = None,
        sample_clip: Clip | None = None,
        name: str = "latent_gp_vae",
        **options,
    ):
        super().__init__(encoder, decoder, part_names=latent_gp.part_names, name=name, **options)
        if latent_gp.num_channels not in (None, self.latent_dim):
            raise ValueError(f"the latent GP has {latent_gp.num_channels} channels, latent_dim is {self.latent_dim}")
        self.latent_gp = latent_gp
        self.noise_clip, self.sample_clip = noise_clip, sample_clip

    def encode(self, images: tf.Tensor) -> Gaussian:
        """Pseudo-observations y~ and noise variances s~ of images [..., H, W, C], each [..., L]."""
        check_shape("images", images, ("...", *self.image_shape))
        output = self.encode_pixels(tf.cast(images, self.network_dtype))
        check_shape("the encoder's output", output, ("...", 2 * self.latent_dim))
        mean, log_variance = tf.split(tf.cast(output, self.latent_gp.dtype), 2, axis=-1)
        variance = tf.exp(log_variance)
        return Gaussian(mean, tf.clip_by_value(variance, *self.noise_clip) if self.noise_clip else variance)

    def decode(self, latents: tf.Tensor) -> tf.Tensor:
        """E[y | z] of latents [..., L]: images [..., H, W, C]."""
        check_shape("latents", latents, ("...", self.latent_dim))
        return self.likelihood.mean(self.decode_output(latents))

    def posterior(self, batch: Batch) -> LatentPosterior:
        """q(Z | batch), to be asked for marginals, predictions and its part of the bound."""
        images, inputs = tf.convert_to_tensor(batch["images"]), tf.convert_to_tensor(batch["inputs"])
        mask = batch.get("mask")
        check_shape("images", images, ("...", "n", *self.image_shape))
        check_shape("inputs", inputs, (*images.shape[:-3], "D"))
        if mask is not None:  # a missing frame must not overflow in the encoder: its gradient would be 0 * inf
            mask = tf.cast(mask, tf.bool)
            check_shape("mask", mask, images.shape[:-3])
            images = tf.where(mask[..., tf.newaxis, tf.newaxis, tf.newaxis], images, tf.zeros_like(images))
        y, noise_variance = self.encode(images)
        data = LatentDataset(
            tf.cast(inputs, self.latent_gp.dtype),
            tf.linalg.matrix_transpose(y),
            tf.linalg.matrix_transpose(noise_variance),
            mask,
        )
        return self.latent_gp.condition(data)

    def elbo(self, batch: Batch, seed: tf.Tensor | None = None) -> Bound:
        """sum_i E_q[log p(y_i | z_i)] + (the latent GP's term), one value per data set, [B], nats.

        The expectation is one reparameterised draw from the posterior marginals (Eqs. 2 and 10).

        Args:
          batch: see the module's docstring.
          seed: stateless seed [2]; the model's own for the current step if None.
        """
        posterior = self.posterior(batch)
        marginals = posterior.marginals()
        per_frame = self._log_likelihood(marginals, batch["images"], self.step_seed() if seed is None else seed)
        return sum_bound(per_frame, batch.get("mask"), posterior.regularizer())

    def _log_likelihood(self, marginals: Gaussian, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """log p(y_i | z_i) at one draw of every z_i, [B, n]."""
        mean, variance = (tf.linalg.matrix_transpose(part) for part in marginals)  # [B, n, L]
        # float32 algebra can round a variance of nothing below zero
        lowest, highest = self.sample_clip or (1e-10, np.inf)
        variance = tf.clip_by_value(variance, lowest, highest)
        noise = tf.random.stateless_normal(tf.shape(mean), seed, dtype=self.network_dtype)
        z = tf.cast(mean, self.network_dtype) + noise * tf.cast(tf.sqrt(variance), self.network_dtype)
        return tf.cast(self.likelihood.log_prob(self.decode_output(z), images), self.latent_gp.dtype)

    def predict(self, context: Batch, inputs: tf.Tensor) -> Gaussian:  # pylint: disable=arguments-differ
        """Latent marginals [B, s, L] at new inputs [B, s, D], given a context set (a batch, mask allowed).

        It stands in for `keras.Model.predict`, which maps arrays through `call`; a latent variable model has no `call`.
        """
        check_shape("inputs", inputs, ("...", "s", "D"))
        result = self.posterior(context).predict(tf.cast(inputs, self.latent_gp.dtype))
        return Gaussian(*(tf.linalg.matrix_transpose(part) for part in result))

    def latents(self, batch: Batch) -> Gaussian:
        """Posterior marginals of the batch's own latents, [B, n, L]."""
        return Gaussian(*(tf.linalg.matrix_transpose(part) for part in self.posterior(batch).marginals()))

    def reconstruct(self, batch: Batch) -> tf.Tensor:
        """E[y | z] at the posterior mean, [B, n, H, W, C], for missing frames too."""
        return self.decode(self.latents(batch).mean)

    def generate(self, context: Batch, inputs: tf.Tensor, seed: tf.Tensor | None = None) -> tf.Tensor:
        """Images [B, s, H, W, C] at new inputs given a context: decoded mean, or one joint draw if a seed is given."""
        if seed is None:
            return self.decode(self.predict(context, inputs).mean)
        mean, covariance = self.posterior(context).predict_joint(tf.cast(inputs, self.latent_gp.dtype))
        return self.decode(_draw(mean, covariance, seed))

    def sample(self, inputs: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Images [..., s, H, W, C] decoded from one draw of the prior at inputs [..., s, D]."""
        check_shape("inputs", inputs, ("...", "s", "D"))
        inputs = tf.cast(inputs, self.latent_gp.dtype)
        covariance = self.latent_gp.prior_covariance(inputs)
        shape = tf.concat([tf.shape(inputs)[:-2], [self.latent_dim], tf.shape(inputs)[-2:-1]], axis=0)
        return self.decode(_draw(tf.zeros(shape, inputs.dtype), covariance, seed))


def _draw(mean: tf.Tensor, covariance: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """One joint draw, transposed to [..., s, L]; the jitter only makes a singular covariance factor."""
    factor = cholesky(covariance, name="the covariance of a joint draw", jitter=1e-6)
    noise = tf.random.stateless_normal(tf.shape(mean), seed, dtype=mean.dtype)
    return tf.linalg.matrix_transpose(mean + tf.linalg.matvec(factor, noise))


def sum_bound(per_frame: tf.Tensor, mask: tf.Tensor | None, parts: Mapping[str, tf.Tensor]) -> Bound:
    """Sums frames [B, n] and channels [B, L] into one value per data set."""
    summed = {name: tf.reduce_sum(value, axis=-1) for name, value in parts.items()}
    reconstruction = masked_sum(per_frame, None if mask is None else tf.cast(mask, tf.bool))
    return Bound(reconstruction, tf.add_n(list(summed.values())), summed)
