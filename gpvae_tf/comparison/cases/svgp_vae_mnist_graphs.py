"""ratschlab/SVGP-VAE: the whole rotated-MNIST graph, encoder to objective, given weights and draws (float64)."""

import functools
import math

import numpy as np
import tensorflow as tf

from gpvae_tf.as_coded.geco import AsCodedGECO
from gpvae_tf.comparison import both_sides, mnist_networks
from gpvae_tf.comparison.case import SVGP_VAE, Case, OurValue, our_values
from gpvae_tf.comparison.cases import svgp_vae_mnist_gp as mnist_gp
from gpvae_tf.comparison.original_process import Arrays, Original
from gpvae_tf.gp import gaussians
from gpvae_tf.latent_gps import SparseGP, TitsiasGP
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.models import SVGPVAE

LATENT_DIM = 3
BETA, KAPPA_SQUARED, ALPHA = 1e-3, 0.02, 0.99  # the defaults of their flags
MULTIPLIER, AVERAGE = 1.5, 0.1  # the state of GECO before the step
VARIANCE = 0.1  # variance of our likelihood; it cancels
CLIP = (1e-3, 10.0)  # --clip_qs


def _inputs(elbo: str) -> Arrays:
    """The kernel's problem of the sparse-GP case, with images, both networks' weights, and the draws of our model."""
    rng = np.random.default_rng(7)
    arrays = dict(mnist_gp.inputs())
    return {
        **{name: arrays[name] for name in ("object_vectors", "inducing", "batch")},
        "elbo": np.array(elbo),
        "images": rng.uniform(-0.2, 1.2, (mnist_gp.BATCH, 28, 28, 1)),
        "noise": both_sides.standard_normals(mnist_gp.BATCH, LATENT_DIM),
        **both_sides.random_weights(rng, *mnist_networks.build_networks(latent_dim=LATENT_DIM)),
    }


def theirs(original: Original, given: Arrays) -> Arrays:
    """`forward_pass_SVGPVAE` without and with GECO, jitter 0."""
    model, tf1 = original.module("SVGPVAE_model"), original.tf
    is_titsias = str(given["elbo"]).endswith("Titsias")
    svgp = model.mnistSVGP(
        titsias=is_titsias, K_obj_normalize=False, **mnist_gp.svgp_arguments(given, latent_dim=LATENT_DIM)
    )
    vae = original.module("VAE_utils").mnistVAE(L=LATENT_DIM)
    batch = tuple(tf1.constant(given[name]) for name in ("images", "batch"))
    state = [tf1.constant(value, tf1.float64) for value in (AVERAGE, MULTIPLIER, ALPHA)]
    with original.draws([given["noise"]] * 2):
        plain, geco = (
            model.forward_pass_SVGPVAE(
                batch, BETA, vae, svgp, *state, kappa=math.sqrt(KAPPA_SQUARED), clipping_qs=True, GECO=flag
            )
            for flag in (False, True)
        )
    names = (
        "objective", "SE / pixel", "KL term", "inside elbo", "cross entropy", "mean", "variance", "encoder mean",
        "encoder variance", "decoded", "L_H or L_T", "KL", "z",
    )  # fmt: skip
    terms = dict(zip(names, plain, strict=False))
    terms |= {"GECO loss": geco[0], "GECO average": geco[13], "GECO multiplier": geco[14]}
    return original.run(terms, [given["object_vectors"], *both_sides.weights_in(given)])


def ours(given: Arrays) -> list[OurValue]:
    """`SVGPVAE` with `SparseGP` or `TitsiasGP`, and `AsCodedGECO` (B18)."""
    is_titsias = str(given["elbo"]).endswith("Titsias")
    nets = mnist_networks.build_networks(latent_dim=LATENT_DIM)
    both_sides.set_weights(given, *nets)
    model = SVGPVAE(
        *nets,
        **mnist_gp.model_arguments(given, latent_dim=LATENT_DIM),
        sparse_gp=TitsiasGP if is_titsias else SparseGP,
        likelihood=GaussianLikelihood(VARIANCE),
        noise_clip=CLIP,
    )
    batch = {"observations": given["images"][None], "inputs": given["batch"][None, :, ::-1]}  # ours are (angle, id)
    bound = model.elbo(batch, seed=tf.constant(both_sides.SEED))
    error = both_sides.squared_error(bound, VARIANCE, mnist_networks.PIXELS)
    posterior = model.posterior(batch)
    data, marginals = posterior.data, posterior.marginals().transposed()
    encoded = model.encode(batch["observations"])
    z = marginals.mean + given["noise"] * tf.sqrt(marginals.variance)
    cross_entropy = tf.reduce_sum(gaussians.expected_log_density(posterior.marginals(), data.y, data.noise_variance))
    kl = tf.zeros([], tf.float64) if is_titsias else -bound.regularizer[0] * mnist_gp.NUM_DATA / mnist_gp.BATCH
    inside = bound.regularizer[0] + cross_entropy
    values = {
        "objective": -error / mnist_networks.PIXELS + BETA / LATENT_DIM * bound.regularizer[0],
        "SE / pixel": error / mnist_networks.PIXELS,
        "KL term": bound.regularizer[0],
        "inside elbo": inside,
        "cross entropy": cross_entropy,
        "mean": marginals.mean[0],
        "variance": marginals.variance[0],
        "encoder mean": encoded.mean[0],
        "encoder variance": encoded.variance[0],
        "decoded": model.decode(z)[0],
        "L_H or L_T": inside if is_titsias else cross_entropy,  # L_H's data sum is the cross entropy
        "KL": kl,
        "z": z[0],
    }
    geco = AsCodedGECO(
        model.likelihood.nats_at(KAPPA_SQUARED, mnist_networks.PIXELS),
        pixels_per_nat=2.0 * VARIANCE / mnist_networks.PIXELS,
        decay=ALPHA,
    )
    geco.constraint.assign(AVERAGE)
    geco.log_multiplier.assign(math.log(MULTIPLIER))
    geco.update(bound)
    average = tf.cast(geco.constraint, tf.float64)
    values |= {
        "GECO loss": -bound.regularizer[0] + MULTIPLIER * average,  # its value; the gradient is that of the constraint
        "GECO average": average,
        "GECO multiplier": tf.exp(tf.cast(geco.log_multiplier, tf.float64)),
    }
    return our_values(values)


CASES = tuple(
    Case(f"mnist_{elbo}", SVGP_VAE, functools.partial(_inputs, elbo), theirs, ours)
    for elbo in ("SVGPVAE_Hensman", "SVGPVAE_Titsias")
)
