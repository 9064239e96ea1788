"""ratschlab/SVGP-VAE, VAE and CVAE on rotated MNIST: forward pass and generation, given weights and draws (float64)."""

import functools
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.comparison.both_sides import (
    SEED,
    random_weights,
    set_weights,
    squared_error,
    standard_normals,
    weights_in,
)
from gpvae_tf.comparison.case import SVGP_VAE, Case, OurValue, our_values
from gpvae_tf.comparison.mnist_networks import PIXELS, build_networks
from gpvae_tf.comparison.original_process import Arrays, Original
from gpvae_tf.latent_gps import IndependentMeanField
from gpvae_tf.latent_gps.object_average import ObjectAverage
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.models import LatentGPVAE
from gpvae_tf.models.cvae import CVAE
from gpvae_tf.types import Gaussian

BATCH, LATENT_DIM, NUM_OBJECTS = 12, 16, 4
VARIANCE = 1e-4  # sigma_y = 0.01, hard-coded there
ROWS = ("images", "rows", "test images", "test rows")


def _inputs(elbo: str) -> Arrays:
    """Images with columns (id, angle), every object more than once, and other angles of the objects to generate."""
    rng = np.random.default_rng(4)
    rows = lambda ids: np.stack([ids, rng.uniform(0.0, 6.2, len(ids))], axis=1)
    return {
        "elbo": np.array(elbo),
        "images": rng.uniform(-0.2, 1.2, (BATCH, 28, 28, 1)),
        "rows": rows(rng.permutation(np.arange(BATCH) % NUM_OBJECTS).astype(np.float64)),
        "test images": rng.uniform(-0.2, 1.2, (NUM_OBJECTS, 28, 28, 1)),
        "test rows": rows(rng.permutation(NUM_OBJECTS).astype(np.float64)),
        "noise": standard_normals(BATCH, LATENT_DIM),
        **random_weights(rng, *build_networks(LATENT_DIM, 2 if elbo == "CVAE" else 0)),
    }


def theirs(original: Original, given: Arrays) -> Arrays:
    """`forward_pass_standard_VAE_rotated_mnist`, and `predict_CVAE` with the same draws."""
    model, networks_ = original.module("SVGPVAE_model"), original.module("VAE_utils")
    is_cvae = str(given["elbo"]) == "CVAE"
    vae = (networks_.mnistCVAE if is_cvae else networks_.mnistVAE)(L=LATENT_DIM)
    images, rows, test_images, test_rows = (original.tf.constant(given[name]) for name in ROWS)
    names = ("SE / pixel", "KL", "elbo", "decoded", "encoder mean", "encoder variance", "z")
    with original.draws([given["noise"]] * 2):
        outputs = model.forward_pass_standard_VAE_rotated_mnist((images, rows), vae, CVAE=is_cvae)
        terms = dict(zip(names, outputs, strict=True))
        if is_cvae:
            ids = given["test rows"][:, 0].tolist()
            outputs = model.predict_CVAE(images, test_images, rows, test_rows, vae, ids)
            terms |= zip(("generated", "test MSE"), outputs, strict=True)
    return original.run(terms, weights_in(given))


def ours(given: Arrays) -> list[OurValue]:
    """`CVAE`, or the plain VAE with `IndependentMeanField`."""
    is_cvae = str(given["elbo"]) == "CVAE"
    nets = build_networks(LATENT_DIM, 2 if is_cvae else 0)
    set_weights(given, *nets)
    options: dict[str, Any] = dict(
        event_shape=(28, 28, 1), latent_dim=LATENT_DIM, likelihood=GaussianLikelihood(VARIANCE)
    )
    model: LatentGPVAE = CVAE(*nets, **options) if is_cvae else LatentGPVAE(*nets, IndependentMeanField(), **options)
    images, rows, test_images, test_rows = (given[name][np.newaxis] for name in ROWS)
    inputs, test_inputs = rows[..., ::-1], test_rows[..., ::-1]  # ours are (angle, id)
    bound = model.elbo({"observations": images, "inputs": inputs}, seed=tf.constant(SEED))
    error = squared_error(bound, VARIANCE, PIXELS)
    encoded = model.encode(images, inputs)
    z = encoded.mean + given["noise"] * tf.sqrt(encoded.variance)
    values = {
        "SE / pixel": error / PIXELS,
        "KL": -bound.regularizer[0],
        "elbo": -0.5 / VARIANCE * error + bound.regularizer[0],  # theirs leaves out the constant
        "decoded": model.decode(z, inputs)[0],
        "encoder mean": encoded.mean[0],
        "encoder variance": encoded.variance[0],
        "z": z[0],
    }
    if is_cvae:  # our model draws the averages, whose distribution is known; here they are made of given draws
        drawn = tf.linalg.matrix_transpose(z)
        average = ObjectAverage(Gaussian(drawn, tf.zeros_like(drawn)), inputs[..., 1]).predict(test_inputs).mean
        generated = model.decode(tf.linalg.matrix_transpose(average), test_inputs)
        values |= {"generated": generated[0], "test MSE": tf.reduce_mean(tf.square(generated - test_images))}
    return our_values(values)


CASES = tuple(
    Case(f"mnist_{elbo}", SVGP_VAE, functools.partial(_inputs, elbo), theirs, ours) for elbo in ("VAE", "CVAE")
)
