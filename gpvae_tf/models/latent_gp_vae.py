"""VAE with a latent GP: the line every GP-VAE shares, whichever latent GP stands in it.

    images --encode--> (y~, s~) --latent GP--> q(Z) --decode--> p(y | z)

Batches are dicts: "images" [B, n, H, W, C], "inputs" [B, n, D] (times, views, or a view and an object's id), and
optionally "mask" [B, n], boolean, True = observed. Missing frames may hold anything finite; posterior and bound use the
rest. A mini-batch of one large data set is B = 1 with n images.
"""

import math
from collections.abc import Iterable, Mapping

import tensorflow as tf

from gpvae_tf._keras import Network, check_network
from gpvae_tf.embeddings import Embedding
from gpvae_tf.gp.gaussians import masked_sum
from gpvae_tf.latent_gps import LatentDataset, LatentGP, LatentPosterior
from gpvae_tf.latent_gps.base import TINY_VARIANCE, LatentPredictor, Range
from gpvae_tf.models.base import Batch, LatentVariableModel
from gpvae_tf.models.predictor import Predictor, draw_jointly
from gpvae_tf.shapes import check_shape
from gpvae_tf.types import Bound, Gaussian


class LatentGPVAE(LatentVariableModel):
    """p(y_i | z_i) with z_i = (f_1(x_i), ..., f_L(x_i)) and a latent GP prior on each f_l (SVGP-VAE Section 3.1).

    Args:
      encoder, decoder, image_shape, latent_dim, and further keywords: see `LatentVariableModel`.
      latent_gp: the prior and its rule of inference (`gpvae_tf.latent_gps`).
      embedding: what turns inputs into the features that the kernel sees, before anything else; None for none.
      noise_clip: range the encoder's variances s~ are clipped to, or None.
      sample_clip: range the posterior variances are clipped to for drawing z, or None.

    Attributes:
      conditions_on_inputs: whether encoder and decoder see the inputs.
      amortized: whether there is an encoder; without one, `condition_on` ignores data.
      batches_add: what another batch adds to those before it in `condition_on`: "points" of the same data sets, or
        other "data sets".
    """

    conditions_on_inputs = False
    amortized = True
    batches_add = "points"

    def __init__(
        self,
        encoder: Network | None,
        decoder: Network,
        latent_gp: LatentGP,
        *,
        embedding: Embedding | None = None,
        noise_clip: Range | None = None,
        sample_clip: Range | None = None,
        name: str = "latent_gp_vae",
        **options,
    ):
        if self.amortized:
            check_network(encoder, "encoder")  # None, which the base class lets pass, is refused
        super().__init__(encoder, decoder, part_names=latent_gp.part_names, name=name, **options)
        if latent_gp.num_channels not in (None, self.latent_dim):
            raise ValueError(f"the latent GP has {latent_gp.num_channels} channels, latent_dim is {self.latent_dim}")
        self.latent_gp = latent_gp
        self.embedding = embedding
        self.noise_clip, self.sample_clip = noise_clip, sample_clip or (TINY_VARIANCE, math.inf)

    def features(self, inputs: tf.Tensor) -> tf.Tensor:
        """Features of inputs [..., n, D] that the kernel takes, in the dtype of the kernel algebra."""
        check_shape("inputs", inputs, ("...", "n", "D"))
        dtype = self.latent_gp.dtype
        return tf.cast(inputs, dtype) if self.embedding is None else self.embedding(inputs, dtype)

    def features_of_batch(self, images: tf.Tensor, inputs: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
        """Features of a batch's own inputs, which an embedding may read off its images (`AmortizedObjects`)."""
        if self.embedding is None:
            return self.features(inputs)
        return self.embedding.of_batch(inputs, tf.cast(images, self.network_dtype), mask, self.latent_gp.dtype)

    def encoder_input(self, images: tf.Tensor, inputs: tf.Tensor | None) -> tf.Tensor:
        """The encoder's input for images [..., H, W, C]; a model that conditions it on the inputs overrides this."""
        return images

    def decoder_input(self, latents: tf.Tensor, inputs: tf.Tensor | None) -> tf.Tensor:
        """The decoder's input for latents [..., L]; a model that conditions it on the inputs overrides this."""
        return latents

    def encode(self, images: tf.Tensor, inputs: tf.Tensor | None = None, seed: tf.Tensor | None = None) -> Gaussian:
        """Pseudo-observations y~ and noise variances s~ of images [..., H, W, C], each [..., L]."""
        check_shape("images", images, ("...", *self.image_shape))
        output = self.encode_pixels(self.encoder_input(tf.cast(images, self.network_dtype), inputs))
        check_shape("the encoder's output", output, ("...", 2 * self.latent_dim))
        mean, log_variance = tf.split(tf.cast(output, self.latent_gp.dtype), 2, axis=-1)
        variance = tf.exp(log_variance)
        return Gaussian(mean, tf.clip_by_value(variance, *self.noise_clip) if self.noise_clip else variance)

    def decode(self, latents: tf.Tensor, inputs: tf.Tensor | None = None) -> tf.Tensor:
        """E[y | z] of latents [..., L]: images [..., H, W, C]."""
        check_shape("latents", latents, ("...", self.latent_dim))
        return self.likelihood.mean(self.decode_output(self.decoder_input(latents, inputs)))

    def latent_dataset(self, batch: Batch) -> LatentDataset:
        """(x, y~, s~) that the encoder makes of a batch, channel first."""
        images, inputs = tf.convert_to_tensor(batch["images"]), tf.convert_to_tensor(batch["inputs"])
        mask = batch.get("mask")
        check_shape("images", images, ("...", "n", *self.image_shape))
        check_shape("inputs", inputs, (*images.shape[:-3], "D"))
        if mask is not None:  # a missing frame must not overflow in the encoder: its gradient would be 0 * inf
            mask = tf.cast(mask, tf.bool)
            check_shape("mask", mask, images.shape[:-3])
            images = tf.where(mask[..., tf.newaxis, tf.newaxis, tf.newaxis], images, tf.zeros_like(images))
        y, noise_variance = self.encode(images, inputs)
        return LatentDataset(
            self.features_of_batch(images, inputs, mask),
            tf.linalg.matrix_transpose(y),
            tf.linalg.matrix_transpose(noise_variance),
            mask,
        )

    def posterior(self, batch: Batch) -> LatentPosterior:
        """q(Z | batch), to be asked for marginals, predictions and its part of the bound."""
        return self.latent_gp.condition(self.latent_dataset(batch))

    def condition_on(self, batches: Batch | Iterable[Batch] | None = None) -> Predictor:
        """The model given data, to be asked for latents and images at any inputs.

        Batches are encoded one at a time and only their latents, or sums of statistics where the model is sparse, are
        kept; so the images need not fit into memory at once.

        Args:
          batches: one batch (see the module's docstring), or several that hold more points of the same data sets
            (FGP-VAE: other objects). None where variables of the model hold its training set (GPPVAE, DeepSVIGP).

        Raises:
          ValueError: if there is no batch.
        """
        if batches is None:
            raise ValueError(f"batches is None: {self.name} keeps nothing of its training set, give it the data")
        return Predictor(self, self.latent_predictor([batches] if isinstance(batches, Mapping) else batches))

    def latent_predictor(self, batches: Iterable[Batch]) -> LatentPredictor:
        """The latent GP's predictor given several batches, at least one."""
        parts = [LatentDataset(*self._encoded(dict(batch))) for batch in batches]
        return self.condition_latents(LatentDataset.concat(parts, self.batches_add))

    def condition_latents(self, data: LatentDataset) -> LatentPredictor:
        """The latent GP's predictor given a latent data set."""
        return self.latent_gp.condition(data)

    @tf.function(reduce_retracing=True)
    def _encoded(self, batch: Batch) -> LatentDataset:
        return self.latent_dataset(batch)

    def elbo(self, batch: Batch, seed: tf.Tensor | None = None) -> Bound:
        """sum_i E_q[log p(y_i | z_i)] + (the latent GP's term), one value per data set, [B], nats.

        The expectation is one reparameterised draw from the posterior marginals (Eqs. 2 and 10).

        Args:
          batch: see the module's docstring.
          seed: stateless seed [2]; the model's own for the current step if None.
        """
        posterior = self.posterior(batch)
        per_frame = self.log_likelihood(posterior, batch, self.step_seed() if seed is None else seed)
        return sum_bound(per_frame, batch.get("mask"), posterior.regularizer())

    def log_likelihood(self, posterior: LatentPosterior, batch: Batch, seed: tf.Tensor) -> tf.Tensor:
        """log p(y_i | z_i) at one draw of every z_i, [B, n], nats."""
        shape = tf.concat([tf.shape(batch["inputs"])[:-1], [self.latent_dim]], axis=0)
        noise = tf.linalg.matrix_transpose(tf.random.stateless_normal(shape, seed, dtype=self.network_dtype))
        z = posterior.draw(tf.cast(noise, self.latent_gp.dtype), self.sample_clip)
        output = self.decode_output(self.decoder_input(tf.linalg.matrix_transpose(z), batch["inputs"]))
        return tf.cast(self.likelihood.log_prob(output, batch["images"]), self.latent_gp.dtype)

    def latents(self, batch: Batch) -> Gaussian:
        """Posterior marginals of the batch's own latents, [B, n, L]."""
        return Gaussian(*(tf.linalg.matrix_transpose(part) for part in self.posterior(batch).marginals()))

    def reconstruct(self, batch: Batch) -> tf.Tensor:
        """E[y | z] at the posterior mean, [B, n, H, W, C], for missing frames too."""
        return self.decode(self.latents(batch).mean, batch["inputs"])

    def sample(self, num: int, seed: tf.Tensor, inputs: tf.Tensor | None = None) -> tf.Tensor:
        """`num` data sets of images [num, s, H, W, C], each decoded from one draw of the prior over functions.

        Raises:
          ValueError: if inputs are missing or no [s, D] or [num, s, D].
        """
        if inputs is None:
            raise ValueError("inputs is None: the prior is over functions of the inputs, say where to draw them")
        inputs = tf.convert_to_tensor(inputs)
        inputs = tf.tile(inputs[tf.newaxis], [num, 1, 1]) if inputs.shape.rank == 2 else inputs
        check_shape("inputs", inputs, (num, "s", "D"))
        covariance = self.latent_gp.prior_covariance(self.features(inputs))
        shape = tf.concat([tf.shape(inputs)[:-2], [self.latent_dim], tf.shape(inputs)[-2:-1]], axis=0)
        return self.decode(draw_jointly(tf.zeros(shape, covariance.dtype), covariance, seed), inputs)


def sum_bound(per_frame: tf.Tensor, mask: tf.Tensor | None, parts: Mapping[str, tf.Tensor]) -> Bound:
    """Sums frames [B, n] and channels [B, L] into one value per data set."""
    summed = {name: tf.reduce_sum(value, axis=-1) for name, value in parts.items()}
    mask = None if mask is None else tf.cast(mask, tf.bool)
    num_points = masked_sum(tf.ones_like(per_frame), mask)
    return Bound(masked_sum(per_frame, mask), tf.add_n(list(summed.values())), summed, num_points)
