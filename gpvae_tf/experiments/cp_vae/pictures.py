"""Pictures of a run of CP-VAE or of one of its baselines, drawn from its model and its data."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.experiments.cp_vae import draws as prior_draws
from gpvae_tf.experiments.cp_vae.config import PriorConfig
from gpvae_tf.models.cp_vae import CPVAE
from gpvae_tf.models.image_vae import ImageVAE
from gpvae_tf.plotting import locations, priors

EXAMPLES = 12  # test images beside their reconstructions
SAMPLES = 80  # of a way to generate
CATEGORIES, PER_CATEGORY = 10, 40  # categories shown, the most used ones, and images of each
SWAPPED = 6  # chosen latents that every category decodes
Figures = dict[str, Figure]


def draw_run(folder: Path, config: PriorConfig, model: ImageVAE) -> list[Path]:
    """Draws generations and reconstructions, of CP-VAE its categories too; of scalars, histograms.

    Returns:
      the paths of the PNG files.
    """
    splits = config.splits
    figures = IMAGES[config.kind](config, model) if splits.train.bounded else scalar_figures(config, model)
    return [plotting.save(figure, folder / f"{name}.png") for name, figure in figures.items()]


def scalar_figures(config: PriorConfig, model: ImageVAE) -> Figures:
    """Histograms of what is generated in every way (Figures 3 and 4), and the use of CP-VAE's categories."""
    generated = prior_draws.scalars(config.kind, model, config.splits, seed=config.seed)
    figures = {"histograms": priors.histograms(config.splits.test.images.ravel(), generated)}
    return figures | CATEGORY_USE[config.kind](config, model)


def image_figures(config: PriorConfig, model: ImageVAE) -> Figures:
    """Images generated in every way, and reconstructions of test images."""
    test = config.splits.test.images[:EXAMPLES]
    generated = prior_draws.images(config.kind, model, config.splits, SAMPLES, seed=config.seed)
    return {
        "samples": priors.panels(generated),
        "reconstructions": plotting.conditional_generations(
            test, {"reconstruction": model.reconstruct({"images": test}).numpy()}
        ),
    }


def category_figures(config: PriorConfig, model: CPVAE) -> Figures:
    """As `image_figures`, and images by category: of each one, of one alone, of chosen latents in every category."""
    use = prior_draws.aggregated(model, config.splits)
    shown = np.argsort(-use.aggregated)[:CATEGORIES]
    return image_figures(config, model) | {
        "categories": categories(config, model),
        "one_category": priors.panels(
            {f"category {shown[0]}": _of_category(model, int(shown[0]), 2 * SAMPLES, config.seed)}, per_row=16
        ),
        "latents_by_category": latents_by_category(config, model, np.sort(shown)),
        **category_use(config, model),
    }


def categories(config: PriorConfig, model: CPVAE) -> Figure:
    """Images of the most used categories, z from p(z | c) (Figure 7)."""
    use = prior_draws.aggregated(model, config.splits)
    shown = np.sort(np.argsort(-use.aggregated)[:CATEGORIES]).tolist()
    names = {f"category {c}, q(c) = {use.aggregated[c]:.3f}": c for c in shown}
    return priors.panels({name: _of_category(model, c, PER_CATEGORY, config.seed) for name, c in names.items()})


def latents_by_category(config: PriorConfig, model: CPVAE, shown: np.ndarray) -> Figure:
    """Test images, and the mean of z given each one's most probable category decoded as every shown category."""
    images = config.splits.test.images[:SWAPPED]
    z, _ = model.prior.split(model.encode(images).mean)
    count = len(shown)
    decoded = model.decode_as(tf.repeat(z, count, axis=0), tf.tile(tf.constant(shown), [len(images)])).numpy()
    rows = decoded.reshape(len(images), count, *model.image_shape)
    labels = {f"test image {i + 1}": np.concatenate([images[i : i + 1], row]) for i, row in enumerate(rows)}
    figure = locations.image_rows([labels])
    figure.axes[0].set_title(f"image, then category {', '.join(map(str, shown))}", fontsize=9)
    return figure


def category_use(config: PriorConfig, model: CPVAE) -> Figures:
    """Mass of every category over the training images."""
    use = prior_draws.aggregated(model, config.splits)
    return {"category_use": priors.category_use(use.aggregated, use.assigned)}


def _of_category(model: CPVAE, category: int, num: int, seed: int) -> np.ndarray:
    return model.sample_category(category, num, tf.constant([seed, category])).numpy()


def _no_categories(config: PriorConfig, model: ImageVAE) -> Figures:
    return {}


# By the model's kind (`prior_models.MODELS`).
_WITHOUT = ("vae", "mg", "vamp", "hvae", "hvp")
Drawers = Mapping[str, Callable[[PriorConfig, Any], Figures]]
IMAGES: Drawers = MappingProxyType({**dict.fromkeys(_WITHOUT, image_figures), "cp": category_figures})
CATEGORY_USE: Drawers = MappingProxyType({**dict.fromkeys(_WITHOUT, _no_categories), "cp": category_use})
