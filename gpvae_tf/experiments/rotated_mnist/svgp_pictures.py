"""The pictures of one rotated-MNIST run of SVGP-VAE's script, drawn from its folder and its model."""

import csv
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.evaluation import new_objects
from gpvae_tf.evaluation.conditional_generation import decode
from gpvae_tf.evaluation.new_objects import NewObjects
from gpvae_tf.experiments.pixel_pictures import curves, error_by_context
from gpvae_tf.experiments.rotated_mnist import pictures as rotated_pictures
from gpvae_tf.experiments.rotated_mnist.bias import BIAS_FILE
from gpvae_tf.experiments.rotated_mnist.svgp import SvgpExperiment
from gpvae_tf.experiments.rotated_mnist.svgp_config import SvgpOptions
from gpvae_tf.experiments.rotated_mnist.unseen_digits import CONTEXT_SIZES, ERRORS_BY_CONTEXT, REPRESENTED, sizes_of

FINE_ANGLES = 32  # of an interpolated rotation
QUANTITY_LABELS = {  # of `evaluation.estimator_bias.QUANTITIES`
    "mu": "μ, mean of the inducing outputs",
    "A": "A, covariance of the inducing outputs",
    "mean": "posterior mean of the test latents",
    "variance": "posterior variance of the test latents",
}


def draw_run(folder: Path, experiment: SvgpExperiment, options: SvgpOptions) -> dict[str, Figure]:
    """Draws conditional generations, one object turned through all angles, latent space, and training curves."""
    model, name = experiment.model, experiment.config.elbo
    train, test = experiment.data.train, experiment.data.test
    predictor = experiment.predictor()

    def latents_at(inputs: np.ndarray) -> np.ndarray:
        return predictor.predict_f(experiment.inputs_of(inputs)).mean[0].numpy()

    def images_at(inputs: np.ndarray) -> np.ndarray:
        return decode(model, latents_at(inputs), experiment.inputs_of(inputs)[0])

    shown = rotated_pictures.examples(test)
    of_one = int(test.ids[0])
    known = train.take(train.ids == of_one)
    fine_angles = np.linspace(0.0, 2.0 * np.pi, FINE_ANGLES, endpoint=False)
    turned = np.stack([fine_angles, np.full(FINE_ANGLES, of_one)], axis=-1).astype(np.float32)
    figures: dict[str, Figure] = curves(folder, experiment, label=name, unit="nats per mini-batch") | {
        "generations": plotting.conditional_generations(shown.images, {name: experiment.generate(shown.ids)}),
        "rotation": plotting.rotation_strip(
            np.degrees(fine_angles).tolist(),
            images_at(turned),
            np.degrees(known.angles).tolist(),
            known.images,
        ),
        "latent_space": plotting.latent_space(
            {"all channels": experiment.train_latents()[0].mean},
            {"angle (degrees)": np.degrees(train.angles)},
            {"angle (degrees)": 360.0},
        ),
    }
    if sizes_of(experiment.data):
        figures |= {vectors: extrapolation(experiment, vectors) for vectors in experiment.vectors_of_unseen(predictor)}
    figures |= error_by_context({name: folder}, CONTEXT_SIZES, ERRORS_BY_CONTEXT)
    if options.bias_analysis:
        figures["estimator_bias"] = draw_bias(folder / BIAS_FILE)
    return figures


def extrapolation(experiment: SvgpExperiment, vectors: str = REPRESENTED) -> Figure:
    """Unseen digits at all angles, given 1 to 15 of their images, with vectors of one origin, as scores name it."""
    model, predictor = experiment.model, experiment.predictor()
    vectors_of = experiment.vectors_of_unseen(predictor)[vectors]

    def generate(images: np.ndarray, inputs: np.ndarray, mask: np.ndarray) -> np.ndarray:
        views, num_given = inputs[..., :1], np.sum(mask[0])
        context, seen = (part[mask].reshape(len(mask), num_given, *part.shape[2:]) for part in (images, views))
        at = new_objects.inputs_of(model, NewObjects(context, seen, views, images), vectors_of)
        return decode(model, predictor.predict_f(at).mean, at).reshape(images.shape)

    return rotated_pictures.extrapolation(experiment.data, sizes_of(experiment.data), generate)


def draw_bias(table: Path) -> Figure:
    """Relative errors of the mini-batch estimators, from what --bias_analysis wrote (SVGP-VAE Appendix C.4)."""
    with table.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    errors: dict[str, dict[str, list[float]]] = {"bias": {}, "rms": {}, "noise": {}}
    for kind, by_quantity in errors.items():
        for row in rows:
            by_quantity.setdefault(QUANTITY_LABELS[row["quantity"]], []).append(float(row[kind]))
    return plotting.estimator_bias(sorted({int(row["batch_size"]) for row in rows}), **errors)
