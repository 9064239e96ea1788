"""Scores of filled-in entries, as Fortuin et al. (2020) have them, and of the predictive distribution they lack."""

import collections
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import interval_tails
from gpvae_tf.evaluation.bernoulli_forecast import BernoulliForecast
from gpvae_tf.evaluation.forecasts import Forecast, SampleForecast
from gpvae_tf.types import Batch

LEVEL = 0.9  # of the intervals that are scored


class FilledIn(NamedTuple):
    """What a model makes of a batch.

    Attributes:
      mean: E[y | z] at the mean of the latents, [B, n, *event].
      one_draw, mixture: log p(truth) of every entry given one draw of the latents, and of the mean over all, nats.
      forecast: the distribution of every entry, over all draws.
    """

    mean: np.ndarray
    one_draw: np.ndarray
    mixture: np.ndarray
    forecast: Forecast


def fill_in(
    model: Any, batch: Batch, truth: np.ndarray, *, binary: bool, num_samples: int = 20, seed: int = 0
) -> FilledIn:
    """Fills in a batch from the latents' posterior given what was observed of it.

    Args:
      model: a latent-GP model.
      batch: "observations" [B, n, *event], "inputs" and "mask", and "errors" if the truth was measured with such.
      truth: [B, n, *event].
      binary: whether the likelihood is Bernoulli's.
      num_samples: draws of the latents.
      seed: of the draws.
    """
    z, inputs = model.draws_given(batch, num_samples, tf.constant([seed, 0]))
    errors = batch.get("errors")
    density = lambda draws: model.data_distribution.log_density(draws, inputs, truth, errors=errors).numpy()
    one_draw, mixture = density(z[:1]), density(z)
    forecast: Forecast
    if binary:
        nats = np.minimum(mixture, 0.0)  # rounding may leave it above
        forecast = BernoulliForecast(np.where(truth > 0.5, np.exp(nats), -np.expm1(nats)))
    else:
        options = dict(seed=tf.constant([seed, 1]), levels=tf.constant([0.5]))
        forecast = SampleForecast(model.data_distribution.summary(z, inputs, **options).samples)
    return FilledIn(model.decode(model.latents_given(batch).mean, inputs).numpy(), one_draw, mixture, forecast)


class Totals:
    """Sums over the scored entries of batches, and their means.

    Args:
      binary: whether the mean is rounded before its squared error is taken, as for black and white pixels.
    """

    def __init__(self, binary: bool):
        self._binary, self._count = binary, 0
        self._sums: dict[str, float] = collections.defaultdict(float)

    def add(self, truth: np.ndarray, scored: np.ndarray, filled: FilledIn) -> None:
        """Adds a batch."""
        truth, mean = truth[scored].astype(np.float64), filled.mean[scored].astype(np.float64)
        rounded = np.round(mean) if self._binary else mean
        forecast = filled.forecast.at(scored)
        lower, upper = forecast.quantiles(np.array(interval_tails(LEVEL)))
        scores = {
            "nll_one_draw": -filled.one_draw[scored],
            "nll": -filled.mixture[scored],
            "mse": np.square(rounded - truth),
            "mse_of_mean": np.square(mean - truth),
            "crps": forecast.crps(truth),
            "coverage": (lower <= truth) & (truth <= upper),
            "width": upper - lower,
            "share_within": forecast.share_within(truth, LEVEL),
        }
        for name, values in scores.items():
            self._sums[name] += float(np.sum(values, dtype=np.float64))
        self._count += truth.size

    def means(self) -> dict[str, float]:
        """Scores per missing entry, by name.

        NLL of one draw and of the mean of all, MSE (rounded where binary) and unrounded, CRPS, coverage and width of
        90 % intervals, and the share of the truth within them where a value may lie in part (`Forecast.share_within`).
        """
        return {f"missing_{name}": total / self._count for name, total in self._sums.items()}


def auroc(imputed: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Area under the ROC and the precision-recall curve of a logistic regression on filled-in sequences.

    The first half trains it, the second is classified; both areas are means over the classes.

    Args:
      imputed: [N, n, *event].
      labels: [N].

    Raises:
      ImportError: without scikit-learn.
      ValueError: see `check_classes`.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import average_precision_score, roc_auc_score

    check_classes(labels)
    half, flat = len(imputed) // 2, imputed.reshape(len(imputed), -1)
    classifier = LogisticRegression(max_iter=10_000, tol=1e-10).fit(flat[:half], labels[:half])
    classes = classifier.classes_
    probabilities, truth = classifier.predict_proba(flat[half:]), labels[half:, np.newaxis] == classes
    chosen = slice(1, 2) if len(classes) == 2 else slice(None)
    return {
        "auroc": float(roc_auc_score(truth[:, chosen], probabilities[:, chosen])),
        "auprc": float(average_precision_score(truth[:, chosen], probabilities[:, chosen])),
    }


def check_classes(labels: np.ndarray) -> None:
    """Refuses labels [N] by which `auroc` can train and score no classifier.

    Raises:
      ValueError: if the halves have different classes, or only one.
    """
    half = len(labels) // 2
    first, second = (np.unique(part).tolist() for part in (labels[:half], labels[half:]))
    if first != second or len(first) < 2:
        raise ValueError(f"both halves must have the same classes, two or more; got {first} and {second}")
