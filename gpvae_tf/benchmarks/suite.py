"""What the benchmark's suites share: turns, seconds per step, and measurements.

A suite is a dataclass whose fields are flags of scripts/benchmark.py. Only ratios of times that were taken in one run
on one idle machine say something, so models take turns, and clones follow right after.
"""

import abc
import functools
import statistics
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from gpvae_tf.comparison.differences import table
from gpvae_tf.comparison.registry import CloneError, Repository, find_cases

WARM_UP = 5  # steps before any is timed
Key = TypeVar("Key", bound=Hashable)


class Measurement(NamedTuple):
    """One number of a suite.

    Attributes:
      model, dataset, metric, value, unit, paper: see `result_row.ResultRow`.
      note: what the number was made of, for the printed table.
      seconds_per_epoch: of our model, None if no epoch was timed.
      epochs: of training behind it.
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


class Suite(abc.ABC):
    """What can be timed together. Subclasses are dataclasses; their fields are flags, checked when one is made."""

    @abc.abstractmethod
    def measure(self) -> Iterator[list[Measurement]]:
        """The numbers, part by part, each part as soon as it is known."""


def take_turns(turns: Mapping[Key, Callable[[], Sequence[float]]], rounds: int) -> dict[Key, float]:
    """Median seconds of several models, each of which has a turn in every round, so that all see the same load.

    Args:
      turns: by model, what trains it for a turn and returns the seconds that count.
      rounds: how often every model has its turn.
    """
    seconds: dict[Key, list[float]] = {key: [] for key in turns}
    for _ in range(rounds):
        for key, turn in turns.items():
            seconds[key] += turn()
    return {key: statistics.median(values) for key, values in seconds.items()}


def seconds_of(step: Callable[[], object], steps: int, warm_up: int = WARM_UP) -> list[float]:
    """Seconds of every step, after some that are not timed: they trace, and fill the data pipeline's buffers.

    Args:
      step: runs one step and waits for it.
      steps: how many are timed.
      warm_up: how many are not.
    """
    seconds = []
    for _ in range(warm_up + steps):
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    return seconds[warm_up:]


def step_times(steps: Mapping[Key, Callable[[], object]], per_turn: int, rounds: int) -> dict[Key, float]:
    """Median seconds per step of several models that take turns; all are warm before any is timed.

    Args:
      steps: by model, what runs one step and waits for it.
      per_turn: steps of a turn.
      rounds: turns of every model.
    """
    for step in steps.values():
        seconds_of(step, 0)
    turns = {key: functools.partial(seconds_of, step, per_turn, warm_up=0) for key, step in steps.items()}
    return take_turns(turns, rounds)


def check_clone(clone: str | Path, repository: Repository) -> None:
    """Refuses a folder before anything is timed.

    Raises:
      CloneError: if it is no clone of the repository.
    """
    if repository not in {case.repository for case in find_cases(Path(clone))}:
        raise CloneError(f"{clone} is no clone of {repository.name}; it lacks {', '.join(repository.files)}")


def over_baseline(seconds: Mapping[str, float], baseline: str, metric: str, **about) -> list[Measurement]:
    """The times over that of one of the models.

    Args:
      seconds: by model.
      baseline: the model.
      metric: name of the ratio.
      about: further fields of every measurement.
    """
    return [
        Measurement(model, metric=metric, value=value / seconds[baseline], note=in_words(value), **about)
        for model, value in seconds.items()
    ]


def over_ours(theirs: Mapping[str, float], ours: Mapping[str, float], metric: str, **about) -> list[Measurement]:
    """The original's times over ours, for the models that have both; above 1, ours is faster."""
    return [
        Measurement(
            model,
            metric=metric,
            value=value / ours[model],
            note=f"theirs {in_words(value)}, ours {in_words(ours[model])}",
            **about,
        )
        for model, value in theirs.items()
    ]


def in_words(seconds: float) -> str:
    """Three digits, as milliseconds or seconds."""
    return f"{1e3 * seconds:.3g} ms" if seconds < 1.0 else f"{seconds:.3g} s"


def render(measurements: Sequence[Measurement]) -> str:
    """The table of a part of a suite."""
    header = ("model", "data", "metric", "value", "paper", "measured")
    return table(header, [_cells(m) for m in measurements])


def _cells(m: Measurement) -> tuple[str, ...]:
    value = f"{m.value:.2f}" if m.unit == "ratio" else f"{m.value:.0f} {m.unit}"
    return (m.model, m.dataset, m.metric, value, "-" if m.paper is None else f"{m.paper:.3g}", m.note)
