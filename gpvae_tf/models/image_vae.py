"""The VAE of single images, with posterior family and prior as swappable parts.

Batches are dicts: "observations" [B, H, W, C], optionally "mask", boolean of the same shape, True = observed, and
whatever else a data set carries (labels), which is ignored. What is missing may hold anything, NaN included: the
encoder sees 0 there, the likelihood leaves it out. One image is one data point, and the bound has one value per image.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import Network, build, is_built
from gpvae_tf.checks import at_least_one, check_shape
from gpvae_tf.models import eager_checks
from gpvae_tf.models.base import LatentVariableModel
from gpvae_tf.models.hiding import HidesData, Hiding
from gpvae_tf.models.image_joint import ImageJoint, PartlyObserved
from gpvae_tf.models.input_checks import as_tensor
from gpvae_tf.models.masks import checked_mask
from gpvae_tf.models.observation_checks import check_is_batch, check_values
from gpvae_tf.models.prediction.data_distribution import DataDistribution
from gpvae_tf.models.prediction.imputation import Imputing
from gpvae_tf.models.prediction.seeds import Seed, another_seed, stateless_seed
from gpvae_tf.posteriors.base import Posterior, PosteriorDistribution
from gpvae_tf.priors.base import Prior
from gpvae_tf.priors.standard_normal import StandardNormal
from gpvae_tf.scaling import Scaling
from gpvae_tf.types import Batch, Bound


def refuse_unused(model: str, options: Mapping[str, Any], names: Sequence[str]) -> None:
    """Refuses keywords of `ImageVAE` that a model derived from it has no use for.

    Raises:
      TypeError: naming the model and the first of them.
    """
    for name in names:
        if name in options:
            raise TypeError(f"{model} takes no {name}, which would have no effect on its bound")


class ImageVAE(HidesData, ImageJoint, Imputing):
    """E_q[log p(y | z)] - KL(q(z | y) || p(z)) for any q of `posteriors` and any p(z) of `priors`.

    It is also the `Joint` that semi-amortised and Laplace inference need, where all entries were observed.

    Args:
      posterior: the family q(z | y), with its networks.
      decoder: latents [N, L] -> what the likelihood takes, [N, H, W, C].
      event_shape: (H, W, C).
      prior: p(z); N(0, I) if None.
      num_data: N, images of the training set; needed if the posterior has random weights (the GP encoder, Eq. 15).
      num_samples: S, draws of z per image (and per component of a mixture).
      analytic_kl: whether the KL is in closed form where there is one; else it is estimated by the same draws.
      hiding: probabilities that a training step hides a whole image, and a single entry, from the encoder
        (`models.hiding`): for a model that is to fill in what is missing.
      options: further keywords of `LatentVariableModel`.

    Attributes:
      fewest_images: that a batch needs for a bound.

    Raises:
      ValueError: if latent dimensions differ, num_data or num_samples is below 1, num_data is missing, or the posterior
        cannot work with this decoder, likelihood or prior.
    """

    later_attributes = LatentVariableModel.later_attributes | {"num_data", "num_samples", "analytic_kl", "hiding"}
    fewest_images = 1

    def __init__(
        self,
        posterior: Posterior,
        decoder: Network,
        *,
        event_shape: tuple[int, ...],
        prior: Prior | None = None,
        num_data: int | None = None,
        num_samples: int = 1,
        analytic_kl: bool = True,
        hiding: Hiding | tuple[float, float] = (0.0, 0.0),
        part_names: tuple[str, ...] | None = None,
        name: str = "image_vae",
        **options,
    ):
        latent_dim, has_weights = posterior.latent_dim, posterior.regularizer() is not None
        part_names = part_names or (("kl", "weights_kl") if has_weights else ("kl",))
        options = dict(options, event_shape=event_shape, latent_dim=latent_dim, part_names=part_names)
        super().__init__(None, decoder, name=name, **options)
        if has_weights and num_data is None:
            raise ValueError("num_data is None: a posterior with random weights needs the size of the training set")
        self.prior = prior or StandardNormal(latent_dim)
        if self.prior.latent_dim != latent_dim:
            raise ValueError(f"prior has {self.prior.latent_dim} latent dimensions, the posterior has {latent_dim}")
        self.num_data = None if num_data is None else at_least_one("num_data", num_data)
        self.num_samples, self.analytic_kl = at_least_one("num_samples", num_samples), analytic_kl
        self.posterior, self._hiding = posterior, self.possible(hiding)
        build(decoder, "decoder", [latent_dim])
        posterior.check_joint(self)
        self.prior.check_posterior(posterior)
        if not is_built(posterior):  # which only its family knows how to call
            _ = posterior.condition(tf.zeros([1, *event_shape], self.network_dtype), self).mean

    def elbo(self, batch: Batch, seed: tf.Tensor | None = None) -> Bound:
        """The bound of every image, [B], nats; its parts are "kl" and, with random encoder weights, "weights_kl".

        "weights_kl" is every image's share, 1/N, of -KL(q(W, U) || N(0, I)).

        Args:
          batch: see the module's docstring.
          seed: stateless seed [2]; the model's own for the current step if None.
        """
        return self.elbo_given(batch, batch, self.seed_or_step(seed))

    def elbo_given(self, given: Batch, batch: Batch, seed: tf.Tensor) -> Bound:
        """`elbo` of a batch with q(z | y) given what another batch says of its images; see `models.hiding`."""
        inference_seed, bound_seed = tf.unstack(tf.random.split(seed))
        images, joint = self.joint_of(batch)
        seen, of_seen = (images, joint) if given is batch else self.joint_of(given)
        q = self.posterior.condition(seen, of_seen, inference_seed)
        reconstruction, kl = joint.terms(q, images, bound_seed)
        parts = {"kl": -joint.of_observed(kl)}
        if "weights_kl" in self.part_names:
            share = tf.cast(self.posterior.regularizer(), kl.dtype) / self.num_data
            parts["weights_kl"] = tf.fill(tf.shape(kl), -share)
        return Bound(reconstruction, tf.add_n(list(parts.values())), parts, joint.num_points(kl))

    def joint_of(self, batch: Batch) -> tuple[tf.Tensor, ImageJoint]:
        """A batch's images, 0 where nothing was observed, and the model, or its view through the batch's mask.

        Raises:
          ValueError: if the batch is no dictionary with observations; see `checked_images`.
        """
        check_is_batch(batch)
        mask = batch.get("mask")
        images = self.checked_images(batch["observations"], mask)
        return images, self if mask is None else PartlyObserved(self, tf.convert_to_tensor(mask))

    def checked_images(self, images: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        """Images in the dtype of the networks, 0 where the mask, boolean of their shape, says that they are missing.

        Raises:
          ValueError: if they are not [B, H, W, C], the mask is of another shape or type or, outside compiled code, what
            is observed is not finite or cannot be under the likelihood.
        """
        images = as_tensor(images)
        check_shape("observations", images, ("B", *self.event_shape))
        if mask is not None:
            mask = checked_mask(mask, images.shape)
        if eager_checks.are_due():
            check_values(np.asarray(images), None if mask is None else mask.numpy(), self.likelihood.check)
        images = tf.cast(images, self.network_dtype)
        return images if mask is None else tf.where(mask, images, tf.zeros_like(images))

    def encode(
        self, observations: tf.Tensor, inputs: tf.Tensor | None = None, seed: tf.Tensor | None = None
    ) -> PosteriorDistribution:
        """q(z | y) of images [B, H, W, C], to be asked for its mean, draws and density; there are no inputs."""
        return self.encode_batch({"observations": observations}, seed)

    def encode_batch(self, batch: Batch, seed: tf.Tensor | None = None) -> PosteriorDistribution:
        """`encode` of a batch, which may have a "mask": q(z | y) of what was observed.

        Raises:
          ValueError: see `joint_of`.
        """
        return self.posterior.condition(*self.joint_of(batch), seed)

    def decode(self, latents: tf.Tensor, inputs: tf.Tensor | None = None) -> tf.Tensor:
        """E[y | z] of latents [..., L]: images [..., H, W, C]; there are no inputs."""
        check_shape("latents", latents, ("...", self.latent_dim))
        return self.likelihood.mean(self.decode_output(latents))

    def observe(self, latents: tf.Tensor, seed: Seed, inputs: tf.Tensor | None = None) -> tf.Tensor:
        """A draw of y from p(y | z), noise included, of latents [..., L]: images [..., H, W, C]."""
        check_shape("latents", latents, ("...", self.latent_dim))
        return self.likelihood.sample(self.decode_output(latents), stateless_seed(seed))

    def reconstruct(self, batch: Batch) -> tf.Tensor:
        """E[y | z] at the mean of q(z | y), images [B, H, W, C], for missing entries too."""
        return self.decode(self.encode_batch(batch).mean)

    def draws_given(
        self, batch: Batch, num_samples: int | tf.Tensor, seed: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        inference_seed, z_seed = tf.unstack(tf.random.split(seed))
        return self.encode_batch(batch, inference_seed).sample(num_samples, z_seed).z, None

    @functools.cached_property
    def data_distribution(self) -> DataDistribution:
        """p(y) of images given draws of their latents."""
        decoder = lambda z, _: self.decode_output(z)
        return DataDistribution(decoder, self.likelihood, self.event_shape, self.network_dtype, Scaling())

    def sample(self, num: int, seed: Seed, inputs: tf.Tensor | None = None, *, noise: bool = False) -> tf.Tensor:
        """`num` images [num, H, W, C]: E[y | z] of draws z from the prior, or with `noise` draws of y.

        Raises:
          ValueError: if there are inputs, which single images do not have.
        """
        if inputs is not None:
            raise ValueError(f"inputs has shape {tuple(inputs.shape)}; a model of single images has no inputs")
        z = self.prior.sample(num, stateless_seed(seed))
        return self.observe(z, another_seed(seed)) if noise else self.decode(z)
