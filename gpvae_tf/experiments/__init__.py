"""Experiments: one package per paper, each a configuration of flags and what it stands for, pictures and a table.

`base` says what an experiment is, `options` and `flags` how its flags are declared, `run` what a script does, `table`
what a paper's table is made of; `registry` reads finished runs back.
"""

from gpvae_tf.experiments.base import Config, Experiment, RunOptions, Scores
from gpvae_tf.experiments.registry import EXPERIMENTS, load_experiment, load_model

__all__ = [
    "EXPERIMENTS",
    "Config",
    "Experiment",
    "RunOptions",
    "Scores",
    "load_experiment",
    "load_model",
]
