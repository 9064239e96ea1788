"""The runs that a table's entries stand for: configuration, command and folder of each."""

import dataclasses
import functools
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gpvae_tf.experiments.base import Experiment
from gpvae_tf.experiments.config import Config
from gpvae_tf.training.run_record import RunFolderError, differences, read_record
from gpvae_tf.training.scores import SCORES


@dataclasses.dataclass(frozen=True)
class Run:
    """One run of an experiment script.

    Attributes:
      group: what it is a repetition of; the runs of a group differ in their seed alone.
      seed: random seed.
      experiment: whose script makes it.
      given: fields of its configuration, seed aside.
      expid: its name for the script.
    """

    group: str
    seed: int
    experiment: type[Experiment]
    given: Mapping[str, Any]
    expid: str

    @functools.cached_property
    def config(self) -> Config:
        """The configuration that the flags stand for."""
        return self.experiment.config_class(**self.given, seed=self.seed)

    @functools.cached_property
    def folder(self) -> str:
        """Name of its folder below the table's base folder."""
        return self.experiment(self.config).folder(self.expid)

    @property
    def flags(self) -> tuple[str, ...]:
        """What determines its numbers, seed aside; defaults do not appear, but for --elbo."""
        defaults = self.experiment.config_class.defaults()
        changed = {name: value for name, value in self.given.items() if value != defaults[name] or name == "elbo"}
        return tuple(_flag(name, value) for name, value in changed.items())

    @property
    def command(self) -> str:
        """What to type to get it."""
        return shlex.join(["python", f"scripts/{self.experiment.script}", *self.flags, f"--seed={self.seed}"])

    def is_complete(self, base: Path) -> bool:
        """Whether it has its scores."""
        return (base / self.folder / SCORES).exists()

    def check(self, base: Path) -> None:
        """Raises if the folder holds a run with another configuration; the table would then cite the wrong command.

        Raises:
          RunFolderError: naming what differs.
        """
        folder, config = base / self.folder, self.config
        record = read_record(folder)
        asked = {**record, "config": dataclasses.asdict(config)}
        if found := differences(record, asked, config.places, config.defaults(), config.choosing_data):
            listing = "\n  ".join(found)
            raise RunFolderError(f"{folder} is not the run that the table names, take it away:\n  {listing}")


def _flag(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no{name}"
    return f"--{name}={','.join(map(str, value)) if isinstance(value, tuple) else value}"
