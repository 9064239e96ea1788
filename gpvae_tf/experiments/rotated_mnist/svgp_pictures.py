"""The pictures of one rotated-MNIST run of SVGP-VAE's script, drawn from its folder and its model."""

import csv
from pathlib import Path

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.data import minibatches
from gpvae_tf.evaluation.conditional_generation import decode
from gpvae_tf.evaluation.estimator_bias import estimator_bias
from gpvae_tf.experiments.rotated_mnist import pictures as rotated_pictures
from gpvae_tf.experiments.rotated_mnist.svgp import MnistConfig
from gpvae_tf.models import LatentGPVAE

FINE_ANGLES = 32  # of an interpolated rotation
BIAS_SIZES, BIAS_BATCHES = (64, 128, 256, 512, 1024), 40  # mini-batches whose estimates are compared


def draw_run(folder: Path, config: MnistConfig, model: LatentGPVAE) -> list[Path]:
    """Draws conditional generations, one object turned through all angles, latent space, and training curves.

    Returns:
      the paths of the PNG files.
    """
    train, test = config.data.train, config.data.test
    predictor = config.recipe.predictor(model, config.data)

    def latents_at(inputs: np.ndarray) -> np.ndarray:
        return predictor.predict_f(tf.constant(inputs)[tf.newaxis]).mean[0].numpy()

    def images_at(inputs: np.ndarray) -> np.ndarray:
        return decode(model, latents_at(inputs), tf.constant(inputs))

    shown = test.take(np.arange(rotated_pictures.EXAMPLES))
    of_one = int(test.ids[0])
    known = train.take(train.ids == of_one)
    curves = rotated_pictures.curves(folder, config, model, label=config.elbo, unit="nats per mini-batch")
    figures: dict[str, Figure] = curves | {
        "generations": plotting.conditional_generations(shown.images, {config.elbo: config.generate(model, shown.ids)}),
        "rotation": plotting.rotation_strip(
            np.degrees(_fine_angles()).tolist(),
            images_at(_turned(of_one)),
            np.degrees(known.angles).tolist(),
            known.images,
        ),
        "latent_space": plotting.latent_space(
            {"all channels": config.train_latents(model)[0].mean},
            {"angle (degrees)": np.degrees(train.angles)},
            {"angle (degrees)": 360.0},
        ),
    }
    return [plotting.save(figure, folder / f"{name}.png") for name, figure in figures.items()]


def draw_bias(folder: Path, config: MnistConfig, model: LatentGPVAE) -> list[Path]:
    """Bias of the mini-batch estimators of Eq. 9 at the trained weights (SVGP-VAE Appendix C.4), as picture and CSV."""
    data = model.latent_dataset(minibatches.as_batch(config.data.train))
    x_test = model.features(tf.constant(config.data.test.inputs)[tf.newaxis])
    errors = estimator_bias(model.latent_gp, data, x_test, BIAS_SIZES, repetitions=BIAS_BATCHES, seed=config.seed)
    by = {
        kind: {name: [getattr(e, kind) for e in errors[name]] for name in errors} for kind in ("bias", "rms", "noise")
    }
    table = folder / "estimator_bias.csv"
    with table.open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["batch_size", "quantity", "bias", "rms", "noise"])
        rows.writerows([size, name, *error] for name in errors for size, error in zip(BIAS_SIZES, errors[name]))
    return [table, plotting.save(plotting.estimator_bias(BIAS_SIZES, **by), folder / "estimator_bias.png")]


def _fine_angles() -> np.ndarray:
    return np.linspace(0.0, 2.0 * np.pi, FINE_ANGLES, endpoint=False)


def _turned(number: int) -> np.ndarray:
    """Inputs of one object at fine angles."""
    return np.stack([_fine_angles(), np.full(FINE_ANGLES, number)], axis=-1).astype(np.float32)
