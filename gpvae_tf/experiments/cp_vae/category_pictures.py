"""Pictures of CP-VAE's categories: images of each one, of one alone, of chosen latents in every category, their use."""

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from gpvae_tf.datasets.binarization import Splits
from gpvae_tf.evaluation.latent_use import CategoryUse
from gpvae_tf.experiments.cp_vae import draws
from gpvae_tf.models.cp_vae import CPVAE
from gpvae_tf.plotting import locations, priors

CATEGORIES, PER_CATEGORY = 10, 40  # categories shown, the most used ones, and images of each
ALONE = 160  # images of the most used category
SWAPPED = 6  # chosen latents that every category decodes


def figures(model: CPVAE, splits: Splits, seed: int) -> dict[str, Figure]:
    """What a run shows of its categories: their mass over the training images, and images of each."""
    use = draws.aggregated(model, splits)
    of_use = {"category_use": priors.category_use(use.aggregated, use.assigned)}
    if not splits.train.bounded:
        return of_use
    shown = most_used(use)
    alone = {f"category {shown[0]}": _of_category(model, int(shown[0]), ALONE, seed)}
    return {
        "categories": categories(model, use, seed),
        "one_category": priors.panels(alone, per_row=16),
        "latents_by_category": latents_by_category(model, splits.test.images[:SWAPPED], np.sort(shown)),
        **of_use,
    }


def most_used(use: CategoryUse) -> np.ndarray:
    """The most used categories, [CATEGORIES] or fewer, falling use."""
    return np.argsort(-use.aggregated)[:CATEGORIES]


def categories(model: CPVAE, use: CategoryUse, seed: int) -> Figure:
    """Images of the most used categories, z from p(z | c) (Figure 7)."""
    names = {f"category {c}, q(c) = {use.aggregated[c]:.3f}": c for c in np.sort(most_used(use)).tolist()}
    return priors.panels({name: _of_category(model, c, PER_CATEGORY, seed) for name, c in names.items()})


def latents_by_category(model: CPVAE, images: np.ndarray, shown: np.ndarray) -> Figure:
    """Images, and the mean of z given each one's most probable category decoded as every shown category."""
    z, _ = model.prior.split(model.encode(images).mean)
    count = len(shown)
    decoded = model.decode_as(tf.repeat(z, count, axis=0), tf.tile(tf.constant(shown), [len(images)])).numpy()
    rows = decoded.reshape(len(images), count, *model.event_shape)
    labels = {f"test image {i + 1}": np.concatenate([images[i : i + 1], row]) for i, row in enumerate(rows)}
    figure = locations.image_rows([labels])
    figure.axes[0].set_title(f"image, then category {', '.join(map(str, shown))}", fontsize=9)
    return figure


def _of_category(model: CPVAE, category: int, num: int, seed: int) -> np.ndarray:
    return model.sample_category(category, num, tf.constant([seed, category])).numpy()
