"""Tables of filled-in sequences: missing pixels (Fortuin et al., 2020) and missing frames (NNGPVAE's data)."""

import dataclasses
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from gpvae_tf.experiments.imputation.experiment import ImputationExperiment
from gpvae_tf.experiments.imputation.interpolation import InterpolationExperiment
from gpvae_tf.experiments.imputation.pictures import draw_sequence
from gpvae_tf.experiments.registry import load_experiment
from gpvae_tf.experiments.run_logs import Logged, folders
from gpvae_tf.experiments.table import Entry, Metric, Table
from gpvae_tf.results import ResultRow

_METRICS = (
    Metric("missing_nll_one_draw", "NLL per missing pixel, one draw", "nats"),
    Metric("missing_nll", "NLL per missing pixel, mean of 20 draws", "nats"),
    Metric("missing_mse", "MSE per missing pixel, rounded"),
    Metric("missing_mse_of_mean", "MSE per missing pixel"),
    Metric("missing_crps", "CRPS per missing pixel"),
    Metric("missing_coverage", "coverage of 90 % intervals"),
    Metric("missing_width", "width of 90 % intervals"),
    Metric("missing_share_within", "coverage of 90 % intervals whose ends divide a value"),
    Metric("auroc", "AUROC of the digit"),
    Metric("peak_memory", "peak memory of the process that trained", "MiB"),
)
_BANDED = {"window_size": 3, "banded_covar": True}
LAWS = {"mnar": "not at random", "random": "at random"}
RULES = {"interpolation": "linear interpolation per pixel", "last_value": "last value"}


class ImputationTable(Table):
    """A table of imputation runs, with the first sequence of every model's first run."""

    metrics = _METRICS

    def make_row(self, base: Path, group: str, logged: Logged, values: list[float], **about: Any) -> ResultRow:
        """A row; a rule's without epochs."""
        row = super().make_row(base, group, logged, values, **about)
        if self.entries[group].experiment.trains:
            return row
        return dataclasses.replace(row, epochs=None, seconds_per_epoch=None)

    def draw(self, base: Path, found: dict[str, Logged]) -> Iterable[tuple[str, Figure]]:
        """The first scored sequence as every model fills it in."""
        for group, folder in folders(base, found).items():
            experiment: Any = load_experiment(folder)
            yield group, draw_sequence(experiment, 0)


def _rules(dataset: str, **flags: Any) -> dict[str, Entry]:
    """The rules without a model, once each: they have no weights that a seed would change."""
    return {
        method: Entry(name, InterpolationExperiment, {"method": method, **flags}, dataset, repeated=False)
        for method, name in RULES.items()
    }


def _models(models: Mapping[str, tuple[str, dict[str, Any]]], dataset: str, **flags: Any) -> dict[str, Entry]:
    """Names and own flags of models as entries, whose --model_type is the group if no flag says another."""
    return {
        group: Entry(name, ImputationExperiment, {"model_type": group, **flags, **own}, dataset)
        for group, (name, own) in models.items()
    }


def _healing(law: str) -> dict[str, Entry]:
    """Every model under a law of missingness."""
    dataset = f"Healing MNIST, missing {LAWS[law]}, 20 epochs"
    shared: dict[str, Any] = dict(
        missing=law,
        latent_dim=256,
        encoder_sizes=("256", "256"),
        decoder_sizes=("256", "256", "256"),
        cnn_sizes=("0",),  # the authors' convolutions die in the first steps (docs/deviations.md, I5)
        beta=0.8,
        num_epochs=20,
        testing=True,
    )
    gp: dict[str, Any] = {"sigma": 1.0, "length_scale": 2.0}
    matern: dict[str, Any] = {"kernel": "matern32", "length_scale": 2.0}
    models: dict[str, tuple[str, dict[str, Any]]] = {
        "gp-vae": ("GP-VAE, banded posterior", {**gp, **_BANDED}),
        "hi-vae": ("HI-VAE", {}),
        "vae": ("VAE", {}),
        "exact": ("GP-VAE, exact", gp),
        "exact_mask": ("GP-VAE, exact, sees the mask", {**gp, "model_type": "exact", "mask_channel": True}),
        "exact_matern": ("GP-VAE, exact, Matern-3/2", {**matern, "model_type": "exact"}),
        "markov": ("Markovian GP-VAE, Matern-3/2", matern),
        "vecchia": ("nearest-neighbour GP-VAE, H = 3, Matern-3/2", {**matern, "num_neighbours": 3}),
    }
    return {**_models(models, dataset, **shared), **_rules(dataset, missing=law, testing=True)}


def _frames() -> dict[str, Entry]:
    """The models, with 16 channels and a kernel of length scale 5 that is learned, squared exponential or Matern."""
    dataset = "missing frames, two whole turns, 20 epochs"
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
    matern: dict[str, Any] = {"kernel": "matern32", "length_scale": 5.0, "learn_kernel": True}
    models: dict[str, tuple[str, dict[str, Any]]] = {
        "exact": ("GP-VAE, exact", gp),
        "svgp10": ("SVGP-VAE, m = 10", {**gp, "model_type": "svgp", "m": 10}),
        "svgp25": ("SVGP-VAE, m = 25", {**gp, "model_type": "svgp", "m": 25}),
        "exact_matern": ("GP-VAE, exact, Matern-3/2", {**matern, "model_type": "exact"}),
        "markov": ("Markovian GP-VAE, Matern-3/2", matern),
        "vecchia": ("nearest-neighbour GP-VAE, H = 16, Matern-3/2", matern),
        "fgp": ("FGP-VAE", gp),
        "gp-vae": ("GP-VAE, banded posterior", {**gp, **_BANDED, "window_size": 5}),
        "hi-vae": ("HI-VAE", {}),
        "vae": ("VAE", {}),
    }
    return {**_models(models, dataset, **shared), **_rules(dataset, data_type="frames", testing=True)}


class HealingMnistTable(ImputationTable):
    """Healing MNIST with the commands of the authors' README but for the convolutions in front of the encoder, and this
    library's GPs on the same networks.

    The paper's own data cannot be made again, so it has no numbers to compare with.
    """

    name = "healing_mnist"

    entries = {f"{group}_{law}": entry for law in LAWS for group, entry in _healing(law).items()}


class MissingFramesTable(ImputationTable):
    """4,000 sequences of 100 frames, of which 60 % are missing (shixinxing/NNGPVAE-official)."""

    name = "missing_frames"

    entries = _frames()
