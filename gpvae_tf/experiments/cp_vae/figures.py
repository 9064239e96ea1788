"""Figures 3 to 9 of CP-VAE, each from the folders of complete runs."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.experiments.cp_vae import category_pictures, draws
from gpvae_tf.experiments.cp_vae.experiment import PriorExperiment
from gpvae_tf.experiments.registry import load_experiment
from gpvae_tf.plotting import priors

RECONSTRUCTED, GENERATED, COMPARED = 12, 80, 40  # images: reconstructed, generated in Figure 6, in a block of Figure 8

Folders = Mapping[str, Path]


def histograms(folders: Folders) -> Figure:
    """Scalars of every model as the paper generates, CP-VAE with q(c) for the weights (Figure 3)."""
    found = {name: scalars(folder) for name, folder in folders.items()}
    truth, _ = next(iter(found.values()))
    return priors.histograms(truth, {name: _first(ways) for name, (_, ways) in found.items()})


def ways(folder: Path) -> Figure:
    """Scalars of one CP-VAE with q(c) and with p(c) for the weights (Figure 4)."""
    return priors.histograms(*scalars(folder))


def scalars(folder: Path) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The test scalars [n] and the generated ones [n] by way to generate."""
    experiment = _load(folder)
    return experiment.splits.test.images.ravel(), experiment.generated_scalars(experiment.config.seed)


def reconstructions(folders: Folders) -> Figure:
    """The same test images reconstructed by every model (Figure 5)."""
    test, rows = np.empty(0), {}
    for name, folder in folders.items():
        experiment = _load(folder)
        test = experiment.splits.test.images[:RECONSTRUCTED]
        rows[name] = experiment.model.reconstruct({"observations": test}).numpy()
    return plotting.conditional_generations(test, rows)


def generations(folders: Folders) -> Figure:
    """Images of every model side by side (Figure 6)."""
    return priors.panels({name: generated(folder, GENERATED) for name, folder in folders.items()})


def categories(folder: Path) -> Figure:
    """Images of every category (Figure 7)."""
    experiment = _load(folder)
    use = draws.aggregated(experiment.model, experiment.splits)
    return category_pictures.categories(experiment.model, use, experiment.config.seed)


def comparison(folders: Folders) -> Figure:
    """Images of every run (Figures 8 and 9)."""
    return priors.panels(
        {name: generated(folder, COMPARED) for name, folder in folders.items()}, columns=None, per_row=8
    )


def generated(folder: Path, num: int) -> np.ndarray:
    """`num` images [num, H, W, C] of a run as the paper generates, CP-VAE with q(c) for the weights."""
    return _first(_load(folder).generated_images(num))


def _load(folder: Path) -> PriorExperiment:
    return cast(PriorExperiment, load_experiment(folder))


def _first(ways: Mapping[str, np.ndarray]) -> np.ndarray:
    return next(iter(ways.values()))
