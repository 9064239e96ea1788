"""The pictures of one FGP-VAE run, drawn from its folder and its model."""

from pathlib import Path

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.evaluation.conditional_generation import decode
from gpvae_tf.experiments.pixel_config import PixelOptions
from gpvae_tf.experiments.rotated_mnist import pictures as rotated_pictures
from gpvae_tf.experiments.rotated_mnist.fgp import FgpExperiment

CONTEXT_SIZES = (0, 1, 3, 7, 11, 15)  # images given of an unseen digit
UNSEEN = 2  # such digits shown


def draw_run(folder: Path, experiment: FgpExperiment, options: PixelOptions) -> dict[str, Figure]:
    """Draws conditional generations, extrapolation to unseen digits, latent space, and training curves."""
    test = experiment.data.test.take(np.arange(rotated_pictures.EXAMPLES))
    figures = rotated_pictures.curves(folder, experiment, label="FGP-VAE", unit="nats per object") | {
        "generations": plotting.conditional_generations(test.images, {"FGP-VAE": experiment.generate(test.ids)}),
        "latent_space": latent_space(experiment),
    }
    if not experiment.config.object_prior_corr:  # where an unseen digit has no vector
        figures["extrapolation"] = extrapolation(experiment)
    return figures


def extrapolation(experiment: FgpExperiment) -> Figure:
    """Unseen digits at all angles, given 0 to 15 of their images (FGP-VAE Figure D.1)."""
    model, views, angles = experiment.model, experiment.data.eval, experiment.data.angles
    of_each = [np.flatnonzero(views.ids == number) for number in np.unique(views.ids)[:UNSEEN]]
    rows = np.stack([of_one[np.argsort(views.angles[of_one])] for of_one in of_each])  # [digits, angles]
    batch = {"images": tf.constant(views.images[rows]), "inputs": tf.constant(views.inputs[rows])}
    rng, generated, given = np.random.default_rng(0), {}, {}
    order = np.stack([rng.permutation(len(angles)) for _ in rows])
    for size in CONTEXT_SIZES:
        given[size] = np.argsort(order, axis=1) < size
        context = batch | {"mask": tf.constant(given[size])}
        generated[size] = decode(model, model.condition_on(context).predict_f(batch["inputs"]).mean, batch["inputs"])
    return plotting.extrapolation_grid(
        CONTEXT_SIZES, generated, views.images[rows], angles=np.degrees(angles), context=given
    )


def latent_space(experiment: FgpExperiment) -> Figure:
    """Posterior means of the training images, local and global channels apart."""
    (means, _), inputs = experiment.train_latents()
    num_local = experiment.config.L_w
    return plotting.latent_space(
        {"local channels": means[:, :num_local], "global channels": means[:, num_local:]},
        {"angle (degrees)": np.degrees(inputs[:, 0]), "object": inputs[:, 1]},
        {"angle (degrees)": 360.0},
    )
