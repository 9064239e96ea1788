"""The nonparametric VAE at several sizes of Z beside plain VAEs: the paper's Figures 2 to 4, and numbers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from gpvae_tf import plotting
from gpvae_tf.data.binarization import Splits
from gpvae_tf.experiments import load_model
from gpvae_tf.experiments.nonparametric import pictures as npvae_pictures
from gpvae_tf.experiments.nonparametric.config import NpvaeConfig
from gpvae_tf.experiments.nonparametric.models import Space
from gpvae_tf.experiments.table import Run, Table, histories, make_run, score_rows
from gpvae_tf.plotting import locations as planes
from gpvae_tf.results import ResultRow

EPOCHS = 30  # the authors' 60 are the script's default
NATS: Mapping[str, str] = MappingProxyType(
    {
        "test_nll_z": "test reconstruction from Z, -log p(y | E[z])",
        "test_nll_x": "test reconstruction from X, -log p(y | z~)",
        "test_elbo": "test ELBO without the match term",
        "test_match": "test match term, neighbours in batches of 500",
        "validation_objective": "validation bound of Eq. 5, which the epoch is chosen by",
    }
)
NUMBERS: Mapping[str, str] = MappingProxyType(
    {
        "test_accuracy_10": "test accuracy of 10 nearest training images, in X or, of a plain VAE, in Z",
        "test_accuracy_5": "test accuracy of 5 nearest training images, in X or, of a plain VAE, in Z",
        "test_num_queries": "test images whose nearest neighbours were looked up",
        "length_scale": "length scale of W",
        "space_deviation": "standard deviation of training images in X or Z",
    }
)


class Entry(NamedTuple):
    """A model of the table: its name, what its run is given besides the number of epochs."""

    name: str
    flags: Mapping[str, Any]
    epochs: int = EPOCHS

    @property
    def given(self) -> dict[str, Any]:
        """Fields of its configuration."""
        return {**self.flags, "num_epochs": self.epochs}

    @property
    def dataset(self) -> str:
        """What it is trained on, and for how long."""
        return f"MNIST, grey, {self.epochs} epochs"


def _entries() -> dict[str, Entry]:
    entries = {f"npvae{z}": Entry(f"Nonparametric VAE, Z = {z}", {"dim_z": z}) for z in (500, 2, 10, 50)}
    plain = {f"plain{z}": Entry(f"VAE, Z = {z}", {"model": "VAE", "dim_z": z}) for z in (2, 500)}
    held = {
        f"npvae{z}_held": Entry(
            f"Nonparametric VAE, Z = {z}, E[z] held in the match term", {"dim_z": z, "match_moves_z": False}
        )
        for z in (50, 500)
    }
    longer = {f"npvae{z}_60": entries[f"npvae{z}"]._replace(epochs=60) for z in (50, 500)}
    other = {
        "decoded500": Entry("Nonparametric VAE, Z = 500, log p(y | z~) added", {"decoded_weight": 1.0}),
        "gp500": Entry("Nonparametric VAE, Z = 500, exact GP", {"predictor": "gp", "num_anchors": 5000}),
    }
    return entries | plain | held | longer | other


ENTRIES: Mapping[str, Entry] = MappingProxyType(_entries())
SHOWN = ("npvae2", "npvae10", "npvae50", "npvae500", "plain2", "plain500")  # in the figures


class Trained(NamedTuple):
    """A complete run: its configuration and the space of its model."""

    config: NpvaeConfig
    space: Space

    @property
    def label(self) -> str:
        """Of its row in Figure 4."""
        where = "VAE" if self.config.model == "VAE" else "NPVAE"
        return f"{where}, Z = {self.config.dim_z}, in {self.space.name}"


class NpvaeTable(Table):
    """Reconstruction from Z and from X, class accuracy in X, for every size of Z."""

    name = "npvae"
    entries: Mapping[str, Entry] = ENTRIES

    def runs(self, seeds: Sequence[int]) -> list[Run]:
        """Those of the figures first."""
        return [
            make_run("NPVAE_experiment.py", NpvaeConfig, group, seed, entry.given, count_steps=False)
            for group, entry in self.entries.items()
            for seed in seeds
        ]

    def rows(self, base: Path, runs: Sequence[Run]) -> list[ResultRow]:
        """The scores of the best epoch on validation images."""
        rows = []
        for group, logged in histories(base, runs).items():
            entry = self.entries[group]
            about = dict(table=self.name, model=entry.name, dataset=entry.dataset)
            for metrics, unit in ((NATS, "nats"), (NUMBERS, "")):
                named = {score: (metric, None) for score, metric in metrics.items()}
                rows += score_rows(base, logged, named, unit=unit, **about)
        return rows

    def figures(self, base: Path, runs: Sequence[Run], out: Path) -> list[Path]:
        """Figures 2 to 4 of the paper from the first seed of every complete run that they show."""
        trained, splits = {}, None
        for group, logged in histories(base, runs).items():
            if group in SHOWN:
                config, model = load_model(base / logged[0][0].folder)
                trained[group], splits = Trained(config, config.space(model)), config.splits
        if splits is None:
            return []
        ordered = sorted(trained.values(), key=lambda run: run.config.dim_z)
        located = [run for run in ordered if run.config.model == "NPVAE"]
        figures = {"figure3": planes.embeddings(_embeddings(ordered, splits)), "figure4": _lines(trained, splits)}
        if located:
            figures["figure2"] = npvae_pictures.embedding(located[-1].space, splits.train, splits.test)
        return [plotting.save(figure, out / f"{self.name}_{name}.png") for name, figure in sorted(figures.items())]


def _embeddings(ordered: Sequence[Trained], splits: Splits) -> dict[str, dict[str, planes.Embedding]]:
    """Test images in the planes there are: Z of plain VAEs above X (Figure 3)."""
    rows: dict[str, dict[str, planes.Embedding]] = {"VAE: Z": {}, "NPVAE: X": {}}
    for config, space in ordered:
        points = npvae_pictures.embedded(space, splits.test)
        if points[0].shape[1] == 2:
            rows["VAE: Z" if config.model == "VAE" else "NPVAE: X"][f"Z = {config.dim_z}"] = points
    return {name: row for name, row in rows.items() if row}


def _lines(trained: Mapping[str, Trained], splits: Splits):
    """The way from one training image to another, in Z of plain VAEs and in X, at Z = 2 and 500 (Figure 4)."""
    shown = [trained[group] for group in ("plain2", "plain500", "npvae2", "npvae500") if group in trained]
    shown = shown or list(trained.values())
    blocks = [
        {run.label: npvae_pictures.interpolated(run.space, pair) for run in shown}
        for pair in npvae_pictures.pairs(splits.train)
    ]
    return planes.image_rows(blocks)
