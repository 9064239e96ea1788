"""The nonparametric VAE at several sizes of Z beside plain VAEs: the paper's Figures 2 to 4, and numbers."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib.figure import Figure

from gpvae_tf.datasets.binarization import Splits
from gpvae_tf.experiments.nonparametric import pictures
from gpvae_tf.experiments.nonparametric.config import NpvaeConfig
from gpvae_tf.experiments.nonparametric.experiment import NpvaeExperiment
from gpvae_tf.experiments.nonparametric.models import Space
from gpvae_tf.experiments.registry import load_experiment
from gpvae_tf.experiments.run_logs import Logged, folders
from gpvae_tf.experiments.table import Entry, Metric, Table
from gpvae_tf.plotting import locations as planes

EPOCHS = 30  # the authors' 60 are the script's default
METRICS = (
    Metric("test_nll_z", "test reconstruction from Z, -log p(y | E[z])", "nats"),
    Metric("test_nll_x", "test reconstruction from X, -log p(y | z~)", "nats"),
    Metric("test_elbo", "test ELBO without the match term", "nats"),
    Metric("test_match", "test match term, neighbours in batches of 500", "nats"),
    Metric("validation_objective", "validation bound of Eq. 5, which the epoch is chosen by", "nats"),
    Metric("test_accuracy_10", "test accuracy of 10 nearest training images, in X or, of a plain VAE, in Z"),
    Metric("test_accuracy_5", "test accuracy of 5 nearest training images, in X or, of a plain VAE, in Z"),
    Metric("test_num_queries", "test images whose nearest neighbours were looked up"),
    Metric("length_scale", "length scale of W"),
    Metric("space_deviation", "standard deviation of training images in X or Z"),
)


def _entry(name: str, given: Mapping[str, Any], epochs: int = EPOCHS) -> Entry:
    return Entry(name, NpvaeExperiment, {**given, "num_epochs": epochs}, f"MNIST, grey, {epochs} epochs")


def _entries() -> dict[str, Entry]:
    title = "Nonparametric VAE, Z = "
    entries = {f"npvae{z}": _entry(f"{title}{z}", {"dim_z": z}) for z in (500, 2, 10, 50)}
    entries |= {f"plain{z}": _entry(f"VAE, Z = {z}", {"model": "VAE", "dim_z": z}) for z in (2, 500)}
    for z in (50, 500):
        held = {"dim_z": z, "match_moves_z": False}
        entries[f"npvae{z}_held"] = _entry(f"{title}{z}, E[z] held in the match term", held)
    entries |= {f"npvae{z}_60": _entry(f"{title}{z}", {"dim_z": z}, epochs=60) for z in (2, 10, 50, 500)}
    return entries | {
        "decoded500": _entry(f"{title}500, log p(y | z~) added", {"decoded_weight": 1.0}),
        "gp500": _entry(f"{title}500, exact GP", {"predictor": "gp", "num_anchors": 5000}),
    }


SHOWN = ("npvae2", "npvae10", "npvae50", "npvae500", "plain2", "plain500")  # in the figures


class TrainedNpvae(NamedTuple):
    """A complete run: its configuration and the space of its model."""

    config: NpvaeConfig
    space: Space

    @property
    def label(self) -> str:
        """Label of the model's row in Figure 4."""
        where = "VAE" if self.config.model == "VAE" else "NPVAE"
        return f"{where}, Z = {self.config.dim_z}, in {self.space.name}"


class NpvaeTable(Table):
    """Reconstruction from Z and from X, class accuracy in X, for every size of Z."""

    name = "npvae"
    entries = _entries()
    metrics = METRICS

    def draw(self, base: Path, found: dict[str, Logged]) -> Iterable[tuple[str, Figure]]:
        """Figures 2 to 4 of the paper from the first seed of every complete run that they show."""
        trained, splits = {}, None
        for group, folder in folders(base, found).items():
            if group in SHOWN:
                experiment: Any = load_experiment(folder)
                trained[group], splits = TrainedNpvae(experiment.config, experiment.space()), experiment.splits
        if splits is None:
            return
        ordered = sorted(trained.values(), key=lambda run: run.config.dim_z)
        located = [run for run in ordered if run.config.model == "NPVAE"]
        if located:
            yield "figure2", pictures.embedding(located[-1].space, splits.train, splits.test)
        yield "figure3", planes.embeddings(_embeddings(ordered, splits))
        yield "figure4", _lines(trained, splits)


def _embeddings(ordered: Sequence[TrainedNpvae], splits: Splits) -> dict[str, planes.Embedding]:
    """Test images in the planes there are: Z of plain VAEs, then X (Figure 3)."""
    panels: dict[str, planes.Embedding] = {}
    for config, space in sorted(ordered, key=lambda run: run.config.model != "VAE"):
        points = pictures.embedded(space, splits.test)
        if points[0].shape[1] == 2:
            where = "VAE: Z" if config.model == "VAE" else "NPVAE: X, Z"
            panels[f"{where} of {config.dim_z} dimensions"] = points
    return panels


def _lines(trained: Mapping[str, TrainedNpvae], splits: Splits):
    """The way from one training image to another, in Z of plain VAEs and in X, at Z = 2 and 500 (Figure 4)."""
    shown = [trained[group] for group in ("plain2", "plain500", "npvae2", "npvae500") if group in trained]
    shown = shown or list(trained.values())
    blocks = [
        {run.label: pictures.interpolated(run.space, pair) for run in shown} for pair in pictures.pairs(splits.train)
    ]
    return planes.image_rows(blocks)
