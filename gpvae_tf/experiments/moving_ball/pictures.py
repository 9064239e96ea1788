"""The pictures of one moving-ball run, drawn from its folder and its model."""

from pathlib import Path

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.datasets import moving_ball
from gpvae_tf.evaluation.trajectories import affine_fit
from gpvae_tf.experiments.moving_ball.config import BallOptions
from gpvae_tf.experiments.moving_ball.experiment import BallExperiment
from gpvae_tf.training.history import columns, read_history


def draw_run(folder: Path, experiment: BallExperiment, options: BallOptions) -> dict[str, Figure]:
    """Draws a run's trajectories and training curves, and what it learned of kernel and inducing points."""
    config, model, batch = experiment.config, experiment.model, experiment.test_set[0]
    images, paths = batch["observations"].numpy(), batch["paths"].numpy()
    fit = affine_fit(model.latents(batch).mean, paths)
    history = read_history(folder / "metrics.csv")
    figures = {
        "trajectories": plotting.trajectories(images, paths, {config.elbo: fit.aligned}),
        "training_curves": plotting.training_curves(history, model.part_names, unit="nats per video"),
        "reconstructions": plotting.video_strip(images[0], model.reconstruct(batch)[0].numpy()),
    }
    if config.GP_joint:
        scales = (history["step"], columns(history, "length_scale_"))
        figures["length_scales"] = plotting.length_scales({f"m = {config.m}": scales}, config.vidlt)
    if config.ip_joint:
        points = (history["step"], columns(history, "inducing_x_"))
        start = f"start in [{config.ip_min}, {config.ip_max}]"
        figures["inducing_points"] = plotting.inducing_points({start: points}, config.tmax)
    if options.squares_circles:
        for name, path in moving_ball.PATHS.items():
            figures[name] = _grid_picture(experiment, path(config.tmax), fit.weights)
    return figures


def _grid_picture(experiment: BallExperiment, truth: np.ndarray, weights: np.ndarray):
    """The encoder's means (no GP) of a path, mapped with the test batch's affine fit."""
    frames = experiment.data.render(tf.constant(truth)).numpy()
    means = experiment.model.encode(frames[np.newaxis]).mean.numpy()[0]
    encoded = np.concatenate([means, np.ones((len(means), 1))], axis=-1) @ weights
    return plotting.latent_grid(frames, truth, encoded)
