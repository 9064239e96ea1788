"""The pictures of one run on SPRITES, drawn from its folder and its model."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.experiments.config import RunOptions
from gpvae_tf.experiments.sprites.experiment import SpritesExperiment
from gpvae_tf.experiments.sprites.scores import errors_by_context
from gpvae_tf.training.history import read_history
from gpvae_tf.training.scores import read_scores

EXAMPLES = 8  # test characters shown, as in Figure 8


def draw_run(folder: Path, experiment: SpritesExperiment, options: RunOptions) -> dict[str, Figure]:
    """Draws training curves, and of a GP also generations, the space of poses and the error by number of contexts."""
    history, name = read_history(folder / "metrics.csv"), experiment.config.elbo
    epochs = history["data_epoch"].tolist()
    figures = {
        "training_curves": plotting.training_curves(history, experiment.model.part_names, unit="nats per mini-batch"),
        "learning_curve": plotting.learning_curves({name: (epochs, history["test_mse"].tolist())}),
    }
    if not experiment.is_gp:
        return figures
    if experiment.config.GECO:
        moved = (epochs, np.exp(history["log_multiplier"]).tolist(), history["constraint"].tolist())
        figures["multiplier"] = plotting.multiplier_curves({name: moved}, experiment.preset.constraint_label)
    truth, generated = experiment.generate(experiment.data.test.take(slice(EXAMPLES)))
    figures["generations"] = generations(truth, generated, name)
    figures["poses"] = plotting.priors.panels({"truth": truth[0], name: generated[0]}, columns=1, per_row=12)
    figures["pose_space"] = pose_space(experiment)
    if errors := errors_by_context(read_scores(folder) or {}, name):
        figures["error_by_context"] = plotting.error_by_context(errors)
    return figures


def generations(truth: np.ndarray, generated: np.ndarray, name: str) -> Figure:
    """Another pose of every character beside what a model generates (Figure 8).

    Args:
      truth, generated: characters in poses, [k, s, H, W, C] each.
      name: of the model.
    """
    columns = np.linspace(0, truth.shape[1] - 1, len(truth)).astype(int)
    shown = [images[np.arange(len(truth)), columns] for images in (truth, generated)]
    return plotting.conditional_generations(shown[0], {name: shown[1]})


def pose_space(experiment: SpritesExperiment) -> Figure:
    """The learned vectors of the poses, coloured by action and direction."""
    sequences = {(pose.action, pose.direction): None for pose in experiment.data.poses}
    number = {sequence: i for i, sequence in enumerate(sequences)}
    colours = np.array([number[pose.action, pose.direction] for pose in experiment.data.poses])
    vectors = experiment.model.embedding.views.vectors.numpy()
    figure = plotting.latent_space({"vectors of poses": vectors}, {"action and direction": colours})
    names = [" ".join(str(part) for part in sequence if part is not None) for sequence in number]
    figure.axes[-1].set_yticks(list(number.values()), names)  # of the bar of colours
    return figure
