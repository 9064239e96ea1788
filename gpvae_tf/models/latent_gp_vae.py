"""VAE with a latent GP: the line every GP-VAE shares, whichever latent GP stands in it.

    observations --encode--> (y~, s~) --latent GP--> q(Z) --decode--> p(y | z)

Batches are dicts: "observations" [B, n, *event], "inputs" [B, n, D] (times, views, or a view and an object's id), and
optionally "mask", boolean, True = observed, [B, n] for whole points or [B, n, *event] for single entries of them. What
is missing may hold anything, NaN included; posterior and bound use the rest. A mini-batch of one large data set is
B = 1 with n points. An optional "context", boolean [B, n], says which of the observations an embedding may read.
Optional "errors" [B, n, *event] are the known standard deviations of measurement errors, in the observations' units:
an observation is y + error * noise, and y is what the model is of.
"""

import math
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import Network, check_network
from gpvae_tf.checks import check_range, check_shape
from gpvae_tf.embeddings import Embedding
from gpvae_tf.input_roles import NO_ROLES, InputRoles
from gpvae_tf.latent_gps import LatentGP, LatentPosterior
from gpvae_tf.latent_gps.base import TINY_VARIANCE, Range
from gpvae_tf.likelihoods import measured
from gpvae_tf.models import masks
from gpvae_tf.models.base import LatentVariableModel
from gpvae_tf.models.encoding import Encoding
from gpvae_tf.models.from_data import FromData
from gpvae_tf.models.hiding import HidesData, Hiding
from gpvae_tf.models.input_checks import as_tensor, check_inputs
from gpvae_tf.models.masks import most_observed
from gpvae_tf.models.prediction.predictions import Predictions
from gpvae_tf.models.prediction.seeds import Seed, stateless_seed
from gpvae_tf.replicas import draws, shares
from gpvae_tf.scaling import Scaling
from gpvae_tf.types import Batch, Bound

_ALL_VARIANCES: Range = (TINY_VARIANCE, math.inf)


class LatentGPVAE(HidesData, Encoding, Predictions, FromData):
    """p(y_i | z_i) with z_i = (f_1(x_i), ..., f_L(x_i)) and a latent GP prior on each f_l (SVGP-VAE Section 3.1).

    Args:
      encoder, decoder, event_shape, latent_dim, and further keywords: see `LatentVariableModel`.
      latent_gp: the prior and its rule of inference (`gpvae_tf.latent_gps`).
      embedding: what turns inputs into the features that the kernel sees, before anything else; None for none.
      scaling: offset and scale that are taken out of inputs and observations inside the model, which takes and gives
        original units; None for none. Bounds are those of the scaled observations.
      roles: of those columns of the inputs that are conditions of the networks or exposures of counts.
      mask_channel: whether the encoder sees, behind the observations, which of their entries were observed, and with
        what errors (`masks.Observed.reliability`), so that its input is [N, ..., 2 C] for observations [..., C];
        otherwise missing entries are just 0, after scaling, and values with errors like any others.
      hiding: probabilities that a training step hides a whole point, and a single entry, from the encoder
        (`models.hiding`), for intervals that hold at what is missing.
      noise_clip: range the encoder's variances s~ are clipped to, (low, high) with low > 0, or None.
      sample_clip: range the posterior variances are clipped to for drawing z, (low, high), or None.

    Attributes:
      conditions_on_inputs: whether what is made of latents, and of observations, depends on the inputs.
      amortized: whether there is an encoder; without one, `condition_on` ignores data.
      can_hide: whether `hiding` has a meaning: there is an encoder, and the bound is that of all data given some.
      batches_add: what another batch in `condition_on` holds: further "points" of the data sets, or other "data sets".
      takes_roles: whether `roles` have a meaning.
      input_dim: D of the data that `fit` saw first; None before.
    """

    later_attributes = LatentVariableModel.later_attributes.union(
        ("scaling", "hiding", "noise_clip", "sample_clip", "input_dim")
    )
    conditions_on_inputs = False
    amortized = True
    batch_axes = ("B", "n")
    reads_errors = True
    batches_add = "points"
    takes_roles = True
    input_dim: int | None = None
    sample_clip: Range

    def __init__(
        self,
        encoder: Network | None,
        decoder: Network,
        latent_gp: LatentGP,
        *,
        embedding: Embedding | None = None,
        scaling: Scaling | None = None,
        roles: InputRoles = NO_ROLES,
        mask_channel: bool = False,
        hiding: Hiding | tuple[float, float] = (0.0, 0.0),
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
        if not isinstance(roles, InputRoles):
            raise TypeError(f"roles is a {type(roles).__name__}; expected an InputRoles, such as data.roles")
        if roles:
            if embedding is not None or self.conditions_on_inputs or not self.takes_roles:
                raise ValueError(
                    f"{type(self).__name__} takes no conditions or exposures of inputs (roles); GPVAE, SVGPVAE, "
                    "MarkovGPVAE, VecchiaGPVAE, BandedGPVAE, NeuralProcessGPVAE and VAE do"
                )
            takes_counts = np.broadcast_to(self.likelihood.takes_counts, self.event_shape[-1:])
            roles.check_exposures(takes_counts, (scaling or Scaling()).input_offset)
            self.conditions_on_inputs, self.num_conditions = True, len(roles.conditions)
        self.latent_gp, self.embedding, self.roles = latent_gp, embedding, roles
        self.scaling, self.mask_channel, self._hiding = scaling or Scaling(), mask_channel, self.possible(hiding)
        self.noise_clip = noise_clip
        self.sample_clip = sample_clip  # type: ignore[assignment] # `__setattr__` makes a range of None
        self.build_networks()

    def __setattr__(self, name: str, value: Any) -> None:
        """Assigns an attribute, now or later; what is no range of variances is refused for a clip.

        Raises:
          ValueError: naming the clip.
        """
        if name == "sample_clip" and value is None:
            value = _ALL_VARIANCES
        if name in ("noise_clip", "sample_clip") and value is not None:
            check_range(name, value, positive=name == "noise_clip")
        super().__setattr__(name, value)

    @property
    def split_axis(self) -> int:
        """Replicas split the points of the data sets where the latent GP allows it, else the data sets."""
        return shares.POINTS if self.latent_gp.shares_points else shares.DATA_SETS

    def check_batch(self, batch: Batch) -> None:
        super().check_batch(batch)
        if "inputs" not in batch:
            raise ValueError(f"batch has {', '.join(map(repr, batch))}; expected 'inputs' [B, n, D]")
        inputs = as_tensor(batch["inputs"])
        check_shape("inputs", inputs, (*tf.convert_to_tensor(batch["observations"]).shape[:2], "D"))
        self.input_dim = inputs.shape[-1]
        if self.embedding is not None:  # its inputs, such as ids, are no inputs of a kernel
            check_inputs(inputs.numpy())
            self.embedding.check(inputs.numpy())
            return
        features = self.features(inputs)
        features = tf.reshape(features, [-1, *features.shape[-2:]])
        places, seen = self.without_roles(inputs), self.latent_gp.kernel_inputs(features)
        check_inputs(places.numpy(), seen.numpy(), self.latent_gp.dtype)
        self.latent_gp.check(features[0], features.shape[0], self.latent_dim)

    def check_training_batch(self, batch: Batch) -> None:
        super().check_training_batch(batch)
        self.latent_gp.check_count(most_observed(batch))

    def check_data(self, data: Any) -> None:
        if (roles := getattr(data, "roles", None)) and roles != self.roles:
            raise ValueError(f"the data have {roles}, and the model has {self.roles}: give it roles=data.roles")

    def check_points(self, num_data: int | None) -> None:
        self.latent_gp.check_points(num_data)

    def likelihood_values(self, observations: tf.Tensor) -> tf.Tensor:
        return self.scaling.observations(tf.convert_to_tensor(observations), tf.float64)

    def decoder_input(self, latents: tf.Tensor, inputs: tf.Tensor | None) -> tf.Tensor:
        """The decoder's input for latents [..., L]; a model whose decoder sees more of the inputs overrides this."""
        return self.with_conditions(tf.convert_to_tensor(latents), inputs)

    def decoder_inputs(self, batch: Batch) -> tf.Tensor:
        """The inputs that `decoder_input` takes for a batch's own points; one whose decoder sees more overrides it."""
        return batch["inputs"]

    def decode(self, latents: tf.Tensor, inputs: tf.Tensor | None = None) -> tf.Tensor:
        """E[y | z] of latents [..., L]: observations [..., *event]."""
        return self.scaling.restore(self.likelihood.mean(self.output_at(latents, inputs)))

    def observe(self, latents: tf.Tensor, seed: Seed, inputs: tf.Tensor | None = None) -> tf.Tensor:
        """A draw of y from p(y | z), noise included, of latents [..., L]: observations [..., *event]."""
        return self.scaling.restore(self.likelihood.sample(self.output_at(latents, inputs), stateless_seed(seed)))

    def output_at(self, latents: tf.Tensor, inputs: tf.Tensor | None = None) -> tf.Tensor:
        """What the likelihood of scaled data takes, of latents [..., L] at inputs [..., D] that the decoder may see."""
        check_shape("latents", latents, ("...", self.latent_dim))
        output, exposure = self.decode_output(self.decoder_input(latents, inputs)), self.exposure_at(inputs)
        return output if exposure is None else self.likelihood.at_exposure(output, tf.cast(exposure, output.dtype))

    def posterior(self, batch: Batch, in_bound: tf.Tensor | None = None) -> LatentPosterior:
        """q(Z | batch), to be asked for marginals, predictions and its part of the bound.

        Args:
          batch: see the module's docstring.
          in_bound: boolean [B, n], the points whose likelihood the bound sums; None for those of the batch's mask.
        """
        return self.latent_gp.condition(self.latent_dataset(batch)._replace(in_bound=in_bound))

    def elbo(self, batch: Batch, seed: tf.Tensor | None = None) -> Bound:
        """sum_i E_q[log p(y_i | z_i)] + (the latent GP's term), one value per data set, [B], nats.

        The expectation is one reparameterised draw from the posterior marginals (Eqs. 2 and 10).

        Args:
          batch: see the module's docstring.
          seed: stateless seed [2]; the model's own for the current step if None.
        """
        return self.elbo_given(batch, batch, self.seed_or_step(seed))

    def elbo_given(self, context: Batch, batch: Batch, seed: tf.Tensor) -> Bound:
        """The bound of a batch with the posterior given `context`: the same data, of which less may be observed.

        The decoder sees no more of them than the encoder, and the latent GP's term has the weight of the whole batch.
        """
        mask, in_bound = batch.get("mask"), None
        points = None if mask is None else masks.points_of(mask, len(self.batch_axes))
        if context is not batch:
            in_bound = tf.ones(tf.shape(batch["inputs"])[:-1], tf.bool) if points is None else points
        posterior = self.posterior(context, in_bound)
        per_frame = self.log_likelihood(posterior, batch, seed, self.decoder_inputs(context))
        return masks.sum_bound(per_frame, points, posterior.regularizer())

    def log_likelihood(
        self, posterior: LatentPosterior, batch: Batch, seed: tf.Tensor, inputs: tf.Tensor | None = None
    ) -> tf.Tensor:
        """log p(y_i | z_i) at one draw of every z_i, [B, n], nats, over the observed entries of y_i; else 0.

        `inputs` are what `decoder_inputs` gives of the data that the decoder may see; None for all that is observed.
        """
        shape = tf.concat([tf.shape(batch["inputs"])[:-1], [self.latent_dim]], axis=0)
        noise = tf.linalg.matrix_transpose(draws.normal(shape, seed, self.network_dtype))
        z = posterior.draw(tf.cast(noise, self.latent_gp.dtype), self.sample_clip)
        return self.log_likelihood_at(tf.linalg.matrix_transpose(z), batch, inputs)

    def log_likelihood_at(self, z: tf.Tensor, batch: Batch, inputs: tf.Tensor | None = None) -> tf.Tensor:
        """log p(y_i | z_i) at latents z [B, n, L]; see `log_likelihood`."""
        inputs = self.decoder_inputs(batch) if inputs is None else inputs
        output, data = self.output_at(z, inputs), self.observed(batch)
        log_prob = measured(self.likelihood, data.errors).log_prob
        return tf.cast(log_prob(output, data.values, data.mask, event_ndims=self.event_ndims), self.latent_gp.dtype)
