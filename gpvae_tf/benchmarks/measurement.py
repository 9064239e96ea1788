"""One number of a benchmark: as a ratio of times, as a line of the printed table, and as a row of results."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from gpvae_tf.comparison.differences import table
from gpvae_tf.results import ResultRow
from gpvae_tf.training.provenance import git_commit


class Measurement(NamedTuple):
    """One number of a suite.

    Attributes:
      model, dataset, metric, value, unit, paper: see `ResultRow`.
      note: what the number was made of, for the printed table.
      seconds_per_epoch: wall time of our model, None if no epoch was timed.
      epochs: number of training epochs behind it.
    """

    model: str
    dataset: str
    metric: str
    value: float
    note: str
    unit: str = "ratio"
    paper: float | None = None
    seconds_per_epoch: float | None = None
    epochs: int = 1


def over_baseline(seconds: Mapping[str, float], baseline: str, metric: str, **about) -> list[Measurement]:
    """The times over that of one of the models.

    Args:
      seconds: times by model.
      baseline: the model whose time is the denominator.
      metric: name of the ratio.
      about: further fields of every measurement.
    """
    return [
        Measurement(model, metric=metric, value=value / seconds[baseline], note=in_words(value), **about)
        for model, value in seconds.items()
    ]


def over_ours(theirs: Mapping[str, float], ours: Mapping[str, float], metric: str, **about) -> list[Measurement]:
    """The original's times over ours, for the models that have both; above 1, ours is faster."""
    note = lambda model: f"theirs {in_words(theirs[model])}, ours {in_words(ours[model])}"
    return [
        Measurement(model, metric=metric, value=value / ours[model], note=note(model), **about)
        for model, value in theirs.items()
    ]


def in_words(seconds: float) -> str:
    """Three digits, as milliseconds or seconds."""
    return f"{1e3 * seconds:.3g} ms" if seconds < 1.0 else f"{seconds:.3g} s"


def render_measurements(measurements: Sequence[Measurement]) -> str:
    """The table of a part of a suite."""
    rows = []
    for m in measurements:
        value = f"{m.value:.2f}" if m.unit == "ratio" else f"{m.value:.0f} {m.unit}"
        rows.append((m.model, m.dataset, m.metric, value, "-" if m.paper is None else f"{m.paper:.3g}", m.note))
    return table(("model", "data", "metric", "value", "paper", "measured"), rows)


def result_row(m: Measurement, table: str, command: str) -> ResultRow:
    """A measurement as a row of results/TABLE.json, made today by a command."""
    seconds = None if m.seconds_per_epoch is None else round(m.seconds_per_epoch, 3)
    fields: dict[str, Any] = {**m._asdict(), "value": round(m.value, 3), "seconds_per_epoch": seconds}
    del fields["note"]
    made: dict[str, Any] = dict(command=command, commit=git_commit(), date=date.today().isoformat())
    return ResultRow(table=table, preset="paper", sd=None, seeds=(0,), **fields, **made)
