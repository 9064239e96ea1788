"""Experiments: one package per paper, each a configuration of flags and what it stands for, pictures and a table.

`config` says what determines a run's numbers, `base` what an experiment is, `run` what a script does, `table` what a
paper's table is made of, `all_tables` which there are; `queue` and `reproduction` run them; `registry` reads finished
runs back.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gpvae_tf.experiments.base import Experiment, Scores
    from gpvae_tf.experiments.config import Config, RunOptions
    from gpvae_tf.experiments.registry import EXPERIMENTS, load_experiment, load_run

__all__ = [
    "Config",
    "EXPERIMENTS",
    "Experiment",
    "RunOptions",
    "Scores",
    "load_experiment",
    "load_run",
]

_HOMES = {"Experiment": "base", "Scores": "base", "Config": "config", "RunOptions": "config"}  # others are in registry


def __getattr__(name: str) -> Any:
    """What is offered is imported when it is first asked for, so that `flags` and `help` need no TensorFlow."""
    if name not in __all__:
        raise AttributeError(f"module 'gpvae_tf.experiments' has no attribute {name!r}")
    home = importlib.import_module(f"gpvae_tf.experiments.{_HOMES.get(name, 'registry')}")
    return getattr(home, name)
