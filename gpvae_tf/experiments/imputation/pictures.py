"""The pictures of one imputation run."""

from pathlib import Path

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.experiments.base import RunOptions
from gpvae_tf.experiments.history import read_history
from gpvae_tf.experiments.imputation.experiment import ImputationExperiment

SEQUENCES = 2


def draw_run(folder: Path, experiment: ImputationExperiment, options: RunOptions) -> dict[str, Figure]:
    """Draws the training curves and, of images, sequences with gaps, filled in, their spread, and the truth."""
    figures = {
        "training_curves": plotting.training_curves(
            read_history(folder / "metrics.csv"), experiment.model.part_names, unit="nats per sequence"
        )
    }
    data = experiment.scored_set
    if len(data.event_shape) != 3:
        return figures
    rows = slice(0, min(SEQUENCES, len(data)))
    batch = experiment.shown(data.batch(tf.range(rows.stop)))
    imputed = experiment.model.impute(batch, interval=0.9, num_samples=100, seed=experiment.config.seed)
    filled = data.filled(rows, np.asarray(imputed.mean))
    for i in range(rows.stop):
        figures[f"sequence_{i}"] = plotting.imputed_images(
            data.truth[i], data.observed[i], filled[i], np.asarray(imputed.stddev[i]), truth=data.truth[i]
        )
    return figures
