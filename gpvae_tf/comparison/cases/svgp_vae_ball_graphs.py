"""ratschlab/SVGP-VAE: whole ball graphs, encoder to bound, with the same weights, frames and draws (float32)."""

import functools
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.comparison.both_sides import set_weights, weights_in
from gpvae_tf.comparison.case import SVGP_VAE, Case, OurValue, our_values
from gpvae_tf.comparison.cases.svgp_vae_ball_gp import SLACK
from gpvae_tf.comparison.original_process import Arrays, Original
from gpvae_tf.datasets import MovingBall
from gpvae_tf.experiments.moving_ball.config import BallConfig
from gpvae_tf.experiments.moving_ball.experiment import BallExperiment
from gpvae_tf.gp import gaussians
from gpvae_tf.models import LatentGPVAE
from gpvae_tf.models.gp_vae import draw_context
from gpvae_tf.types import Gaussian

VIDEOS, NUM_INDUCING, CONTEXT_RATIO = 4, 15, 0.5
SEED = np.array([3, 4], np.int32)


def _inputs(elbo: str) -> Arrays:
    """Frames, weights, and the draws that our model makes from SEED, in the order the clone asks for them."""
    batch = MovingBall(batch_size=VIDEOS).batch(tf.constant([1, 2]))
    rng = np.random.default_rng(3)
    sizes = ((1024, 500), (500, 4), (2, 500), (500, 1024))
    arrays = {"elbo": np.array(elbo), "frames": batch["observations"][..., 0].numpy(), "times": batch["inputs"].numpy()}
    for i, (fan_in, units) in enumerate(sizes):
        arrays[f"weight_{2 * i}"] = rng.normal(0.0, fan_in**-0.5, (fan_in, units))
        arrays[f"weight_{2 * i + 1}"] = rng.normal(0.0, 0.3, units)
    noise_seed = SEED
    if elbo == "NP":
        noise_seed, context_seed = tf.unstack(tf.random.split(SEED, 2))
        context = draw_context(tf.ones(batch["observations"].shape[:2], tf.bool), CONTEXT_RATIO, context_seed).numpy()
        n, size = context.shape[1], context[0].sum()
        # their size is round(mean + stddev draw), their context the first frames of a random order
        arrays["size"] = (size - CONTEXT_RATIO * n) / np.sqrt(CONTEXT_RATIO * (1.0 - CONTEXT_RATIO) * n)
        arrays["orders"] = np.argsort(~context, axis=1, kind="stable").astype(np.int32)
    arrays["noise"] = tf.random.stateless_normal([*batch["observations"].shape[:2], 2], noise_seed).numpy()
    return {name: value.astype(np.float32) if value.dtype == np.float64 else value for name, value in arrays.items()}


def build_graph(original: Original, frames: Any, elbo: str) -> dict[str, Any]:
    """The authors' graph for --elbo, as their script builds it with --clip_qs and otherwise its defaults, beta 1.

    Args:
      frames: tensor [videos, frames, H, W].
      elbo: a value of their --elbo.

    Returns:
      its leading tensors by name, among them "elbo", [videos].
    """
    common = ("mean", "variance", "encoder mean", "encoder variance", "decoded")
    if not elbo.startswith("SVGPVAE"):
        length_scale = 0.001 if elbo == "VAE" else 2.0  # for the VAE they choose it so short that K = I
        build = original.module("GPVAE_Pearce_model").build_pearce_elbo_graphs
        outputs = build(frames, 1.0, type_elbo=elbo, lt=length_scale, context_ratio=CONTEXT_RATIO)
        return dict(zip(("elbo", "reconstruction", "KL term", *common), outputs, strict=False))
    model = original.module("SVGPVAE_model")
    options = dict(
        titsias=elbo.endswith("Titsias"), num_inducing_points=NUM_INDUCING, fixed_inducing_points=True, tmin=1,
        tmax=int(frames.shape[1]), vidlt=2.0, fixed_gp_params=True, jitter=1e-9, ip_min=1, ip_max=30, GP_init=2.0,
    )  # fmt: skip
    svgps = {f"svgp_{axis}": model.SVGP(name=axis, **options) for axis in "xy"}
    outputs = model.build_SVGPVAE_elbo_graph(frames, 1.0, clipping_qs=True, **svgps)
    names = ("elbo", "reconstruction", "KL term", "inside elbo", "cross entropy", *common)
    terms = dict(zip(names, outputs, strict=False))
    terms.pop("inside elbo")  # with the cross entropy it makes up the KL term
    return terms


def theirs(original: Original, given: Arrays) -> Arrays:
    """The graph's terms with the given weights and draws."""
    normal = [given["size"], given["noise"]] if "size" in given else [given["noise"]]
    with original.draws(normal, list(given.get("orders", ()))):
        terms = build_graph(original, original.tf.constant(given["frames"]), str(given["elbo"]))
    return original.run(terms, weights_in(given))


def ours(given: Arrays) -> list[OurValue]:
    """The model that scripts/BALL_experiment.py builds, with preset authors_code, and paper where that differs."""
    as_coded = _values(given, "authors_code")
    if str(given["elbo"]) != "SVGPVAE_Hensman":
        return as_coded
    paper = {one.term: one._replace(deviation="B1") for one in _values(given, "paper")}
    return [*as_coded, paper["elbo"], paper["KL term"]]


def _values(given: Arrays, preset: str) -> list[OurValue]:
    elbo = str(given["elbo"])
    sparse: dict[str, Any] = {"m": NUM_INDUCING, "clip_qs": True} if elbo.startswith("SVGPVAE") else {}
    model: LatentGPVAE = BallExperiment(BallConfig(elbo=elbo, preset=preset, **sparse)).model
    set_weights(given, model.encoder, model.decoder)
    batch = {"observations": tf.constant(given["frames"][..., np.newaxis]), "inputs": tf.constant(given["times"])}
    bound = model.elbo(batch, seed=tf.constant(SEED))
    marginals, encoded = model.latents(batch), model.encode(batch["observations"])
    draw = marginals.mean + given["noise"] * tf.sqrt(marginals.variance)
    values = {
        "elbo": bound.elbo,
        "reconstruction": bound.reconstruction,
        "KL term": bound.regularizer,
        "mean": marginals.mean,
        "variance": marginals.variance,
        "encoder mean": encoded.mean,
        "encoder variance": encoded.variance,
        "decoded": model.decode(draw)[..., 0],
    }
    if not sparse:
        return our_values(values)
    values["cross entropy"] = _cross_entropy(marginals, encoded)
    return our_values(values, preset, slack=SLACK)


def _cross_entropy(q: Gaussian, encoded: Gaussian) -> tf.Tensor:
    """Minus sum_i E_q[log q~(z_i)], their sign, from latents [B, n, L]."""
    q, encoded = (Gaussian(*map(tf.linalg.matrix_transpose, pair)) for pair in (q, encoded))
    return -tf.reduce_sum(gaussians.expected_log_density(q, encoded.mean, encoded.variance), axis=-1)


CASES = tuple(
    Case(f"ball_{elbo}", SVGP_VAE, functools.partial(_inputs, elbo), theirs, ours)
    for elbo in ("VAE", "GPVAE_Pearce", "NP", "SVGPVAE_Hensman", "SVGPVAE_Titsias")
)
