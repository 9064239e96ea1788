"""Pictures that both rotated-MNIST experiments draw of a run."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.experiments.history import read_history
from gpvae_tf.experiments.rotated_mnist.config import RotatedConfig

EXAMPLES = 12  # test images shown


def curves(folder: Path, config: RotatedConfig, label: str) -> dict[str, Figure]:
    """Parts of the bound and test error over training; GECO's multiplier and constraint, if it was used."""
    history = read_history(folder / "metrics.csv")
    epochs = history["data_epoch"].tolist()
    figures = {
        "training_curves": plotting.training_curves(history),
        "learning_curve": plotting.learning_curves({label: (epochs, history["test_mse"].tolist())}),
    }
    if config.GECO:
        moved = (epochs, np.exp(history["log_multiplier"]).tolist(), history["constraint"].tolist())
        figures["multiplier"] = plotting.multiplier_curves({label: moved}, config.constraint_label)
    return figures
