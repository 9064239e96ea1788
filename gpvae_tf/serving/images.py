"""The SavedModel of a VAE of single images: encode, decode, reconstruct and sample."""

import numpy as np
import tensorflow as tf

from gpvae_tf.models.image_vae import ImageVAE
from gpvae_tf.serving.base import Servable


class ServableImages(Servable):
    """Signatures of a model of single images (N images, L latent dimensions; a category counts as K of them).

    encode(observations [N, H, W, C]) -> latents [N, L]: the point that stands for q(z | y), its mean where known.
    decode(latents [N, L]) -> observations [N, H, W, C]: E[y | z].
    reconstruct(observations [N, H, W, C]) -> observations [N, H, W, C]: the one after the other.
    sample(num [], seed [2], both int32) -> observations [num, H, W, C]: E[y | z] of draws from the prior; equal
      seeds give equal images.

    Args:
      model: trained.
      mean: the mean image [H, W, C] that was subtracted in training; the signatures take and give images as they are.
    """

    def __init__(self, model: ImageVAE, mean: np.ndarray | None = None):
        super().__init__(model)
        self._mean = tf.Variable(np.zeros(model.event_shape, np.float32) if mean is None else mean, trainable=False)
        centred = lambda observations: observations - self._mean
        shown = lambda observations: {"observations": tf.cast(observations, tf.float32) + self._mean}
        observations = tf.TensorSpec([None, *model.event_shape], tf.float32)
        self.offer(
            "encode",
            lambda observations: {"latents": model.encode(centred(observations)).mean},
            observations=observations,
        )
        latents = tf.TensorSpec([None, model.latent_dim], tf.float32)
        self.offer("decode", lambda latents: shown(model.decode(latents)), latents=latents)
        self.offer(
            "reconstruct",
            lambda observations: shown(model.reconstruct({"observations": centred(observations)})),
            observations=observations,
        )
        num, seed = tf.TensorSpec([], tf.int32), tf.TensorSpec([2], tf.int32)
        self.offer("sample", lambda num, seed: shown(model.sample(num, seed)), num=num, seed=seed)
