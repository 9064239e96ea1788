"""The GP encoder paper's Tables 1, 2 and 10 at 10 latents, and its Figure 1: every posterior family, one budget."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.data import cache
from gpvae_tf.experiments import load_model
from gpvae_tf.experiments.gp_encoder import comparison as gpenc_comparison
from gpvae_tf.experiments.gp_encoder import pictures as gpenc_pictures
from gpvae_tf.experiments.gp_encoder.comparison import Scores
from gpvae_tf.experiments.gp_encoder.config import GpencConfig
from gpvae_tf.experiments.gp_encoder.entries import COMPARED, DATASETS, ENTRIES, FILES, LEARNING, REFERENCES, Entry
from gpvae_tf.experiments.table import Run, Table, histories, make_run, score_rows
from gpvae_tf.plotting import scores
from gpvae_tf.results import ResultRow, summarise

IWAE = "test log-likelihood, importance-weighted, 100 draws"
ELBO = "test ELBO"
GAP = "test log-likelihood minus that of the VAE with this decoder"
SHARES: Mapping[str, tuple[str, float | None]] = {
    "variance_share_f": ("share of V f in the posterior variance", None),
    "predicted_share_f": ("predicted share of V f, p / N", None),
    "variance_share_h": ("share of V h in the posterior variance", None),
    "predicted_share_h": ("predicted share of V h, p / 2N", None),
}
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
        notes: dict[str, str] = {}
        for reference in REFERENCES:  # each with the families that were trained like it
            alike = [g for g, entry in self.entries.items() if g == reference or entry.reference == reference]
            compared = gpenc_comparison.at_common_seeds({group: scored[group] for group in alike if group in scored})
            if len(compared) > 1:
                best, tests = gpenc_comparison.against_best(compared)
                names = {group: self.entries[group].name for group in compared}
                file = out / f"{self.name}_significance_{reference}.csv"
                paths.append(gpenc_comparison.write_tests(file, names, compared, best, tests))
                notes |= {names[group]: gpenc_comparison.p_value(test) for group, test in tests.items()}
                notes[names[best]] = "best at its rate"
        figures |= self._gaps({group: scored[group] for group in COMPARED if group in scored}, notes)
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


def _run(group: str, seed: int, entry: Entry) -> Run:
    given = {"z_dim": 10, **LEARNING, **entry.flags, "dataset": entry.dataset, "n_epochs": entry.epochs}
    file = cache.folder() / FILES[entry.dataset] if entry.dataset in FILES else None
    given |= {"data_file": str(file)} if file and file.exists() else {}
    return make_run("GPENC_experiment.py", GpencConfig, group, seed, given, count_steps=False)


def _curve(history: Mapping[str, np.ndarray]) -> tuple[list[float], list[float]]:
    """Epochs and validation bound."""
    return (history["epoch"] + 1).tolist(), (-history["stopping_loss"]).tolist()
