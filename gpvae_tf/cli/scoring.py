"""Scores of hidden values: of all as one, of every channel's, whose units may differ, and by how far ahead they are."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gpvae_tf.cli.hidden_values import LINE, MODEL, Filled, HiddenValues
from gpvae_tf.evaluation import predictive

MOST_SHOWN = 20  # channels that are printed; the file of the scores has all of them
_SHOWN = ("rmse", "mae", "crps")
QUARTERS = ("first quarter", "second quarter", "third quarter", "last quarter")


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


def compared(values: HiddenValues, interval: float) -> dict[str, dict[str, float]]:
    """The scores of all ways of filling in, by their names, beside those of the baselines."""
    found = {name: scores(values.truth, each, interval) for name, each in values.made.items()}
    return found | {name: point_scores(values.truth, each) for name, each in values.baselines.items()}


def by_channel(
    values: HiddenValues, interval: float, shown: np.ndarray, names: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """What `compared` says of every one of some channels, and how many hidden values it has.

    Args:
      values: the hidden values.
      interval: level of the interval.
      shown: the numbers of those channels that are asked for.
      names: of all channels; a single one has no scores but those of all.
    """
    if len(names) == 1:
        return {}
    return {names[number]: _part(values.at(values.channels == number), interval) for number in shown}


def by_time_ahead(values: HiddenValues, interval: float) -> dict[str, dict[str, Any]]:
    """The same of every quarter of the horizon; nothing where there is no horizon."""
    if values.quarters is None:
        return {}
    there = [(name, values.quarters == number) for number, name in enumerate(QUARTERS)]
    return {name: _part(values.at(where), interval) for name, where in there if where.any()}


def _part(values: HiddenValues, interval: float) -> dict[str, Any]:
    return {"hidden": len(values.truth), **compared(values, interval)}


def by_column_of_classes(values: HiddenValues, columns: Mapping[str, Sequence[int]]) -> dict[str, dict[str, float]]:
    """How often the most probable class is the right one, and the mean of -log p of the right one, nats, of columns.

    Args:
      values: 0 and 1 of every hidden channel, and probabilities.
      columns: the channels of every column of classes, by its name.
    """
    found = {}
    made, line = values.made[MODEL], values.baselines[LINE]
    for name, own in columns.items():
        where = np.isin(values.channels, own)
        right, ours, theirs, nats = (
            part[where].reshape(-1, len(own)) for part in (values.truth, made.mean, line, made.log_density)
        )
        if len(right):
            best = right.argmax(axis=-1)
            found[name] = {
                "hidden": len(right),
                "accuracy": float(np.mean(ours.argmax(axis=-1) == best)),
                "nlpd": -float(np.mean(nats.sum(axis=-1))),
                f"{LINE} accuracy": float(np.mean(theirs.argmax(axis=-1) == best)),
            }
    return found


def as_text(
    found: Mapping[str, Mapping[str, float]],
    parts: Mapping[str, Mapping[str, Mapping[str, Any]]],
    classes: Mapping[str, Mapping[str, float]],
) -> str:
    """Scores as lines: those of all hidden values, then a line for every part of them, and for classes.

    Args:
      found: what `compared` found of all.
      parts: under a heading what `by_channel` or `by_time_ahead` found.
      classes: what `by_column_of_classes` found.
    """
    main, *others = found
    lines = []
    for name, value in found[main].items():
        more = (f" {kind} {found[kind][name]:<10.4g}" for kind in others if name in found[kind])
        lines.append(f"  {name:<18} {value:<10.4g}{''.join(more)}".rstrip())
    for heading, each in parts.items():
        lines += [f"{heading}:"] if each else []
        lines += [_as_line(name, part, main, others) for name, part in list(each.items())[:MOST_SHOWN]]
        if len(each) > MOST_SHOWN:
            lines.append(f"  and {len(each) - MOST_SHOWN} more in the file of the scores")
    if classes:
        lines.append("columns of classes:")
    for column, scored in classes.items():
        lines.append(f"  {column:<18} {' '.join(f'{name} {value:<10.4g}' for name, value in scored.items())}".rstrip())
    return "\n".join(lines)


def _as_line(name: str, part: Mapping[str, Any], main: str, others: Sequence[str]) -> str:
    coverage = [score for score in part[main] if score.startswith("coverage")]
    shown = [f"{score} {part[main][score]:<10.4g}" for score in (*_SHOWN, *coverage) if score in part[main]]
    for kind in others:
        shown += [f"{kind} {score} {part[kind][score]:<10.4g}" for score in ("rmse", *coverage) if score in part[kind]]
    return f"  {name:<18} {' '.join(shown)}".rstrip()
