"""The pictures of one run on SPRITES, drawn from its folder and its model."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.experiments.config import RunOptions
from gpvae_tf.experiments.pixel_pictures import curves, error_by_context
from gpvae_tf.experiments.sprites.experiment import SpritesExperiment
from gpvae_tf.experiments.sprites.scores import CONTEXT_SIZES, ERRORS_BY_CONTEXT

EXAMPLES = 8  # test characters shown, as in Figure 8


def draw_run(folder: Path, experiment: SpritesExperiment, options: RunOptions) -> dict[str, Figure]:
    """Draws training curves, and of a GP also generations, the space of poses and the error by number of contexts."""
    name = experiment.config.elbo
    figures = curves(folder, experiment, label=name, unit="nats per mini-batch")
    if not experiment.is_gp:
        return figures
    truth, generated = experiment.generate(experiment.data.test.take(slice(EXAMPLES)))
    figures["generations"] = generations(truth, generated, name)
    figures["poses"] = plotting.priors.panels({"truth": truth[0], name: generated[0]}, columns=1, per_row=12)
    figures["pose_space"] = pose_space(experiment)
    return figures | error_by_context({name: folder}, CONTEXT_SIZES, ERRORS_BY_CONTEXT)


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
