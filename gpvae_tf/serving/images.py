"""The SavedModel of a VAE of single images: encode, decode, reconstruct and sample."""

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
    """

    def __init__(self, model: ImageVAE):
        super().__init__(model)
        images = tf.TensorSpec([None, *model.image_shape], tf.float32)
        self.offer("encode", lambda images: {"latents": model.encode(images)}, images=images)
        latents = tf.TensorSpec([None, model.latent_dim], tf.float32)
        self.offer("decode", lambda latents: {"images": model.decode(latents)}, latents=latents)
        self.offer("reconstruct", lambda images: {"images": model.reconstruct(images)}, images=images)
        num, seed = tf.TensorSpec([], tf.int32), tf.TensorSpec([2], tf.int32)
        self.offer("sample", lambda num, seed: {"images": model.sample(num, seed)}, num=num, seed=seed)
