"""Scores of hidden values: of all of them as one, and of every channel's, whose units may differ."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from gpvae_tf.evaluation import predictive
from gpvae_tf.types import EntryScores, Imputation

MOST_SHOWN = 20  # channels that are printed; the file of the scores has all of them
_SHOWN = ("rmse", "mae", "crps")


class Filled(NamedTuple):
    """What k hidden values were filled in with, and how well it foretold each of them; arrays [k].

    Attributes:
      mean: of the forecasts.
      lower, upper: the ends of the interval.
      log_density: log p(truth), nats.
      crps: continuous ranked probability score.
      scored: whether these two can be compared with the model's own; a density cannot be with a probability.
    """

    mean: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    log_density: np.ndarray
    crps: np.ndarray
    scored: np.ndarray

    @classmethod
    def of(
        cls, made: Imputation, hidden: np.ndarray, scores: EntryScores, scored: np.ndarray | bool = True
    ) -> "Filled":
        """The k hidden values of an imputation, by a boolean array of its shape, and their scores [k].

        `scored` is one value, or one for every channel [C].
        """
        mean, lower, upper = (np.asarray(part)[hidden] for part in (made.mean, made.lower, made.upper))
        return cls(mean, lower, upper, *scores, np.broadcast_to(scored, hidden.shape)[hidden])

    def at(self, where: np.ndarray) -> "Filled":
        """Some of the values, by a boolean array of their shape."""
        return Filled(*(part[where] for part in self))


def scores(truth: np.ndarray, made: Filled, interval: float) -> dict[str, float]:
    """Scores of hidden values by name; nlpd and crps only if all of them are `scored`.

    Args:
      truth: [k].
      made: what they were filled in with.
      interval: level of the interval.
    """
    proper = {"nlpd": predictive.nlpd_of(made.log_density), "crps": float(np.mean(made.crps))}
    return {
        **point_scores(truth, made.mean),
        **(proper if made.scored.all() else {}),
        f"coverage of {100 * interval:g}%": predictive.coverage(truth, made.lower, made.upper),
        f"width of {100 * interval:g}%": predictive.width(made.lower, made.upper),
    }


def point_scores(truth: np.ndarray, made: np.ndarray) -> dict[str, float]:
    """Those scores that need no distribution; see `scores`."""
    mse = predictive.mse(truth, made)
    return {"mse": mse, "rmse": math.sqrt(mse), "mae": predictive.mae(truth, made)}


def compared(
    truth: np.ndarray, made: Mapping[str, Filled], baselines: Mapping[str, np.ndarray], interval: float
) -> dict[str, dict[str, float]]:
    """The scores of several ways of filling in, by their names, beside those of baselines [k], by theirs."""
    found = {name: scores(truth, each, interval) for name, each in made.items()}
    return found | {name: point_scores(truth, each) for name, each in baselines.items()}


def by_channel(
    truth: np.ndarray,
    made: Mapping[str, Filled],
    baselines: Mapping[str, np.ndarray],
    interval: float,
    channels: np.ndarray,
    shown: np.ndarray,
    names: Sequence[str],
) -> dict[str, dict[str, Any]]:
    """What `compared` says of every one of some channels, and how many hidden values it has.

    Args:
      truth, made, baselines, interval: see `compared`.
      channels: [k], the number of every hidden value's channel.
      shown: the numbers of those channels that are asked for.
      names: of all channels; a single one has no scores but those of all.
    """
    found: dict[str, dict[str, Any]] = {}
    for number in shown if len(names) > 1 else ():
        where = channels == number
        of_channel = {name: each.at(where) for name, each in made.items()}
        scored = compared(truth[where], of_channel, {name: each[where] for name, each in baselines.items()}, interval)
        found[names[number]] = {"hidden": int(where.sum()), **scored}
    return found


def by_column_of_classes(
    truth: np.ndarray, made: Filled, line: np.ndarray, channels: np.ndarray, columns: Mapping[str, Sequence[int]]
) -> dict[str, dict[str, float]]:
    """How often the most probable class is the right one, and the mean of -log p of the right one, nats, of columns.

    Args:
      truth, made, line: 0 and 1, probabilities, and those of linear interpolation, of every hidden channel, [k].
      channels: [k], the number of every hidden value's channel, those of one point beside each other.
      columns: the channels of every column of classes, by its name.
    """
    found = {}
    for name, own in columns.items():
        where = np.isin(channels, own)
        right, ours, theirs, nats = (
            part[where].reshape(-1, len(own)) for part in (truth, made.mean, line, made.log_density)
        )
        if len(right):
            best = right.argmax(axis=-1)
            found[name] = {
                "hidden": len(right),
                "accuracy": float(np.mean(ours.argmax(axis=-1) == best)),
                "nlpd": -float(np.mean(nats.sum(axis=-1))),
                "linear interpolation accuracy": float(np.mean(theirs.argmax(axis=-1) == best)),
            }
    return found


def as_text(
    found: Mapping[str, Mapping[str, float]],
    channels: Mapping[str, Mapping[str, Any]],
    classes: Mapping[str, Mapping[str, float]],
) -> str:
    """Scores as lines: those of all hidden values, then a line for every channel, in its own unit, and for classes.

    Args:
      found: what `compared` found of all.
      channels: what `by_channel` found.
      classes: what `by_column_of_classes` found.
    """
    main, *others = found
    lines = []
    for name, value in found[main].items():
        more = (f" {kind} {found[kind][name]:<10.4g}" for kind in others if name in found[kind])
        lines.append(f"  {name:<18} {value:<10.4g}{''.join(more)}".rstrip())
    if channels:
        lines.append("by channel, each in its own unit:")
    for channel, each in list(channels.items())[:MOST_SHOWN]:
        coverage = [name for name in each[main] if name.startswith("coverage")]
        parts = [f"{name} {each[main][name]:<10.4g}" for name in (*_SHOWN, *coverage)]
        for kind in others:
            shown = (name for name in ("rmse", *coverage) if name in each[kind])
            parts += [f"{kind} {name} {each[kind][name]:<10.4g}" for name in shown]
        lines.append(f"  {channel:<18} {' '.join(parts)}".rstrip())
    if len(channels) > MOST_SHOWN:
        lines.append(f"  and {len(channels) - MOST_SHOWN} more channels in the file of the scores")
    if classes:
        lines.append("columns of classes:")
    for column, each in classes.items():
        lines.append(f"  {column:<18} {' '.join(f'{name} {value:<10.4g}' for name, value in each.items())}".rstrip())
    return "\n".join(lines)
