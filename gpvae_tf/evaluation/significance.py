"""Whether two models differ: the two-sided t-tests of the GP encoder paper (Tables 1 to 4), and what they are over.

The paper tests over ten runs of each model. Over seeds that is Welch's test. With one run of a model there is only the
paired test over test images, which asks another question: whether these two trained models differ on images like these,
not whether two trainings with another seed would.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

ALPHA = 0.01  # the paper's: above it there is little evidence of a difference


class Difference(NamedTuple):
    """The difference between two models' scores.

    Attributes:
      mean: difference of the means, in the unit of the scores.
      standard_error: standard error of that difference.
      p_value: two-sided p-value of no difference. Without any spread, for which SciPy has no answer: 1 if the means are
        equal, else 0.
      over: "seeds" or "images".
    """

    mean: float
    standard_error: float
    p_value: float
    over: str


def welch_test(scores: Sequence[float], others: Sequence[float]) -> Difference:
    """Welch's t-test: t = (mean a - mean b) / sqrt(s_a^2 / n_a + s_b^2 / n_b), for unequal variances.

    Args:
      scores: one model's score of every seed, two at least.
      others: the other model's; the seeds need not be the same.

    Raises:
      ValueError: if there are fewer than two scores of a model, or one is not finite.
    """
    a, b = _checked("scores", scores), _checked("others", others)
    error = np.hypot(stats.sem(a), stats.sem(b))
    p_value = stats.ttest_ind(a, b, equal_var=False).pvalue if error else float(np.mean(a) == np.mean(b))
    return Difference(float(np.mean(a) - np.mean(b)), float(error), float(p_value), "seeds")


def paired_test(scores: np.ndarray, others: np.ndarray) -> Difference:
    """The paired t-test: t = mean d / (s_d / sqrt n) of the differences d of n images.

    Args:
      scores: score of every test image under one model, [n], n >= 2.
      others: score of the same images, in the same order, under the other.

    Raises:
      ValueError: if the numbers of images differ or are below two, or a score is not finite.
    """
    a, b = _checked("scores", scores), _checked("others", others)
    if len(a) != len(b):
        raise ValueError(f"others has {len(b)} images, scores has {len(a)}; a paired test needs the same images")
    mean, error = np.mean(a - b), stats.sem(a - b)
    p_value = stats.ttest_rel(a, b).pvalue if error else float(mean == 0)
    return Difference(float(mean), float(error), float(p_value), "images")


def compare(
    scores: Sequence[float],
    others: Sequence[float],
    images: np.ndarray | None = None,
    other_images: np.ndarray | None = None,
) -> Difference | None:
    """The test over seeds if both models have several, else that over images, else None.

    Args:
      scores, others: mean score of every seed.
      images, other_images: score of every test image under one run of each, [n], the runs of equal seeds.
    """
    if min(len(scores), len(others)) > 1:
        return welch_test(scores, others)
    if images is None or other_images is None:
        return None
    return paired_test(images, other_images)


def against_best(
    scores: Mapping[str, Sequence[float]], images: Mapping[str, np.ndarray]
) -> tuple[str, dict[str, Difference]]:
    """`compare` of the best model, by its mean over seeds, with every other.

    Args:
      scores: model -> score of every seed; higher is better.
      images: model -> score of every test image under its first seed, of those models that have it.

    Returns:
      the best model's name, and its `Difference` from every other model for which a test is possible (see `compare`).

    Raises:
      ValueError: if there is no model, or as the tests.
    """
    if not scores:
        raise ValueError("scores is empty: there is nothing to compare")
    best = max(scores, key=lambda name: float(np.mean(scores[name])))
    found = {
        name: compare(scores[best], scores[name], images.get(best), images.get(name)) for name in scores if name != best
    }
    return best, {name: difference for name, difference in found.items() if difference is not None}


def _checked(name: str, values: Sequence[float] | np.ndarray) -> np.ndarray:
    array = np.asarray(values, np.float64)
    if array.ndim != 1 or len(array) < 2:
        raise ValueError(f"{name} has shape {array.shape}; expected at least two values, [n]")
    if not np.all(np.isfinite(array)):
        raise ValueError(f"{name} has values that are not finite")
    return array
