"""ratschlab/SVGP-VAE: the whole SPRITES graph, encoder to objective, given weights and draws (float32)."""

import functools
import math
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf import inducing, networks
from gpvae_tf.as_coded.geco import AsCodedGECO
from gpvae_tf.comparison import both_sides
from gpvae_tf.comparison.case import SVGP_VAE, Case, OurValue, our_values
from gpvae_tf.comparison.cases import svgp_vae_sprites_gp as sprites_gp
from gpvae_tf.comparison.original_process import Arrays, Original
from gpvae_tf.embeddings import AmortizedObjects, ObjectVectors
from gpvae_tf.gp import gaussians
from gpvae_tf.latent_gps import SparseGP, TitsiasGP
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.models import SVGPVAE

LATENT_DIM, CHARACTERS, FRAMES = 3, 2, 4
BATCH, PIXELS = CHARACTERS * FRAMES, 64 * 64 * 3
BETA, KAPPA_SQUARED, ALPHA = 1e-3, 0.0075, 0.99  # the defaults of their flags
MULTIPLIER, AVERAGE = 1.5, 0.1  # the state of GECO before the step
VARIANCE = 0.1  # variance of our likelihood; it cancels
CLIP, SAMPLE_CLIP = (1e-3, 10.0), (1e-4, 100.0)
LAST_BIAS = "weight_13"  # of the encoder's means and log variances


def _inputs(elbo: str, kernel: str) -> Arrays:
    """Characters, poses, inducing points, the weights of three networks, and the draws of our model."""
    rng = np.random.default_rng(11)
    arrays = {
        **sprites_gp.start(rng, 0.3),
        "images": characters(rng, CHARACTERS, FRAMES),
        "noise": both_sides.standard_normals(BATCH, LATENT_DIM, dtype=tf.float32),
        **both_sides.random_weights(rng, *build_networks()),
    }
    if kernel == sprites_gp.EXPONENTIAL:  # its prior variance is 1e-4; such small noise makes the KL more than rounding
        arrays[LAST_BIAS][LATENT_DIM:] -= 6.0
    return {
        "elbo": np.array(elbo),
        "kernel": np.array(kernel),
        "poses of images": rng.integers(0, sprites_gp.NUM_POSES, BATCH),
    } | {name: array.astype(np.float32) for name, array in arrays.items()}


def characters(rng: np.random.Generator, num: int, frames: int) -> np.ndarray:
    """Noise of another colour for every character, [num frames, 64, 64, 3], character by character."""
    colours = rng.uniform(-1.0, 2.0, (num, 1, 1, 1, 3))
    return (colours * rng.uniform(0.2, 1.2, (num, frames, 64, 64, 3))).reshape(-1, 64, 64, 3)


def build_networks() -> tuple[Any, Any, Any]:
    """Our encoder, representation network and decoder, in the order in which the authors' variables are made."""
    representation = networks.sprites_representation_network(sprites_gp.CHARACTER_DIM)
    return networks.sprites_encoder(LATENT_DIM), representation, networks.sprites_decoder(LATENT_DIM)


def their_networks(original: Original) -> tuple[Any, Any]:
    """The authors' VAE and representation network."""
    utils = original.module("VAE_utils")
    return utils.spritesVAE(L=LATENT_DIM), utils.sprites_representation_network(L=sprites_gp.CHARACTER_DIM)


def our_model(given: Arrays, *, titsias: bool = False, jitter: float = 0.0) -> SVGPVAE:
    """Our SVGP-VAE with the given weights."""
    encoder, representation, decoder = nets = build_networks()
    both_sides.set_weights(given, *nets)
    poses = ObjectVectors(given["poses"], view_columns=0)
    return SVGPVAE(
        encoder,
        decoder,
        sprites_gp.our_kernel(given),
        inducing.InducingPoints(given["inducing"]),
        num_data=sprites_gp.NUM_DATA,
        jitter=jitter,
        sparse_gp=TitsiasGP if titsias else SparseGP,
        event_shape=(64, 64, 3),
        latent_dim=LATENT_DIM,
        embedding=AmortizedObjects(representation, sprites_gp.CHARACTER_DIM, views=poses),
        likelihood=GaussianLikelihood(VARIANCE),
        noise_clip=CLIP,
        sample_clip=SAMPLE_CLIP,
    )


def our_batch(given: Arrays) -> dict[str, np.ndarray]:
    """Images with inputs (pose id, character id), one data set."""
    ids = np.repeat(np.arange(CHARACTERS), FRAMES)
    inputs = np.stack([given["poses of images"], ids], axis=-1).astype(np.float32)
    return {"observations": given["images"][None], "inputs": inputs[None]}


def theirs(original: Original, given: Arrays) -> Arrays:
    """`forward_pass_SVGPVAE` with a representation network, without and with GECO, jitter 0."""
    model, tf1 = original.module("SVGPVAE_model"), original.tf
    titsias = str(given["elbo"]).endswith("Titsias")
    vae, network = their_networks(original)
    svgp = sprites_gp.their_gp(original, given, LATENT_DIM, titsias=titsias)
    batch = tf1.constant(given["images"]), tf1.constant(given["poses of images"])
    state = [tf1.constant(value, tf1.float32) for value in (AVERAGE, MULTIPLIER, ALPHA)]
    groups = dict(segment_ids=np.repeat(np.arange(CHARACTERS), FRAMES), repeats=[FRAMES] * CHARACTERS)
    with original.draws([given["noise"]] * 2):
        plain, geco = (
            model.forward_pass_SVGPVAE(
                batch, BETA, vae, svgp, *state, kappa=math.sqrt(KAPPA_SQUARED), clipping_qs=True, GECO=flag,
                repr_NN=network, **groups,
            )
            for flag in (False, True)
        )  # fmt: skip
    names = (
        "objective", "SE / pixel", "KL term", "inside elbo", "cross entropy", "mean", "variance", "encoder mean",
        "encoder variance", "decoded", "L_H or L_T", "KL", "z",
    )  # fmt: skip
    terms = dict(zip(names, plain, strict=False))
    terms |= {"GECO loss": geco[0], "GECO average": geco[13], "GECO multiplier": geco[14]}
    terms["auxiliary data"] = rows = model.aux_data_SVGPVAE_sprites(batch, network, **groups)
    before = [svgp.approximate_posterior_params(rows, rows, plain[7][:, i], plain[8][:, i]) for i in range(LATENT_DIM)]
    terms["variance before the clip"] = tf1.stack([channel[1] for channel in before], axis=1)
    return original.run(terms, both_sides.weights_in(given))


def ours(given: Arrays) -> list[OurValue]:
    """`SVGPVAE` with `AmortizedObjects` and `AsCodedGECO` (B18); B25: the clipped variances in the bound."""
    titsias = str(given["elbo"]).endswith("Titsias")
    model, batch = our_model(given, titsias=titsias), our_batch(given)
    bound = model.elbo(batch, seed=tf.constant(both_sides.SEED))
    error = both_sides.squared_error(bound, VARIANCE, PIXELS)
    posterior, encoded = model.posterior(batch), model.encode(batch["observations"])
    data, marginals = posterior.data, posterior.marginals()
    clipped = marginals._replace(variance=tf.clip_by_value(marginals.variance, *SAMPLE_CLIP))
    of_data, as_coded = (
        tf.reduce_sum(gaussians.expected_log_density(part, data.y, data.noise_variance))
        for part in (marginals, clipped)
    )
    mean, variance = (tf.linalg.matrix_transpose(part)[0] for part in clipped)
    z = mean + given["noise"] * tf.sqrt(variance)
    inside = bound.regularizer[0] + of_data
    vectors = posterior.data.x[0, :, sprites_gp.POSE_DIM :]
    kl = tf.zeros([], tf.float64) if titsias else -bound.regularizer[0] * sprites_gp.NUM_DATA / BATCH
    geco = AsCodedGECO(
        model.likelihood.nats_at(KAPPA_SQUARED, PIXELS), pixels_per_nat=2.0 * VARIANCE / PIXELS, decay=ALPHA
    )
    geco.constraint.assign(AVERAGE)
    geco.log_multiplier.assign(math.log(MULTIPLIER))
    geco.update(bound)
    average = tf.cast(geco.constraint, tf.float64)

    def of_bound(kl_term: tf.Tensor, cross_entropy: tf.Tensor) -> dict[str, tf.Tensor]:
        return {
            "objective": -error / PIXELS + BETA / LATENT_DIM * kl_term,
            "KL term": kl_term,
            "cross entropy": cross_entropy,
            "GECO loss": -kl_term + MULTIPLIER * average,
        }

    values = {
        "SE / pixel": error / PIXELS,
        "inside elbo": inside,
        "mean": mean,
        "variance": variance,
        "variance before the clip": tf.linalg.matrix_transpose(marginals.variance)[0],
        "encoder mean": encoded.mean[0],
        "encoder variance": encoded.variance[0],
        "decoded": model.decode(z),
        "L_H or L_T": inside if titsias else of_data,
        "KL": kl,
        "z": z,
        "GECO average": average,
        "GECO multiplier": tf.exp(tf.cast(geco.log_multiplier, tf.float64)),
        "auxiliary data": tf.concat([batch["inputs"][0, :, :1], tf.cast(vectors, tf.float32)], axis=1),
    }
    return [
        *our_values(values),
        *our_values(of_bound(bound.regularizer[0], of_data), "paper", "B25"),
        *our_values(of_bound(inside - as_coded, as_coded), "clipped"),
    ]


CASES = tuple(
    Case(f"sprites_{elbo}_{kernel}", SVGP_VAE, functools.partial(_inputs, elbo, kernel), theirs, ours)
    for elbo, kernel in (
        ("SVGPVAE_Hensman", sprites_gp.LINEAR),
        ("SVGPVAE_Hensman", sprites_gp.COSINE),
        ("SVGPVAE_Hensman", sprites_gp.EXPONENTIAL),
        ("SVGPVAE_Titsias", sprites_gp.COSINE),
    )
)
