"""Scores of the posterior families side by side: gaps to their VAE, and the GP encoder paper's t-tests."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gpvae_tf.evaluation import significance
from gpvae_tf.evaluation.significance import Difference
from gpvae_tf.experiments.table_runs import Run
from gpvae_tf.files import atomic_write
from gpvae_tf.files.readers import read_npy
from gpvae_tf.training.scores import read_scores

IMAGE_SCORES = "test_iwae.npy"  # in a run's folder: the score of every test image
_COLUMNS = ("model", "seeds", "test_iwae", "below_best", "standard_error", "p_value", "test", "p_above_0.01")
Tests = dict[str, Difference]  # of the best group against the others
_TESTS = {"seeds": "Welch, over seeds", "images": "paired, over test images, of these two trained models only"}


class GroupScores(NamedTuple):
    """What the complete runs of a group scored.

    Attributes:
      by_seed: seed -> test log-likelihood, nats.
      images_by_seed: that of every test image, [n] each, nats, of the runs that kept them.
    """

    by_seed: dict[int, float]
    images_by_seed: dict[int, np.ndarray]

    @property
    def values(self) -> list[float]:
        """The score of every seed."""
        return list(self.by_seed.values())

    @property
    def images(self) -> np.ndarray | None:
        """The scores of the test images at the least seed, [n]; None if its run did not keep them."""
        return self.images_by_seed.get(min(self.by_seed))

    def at(self, seeds: Iterable[int]) -> "GroupScores":
        """The scores at some seeds."""
        wanted = set(seeds)
        return GroupScores(
            {seed: score for seed, score in self.by_seed.items() if seed in wanted},
            {seed: images for seed, images in self.images_by_seed.items() if seed in wanted},
        )


def read_runs(base: Path, runs: Sequence[Run]) -> dict[str, GroupScores]:
    """The scores of complete runs, by group."""
    found: dict[str, GroupScores] = {}
    for run in runs:
        scores = read_scores(base / run.folder)
        if scores is None or "test_iwae" not in scores:
            continue
        group = found.setdefault(run.group, GroupScores({}, {}))
        group.by_seed[run.seed] = scores["test_iwae"]
        path = base / run.folder / IMAGE_SCORES
        if path.exists():
            group.images_by_seed[run.seed] = read_npy(path)
    return found


def at_common_seeds(scored: Mapping[str, GroupScores]) -> dict[str, GroupScores]:
    """The groups at the seeds that all have, without which a test would compare seeds as well as models.

    Groups are left out, the last ones first, until there is such a seed.
    """
    common: set[int] = set()
    kept: dict[str, GroupScores] = {}
    for group, scores in scored.items():
        shared = common & set(scores.by_seed) if kept else set(scores.by_seed)
        if shared:
            common, kept[group] = shared, scores
    return {group: scores.at(sorted(common)) for group, scores in kept.items()}


def seed_gaps(one: GroupScores, other: GroupScores) -> dict[int, float]:
    """The difference of two groups' scores at every seed that both have, nats."""
    return {seed: one.by_seed[seed] - other.by_seed[seed] for seed in one.by_seed if seed in other.by_seed}


def difference(one: GroupScores, other: GroupScores) -> Difference | None:
    """How much better one is at the seeds of both; standard error over these or, of one seed, over test images."""
    both = at_common_seeds({"one": one, "other": other})
    if len(both) < 2:
        return None
    one, other = both.values()
    return significance.compare(one.values, other.values, one.images, other.images)


def against_best(scored: Mapping[str, GroupScores]) -> tuple[str, Tests]:
    """The best group and its t-tests against the others (`significance.against_best`)."""
    images = {group: scores.images for group, scores in scored.items() if scores.images is not None}
    return significance.against_best({group: scores.values for group, scores in scored.items()}, images)


def write_tests(
    path: Path, names: Mapping[str, str], scored: Mapping[str, GroupScores], best: str, tests: Mapping[str, Difference]
) -> Path:
    """Writes the t-tests as CSV, the best first, nats; says which test each was.

    Args:
      path: of the file; its folder is made.
      names: group -> model.
      scored: group -> scores, at common seeds.
      best, tests: of `against_best`.
    """
    about = lambda g: (names[g], " ".join(map(str, scored[g].by_seed)), f"{np.mean(scored[g].values):.3f}")
    with atomic_write(path, newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(_COLUMNS)
        rows.writerow([*about(best), "", "", "", "the best", ""])
        for group, test in tests.items():
            numbers = f"{test.mean:.3f}", f"{test.standard_error:.3f}", p_value(test).removeprefix("p = ")
            weak = "yes" if test.p_value > significance.ALPHA else "no"
            rows.writerow([*about(group), *numbers, _TESTS[test.over], weak])
    return path


def p_value(test: Difference) -> str:
    """The p-value of a test in words; below 1e-16 the words say only that it is."""
    return f"p = {test.p_value:.2g}" if test.p_value > 1e-16 else "p < 1e-16"
