"""Experiments: one package per paper, each a configuration of flags and what it stands for, pictures and a table.

`base` says what an experiment is, `options` and `flags` how its flags are declared, `run` what a script does, `table`
what a paper's table is made of; `registry` reads finished runs back.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gpvae_tf.experiments.base import Config, Experiment, RunOptions, Scores
    from gpvae_tf.experiments.registry import EXPERIMENTS, load_experiment, load_run

__all__ = [
    "EXPERIMENTS",
    "Config",
    "Experiment",
    "RunOptions",
    "Scores",
    "load_experiment",
    "load_run",
]

_OF_REGISTRY = ("EXPERIMENTS", "load_experiment", "load_run")


def __getattr__(name: str) -> Any:
    """What is offered is imported when it is first asked for, so that `flags` and `help` need no TensorFlow."""
    if name not in __all__:
        raise AttributeError(f"module 'gpvae_tf.experiments' has no attribute {name!r}")
    home = "registry" if name in _OF_REGISTRY else "base"
    return getattr(importlib.import_module(f"gpvae_tf.experiments.{home}"), name)
