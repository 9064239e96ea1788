"""Rules beside the models: they are run, scored, drawn and collected as models are, and their error is estimated."""

import numpy as np
import pytest

from gpvae_tf.datasets.imputation_sets import ImputationSet
from gpvae_tf.experiments import registry
from gpvae_tf.experiments.imputation import table as tables
from gpvae_tf.experiments.imputation.interpolation import InterpolationExperiment
from gpvae_tf.experiments.imputation.pictures import draw_sequences
from gpvae_tf.experiments.imputation.sequences import SequencesExperiment
from gpvae_tf.experiments.run import execute, parse
from gpvae_tf.experiments.table import Entry
from gpvae_tf.experiments.table_runs import Run
from tests.support.gappy_sequences import SCORES, imputation_splits
from tests.support.scripts import run_file


def rule(*flags):
    made = InterpolationExperiment(parse(InterpolationExperiment, flags)[0])
    made.splits = imputation_splits(made.config.data_type)
    return made


@pytest.mark.parametrize("method", ["interpolation", "last_value"])
def test_a_run_becomes_a_row_and_a_picture(method, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(SequencesExperiment, "splits", imputation_splits("frames"))
    given = {"data_type": "frames", "method": method}
    run = Run(method, 3, InterpolationExperiment, given, f"{method}_s3")
    options = parse(InterpolationExperiment, [f"--base_dir={tmp_path}", f"--expid={run.expid}", "--verbose=0"])[1]
    execute(InterpolationExperiment(run.config), options, draw_sequences)
    assert (tmp_path / run.folder / "sequence_1.png").exists() and run.is_complete(tmp_path)
    entry = Entry("rule", InterpolationExperiment, given, "data")
    monkeypatch.setattr(tables.MissingFramesTable, "entries", {method: entry})
    table = tables.MissingFramesTable()
    rows = table.rows(tmp_path, [run])
    assert {row.metric for row in rows} == {each.label for each in table.metrics if each.score != "peak_memory"}
    assert {(row.epochs, row.seconds_per_epoch) for row in rows} == {(None, None)}
    assert set(dict(table.draw(tmp_path, {method: [(run, None)]}))) == {method}
    assert isinstance(registry.load_experiment(tmp_path / run.folder), InterpolationExperiment)
    assert '"step": 1' in run_file("score_run.py", capsys, f"--run={tmp_path / run.folder}").output
    out = tmp_path / "served"
    refused = run_file("export_savedmodel.py", capsys, f"--run={tmp_path / run.folder}", f"--out={out}")
    assert not out.exists()
    assert refused.was_refused(f"is a run of {run.experiment.name}, which has no model to export")


def test_scores_are_those_of_a_model():
    assert set(rule("--data_type=frames").score().numbers) == SCORES - {"peak_memory"}  # nothing was trained


def test_one_sequence_makes_one_picture():
    assert set(draw_sequences(None, rule("--data_type=frames", "--num_scored=1", "--noauroc"), None)) == {"sequence_0"}


def constant_sequences(flips, num=200, seed=0):
    """Binary sequences that stay what they are, of which some entries flip; a tenth of the frames is missing."""
    rng = np.random.default_rng(seed)
    truth = np.broadcast_to(rng.integers(0, 2, (num, 1, 28, 28, 1)), (num, 12, 28, 28, 1))
    truth = np.where(rng.uniform(size=truth.shape) < flips, 1 - truth, truth).astype(np.uint8)
    observed = rng.uniform(size=truth.shape[:2]) < 0.9
    return ImputationSet(truth, observed, ~observed)


def test_the_error_is_the_share_of_values_that_are_not_what_was_filled_in():
    """Two values that flip with probability p each differ with 2 p (1 - p): what is observed, and what is hidden."""
    run = rule("--data_type=frames", "--method=last_value")
    sequences = constant_sequences(0.1)
    run.splits = {"train": sequences, "validation": sequences}
    assert abs(run.error - 2 * 0.1 * 0.9) < 0.005
    numbers = run.score().numbers
    assert abs(numbers["missing_mse"] - 0.18) < 0.005 and abs(numbers["missing_crps"] - 0.18 * 0.82) < 0.005
    assert numbers["missing_coverage"] == 1.0 and abs(numbers["missing_share_within"] - 0.9) < 0.01


def test_the_error_of_real_values_is_a_standard_deviation():
    run = rule("--data_type=physionet", "--data_dir=a.npz", "--method=interpolation")
    rng = np.random.default_rng(0)
    truth = rng.normal(0.0, 2.0, (100, 48, 35)).astype(np.float32)
    observed = rng.uniform(size=truth.shape) < 0.99
    run.splits = dict.fromkeys(("train", "validation"), ImputationSet(truth, observed, ~observed))
    assert abs(run.error - 2.0 * np.sqrt(1.5)) < 0.1  # the value's own, and that of the mean of two
    numbers = run.score().numbers
    assert (
        abs(numbers["missing_coverage"] - 0.9) < 0.05 and numbers["missing_coverage"] == numbers["missing_share_within"]
    )
