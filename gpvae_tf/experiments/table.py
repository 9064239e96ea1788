"""What a table of a paper is made of: entries, and what is read off the folders of their runs."""

import abc
import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.experiments.base import Experiment
from gpvae_tf.experiments.run_logs import Logged, folders, histories, stored_histories
from gpvae_tf.experiments.table_runs import Run
from gpvae_tf.files import atomic_copy
from gpvae_tf.files.readers import DamagedFileError
from gpvae_tf.flags.options import options_of
from gpvae_tf.results import ResultRow, summarise
from gpvae_tf.training.history import until
from gpvae_tf.training.run_record import read_record
from gpvae_tf.training.scores import read_scores


@dataclasses.dataclass(frozen=True)
class Entry:
    """A model of a table.

    Attributes:
      name: of the model, as its rows show it.
      experiment: whose runs it stands for.
      given: fields of the runs' configuration, seed aside.
      dataset: what the runs are trained on, and for how long, as the rows show it.
      paper: the paper's numbers by name of the score, in the sign of the row.
      repeated: whether there is a run for every seed, or for the first one only.
    """

    name: str
    experiment: type[Experiment]
    given: Mapping[str, Any]
    dataset: str
    paper: Mapping[str, float] = dataclasses.field(default_factory=dict)
    repeated: bool = True

    def build(self, **flags: Any) -> Experiment:
        """A run of it, with those of further flags that its experiment has."""
        kind = self.experiment
        known = {name: value for name, value in flags.items() if name in options_of(kind.config_class)}
        return kind(kind.config_class(**{**self.given, **known}))


class Metric(NamedTuple):
    """A score that becomes a row wherever a run has it.

    Attributes:
      score: its name in scores.json.
      label: its name in the row.
      unit: of the number.
      sign: -1 to show it negated.
    """

    score: str
    label: str
    unit: str = ""
    sign: int = 1


def _epochs(log: Mapping[str, np.ndarray]) -> int:
    """Passes over the data, or rows of a log that does not count them."""
    return round(log["data_epoch"][-1]) if "data_epoch" in log else len(log["epoch"])


class Table(abc.ABC):
    """A table with its runs, rows and figures.

    Attributes:
      name: of the table, of its file in results/ and of its runs' folder.
      entries: by group, the most important first.
      metrics: of every entry, in the order of its rows.
      files: names of files in the folders of runs, by group; that of the first seed goes beside the figures.
    """

    name: ClassVar[str]
    entries: Mapping[str, Entry]
    metrics: Sequence[Metric] = ()
    files: Mapping[str, str] = MappingProxyType({})

    def runs(self, seeds: Sequence[int]) -> list[Run]:
        """Every entry with the first seed, then those that are repeated with the others."""
        return [
            self.run(group, seed)
            for seed in seeds
            for group, entry in self.entries.items()
            if entry.repeated or seed == seeds[0]
        ]

    def run(self, group: str, seed: int) -> Run:
        """The run of an entry with a seed."""
        entry = self.entries[group]
        return Run(group, seed, entry.experiment, self.given(entry), self.expid(group, seed))

    def expid(self, group: str, seed: int) -> str:
        """Name of a run."""
        return f"{group}_s{seed}"

    def given(self, entry: Entry) -> Mapping[str, Any]:
        """What the runs of an entry are given, where their data lie included."""
        return entry.given

    def metrics_of(self, entry: Entry) -> Sequence[Metric]:
        """The metrics of one entry."""
        return self.metrics

    def rows(self, base: Path, runs: Sequence[Run]) -> list[ResultRow]:
        """A row for every metric that all complete runs of an entry have a score of."""
        return [row for group, logged in histories(base, runs).items() for row in self.score_rows(base, group, logged)]

    def score_rows(self, base: Path, group: str, logged: Logged) -> list[ResultRow]:
        """The rows of one group."""
        scores, entry = [read_scores(base / run.folder) or {} for run, _ in logged], self.entries[group]
        return [
            self.make_row(
                base,
                group,
                logged,
                [metric.sign * found[metric.score] for found in scores],
                metric=metric.label,
                unit=metric.unit,
                paper=entry.paper.get(metric.score),
            )
            for metric in self.metrics_of(entry)
            if all(metric.score in found for found in scores)
        ]

    def log_row(
        self, base: Path, group: str, logged: Logged, measure: Callable, *, step: int | None, **about: Any
    ) -> ResultRow:
        """A row of what a function makes of the runs' logs up to a training step, or of the whole logs."""
        cut = [(run, log if step is None else until(log, step)) for run, log in logged]
        for _, log in cut:
            if not len(log["step"]):
                raise DamagedFileError(f"{log.path} has no row up to step {step}")
        return self.make_row(base, group, cut, [float(measure(log)) for _, log in cut], paper=None, **about)

    def make_row(self, base: Path, group: str, logged: Logged, values: list[float], **about: Any) -> ResultRow:
        """A row with the provenance of its runs: command and record of the first, seconds per epoch of all.

        Args:
          base: the table's base folder.
          group: whose runs they are.
          logged: the runs with their logs.
          values: one number per run.
          about: metric, unit and the paper's number, and what replaces the entry's own description.
        """
        entry, (run, log) = self.entries[group], logged[0]
        per_row = float(log["data_epoch"][0]) if "data_epoch" in log else 1.0  # epochs of the data in a log row
        if not per_row:
            raise DamagedFileError(f"{log.path} is damaged: its first row has data_epoch = 0")
        records = [read_record(base / each.folder, needs=("commit", "date")) for each, _ in logged]
        value, sd = summarise(values)
        return ResultRow(
            value=value,
            sd=sd,
            seeds=tuple(each.seed for each, _ in logged),
            epochs=max(_epochs(h) for _, h in logged),
            preset=run.config.preset,
            seconds_per_epoch=round(float(np.mean([np.median(h["seconds"]) for _, h in logged])) / per_row, 2),
            command=run.command,
            commit=", ".join(dict.fromkeys(record["commit"] for record in records)),
            date=records[0]["date"],
            **{"table": self.name, "model": entry.name, "dataset": entry.dataset, **about},
        )

    def draw_logs(self, found: dict[str, Logged]) -> Iterable[tuple[str, Figure]]:
        """The figures that need nothing but logs, with their names; each is saved as soon as it is drawn.

        Args:
          found: logs of complete runs, by group.
        """
        return ()

    def draw(self, base: Path, found: dict[str, Logged]) -> Iterable[tuple[str, Figure]]:
        """The figures that need the folders of complete runs, with their names; see `draw_logs`.

        Args:
          base: the table's base folder.
          found: the logs of the complete runs, by group.
        """
        return ()

    def figures(self, base: Path, runs: Sequence[Run], out: Path) -> list[Path]:
        """Draws what the complete runs allow, and copies `files`; returns the paths."""
        found = histories(base, runs)
        drawn = [*self._save(self.draw_logs(found), out), *self._save(self.draw(base, found), out)]
        kept = {folder / self.files[group] for group, folder in folders(base, found).items() if group in self.files}
        copied = [atomic_copy(file, out / f"{self.name}_{file.name}") for file in sorted(kept) if file.exists()]
        return drawn + copied

    def figures_of_logs(self, logs: Path, runs: Sequence[Run], out: Path) -> list[Path]:
        """Draws what stored logs allow (`stored_histories`); returns the paths of the files."""
        return self._save(self.draw_logs(stored_histories(logs, runs)), out)

    def _save(self, drawn: Iterable[tuple[str, Figure]], out: Path) -> list[Path]:
        return [plotting.save(figure, out / f"{self.name}_{name}.png") for name, figure in drawn]
