"""ratschlab/SVGP-VAE, SVIGP_Hensman_model.py: deep SVIGP on rotated MNIST, terms of its objective (float64)."""

from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.as_coded.deep_svigp import AsCodedDeepSVIGP
from gpvae_tf.comparison import both_sides, mnist_networks
from gpvae_tf.comparison.case import SVGP_VAE, Case, OurValue, our_values
from gpvae_tf.comparison.cases import svgp_vae_mnist_gp as mnist_gp
from gpvae_tf.comparison.original_process import Arrays, Original
from gpvae_tf.gp import linalg
from gpvae_tf.gp.sparse import WhitenedGaussian
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.models.deep_svigp import DeepSVIGP

LATENT_DIM, NOISE = 3, 0.3


def inputs() -> Arrays:
    """The kernel's problem of the sparse-GP case, with images, a free q(f_m) per channel, and a decoder's weights."""
    rng = np.random.default_rng(6)
    arrays = dict(mnist_gp.inputs())
    channels, size = (LATENT_DIM,), mnist_gp.NUM_INDUCING
    return {
        **{name: arrays[name] for name in ("object_vectors", "inducing", "batch", "test")},
        "images": rng.uniform(-0.2, 1.2, (mnist_gp.BATCH, 28, 28, 1)),
        "q mean": rng.normal(size=(*channels, size)),
        "q root": 0.3 * rng.normal(size=(*channels, size, size)) + np.eye(size),  # any square matrix, theirs
        **both_sides.random_weights(rng, mnist_networks.build_networks(latent_dim=LATENT_DIM)[1]),
    }


def theirs(original: Original, given: Arrays) -> Arrays:
    """`forward_pass_deep_SVIGP_Hensman` and `predict_deep_SVIGP_Hensman`, with jitter 0."""
    model = original.module("SVIGP_Hensman_model")
    svgp = model.SVIGP_Hensman(dtype=np.float64, **mnist_gp.svgp_arguments(given, latent_dim=LATENT_DIM))
    decoder = original.module("VAE_utils").SVIGP_Hensman_decoder(L=LATENT_DIM)
    numbered = (np.pad(given[name], ((0, 0), (1, 0))) for name in ("batch", "test"))  # they skip the first column
    images, batch, test = (original.tf.constant(value) for value in (given["images"], *numbered))
    outputs = model.forward_pass_deep_SVIGP_Hensman((images, batch), decoder, svgp)
    names = ("elbo", "SE / pixel", "trace - (b/N) KL", "same", "decoded", "trace", "KL", "mean")
    terms = dict(zip(names, outputs, strict=True))
    terms.pop("same")
    terms["generated"], _ = model.predict_deep_SVIGP_Hensman((images[: test.shape[0]], test), decoder, svgp)
    trained = [given["object_vectors"], *given["q mean"], *given["q root"], np.array(NOISE)]
    return original.run(terms, [*trained, *both_sides.weights_in(given)])


def ours(given: Arrays) -> list[OurValue]:
    """`AsCodedDeepSVIGP`, and `DeepSVIGP` for what B5 leaves alone and for the objective that it does not."""
    as_coded, paper = (_values(given, model) for model in (AsCodedDeepSVIGP, DeepSVIGP))
    rows = our_values(as_coded, "as coded")
    rows += our_values({term: paper[term] for term in ("KL", "mean", "decoded", "generated")}, "Eq. 8")
    return [*rows, OurValue("elbo", paper["elbo"], "Eq. 8", "B5")]


def _values(given: Arrays, kind: type[DeepSVIGP]) -> dict[str, Any]:
    decoder = mnist_networks.build_networks(latent_dim=LATENT_DIM)[1]
    both_sides.set_weights(given, decoder)
    arguments = mnist_gp.model_arguments(given, latent_dim=LATENT_DIM)
    model = kind(decoder, **arguments, likelihood=GaussianLikelihood(NOISE**2), variable_dtype="float64")
    factor = model.latent_gp.basis().factor_mm
    mean = linalg.solve_lower_vec(factor, tf.constant(given["q mean"]))
    model.latent_gp.assign(WhitenedGaussian(mean, linalg.solve_lower(factor, tf.constant(given["q root"]))))
    images, (batch, test) = given["images"][None], (given[n][None, :, ::-1] for n in ("batch", "test"))  # (angle, id)
    bound = model.elbo({"observations": images, "inputs": batch}, seed=tf.constant(both_sides.SEED))
    return {
        "elbo": bound.elbo[0],
        "SE / pixel": both_sides.squared_error(bound, NOISE**2, mnist_networks.PIXELS) / mnist_networks.PIXELS,
        "trace - (b/N) KL": bound.regularizer[0],
        "trace": bound.parts.get("trace", tf.zeros([1]))[0],
        "KL": -bound.parts["kl"][0] * mnist_gp.NUM_DATA / mnist_gp.BATCH,
        "mean": model.condition_on().predict_f(batch).mean[0],
        "decoded": model.reconstruct({"inputs": batch})[0],
        "generated": model.condition_on().generate(test)[0],
    }


CASES = (Case("mnist_deep_SVIGP", SVGP_VAE, inputs, theirs, ours),)
