"""The pictures of one FGP-VAE run, drawn from its folder and its model."""

from pathlib import Path

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.evaluation.conditional_generation import decode
from gpvae_tf.experiments.pixel_pictures import curves
from gpvae_tf.experiments.rotated_mnist import pictures as rotated_pictures
from gpvae_tf.experiments.rotated_mnist.config import RotatedOptions
from gpvae_tf.experiments.rotated_mnist.fgp import FgpExperiment

CONTEXT_SIZES = (0, 1, 3, 7, 11, 15)  # images given of an unseen digit


def draw_run(folder: Path, experiment: FgpExperiment, options: RotatedOptions) -> dict[str, Figure]:
    """Draws conditional generations, extrapolation to unseen digits, latent space, and training curves."""
    test = rotated_pictures.examples(experiment.data.test)
    figures = curves(folder, experiment, label="FGP-VAE", unit="nats per object") | {
        "generations": plotting.conditional_generations(test.images, {"FGP-VAE": experiment.generate(test.ids)}),
        "latent_space": latent_space(experiment),
    }
    if not experiment.config.object_prior_corr:  # where an unseen digit has no vector
        figures["extrapolation"] = extrapolation(experiment)
    return figures


def extrapolation(experiment: FgpExperiment) -> Figure:
    """Unseen digits at all angles, given 0 to 15 of their images (FGP-VAE Figure D.1)."""
    model = experiment.model

    def generate(images: np.ndarray, inputs: np.ndarray, mask: np.ndarray) -> np.ndarray:
        context = {"observations": tf.constant(images), "inputs": tf.constant(inputs), "mask": tf.constant(mask)}
        return decode(model, model.condition_on(context).predict_f(context["inputs"]).mean, context["inputs"])

    return rotated_pictures.extrapolation(experiment.data, CONTEXT_SIZES, generate)


def latent_space(experiment: FgpExperiment) -> Figure:
    """Posterior means of the training images, local and global channels apart."""
    (means, _), inputs = experiment.train_latents()
    num_local = experiment.config.L_w
    return plotting.latent_space(
        {"local channels": means[:, :num_local], "global channels": means[:, num_local:]},
        {"angle (degrees)": np.degrees(inputs[:, 0]), "object": inputs[:, 1]},
        {"angle (degrees)": 360.0},
    )
