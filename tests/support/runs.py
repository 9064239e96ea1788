"""Runs of experiments in this process."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gpvae_tf.experiments.base import Experiment


def trained(experiment: Experiment, folder: Path | None = None) -> Experiment:
    """The experiment after its run, logged in `folder`; no step was skipped, and all variables moved."""
    with moving_everything(experiment):
        experiment.compile()
        experiment.train(folder, verbose=0)
    return experiment


@contextlib.contextmanager
def moving_everything(experiment: Experiment) -> Iterator[None]:
    """Whatever trains the experiment takes its steps, skips none, and moves all variables."""
    model = experiment.model
    before = [(variable, variable.numpy()) for variable in model.trainable_variables]  # a later stage may train fewer
    yield
    assert model.num_steps == experiment.num_steps and model.num_skipped == 0
    assert all(np.any(variable.numpy() != old) for variable, old in before)
