"""p(y | z) p(z) of single images, and the same where only some of an image's entries were observed."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from gpvae_tf.checks import check_shape
from gpvae_tf.likelihoods import Likelihood
from gpvae_tf.models.masks import points_of
from gpvae_tf.posteriors.base import PosteriorDistribution
from gpvae_tf.priors.standard_normal import StandardNormal


class ImageJoint:
    """The densities that bound, inference and importance weighting are made of (`posteriors.base.Joint`).

    Attributes:
      decoder, likelihood, prior: its parts.
      steps: training steps taken.
      decode_output: latents [..., L] -> what the likelihood takes.
      event_shape: the shape of an image.
      num_samples, analytic_kl: see `ImageVAE`.
      observed: boolean [B, *event], which entries of the images were observed; None for all.
    """

    decoder: Any
    likelihood: Likelihood
    prior: Any
    steps: Any
    event_shape: tuple[int, ...]
    num_samples: int
    analytic_kl: bool
    observed: tf.Tensor | None = None
    decode_output: Callable[[tf.Tensor], tf.Tensor]

    def terms(self, q: PosteriorDistribution, images: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """E_q[log p(y | z)] and KL(q || p(z)), or the bound that the family has for it; both [B], nats."""
        draw_seed, kl_seed = tf.unstack(tf.random.split(seed))
        draws = q.weighted(self.num_samples, draw_seed)
        reconstruction = draws.mean(self.log_likelihood(images, draws.z))
        kl = q.kl_in_bound(kl_seed) if self.analytic_kl and isinstance(self.prior, StandardNormal) else None
        return reconstruction, draws.mean(draws.log_prob - self.prior.log_prob(draws.z)) if kl is None else kl

    def log_likelihood(self, images: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        """log p(y | z) of images [B, *event] and latents [S, B, L], over the observed entries; [S, B], nats."""
        output = self.decode_output(z)
        check_shape("the decoder's output", output, ("S", "B", *self.likelihood.output_shape(self.event_shape)))
        return self.likelihood.log_prob(output, images, self.observed, event_ndims=len(self.event_shape))

    def log_prob(self, images: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        """log p(y, z) = log p(y | z) + log p(z) of images [B, *event] and latents [S, B, L]; [S, B], nats."""
        return self.log_likelihood(images, z) + self.prior.log_prob(z)

    def of_observed(self, per_image: tf.Tensor) -> tf.Tensor:
        """Values [B] of the images of which there is something, 0 for the others: what is missing costs nothing."""
        return per_image if self.observed is None else self.num_points(per_image) * per_image

    def num_points(self, per_image: tf.Tensor) -> tf.Tensor:
        """1 for every image of which there is something, [B], in the dtype of values [B]."""
        if self.observed is None:
            return tf.ones_like(per_image)
        return tf.cast(points_of(self.observed, 1), per_image.dtype)


class PartlyObserved(ImageJoint):
    """A model seen through a mask: the densities of what was observed, with the model's decoder, likelihood and prior.

    Args:
      model: an `ImageVAE`.
      observed: boolean [B, *event].
    """

    def __init__(self, model: Any, observed: tf.Tensor):
        self.decoder, self.decode_output = model.decoder, model.decode_output
        self.likelihood, self.prior, self.event_shape = model.likelihood, model.prior, model.event_shape
        self.num_samples, self.analytic_kl, self.steps = model.num_samples, model.analytic_kl, model.steps
        self.observed = observed
