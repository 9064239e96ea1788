"""The tables of filled-in sequences: their entries are valid runs, and their figures are drawn from one."""

import numpy as np
import pytest

from gpvae_tf.experiments.imputation import table as tables
from gpvae_tf.experiments.imputation.experiment import ImputationExperiment
from gpvae_tf.experiments.imputation.table import HealingMnistTable, MissingFramesTable
from gpvae_tf.experiments.run import parse
from gpvae_tf.experiments.table_runs import Run
from tests.support.eager import running_eagerly
from tests.support.gappy_sequences import imputation_splits


@pytest.mark.parametrize("table", [HealingMnistTable(), MissingFramesTable()], ids=lambda table: table.name)
def test_entries_are_runs(table):
    configs = [entry.experiment.config_class(**entry.given) for entry in table.entries.values()]
    assert len(set(configs)) == len(configs) and all(config.testing for config in configs)
    runs = table.runs([0, 1])
    rules = [entry for entry in table.entries.values() if not entry.experiment.trains]
    assert len({run.folder for run in runs}) == len(runs) == 2 * len(configs) - len(rules) and rules


def test_figures(monkeypatch, tmp_path):
    given = "--data_type=frames --latent_dim=2 --encoder_sizes=4 --decoder_sizes=4 --num_steps=1 --model_type=exact"
    experiment = ImputationExperiment(parse(ImputationExperiment, given.split())[0])
    experiment.splits = imputation_splits("frames", num=4, num_frames=3)
    monkeypatch.setattr(tables, "load_experiment", lambda folder: experiment)
    run = Run("exact", 0, ImputationExperiment, {}, "exact_s0")
    found = {"exact": [(run, {"epoch": np.arange(3.0), "elbo": np.arange(3.0)})]}
    with running_eagerly():
        figures = dict(MissingFramesTable().draw(tmp_path, found))
    assert set(figures) == {"exact"}
