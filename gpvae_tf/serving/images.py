"""The SavedModel of a VAE of single images: encode, decode, reconstruct and sample."""

import numpy as np
import tensorflow as tf

from gpvae_tf.models.image_vae import ImageVAE
from gpvae_tf.serving.base import Servable


class ServableImages(Servable):
    """Signatures of a model of single images (N images, L latent dimensions; a category counts as K of them).

    encode(images [N, H, W, C]) -> latents [N, L]: the point that stands for q(z | y), its mean where that is known.
    decode(latents [N, L]) -> images [N, H, W, C]: E[y | z].
    reconstruct(images [N, H, W, C]) -> images [N, H, W, C]: the one after the other.
    sample(num [], seed [2], both int32) -> images [num, H, W, C]: E[y | z] of draws from the prior; equal seeds give
      equal images.

    Args:
      model: trained.
      mean: the mean image [H, W, C] that was subtracted in training; the signatures take and give images as they are.
    """

    def __init__(self, model: ImageVAE, mean: np.ndarray | None = None):
        super().__init__(model)
        self._mean = tf.Variable(np.zeros(model.image_shape, np.float32) if mean is None else mean, trainable=False)
        centred = lambda images: images - self._mean
        shown = lambda images: {"images": tf.cast(images, tf.float32) + self._mean}
        images = tf.TensorSpec([None, *model.image_shape], tf.float32)
        self.offer("encode", lambda images: {"latents": model.encode(centred(images)).mean}, images=images)
        latents = tf.TensorSpec([None, model.latent_dim], tf.float32)
        self.offer("decode", lambda latents: shown(model.decode(latents)), latents=latents)
        self.offer("reconstruct", lambda images: shown(model.reconstruct({"images": centred(images)})), images=images)
        num, seed = tf.TensorSpec([], tf.int32), tf.TensorSpec([2], tf.int32)
        self.offer("sample", lambda num, seed: shown(model.sample(num, seed)), num=num, seed=seed)
