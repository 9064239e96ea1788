"""Latents drawn in every way that a model of CP-VAE's Table 1 generates."""

import tensorflow as tf

from gpvae_tf.datasets.binarization import Splits
from gpvae_tf.evaluation import latent_use
from gpvae_tf.evaluation.latent_use import CategoryUse
from gpvae_tf.models.cp_vae import CPVAE
from gpvae_tf.models.image_vae import ImageVAE

Latents = dict[str, tf.Tensor]
AGGREGATED, UNIFORM, PRIOR = "aggregated q(c)", "uniform p(c)", "prior"


def aggregated(model: CPVAE, splits: Splits) -> CategoryUse:
    """Use of the categories by the training images; `.aggregated` is q(c) of Eq. 14."""
    return latent_use.category_use(latent_use.category_probabilities(model, splits.train.images, batch_size=1000))


def from_prior(model: ImageVAE, splits: Splits, num: int, seed: tf.Tensor) -> Latents:
    """`num` draws of the prior, [num, L]."""
    return {PRIOR: model.prior.sample(num, seed)}


def from_categories(model: CPVAE, splits: Splits, num: int, seed: tf.Tensor) -> Latents:
    """`num` draws of z and a one-hot c, [num, L + K]: c from q(c), as the paper generates, and from a uniform p(c)."""
    weights = aggregated(model, splits).aggregated
    return {AGGREGATED: model.prior.sample(num, seed, weights), UNIFORM: model.prior.sample(num, seed)}
