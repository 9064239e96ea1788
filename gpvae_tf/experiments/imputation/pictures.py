"""The pictures of one imputation run."""

from pathlib import Path

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.experiments.base import RunOptions
from gpvae_tf.experiments.imputation.experiment import ImputationExperiment
from gpvae_tf.training.history import read_history

SEQUENCES = 2


def draw_run(folder: Path, experiment: ImputationExperiment, options: RunOptions) -> dict[str, Figure]:
    """Draws the training curves and, of images, sequences with gaps, filled in, their spread, and the truth."""
    figures = {
        "training_curves": plotting.training_curves(
            read_history(folder / "metrics.csv"), experiment.model.part_names, unit="nats per sequence"
        )
    }
    if len(experiment.scored_set.event_shape) == 3:
        figures |= {f"sequence_{row}": draw_sequence(experiment, row) for row in range(SEQUENCES)}
    return figures


def draw_sequence(experiment: ImputationExperiment, row: int) -> Figure:
    """One scored sequence of images: truth, what was observed, filled in, and its standard deviation."""
    data, rows = experiment.scored_set, slice(row, row + 1)
    batch = experiment.shown(data.batch(tf.range(row, row + 1)))
    imputed = experiment.model.impute(batch, interval=0.9, num_samples=100, seed=experiment.config.seed)
    filled = data.filled(rows, np.asarray(imputed.mean))[0]
    truth, stddev = data.truth[row], np.asarray(imputed.stddev[0])
    return plotting.imputed_images(truth, data.observed[row], filled, stddev, truth=truth)
