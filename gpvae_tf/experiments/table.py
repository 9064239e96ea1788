"""What a table of a paper is made of: runs of a script, and what is read off their folders."""

import abc
import dataclasses
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gpvae_tf.experiments.history import read_history, until
from gpvae_tf.results import ResultRow, summarise
from gpvae_tf.training.run_folder import RunFolderError, differences, read_record, read_scores

PLACES = ("mnist_manual_dir", "data_dir", "data_file")  # where data lie determines no number


class Run(NamedTuple):
    """One run of an experiment script.

    Attributes:
      group: what it is a repetition of; the runs of a group differ in their seed alone.
      seed: its seed.
      script: file name in scripts/.
      flags: what determines its numbers, seed aside.
      expid: its name for the script.
      folder: name of its folder below the table's base folder, which the script makes of --expid.
      steps: training steps in all; None where scores alone say that it is complete, and no data need to be loaded.
      config: the configuration that the flags stand for.
    """

    group: str
    seed: int
    script: str
    flags: tuple[str, ...]
    expid: str
    folder: str
    steps: int | None
    config: Any

    @property
    def command(self) -> str:
        """What to type to get it."""
        return shlex.join(["python", f"scripts/{self.script}", *self.flags, f"--seed={self.seed}"])

    def is_complete(self, base: Path) -> bool:
        """Whether it has its scores or, as older runs, a log that reaches its last step."""
        path = base / self.folder / "metrics.csv"
        finished = (base / self.folder / "scores.json").exists()  # which a run that ended early has, too
        return finished or (path.exists() and self.steps in read_history(path).get("step", ()))

    def check(self, base: Path) -> None:
        """Refuses what is there if it is not of this configuration: the table would give a command that is not its.

        Raises:
          RunFolderError: naming what differs.
        """
        folder, asked = base / self.folder, dataclasses.asdict(self.config)
        record = read_record(folder)
        defaults = {field.name: field.default for field in dataclasses.fields(self.config)}
        found = differences(record, {**record, "config": asked}, PLACES, defaults)
        if found:
            listing = "\n  ".join(found)
            raise RunFolderError(f"{folder} is not the run that the table names, take it away:\n  {listing}")


def make_run(
    script: str,
    config_class: type,
    group: str,
    seed: int,
    given: Mapping[str, Any],
    *,
    expid: str | None = None,
    count_steps: bool = True,
) -> Run:
    """A run of an experiment script.

    Args:
      script: file name in scripts/.
      config_class: of its configuration.
      group, seed: see `Run`.
      given: fields of the configuration; those that are its defaults do not appear as flags.
      expid: its name; GROUP_sSEED if not given.
      count_steps: False for experiments on single images, whose runs may end early.
    """
    config: Any = config_class(**given, seed=seed)
    changed = {name: value for name, value in given.items() if value != getattr(config_class, name) or name == "elbo"}
    text = tuple(_flag(name, value) for name, value in changed.items())
    expid = expid or f"{group}_s{seed}"
    steps = config.num_steps if count_steps else None
    return Run(group, seed, script, text, expid, config.folder(expid), steps, config)


def _flag(name: str, value: Any) -> str:
    if value is True:
        return f"--{name}"
    return f"--{name}={','.join(map(str, value)) if isinstance(value, tuple) else value}"


class Table(abc.ABC):
    """A table with its runs, rows and figures."""

    name: str

    @abc.abstractmethod
    def runs(self, seeds: Sequence[int]) -> list[Run]:
        """Every run, the most important first."""

    @abc.abstractmethod
    def rows(self, base: Path, runs: Sequence[Run]) -> list[ResultRow]:
        """The table's rows from the runs that are complete."""

    @abc.abstractmethod
    def figures(self, base: Path, runs: Sequence[Run], out: Path) -> list[Path]:
        """Draws what the complete runs allow; returns the PNG files."""


def histories(base: Path, runs: Sequence[Run]) -> dict[str, list[tuple[Run, dict[str, np.ndarray]]]]:
    """The logs of complete runs, by group."""
    found: dict[str, list[tuple[Run, dict[str, np.ndarray]]]] = {}
    for run in runs:
        if run.is_complete(base):
            found.setdefault(run.group, []).append((run, read_history(base / run.folder / "metrics.csv")))
    return found


def make_row(
    base: Path, logged: list[tuple[Run, dict[str, np.ndarray]]], measure: Callable, *, step: int | None, **given: Any
) -> ResultRow:
    """A row whose provenance is that of its runs: command and record of the first, seconds per epoch of all.

    Args:
      base: the table's base folder.
      logged: the runs of one group with their logs.
      measure: maps a log, cut after `step`, to the number.
      step: the training step it is read off at; None for the last.
      given: the row's other fields, the metric's name among them.
    """
    logged = [(run, history if step is None else until(history, step)) for run, history in logged]
    return _row(base, logged, [float(measure(history)) for _, history in logged], given)


def score_rows(
    base: Path,
    logged: list[tuple[Run, dict[str, np.ndarray]]],
    metrics: Mapping[str, tuple[str, float | None]],
    **given: Any,
) -> list[ResultRow]:
    """A row for every score that the group's runs have.

    Args:
      base: the table's base folder.
      logged: the runs of one group with their logs.
      metrics: name in scores.json -> name of the metric, and the paper's value.
      given: the rows' other fields.
    """
    scores = [read_scores(base / run.folder) or {} for run, _ in logged]
    return [
        _row(base, logged, [s[name] for s in scores], {**given, "metric": metric, "paper": paper})
        for name, (metric, paper) in metrics.items()
        if all(name in s for s in scores)
    ]


def _row(
    base: Path, logged: list[tuple[Run, dict[str, np.ndarray]]], values: list[float], given: Mapping[str, Any]
) -> ResultRow:
    value, sd = summarise(values)
    run, history = logged[0]
    per_row = float(history["data_epoch"][0]) if "data_epoch" in history else 1.0  # epochs of the data in a log row
    records = [read_record(base / r.folder) for r, _ in logged]
    return ResultRow(
        value=value,
        sd=sd,
        seeds=tuple(r.seed for r, _ in logged),
        epochs=round(len(history["epoch"]) * per_row),
        preset=records[0]["config"]["preset"],
        seconds_per_epoch=round(float(np.mean([np.median(h["seconds"]) for _, h in logged])) / per_row, 2),
        command=run.command,
        commit=", ".join(dict.fromkeys(record["commit"] for record in records)),
        date=records[0]["date"],
        **given,
    )
