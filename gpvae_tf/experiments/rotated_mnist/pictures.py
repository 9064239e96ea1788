"""Pictures that both rotated-MNIST experiments draw of a run."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.datasets.rotated_splits import RotatedMNIST
from gpvae_tf.datasets.splits import Split
from gpvae_tf.experiments.rotated_mnist.experiment import RotatedExperiment
from gpvae_tf.training.history import read_history

EXAMPLES = 12  # test images shown
UNSEEN = 2  # digits shown that were never trained on


def examples(split: Split) -> Split:
    """The images of a split that are shown, the first ones."""
    return split.take(np.arange(min(EXAMPLES, len(split.ids))))


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


def extrapolation(
    data: RotatedMNIST, sizes: Sequence[int], generate: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
) -> Figure:
    """Unseen digits at all angles, given more and more of their images (FGP-VAE Figure D.1).

    Args:
      data: the splits; the digits are the first of `eval`.
      sizes: numbers of context images.
      generate: makes images [k, A, H, W, C] at inputs [k, A, 2] (angle, id), given the images [k, A, H, W, C] at these
        inputs where a mask [k, A] is true.
    """
    views, angles = data.eval, data.angles
    of_each = [np.flatnonzero(views.ids == number) for number in np.unique(views.ids)[:UNSEEN]]
    rows = np.stack([of_one[np.argsort(views.angles[of_one])] for of_one in of_each])  # [digits, angles]
    images, inputs = views.images[rows], views.inputs[rows]
    rng = np.random.default_rng(0)
    order = np.stack([rng.permutation(len(angles)) for _ in rows])
    given = {size: np.argsort(order, axis=1) < size for size in sizes}
    generated = {size: generate(images, inputs, mask) for size, mask in given.items()}
    return plotting.extrapolation_grid(sizes, generated, images, angles=np.degrees(angles), context=given)
