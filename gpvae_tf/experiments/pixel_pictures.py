"""Pictures that experiments with Gaussian pixels share: curves over training, errors by number of context images."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.experiments.pixel_experiment import PixelExperiment
from gpvae_tf.training.history import Log, read_history
from gpvae_tf.training.scores import read_scores


def error_curve(log: Log, score: str = "test_mse") -> tuple[list[float], list[float]]:
    """Epochs and test error of a run."""
    return log["data_epoch"].tolist(), log[score].tolist()


def curves(folder: Path, experiment: PixelExperiment, *, label: str, unit: str) -> dict[str, Figure]:
    """Parts of the bound and test error over training; GECO's multiplier and constraint, if it was used.

    Args:
      folder: the run's folder, which holds metrics.csv.
      experiment: the run, whose model names the parts of its bound.
      label: name of the model in the legends.
      unit: unit of the logged bound.
    """
    log = read_history(folder / "metrics.csv")
    epochs, errors = error_curve(log)
    figures = {
        "training_curves": plotting.training_curves(log, experiment.model.part_names, unit=unit),
        "learning_curve": plotting.learning_curves({label: (epochs, errors)}),
    }
    if experiment.config.GECO:
        moved = (epochs, np.exp(log["log_multiplier"]).tolist(), log["constraint"].tolist())
        figures["multiplier"] = plotting.multiplier_curves({label: moved}, experiment.preset.constraint_label)
    return figures


def error_by_context(
    folders: Mapping[str, Path], sizes: Sequence[int], templates: Mapping[str, str]
) -> dict[str, Figure]:
    """Errors of scored runs against the number of context images; no figure where no run has such scores.

    Args:
      folders: those of the runs, by name of the model.
      sizes: numbers of context images.
      templates: what follows the name of the model -> the name of its scores, in which {} stands for a size.
    """
    drawn: dict[str, tuple[list[int], list[float]]] = {}
    for name, folder in folders.items():
        scores = read_scores(folder) or {}
        for ending, template in templates.items():
            found = {size: scores[template.format(size)] for size in sizes if template.format(size) in scores}
            if found:
                drawn[name + ending] = (list(found), list(found.values()))
    return {"error_by_context": plotting.error_by_context(drawn)} if drawn else {}
