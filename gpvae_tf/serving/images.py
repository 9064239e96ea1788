"""The SavedModel of a VAE of single images: encode, decode, reconstruct, impute and sample."""

import dataclasses
import math

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import check_shape
from gpvae_tf.models.image_vae import ImageVAE
from gpvae_tf.serving.base import Outputs, Servable
from gpvae_tf.serving.requests import INTERVAL, draws, free


class ServableImages(Servable):
    """Signatures of a model of single images (N images, L latent dimensions; a category counts as K of them).

    encode(observations [N, H, W, C]) -> latents [N, L]: the point that stands for q(z | y), its mean where known.
    decode(latents [N, L]) -> observations [N, H, W, C]: E[y | z].
    reconstruct(observations [N, H, W, C]) -> observations [N, H, W, C]: the one after the other. It is
      `serving_default` too.
    impute(observations [N, H, W, C], mask [N, H, W, C] boolean, num_samples [], seed [2], both int32, interval []) ->
      filled, mean, stddev, lower, upper [N, H, W, C]: see `ImageVAE.impute`; what is missing may hold anything.
    sample(num [], seed [2], both int32) -> observations [num, H, W, C]: E[y | z] of draws from the prior; equal
      seeds give equal images.

    Args:
      model: trained.
      mean: the mean image [H, W, C] that was subtracted in training; the signatures take and give images as they are.

    Raises:
      ValueError: if the mean image has another shape.
    """

    default = "reconstruct"

    def __init__(self, model: ImageVAE, mean: np.ndarray | None = None):
        super().__init__(model)
        mean = np.zeros(model.event_shape, np.float32) if mean is None else np.asarray(mean, np.float32)
        check_shape("mean", mean, model.event_shape)
        self._mean = tf.Variable(mean, trainable=False)
        observations = free([None, *model.event_shape], axes="N").of(model.likelihood, lambda end: end + mean)
        self.offer(
            "encode",
            lambda observations: {"latents": model.encode(self.centred(observations)).mean},
            observations=observations,
        )
        latents = free([None, model.latent_dim], axes="N").answering(model.event_shape)
        self.offer("decode", lambda latents: self.shown(model.decode(latents)), latents=latents)
        self.offer(
            "reconstruct",
            lambda observations: self.shown(model.reconstruct({"observations": self.centred(observations)})),
            observations=observations,
        )

        def impute(observations: tf.Tensor, mask: tf.Tensor, *how: tf.Tensor) -> Outputs:
            num_samples, seed, share = how
            made = model.impute({"observations": self.centred(observations), "mask": mask}, share, num_samples, seed)
            told = {name: part if name == "stddev" else self.placed(part) for name, part in made._asdict().items()}
            return told | {"filled": tf.where(mask, observations, told["filled"])}

        mask = free([None, *model.event_shape], tf.bool, axes="N")
        asked = draws("observations", model.event_shape) | {"interval": INTERVAL}
        self.offer(
            "impute", impute, observations=dataclasses.replace(observations, observed_by="mask"), mask=mask, **asked
        )
        num = free([], tf.int32, draws_of="", drawn_values=math.prod(model.event_shape), example=1)
        draw = lambda num, seed: self.shown(model.sample(num, seed))
        self.offer("sample", draw, num=num, seed=free([2], tf.int32))

    def centred(self, observations: tf.Tensor) -> tf.Tensor:
        """Images as the model knows them, without the mean image."""
        return observations - self._mean

    def placed(self, images: tf.Tensor) -> tf.Tensor:
        """Images of the model, with the mean image; float32 where the networks are float64."""
        return tf.cast(images, tf.float32) + self._mean

    def shown(self, images: tf.Tensor) -> Outputs:
        """The answer that images of the model are."""
        return {"observations": self.placed(images)}
