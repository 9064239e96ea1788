"""The GP encoder paper's Tables 1, 2 and 10 at 10 latents, and its Figure 1: every posterior family, one budget."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from gpvae_tf.experiments.gp_encoder import comparison, pictures
from gpvae_tf.experiments.gp_encoder.comparison import GroupScores, Tests
from gpvae_tf.experiments.gp_encoder.entries import (
    CONVERGED_ENTRIES,
    CONVERGED_TITLES,
    CONVERGED_VAE_OF,
    ENTRIES,
    REFERENCE_TITLES,
    VAE_OF,
)
from gpvae_tf.experiments.gp_encoder.sizes import SIZES_ENTRIES, SIZES_TITLES, SIZES_VAE_OF
from gpvae_tf.experiments.images import with_stand_in
from gpvae_tf.experiments.registry import load_experiment
from gpvae_tf.experiments.run_logs import Logged, folders, histories
from gpvae_tf.experiments.table import Entry, Metric, Table
from gpvae_tf.experiments.table_runs import Run
from gpvae_tf.plotting import scores
from gpvae_tf.results import ResultRow, summarise

IWAE = "test log-likelihood, importance-weighted, 100 draws"
GAP = "test log-likelihood minus that of the VAE with this decoder"


class GPEncoderTable(Table):
    """Importance-weighted test log-likelihood of every family, gaps to the VAE, t-tests against the best.

    Attributes:
      vae_of: group -> group of the VAE with the same decoder, data, learning rate and epochs.
      titles: groups of the VAEs of MNIST, and what is trained like each, in words.
      tested: those of them with whose groups there are t-tests and a picture of gaps.
    """

    name = "gpencoder"
    entries = ENTRIES
    vae_of: Mapping[str, str] = VAE_OF
    titles: Mapping[str, str] = REFERENCE_TITLES
    tested: Sequence[str] = ("vae", "vae_slow")  # whose decoder has convolutions
    metrics = (
        Metric("test_iwae", IWAE, "nats"),
        Metric("test_elbo", "test ELBO", "nats"),
        Metric("variance_share_f", "share of V f in the posterior variance"),
        Metric("predicted_share_f", "predicted share of V f, p / N"),
        Metric("variance_share_h", "share of V h in the posterior variance"),
        Metric("predicted_share_h", "predicted share of V h, p / 2N"),
    )

    def given(self, entry: Entry) -> Mapping[str, Any]:
        return with_stand_in(entry.given, entry.given["dataset"])

    def rows(self, base: Path, runs: Sequence[Run]) -> list[ResultRow]:
        """The scores, and the gap to the VAE of the same seeds."""
        scored, rows = comparison.read_runs(base, runs), []
        for group, logged in histories(base, runs).items():
            found = self.score_rows(base, group, logged)
            rows += [*found, *self._gap_row(found, group, scored)]
        return rows

    def alike(self, *references: str) -> list[str]:
        """Groups of these VAEs and of what is trained like one of them."""
        return [group for group in self.entries if {group, self.vae_of.get(group)} & {*references}]

    def _gap_row(self, rows: Sequence[ResultRow], group: str, scored: Mapping[str, GroupScores]) -> list[ResultRow]:
        """The gap, from the row of the score; over the seeds that the group has in common with its reference."""
        reference = self.vae_of.get(group)
        compared = reference is not None and reference in scored
        gaps = comparison.seed_gaps(scored[group], scored[reference]) if compared else {}  # type: ignore[index]
        if not gaps:
            return []
        value, sd = summarise(gaps.values())
        changed: dict[str, Any] = dict(metric=GAP, value=value, sd=sd, seeds=tuple(gaps), paper=self._paper_gap(group))
        return [dataclasses.replace(row, **changed) for row in rows if row.metric == IWAE]

    def _paper_gap(self, group: str) -> float | None:
        ours, reference = (self.entries[g].paper if g else {} for g in (group, self.vae_of.get(group)))
        both = "test_iwae" in ours and "test_iwae" in reference
        return round(ours["test_iwae"] - reference["test_iwae"], 1) if both else None

    def figures(self, base: Path, runs: Sequence[Run], out: Path) -> list[Path]:
        """Validation bounds, gaps with t-tests (also as CSV), and the paper's Figure 1 from the run with 2 latents."""
        paths = super().figures(base, runs, out)
        for reference, compared, best, tests in self._tests(comparison.read_runs(base, runs)):
            names = {group: self.entries[group].name for group in compared}
            file = out / f"{self.name}_significance_{reference}.csv"
            paths.append(comparison.write_tests(file, names, compared, best, tests))
        return paths

    def draw_logs(self, found: dict[str, Logged]) -> Iterable[tuple[str, Figure]]:
        """Validation bounds, a panel for every VAE and what is trained like it."""
        names = {group: self.entries[group].name for group in self.alike(*self.titles) if group in found}
        panels = {
            title: [names[group] for group in self.alike(reference) if group in names]
            for reference, title in self.titles.items()
        }
        if names:
            curves = {name: _curve(found[group][0][1]) for group, name in names.items()}
            yield "learning_curves", scores.bound_curves(curves, "validation bound (nats)", panels)

    def draw(self, base: Path, found: dict[str, Logged]) -> Iterable[tuple[str, Figure]]:
        scored = comparison.read_runs(base, [run for logged in found.values() for run, _ in logged])
        yield from self._gaps({group: scored[group] for group in self.alike(*self.tested) if group in scored})
        for group in [group for group in ("plane", "gpvae") if group in found][:1]:  # contours need 2 latents
            experiment: Any = load_experiment(folders(base, found)[group])
            yield "uncertainty", pictures.uncertainty(experiment)
            if group == "plane":
                yield "latents", pictures.latents(experiment)

    def _tests(self, scored: Mapping[str, GroupScores]) -> Iterator[tuple[str, dict[str, GroupScores], str, Tests]]:
        """Every reference with the groups that were trained like it at common seeds, the best and its t-tests."""
        for reference in self.tested:
            there = {group: scored[group] for group in self.alike(reference) if group in scored}
            compared = comparison.at_common_seeds(there)
            if len(compared) > 1:
                yield reference, compared, *comparison.against_best(compared)

    def _gaps(self, compared: Mapping[str, GroupScores]) -> Iterator[tuple[str, Figure]]:
        """Every family's gap to the VAE, where both are there to compare."""
        pairs = {group: self.vae_of.get(group) for group in compared}
        tests = {
            group: comparison.difference(compared[group], compared[reference])
            for group, reference in pairs.items()
            if reference is not None and reference in compared
        }
        gaps = {self.entries[group].name: test for group, test in tests.items() if test is not None}
        papers = {self.entries[g].name: gap for g in tests if (gap := self._paper_gap(g)) is not None}
        if gaps:
            yield "gaps", pictures.gaps(gaps, papers)


class GPEncoderConvergedTable(GPEncoderTable):
    """VAE, GP encoder and three trunks with 100 epochs, the other families with 50, all at one rate."""

    name = "gpencoder_converged"
    entries = CONVERGED_ENTRIES
    vae_of = CONVERGED_VAE_OF
    titles = CONVERGED_TITLES
    tested = ("vae", "vae_z50", "vae_50epochs")


class GPEncoderSizesTable(GPEncoderTable):
    """Every cell of the paper's Tables 1, 2 and 10 with the paper's training of 2,000 epochs.

    As in the paper, the t-tests are of one data set and number of latents.
    """

    name = "gpencoder_sizes"
    entries = SIZES_ENTRIES
    vae_of = SIZES_VAE_OF
    titles = SIZES_TITLES
    tested = tuple(SIZES_TITLES)


def _curve(history: Mapping[str, np.ndarray]) -> tuple[list[float], list[float]]:
    """Epochs and validation bound."""
    return (history["epoch"] + 1).tolist(), (-history["stopping_loss"]).tolist()
