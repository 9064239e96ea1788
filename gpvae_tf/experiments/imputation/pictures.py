"""The pictures of one imputation run."""

from pathlib import Path

import tensorflow as tf
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.experiments.config import RunOptions
from gpvae_tf.experiments.imputation.experiment import ImputationExperiment
from gpvae_tf.experiments.imputation.sequences import SequencesExperiment
from gpvae_tf.training.history import read_history

SEQUENCES = 2


def draw_run(folder: Path, experiment: ImputationExperiment, options: RunOptions) -> dict[str, Figure]:
    """Draws the training curves and the first sequences."""
    curves = plotting.training_curves(
        read_history(folder / "metrics.csv"), experiment.model.part_names, unit="nats per sequence"
    )
    return {"training_curves": curves, **draw_sequences(folder, experiment, options)}


def draw_sequences(folder: Path, experiment: SequencesExperiment, options: RunOptions) -> dict[str, Figure]:
    """Draws, of images, sequences with gaps, filled in, their spread, and the truth."""
    if len(experiment.scored_set.event_shape) != 3:
        return {}
    shown = range(min(SEQUENCES, len(experiment.scored_set.truth)))
    return {f"sequence_{row}": draw_sequence(experiment, row) for row in shown}


def draw_sequence(experiment: SequencesExperiment, row: int) -> Figure:
    """One scored sequence of images: truth, what was observed, filled in, and its standard deviation."""
    data, rows = experiment.scored_set, slice(row, row + 1)
    mean, stddev = experiment.pictured(data.batch(tf.range(row, row + 1)))
    truth, filled = data.truth[row], data.filled(rows, mean)[0]
    return plotting.imputed_images(truth, data.observed[row], filled, stddev[0], truth=truth)
