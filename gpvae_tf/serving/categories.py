"""The SavedModel of a CP-VAE: that of any model of images, with its categories."""

import numpy as np
import tensorflow as tf

from gpvae_tf.models.cp_vae import CPVAE
from gpvae_tf.serving.images import ServableImages
from gpvae_tf.serving.requests import free


class ServableCategories(ServableImages):
    """Signatures of `ServableImages` and three more (N images, K categories 0, ..., K - 1, D dimensions of z).

    categories(observations [N, H, W, C]) -> probabilities [N, K]: q(c | y).
    decode_as(latents [N, D], category [N] int32) -> observations [N, H, W, C]: E[y | z, c].
    sample_category(category [], num [], seed [2], all int32) -> observations [num, H, W, C]: E[y | z, c] of draws from
      p(z | c).

    Args:
      model: trained.
      mean: see `ServableImages`.
    """

    def __init__(self, model: CPVAE, mean: np.ndarray | None = None):
        super().__init__(model, mean)
        self.offer(
            "categories",
            lambda observations: {"probabilities": model.categories(self.centred(observations))},
            observations=self.arguments["encode"]["observations"],
        )
        category = dict(dtype=tf.int32, least=0, most=model.num_categories - 1)
        self.offer(
            "decode_as",
            lambda latents, category: self.shown(model.decode_as(latents, category)),
            latents=free([None, model.prior.continuous_dim], axes="N").answering(model.event_shape),
            category=free([None], axes="N", **category),
        )
        self.offer(
            "sample_category",
            lambda category, num, seed: self.shown(model.sample_category(category, num, seed)),
            category=free([], **category),
            **self.arguments["sample"],
        )
