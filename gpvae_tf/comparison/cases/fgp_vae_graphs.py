"""metodj/FGP-VAE: the whole forward pass, encoder to loss and its gradient, with given weights and draws (float64)."""

import functools
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.as_coded.geco import AsCodedGECO
from gpvae_tf.as_coded.shared_gaussian import AsCodedSharedGaussian
from gpvae_tf.comparison.both_sides import random_weights, set_weights, weights_in
from gpvae_tf.comparison.case import FGP_VAE, Case, OurValue, our_values
from gpvae_tf.comparison.mnist_networks import PIXELS, build_networks
from gpvae_tf.comparison.original_process import Arrays, Original
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.models.fgp_vae import FGPVAE
from gpvae_tf.objectives import BetaELBO, Objective

OBJECTS, FRAMES, LATENT_DIM, LOCAL = 3, 5, 6, 3
KAPPA_SQUARED, MULTIPLIER, BETA = 0.02, 2.0, 0.001
SEED = np.array([7, 8], np.int32)


def _inputs(geco: bool) -> Arrays:
    rng = np.random.default_rng(7)
    noise = tf.random.stateless_normal([OBJECTS, FRAMES, LATENT_DIM], SEED, dtype=tf.float64)
    return {
        "geco": np.array(geco),
        "images": rng.uniform(-0.2, 1.2, (OBJECTS, FRAMES, 28, 28, 1)),
        "angles": rng.uniform(0.0, 6.2, (OBJECTS, FRAMES)),
        "noise": noise.numpy(),
        **random_weights(rng, *build_networks(latent_dim=LATENT_DIM)),
    }


def theirs(original: Original, given: Arrays) -> Arrays:
    """`forward_pass_FGPVAE_rotated_mnist`, and what the script makes of it: the gradient of the loss it minimises."""
    model, tf_ = original.module("FGPVAE_model"), original.tf
    vae = original.module("VAE_utils").mnistVAE(L=LATENT_DIM)
    fgp = model.FGP(init_amplitude=1.0, init_length_scale=1.0, GP_joint=False, L_w=LOCAL)
    rows = np.zeros((OBJECTS * FRAMES, 10))
    rows[:, 1] = given["angles"].ravel()
    batch = tf_.constant(given["images"].reshape(-1, 28, 28, 1)), tf_.constant(rows)
    number = functools.partial(tf_.constant, dtype=tf_.float64)
    with original.draws([given["noise"]]):
        outputs = model.forward_pass_FGPVAE_rotated_mnist(
            batch, BETA, vae, fgp, FRAMES, False, False, False, number(0.0), number(MULTIPLIER), number(0.0),
            np.sqrt(KAPPA_SQUARED), GECO=bool(given["geco"]),
        )  # fmt: skip
    names = (
        "loss", "reconstruction", "KL part", "mean", "variance", "encoder mean", "encoder variance", "decoded", "z",
    )  # fmt: skip
    terms: dict[str, Any] = dict(zip(names, outputs, strict=False))
    loss = terms.pop("loss")  # with --GECO its value is another than what its gradient belongs to
    loss = loss if given["geco"] else -loss
    if given["geco"]:
        terms |= {"C_ma": outputs[-2], "lambda": outputs[-1]}
    first, last = (tf_.trainable_variables()[i] for i in (0, -2))
    terms |= zip(("encoder gradient", "decoder gradient"), tf_.gradients(loss, [first, last]), strict=True)
    return original.run(terms, weights_in(given))


def ours(given: Arrays) -> list[OurValue]:
    """`FGPVAE` with the authors' global channels and objective, then what the paper has otherwise."""
    paper = {one.term: one._replace(variant="paper") for one in _values(given, None)}
    known = {"reconstruction": "F3", "decoded": "F3", "z": "F3", "KL part": "F1"}
    different = [paper[term]._replace(deviation=number) for term, number in known.items()]
    return [*_values(given, AsCodedSharedGaussian()), *different]


def _values(given: Arrays, shared: AsCodedSharedGaussian | None) -> list[OurValue]:
    likelihood = GaussianLikelihood(0.5 * PIXELS)  # its log density is -SE / PIXELS and a constant
    networks = build_networks(latent_dim=LATENT_DIM)
    set_weights(given, *networks)
    model = FGPVAE(
        *networks, kernels.periodic(), event_shape=(28, 28, 1), latent_dim=LATENT_DIM, num_local=LOCAL, shared=shared,
        likelihood=likelihood,
    )  # fmt: skip
    target = likelihood.nats_at(KAPPA_SQUARED, PIXELS)
    objective: Objective = BetaELBO(BETA / LATENT_DIM)
    if given["geco"]:
        objective = AsCodedGECO(target, pixels_per_nat=1.0)
        objective.log_multiplier.assign(np.log(MULTIPLIER))
    batch = {"observations": given["images"], "inputs": given["angles"][..., np.newaxis]}
    with tf.GradientTape() as tape:
        bound = model.elbo(batch, seed=tf.constant(SEED))
        loss = tf.reduce_sum(objective(bound))
    weights = (model.encoder.trainable_variables[0], model.decoder.trainable_variables[-2])
    gradients = tape.gradient(loss, weights)
    objective.update(bound)
    posterior = model.posterior(batch)
    z = tf.linalg.matrix_transpose(posterior.draw(np.swapaxes(given["noise"], 1, 2)))
    encoded, marginals = model.encode(batch["observations"]), model.latents(batch)
    error = -(bound.reconstruction - likelihood.nats_at(0.0, PIXELS) * bound.num_points)  # sum of SE / PIXELS
    constraint = tf.reduce_sum(error - KAPPA_SQUARED * bound.num_points)
    flat = lambda tensor: tf.reshape(tensor, [-1, *tensor.shape[2:]])
    values = {
        "reconstruction": constraint if given["geco"] else tf.reduce_sum(error),
        "KL part": tf.reduce_sum(bound.regularizer),
        "mean": marginals.mean,
        "variance": marginals.variance,
        "encoder mean": encoded.mean,
        "encoder variance": encoded.variance,
        "decoded": flat(model.decode(z)),
        "z": z,
        "encoder gradient": gradients[0],
        "decoder gradient": gradients[1],
    }
    if given["geco"]:
        values |= {"C_ma": objective.constraint, "lambda": tf.exp(objective.log_multiplier)}
    return our_values(values, "as coded")


CASES = tuple(
    Case(f"fgp_forward_{name}", FGP_VAE, functools.partial(_inputs, geco), theirs, ours)
    for name, geco in (("geco", True), ("beta", False))
)
