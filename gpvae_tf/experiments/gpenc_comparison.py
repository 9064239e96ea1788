"""Scores of the posterior families side by side: gaps to their VAE, and the GP encoder paper's t-tests."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gpvae_tf.evaluation import significance
from gpvae_tf.evaluation.significance import Difference
from gpvae_tf.experiments.table import Run
from gpvae_tf.training.run_folder import read_scores

IMAGE_SCORES = "test_iwae.npy"  # in a run's folder: the score of every test image
_COLUMNS = ("model", "test_iwae", "below_best", "standard_error", "p_value", "test", "p_above_0.01")
_TESTS = {"seeds": "Welch, over seeds", "images": "paired, over test images of one seed"}


class Scores(NamedTuple):
    """What the complete runs of a group scored.

    Attributes:
      by_seed: seed -> test log-likelihood, nats.
      images: that of every test image under the first seed, [n], nats; None if the run did not keep them.
    """

    by_seed: dict[int, float]
    images: np.ndarray | None

    @property
    def values(self) -> list[float]:
        """Of every seed."""
        return list(self.by_seed.values())


def read_runs(base: Path, runs: Sequence[Run]) -> dict[str, Scores]:
    """The scores of complete runs, by group."""
    found: dict[str, Scores] = {}
    for run in runs:
        scores = read_scores(base / run.folder)
        if scores is None or "test_iwae" not in scores:
            continue
        if run.group not in found:
            path = base / run.folder / IMAGE_SCORES
            found[run.group] = Scores({}, np.load(path, allow_pickle=False) if path.exists() else None)
        found[run.group].by_seed[run.seed] = scores["test_iwae"]
    return found


def seed_gaps(one: Scores, other: Scores) -> dict[int, float]:
    """By how much one is better, for every seed that both have."""
    return {seed: one.by_seed[seed] - other.by_seed[seed] for seed in one.by_seed if seed in other.by_seed}


def difference(one: Scores, other: Scores) -> Difference | None:
    """By how much one is better, with a standard error over seeds or, if one has a single run, over test images."""
    return significance.compare(one.values, other.values, one.images, other.images)


def against_best(scored: Mapping[str, Scores]) -> tuple[str, dict[str, Difference]]:
    """The best group and its t-tests against the others (`significance.against_best`)."""
    images = {group: scores.images for group, scores in scored.items() if scores.images is not None}
    return significance.against_best({group: scores.values for group, scores in scored.items()}, images)


def write_tests(
    path: Path, names: Mapping[str, str], scored: Mapping[str, Scores], best: str, tests: Mapping[str, Difference]
) -> Path:
    """Writes the t-tests as CSV, the best first, nats; says which test each was.

    Args:
      path: of the file; its folder is made.
      names: group -> model.
      scored: group -> scores.
      best, tests: of `against_best`.
    """
    mean = lambda group: f"{np.mean(scored[group].values):.3f}"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(_COLUMNS)
        rows.writerow([names[best], mean(best), "", "", "", "the best", ""])
        for group, test in tests.items():
            numbers = f"{test.mean:.3f}", f"{test.standard_error:.3f}", f"{test.p_value:.3g}"
            weak = "yes" if test.p_value > significance.ALPHA else "no"
            rows.writerow([names[group], mean(group), *numbers, _TESTS[test.over], weak])
    return path
