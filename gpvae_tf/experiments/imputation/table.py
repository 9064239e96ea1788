"""Tables of filled-in sequences: missing pixels (Fortuin et al., 2020) and missing frames (NNGPVAE's data)."""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from gpvae_tf.experiments.imputation.experiment import ImputationExperiment
from gpvae_tf.experiments.imputation.pictures import draw_sequence
from gpvae_tf.experiments.registry import load_experiment
from gpvae_tf.experiments.table import Entry, Logged, Metric, Table, folders

_METRICS = (
    Metric("missing_nll_one_draw", "NLL per missing pixel, one draw", "nats"),
    Metric("missing_nll", "NLL per missing pixel, mean of 20 draws", "nats"),
    Metric("missing_mse", "MSE per missing pixel, rounded"),
    Metric("missing_mse_of_mean", "MSE per missing pixel"),
    Metric("auroc", "AUROC of the digit"),
)
_BANDED = {"window_size": 3, "banded_covar": True}
LAWS = {"mnar": "not at random", "random": "at random"}


class ImputationTable(Table):
    """A table of imputation runs, with the first sequence of every model's first run."""

    metrics = _METRICS

    def draw(self, base: Path, found: dict[str, Logged]) -> Iterable[tuple[str, Figure]]:
        """The first scored sequence as every model fills it in."""
        for group, folder in folders(base, found).items():
            experiment: Any = load_experiment(folder)
            yield group, draw_sequence(experiment, 0)


def _healing() -> Mapping[str, Entry]:
    """Every model under both laws of missingness."""
    readme: dict[str, Any] = dict(
        latent_dim=256,
        encoder_sizes=("256", "256"),
        decoder_sizes=("256", "256", "256"),
        beta=0.8,
        num_epochs=20,
        testing=True,
    )
    gp: dict[str, Any] = {"sigma": 1.0, "length_scale": 2.0}
    models: dict[str, tuple[str, dict[str, Any]]] = {
        "gp-vae": ("GP-VAE, banded posterior", {**gp, **_BANDED}),
        "hi-vae": ("HI-VAE", {}),
        "vae": ("VAE", {}),
        "exact": ("GP-VAE, exact", gp),
        "exact_mask": ("GP-VAE, exact, sees the mask", {**gp, "model_type": "exact", "mask_channel": True}),
    }
    return {
        f"{group}_{law}": Entry(
            name,
            ImputationExperiment,
            {"model_type": group, "missing": law, **readme, **flags},
            f"Healing MNIST, missing {words}, 20 epochs",
        )
        for law, words in LAWS.items()
        for group, (name, flags) in models.items()
    }


def _frames() -> Mapping[str, Entry]:
    """The models, with 16 channels and a squared exponential kernel of length scale 5 that is learned."""
    shared: dict[str, Any] = dict(
        data_type="frames",
        latent_dim=16,
        encoder_sizes=("256",),
        decoder_sizes=("256",),
        beta=0.8,
        learning_rate=5e-4,
        batch_size=20,
        num_epochs=20,
        testing=True,
    )
    gp: dict[str, Any] = {"kernel": "rbf", "length_scale": 5.0 * math.sqrt(2.0), "learn_kernel": True}
    models: dict[str, tuple[str, dict[str, Any]]] = {
        "exact": ("GP-VAE, exact", gp),
        "svgp10": ("SVGP-VAE, m = 10", {**gp, "model_type": "svgp", "m": 10}),
        "svgp25": ("SVGP-VAE, m = 25", {**gp, "model_type": "svgp", "m": 25}),
        "fgp": ("FGP-VAE", gp),
        "gp-vae": ("GP-VAE, banded posterior", {**gp, **_BANDED, "window_size": 5}),
        "hi-vae": ("HI-VAE", {}),
        "vae": ("VAE", {}),
    }
    return {
        group: Entry(
            name,
            ImputationExperiment,
            {"model_type": group, **shared, **flags},
            "missing frames, two whole turns, 20 epochs",
        )
        for group, (name, flags) in models.items()
    }


class HealingMnistTable(ImputationTable):
    """Healing MNIST with the commands of the authors' README, and this library's GPs on the same networks.

    The paper's own data cannot be made again, so it has no numbers to compare with.
    """

    name = "healing_mnist"

    entries = _healing()


class MissingFramesTable(ImputationTable):
    """4,000 sequences of 100 frames, of which 60 % are missing (shixinxing/NNGPVAE-official)."""

    name = "missing_frames"

    entries = _frames()
