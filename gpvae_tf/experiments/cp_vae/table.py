"""CP-VAE's Table 1 on MNIST and OMNIGLOT, its toy mixture, and its Figures 3 to 9, from complete runs."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from gpvae_tf.experiments.cp_vae import figures as cpvae_figures
from gpvae_tf.experiments.cp_vae.entries import (
    CONVERGED_ENTRIES,
    CPVAE_ENTRIES,
    LABELLED,
    MNIST,
    OMNIGLOT,
    SCALARS,
    components_of,
    family_of,
)
from gpvae_tf.experiments.cp_vae.families import PRIOR_FAMILIES
from gpvae_tf.experiments.images import with_stand_in
from gpvae_tf.experiments.run_logs import Logged
from gpvae_tf.experiments.run_logs import folders as folders_of
from gpvae_tf.experiments.table import Entry, Metric, Table

APART = ("cp1", "cp10enumerated")  # which Figures 8 and 9 do not show
NATS = "nats"
# A row is there if the score is; the family names the first one's. Bounds are negated, as the paper has them.
METRICS = (
    Metric("test_relaxed_bound", "negative relaxed bound, no bound on the likelihood", NATS, -1),
    Metric(
        "test_log_likelihood",
        "test log-likelihood: ELBO plus its gap to 5,000 importance samples on the first images (500; toy: 1,000)",
        NATS,
    ),
    *(
        Metric(f"test_accuracy_{rule}", f"test accuracy of the most probable category, {text}")
        for rule, text in {"majority": "majority label on train", "hungarian": "Hungarian matching on train"}.items()
    ),
    Metric("categories_used", "categories with more than 0.2/K of the mass"),
    Metric("category_perplexity", "perplexity of q(c)"),
    Metric("active_units", "active latent units"),
    *(
        Metric(f"{prefix}{score}", f"{label}{where}")
        for prefix, where in {"": "", "uniform_": ", uniform p(c)"}.items()
        for score, label in {
            "ks_statistic": "Kolmogorov-Smirnov distance of 10,000 generated scalars to as many true ones",
            "ks_p_value": "its p-value",
            "mass_low": "generated mass within 3 deviations of the mode at 0.1",
            "mass_high": "generated mass within 3 deviations of the mode at 1",
            "mass_elsewhere": "generated mass elsewhere (truth: 0.003)",
        }.items()
    ),
)


class CpvaeTable(Table):
    """Negative bounds, log-likelihoods, accuracy and use of the categories; the toy's two-sample test.

    The scores are those of the epoch with the best validation bound.
    """

    name = "cpvae"
    entries = CPVAE_ENTRIES

    def given(self, entry: Entry) -> Mapping[str, Any]:
        return with_stand_in(entry.given, entry.given.get("dataset_name", ""))

    def metrics_of(self, entry: Entry) -> Sequence[Metric]:
        return [Metric("test_elbo", family_of(entry).elbo_label, NATS, -1), *METRICS]

    def draw(self, base: Path, found: dict[str, Logged]) -> Iterator[tuple[str, Figure]]:
        """Figures 3 to 9 of the paper, from the first seed of every run that is complete."""
        folders = folders_of(base, found)
        present = lambda groups: {group: folders[group] for group in groups if group in folders}
        named = lambda found: {self.entries[group].name: folder for group, folder in found.items()}
        toys = present(SCALARS)
        if toys:
            yield "figure3", cpvae_figures.histograms(named(toys))
        if "toy_cp150" in folders:
            yield "figure4", cpvae_figures.ways(folders["toy_cp150"])
        if {"vae", "cp1"} <= folders.keys():
            pair = named(present(("vae", "cp1")))
            yield "figure5", cpvae_figures.reconstructions(pair)
            yield "figure6", cpvae_figures.generations(pair)
        for group in present(("cp10enumerated", "cp10", "cp10_mixture", *LABELLED)):
            yield f"figure7_{group}", cpvae_figures.categories(folders[group])
        for number, entries in ((8, MNIST), (9, OMNIGLOT)):
            shown = present(group for group in entries if group not in APART)
            if shown:
                yield f"figure{number}", cpvae_figures.comparison(self._by_family(shown))

    def _by_family(self, shown: Mapping[str, Path]) -> dict[str, Path]:
        """Folders by name: families with components first, each with rising K, so that full families fill rows."""
        families = [*PRIOR_FAMILIES.values()]

        def place(group: str) -> tuple[bool, int, int]:
            components, family = components_of(self.entries[group]), family_of(self.entries[group])
            return components is None, families.index(family), components or 0

        return {self.entries[group].name: shown[group] for group in sorted(shown, key=place)}


class ConvergedTable(CpvaeTable):
    """The cells on MNIST, trained to convergence; days of computing, for `scripts/reproduce.py --queue`."""

    name = "cpvae_converged"
    entries = CONVERGED_ENTRIES
