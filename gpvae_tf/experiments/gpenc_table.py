"""The GP encoder paper's Tables 1, 2 and 10 at 10 latents, and its Figure 1: every posterior family, one budget.

The paper trains for 2,000 epochs, thirty trainings per number; here `EPOCHS` on two CPU cores. Gaps between families
are what to compare, not levels.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.data import cache
from gpvae_tf.experiments import gpenc_comparison, gpenc_pictures, load_model
from gpvae_tf.experiments.gpenc import GpencConfig
from gpvae_tf.experiments.gpenc_comparison import Scores
from gpvae_tf.experiments.table import Run, Table, histories, make_run, score_rows
from gpvae_tf.plotting import scores
from gpvae_tf.results import ResultRow, summarise

EPOCHS: Mapping[str, int] = {"mnist": 8, "omniglot": 16, "cifar10": 16}
LEARNING: Mapping[str, Any] = {"learning_rate": 0.002, "cosine": True}  # so few epochs need a faster start
SLOWER: Mapping[str, Any] = {"learning_rate": 5e-4}  # where at 0.002 q ended at p(z) in the first epoch and stayed
LONGER: Mapping[str, Any] = {"n_epochs": 24}  # whether the gap changes with the budget
GPVAE: Mapping[str, Any] = {"model": "GPVAE"}
IWAE = "test log-likelihood, importance-weighted, 100 draws"
ELBO = "test ELBO"
GAP = "test log-likelihood minus that of the VAE with this decoder"
SHARES: Mapping[str, tuple[str, float | None]] = {
    "variance_share_f": ("share of V f in the posterior variance", None),
    "predicted_share_f": ("predicted share of V f, p / N", None),
    "variance_share_h": ("share of V h in the posterior variance", None),
    "predicted_share_h": ("predicted share of V h, p / 2N", None),
}
SUBSET: Mapping[str, Any] = {"num_train": 3_600, "num_test": 1_000}  # a smoke run; the paper has none of that size
# Files that stand in for TFDS where there is no network, in the data folder (`cache.folder`).
FILES: Mapping[str, str] = {"omniglot": "omniglot28.npz", "cifar10": "cifar10_subset.npz"}
DATASETS: Mapping[str, str] = {
    "mnist": "MNIST",
    "omniglot": "OMNIGLOT 28x28, rebuilt",
    "cifar10": "CIFAR10, 3,600 training and 1,000 test images",
}


class Entry(NamedTuple):
    """A run of the table.

    Attributes:
      name: of the model, as the row shows it.
      flags: what its run is given, besides data set and epochs.
      paper: test log-likelihood of the paper's tables, nats.
      dataset: --dataset.
      reference: group of the VAE with the same decoder and data; None for that one itself.
      repeated: whether it is run with every seed, or with the first only.
    """

    name: str
    flags: Mapping[str, Any]
    paper: float | None
    dataset: str = "mnist"
    reference: str | None = "vae"
    repeated: bool = False

    @property
    def epochs(self) -> int:
        """Of its run."""
        return self.flags.get("n_epochs", EPOCHS[self.dataset])


ENTRIES: dict[str, Entry] = {
    "vae": Entry("VAE", {"model": "VAE"}, 685.1, reference=None, repeated=True),
    "gpvae": Entry("GPVAE", GPVAE, 696.5, repeated=True),
    "trunks": Entry("VAE, three deterministic trunks", {"model": "TRUNKS"}, None, repeated=True),
    "vae_slow": Entry("VAE, rate 0.0005", {"model": "VAE", **SLOWER}, 685.1, reference=None),
    "rme": Entry("RME(2), rate 0.0005", {"model": "RME", "n_component": 2, **SLOWER}, 697.2, reference="vae_slow"),
    "me": Entry("ME(2), rate 0.0005", {"model": "ME", "n_component": 2, **SLOWER}, 685.7, reference="vae_slow"),
    "hf": Entry("HF(2)", {"model": "HF", "n_flow": 2}, 677.6),
    "iaf": Entry("IAF(2), rate 0.0005", {"model": "IAF", "n_flow": 2, **SLOWER}, 677.7, reference="vae_slow"),
    "sa": Entry("SA(1)", {"model": "SA", "n_svi_step": 1}, 688.1),
    "vae_dense": Entry(
        "VAE, dense decoder, rate 0.0005", {"model": "VAE", "decoder": "dense", **SLOWER}, 563.6, reference=None
    ),
    "vlae": Entry(
        "VLAE(1), dense decoder, rate 0.0005",
        {"model": "VLAE", "decoder": "dense", "n_update": 1, **SLOWER},
        590.0,
        reference="vae_dense",
    ),
    "vae_long": Entry("VAE", {"model": "VAE", **LONGER}, 685.1, reference=None),
    "gpvae_long": Entry("GPVAE", {**GPVAE, **LONGER}, 696.5, reference="vae_long"),
    "plane": Entry("GPVAE, 2 latents", {**GPVAE, "z_dim": 2}, None, reference=None),
    "omniglot_vae": Entry("VAE", {"model": "VAE"}, 347.0, "omniglot", None),
    "omniglot_gpvae": Entry("GPVAE", GPVAE, 354.8, "omniglot", "omniglot_vae"),
    "cifar10_vae": Entry("VAE", {"model": "VAE", **SUBSET}, None, "cifar10", None),
    "cifar10_gpvae": Entry("GPVAE", {**GPVAE, **SUBSET}, None, "cifar10", "cifar10_vae"),
}
_CONVOLUTIONAL = ("vae", "vae_slow")
COMPARED = tuple(g for g, entry in ENTRIES.items() if g in _CONVOLUTIONAL or entry.reference in _CONVOLUTIONAL)
CURVES = (*COMPARED, "vae_dense", "vlae")


class GpencTable(Table):
    """Importance-weighted test log-likelihood of every family, gaps to the VAE, t-tests against the best."""

    name = "gpencoder"
    entries: Mapping[str, Entry] = ENTRIES

    def runs(self, seeds: Sequence[int]) -> list[Run]:
        """Every entry with the first seed, then those that are repeated with the others."""
        order = [(group, seeds[0]) for group in self.entries]
        order += [(group, seed) for seed in seeds[1:] for group, entry in self.entries.items() if entry.repeated]
        return [_run(group, seed, self.entries[group]) for group, seed in order]

    def rows(self, base: Path, runs: Sequence[Run]) -> list[ResultRow]:
        """Log-likelihood, bound, share of the GP in the variance, and the gap to the VAE of the same seeds."""
        scored, rows = gpenc_comparison.read_runs(base, runs), []
        for group, logged in histories(base, runs).items():
            entry = self.entries[group]
            dataset = f"{DATASETS[entry.dataset]}, {entry.epochs} epochs (paper: 2,000)"
            about = dict(table=self.name, model=entry.name, dataset=dataset)
            nats = {"test_iwae": (IWAE, entry.paper), "test_elbo": (ELBO, None)}
            found = score_rows(base, logged, nats, unit="nats", **about)
            found += score_rows(base, logged, SHARES, unit="", **about)
            rows += [*found, *self._gap_row(found, group, scored)]
        return rows

    def _gap_row(self, rows: Sequence[ResultRow], group: str, scored: Mapping[str, Scores]) -> list[ResultRow]:
        """The gap, from the row of the score; over the seeds that the group has in common with its reference."""
        reference = self.entries[group].reference
        compared = reference is not None and reference in scored
        gaps = gpenc_comparison.seed_gaps(scored[group], scored[reference]) if compared else {}  # type: ignore[index]
        if not gaps:
            return []
        value, sd = summarise(gaps.values())
        changed: dict[str, Any] = dict(metric=GAP, value=value, sd=sd, seeds=tuple(gaps), paper=self._paper_gap(group))
        return [dataclasses.replace(row, **changed) for row in rows if row.metric == IWAE]

    def _paper_gap(self, group: str) -> float | None:
        entry = self.entries[group]
        reference = self.entries[entry.reference].paper if entry.reference else None
        return None if entry.paper is None or reference is None else round(entry.paper - reference, 1)

    def figures(self, base: Path, runs: Sequence[Run], out: Path) -> list[Path]:
        """Validation bounds, gaps with t-tests (also as CSV), and the paper's Figure 1 from the run with 2 latents."""
        found, scored = histories(base, runs), gpenc_comparison.read_runs(base, runs)
        figures, paths = {}, []
        curves = {self.entries[group].name: _curve(found[group][0][1]) for group in CURVES if group in found}
        if curves:
            figures["learning_curves"] = scores.bound_curves(curves, "validation bound (nats)")
        compared = {group: scored[group] for group in COMPARED if group in scored}
        if len(compared) > 1:
            best, tests = gpenc_comparison.against_best(compared)
            names = {group: self.entries[group].name for group in compared}
            file = out / f"{self.name}_significance.csv"
            paths.append(gpenc_comparison.write_tests(file, names, scored, best, tests))
            notes = {names[group]: _in_words(test.p_value) for group, test in tests.items()} | {names[best]: "best"}
            figures |= self._gaps(compared, notes)
        for group in [group for group in ("plane", "gpvae") if group in found][:1]:  # contours need 2 latents
            config, model = load_model(base / found[group][0][0].folder)
            figures["uncertainty"] = gpenc_pictures.uncertainty(config, model)
            if group == "plane":
                figures["latents"] = gpenc_pictures.latents(config, model)
        return [*(plotting.save(figure, out / f"{self.name}_{name}.png") for name, figure in figures.items()), *paths]

    def _gaps(self, compared: Mapping[str, Scores], notes: Mapping[str, str]) -> dict[str, Figure]:
        """Every family's gap to the VAE, where both are there to compare."""
        pairs = {group: self.entries[group].reference for group in compared}
        found = {
            group: gpenc_comparison.difference(compared[group], compared[reference])
            for group, reference in pairs.items()
            if reference is not None and reference in compared
        }
        gaps = {self.entries[g].name: (each.mean, each.standard_error) for g, each in found.items() if each is not None}
        papers = {self.entries[g].name: gap for g in found if (gap := self._paper_gap(g)) is not None}
        return {"gaps": scores.score_gaps(gaps, reference="the VAE", papers=papers, notes=notes)} if gaps else {}


def _in_words(p_value: float) -> str:
    return f"p = {p_value:.2g}" if p_value > 1e-16 else "p < 1e-16"


def _run(group: str, seed: int, entry: Entry) -> Run:
    given = {"z_dim": 10, **LEARNING, **entry.flags, "dataset": entry.dataset, "n_epochs": entry.epochs}
    file = cache.folder() / FILES[entry.dataset] if entry.dataset in FILES else None
    given |= {"data_file": str(file)} if file and file.exists() else {}
    return make_run("GPENC_experiment.py", GpencConfig, group, seed, given, count_steps=False)


def _curve(history: Mapping[str, np.ndarray]) -> tuple[list[float], list[float]]:
    """Epochs and validation bound."""
    return (history["epoch"] + 1).tolist(), (-history["stopping_loss"]).tolist()
