"""Latents drawn in every way that a model of CP-VAE's Table 1 generates, and how far its scalars are from the truth."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.data.binarization import Splits
from gpvae_tf.data.two_gaussians import TwoGaussians
from gpvae_tf.evaluation import latent_use, two_sample
from gpvae_tf.evaluation.latent_use import CategoryUse
from gpvae_tf.models.cp_vae import CPVAE
from gpvae_tf.models.image_vae import ImageVAE

Latents = dict[str, tf.Tensor]
Draw = Callable[[Any, Splits, int, tf.Tensor], Latents]  # latents by way, from model, splits, number and seed
AGGREGATED, UNIFORM, PRIOR = "aggregated q(c)", "uniform p(c)", "prior"
SCALARS = 10_000  # generated for the two-sample test, as many as the test set has
_SCORE_NAMES = {AGGREGATED: "", PRIOR: "", UNIFORM: "uniform_"}


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


def images(draw: Draw, model: ImageVAE, splits: Splits, num: int, *, seed: int = 0) -> dict[str, np.ndarray]:
    """`num` generated images by way, E[y | z], [num, H, W, C]."""
    ways = draw(model, splits, num, tf.constant([seed, 0]))
    return {name: model.decode(latents).numpy() for name, latents in ways.items()}


def scalars(draw: Draw, model: ImageVAE, splits: Splits, num: int = SCALARS, *, seed: int = 0) -> dict[str, np.ndarray]:
    """`num` generated scalars by way, [num], the decoder's noise included."""
    ways = draw(model, splits, num, tf.constant([seed, 0]))
    noise = tf.constant([seed, 1])
    return {name: two_sample.draw_data(model, latents, noise).ravel() for name, latents in ways.items()}


def score_scalars(
    draw: Draw, model: ImageVAE, splits: Splits, *, mixture: TwoGaussians | None = None, seed: int = 0
) -> dict[str, float]:
    """Two-sample test of generated scalars against the test set, and their mass near the modes.

    Returns:
      "ks_statistic", "ks_p_value", "mass_low", "mass_high" and "mass_elsewhere"; for CP-VAE with q(c) for the weights,
      and the same behind "uniform_" with p(c).
    """
    numbers: dict[str, float] = {}
    for way, values in scalars(draw, model, splits, seed=seed).items():
        test, mass = two_sample.kolmogorov_smirnov(values, splits.test.images), two_sample.mode_mass(values, mixture)
        found = {"ks_statistic": test.statistic, "ks_p_value": test.pvalue}
        found |= {f"mass_{name}": share for name, share in mass._asdict().items()}
        numbers |= {f"{_SCORE_NAMES[way]}{name}": value for name, value in found.items()}
    return numbers
