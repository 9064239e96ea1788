"""ratschlab/SVGP-VAE, GPVAE_Pearce_model.py: exact GP regression on the ball's latent paths (float32)."""

import numpy as np
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.comparison.case import SVGP_VAE, Case, OurValue
from gpvae_tf.comparison.original_process import Arrays, Original
from gpvae_tf.latent_gps import ExactGP, LatentDataset

LENGTH_SCALE = 2.0
INPUTS = ("x", "y", "noise_variance", "x_test")
# In float32 TFP's |x|^2 + |x'|^2 - 2 x x' at times up to 30 is wrong by 1e-4, and so are their explicit inverses.
SLACK = 10.0


def inputs() -> Arrays:
    """Three noisy paths at times 1..30, queried between and beyond them."""
    rng = np.random.default_rng(1)
    x = np.tile(np.arange(1.0, 31.0), (3, 1))
    arrays = {
        "x": x,
        "y": np.sin(x / 3.0 + rng.uniform(0.0, 6.0, (3, 1))) + 0.3 * rng.normal(size=x.shape),
        "noise_variance": np.exp(rng.normal(-1.0, 0.7, x.shape)),
        "x_test": np.tile(np.linspace(0.2, 32.0, 41), (3, 1)),
    }
    return {name: value.astype(np.float32) for name, value in arrays.items()}


def theirs(original: Original, given: Arrays) -> Arrays:
    """`build_1d_gp`."""
    arguments = [original.tf.constant(given[name]) for name in INPUTS]
    mean, variance, log_z, _ = original.module("GPVAE_Pearce_model").build_1d_gp(*arguments, lt=LENGTH_SCALE)
    return original.run({"mean": mean, "variance": variance, "log Z": log_z})


def exact_gp_terms(
    length_scale: float, x: np.ndarray, y: np.ndarray, noise_variance: np.ndarray, x_test: np.ndarray
) -> dict[str, tf.Tensor]:
    """`ExactGP` on arrays [B, n] and [B, s], in their dtype: the posterior at `x_test` [B, s] and log Z [B]."""
    gp = ExactGP(kernels.exponentiated_quadratic(length_scale, dtype=x.dtype.name))
    posterior = gp.condition(LatentDataset(x[..., None], y[:, None], noise_variance[:, None]))
    marginals = posterior.predict(x_test[..., None])
    values = {"mean": marginals.mean, "variance": marginals.variance, "log Z": posterior.log_marginal_likelihood}
    return {term: value[:, 0] for term, value in values.items()}


def ours(given: Arrays) -> list[OurValue]:
    """`ExactGP` in float64 and float32."""
    return [
        OurValue(term, value, dtype, slack=slack)
        for dtype, slack in (("float64", 1.0), ("float32", SLACK))
        for term, value in exact_gp_terms(LENGTH_SCALE, *(given[n].astype(dtype) for n in INPUTS)).items()
    ]


CASES = (Case("exact_gp", SVGP_VAE, inputs, theirs, ours),)
