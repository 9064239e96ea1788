"""Figures 3 to 9 of CP-VAE, each from the folders of complete runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.experiments import load_model
from gpvae_tf.experiments.cp_vae import draws as prior_draws
from gpvae_tf.experiments.cp_vae import pictures as cpvae_pictures
from gpvae_tf.plotting import priors

RECONSTRUCTED, GENERATED, COMPARED = 12, 80, 40  # images: reconstructed, generated in Figure 6, in a block of Figure 8

Folders = Mapping[str, Path]


def histograms(folders: Folders) -> Figure:
    """Scalars of every model as the paper generates, CP-VAE with q(c) for the weights (Figure 3)."""
    generated, truth = {}, np.empty(0)
    for name, folder in folders.items():
        config, model = load_model(folder)
        truth = config.splits.test.images.ravel()
        generated[name] = _first(prior_draws.scalars(config.kind, model, config.splits, seed=config.seed))
    return priors.histograms(truth, generated)


def ways(folder: Path) -> Figure:
    """Scalars of one CP-VAE with q(c) and with p(c) for the weights (Figure 4)."""
    config, model = load_model(folder)
    generated = prior_draws.scalars(config.kind, model, config.splits, seed=config.seed)
    return priors.histograms(config.splits.test.images.ravel(), generated)


def reconstructions(folders: Folders) -> Figure:
    """The same test images reconstructed by every model (Figure 5)."""
    test, rows = np.empty(0), {}
    for name, folder in folders.items():
        config, model = load_model(folder)
        test = config.splits.test.images[:RECONSTRUCTED]
        rows[name] = model.reconstruct({"images": test}).numpy()
    return plotting.conditional_generations(test, rows)


def generations(folders: Folders) -> Figure:
    """Images of every model side by side (Figure 6)."""
    return priors.panels({name: generated(folder, GENERATED) for name, folder in folders.items()})


def categories(folder: Path) -> Figure:
    """Images of every category (Figure 7)."""
    return cpvae_pictures.categories(*load_model(folder))


def comparison(rows: Sequence[Folders]) -> Figure:
    """Images of every run, in rows (Figures 8 and 9)."""
    return priors.comparison([{name: generated(folder, COMPARED) for name, folder in row.items()} for row in rows])


def generated(folder: Path, num: int) -> np.ndarray:
    """`num` images [num, H, W, C] of a run as the paper generates, CP-VAE with q(c) for the weights."""
    config, model = load_model(folder)
    return _first(prior_draws.images(config.kind, model, config.splits, num, seed=config.seed))


def _first(ways: Mapping[str, np.ndarray]) -> np.ndarray:
    return next(iter(ways.values()))
