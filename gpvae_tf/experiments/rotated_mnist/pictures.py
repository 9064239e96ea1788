"""Pictures that both rotated-MNIST experiments draw of a run."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.experiments.history import read_history
from gpvae_tf.experiments.rotated_mnist.experiment import RotatedExperiment

EXAMPLES = 12  # test images shown


def curves(folder: Path, experiment: RotatedExperiment, *, label: str, unit: str) -> dict[str, Figure]:
    """Parts of the bound and test error over training; GECO's multiplier and constraint, if it was used.

    Args:
      folder: the run's folder, which holds metrics.csv.
      experiment: the run, whose model names the parts of its bound.
      label: name of the model in the legends.
      unit: unit of the logged bound.
    """
    history = read_history(folder / "metrics.csv")
    epochs = history["data_epoch"].tolist()
    figures = {
        "training_curves": plotting.training_curves(history, experiment.model.part_names, unit=unit),
        "learning_curve": plotting.learning_curves({label: (epochs, history["test_mse"].tolist())}),
    }
    if experiment.config.GECO:
        moved = (epochs, np.exp(history["log_multiplier"]).tolist(), history["constraint"].tolist())
        figures["multiplier"] = plotting.multiplier_curves({label: moved}, experiment.preset.constraint_label)
    return figures
