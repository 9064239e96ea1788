"""ratschlab/SVGP-VAE, GPVAE_Pearce_model.py: exact GP regression on the ball's latent paths (float32)."""

import numpy as np

from gpvae_tf import kernels
from gpvae_tf.comparison.original_process import Arrays, Original
from gpvae_tf.comparison.registry import Case, Ours, Repository
from gpvae_tf.latent_gps import ExactGP, LatentDataset

SVGP_VAE = Repository("ratschlab/SVGP-VAE", ("GPVAE_Pearce_model.py", "SVGPVAE_model.py", "VAE_utils.py", "utils.py"))
LENGTH_SCALE = 2.0
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
    arguments = [original.tf.constant(given[name]) for name in ("x", "y", "noise_variance", "x_test")]
    mean, variance, log_z, _ = original.module("GPVAE_Pearce_model").build_1d_gp(*arguments, lt=LENGTH_SCALE)
    return original.run({"mean": mean, "variance": variance, "log Z": log_z})


def ours(given: Arrays) -> list[Ours]:
    """`latent_gps.ExactGP` in float64 and float32."""
    rows = []
    for dtype in ("float64", "float32"):
        x, y, noise, x_test = (given[name].astype(dtype) for name in ("x", "y", "noise_variance", "x_test"))
        gp = ExactGP(kernels.exponentiated_quadratic(LENGTH_SCALE, dtype=dtype))
        posterior = gp.condition(LatentDataset(x[..., None], y[:, None], noise[:, None]))
        marginals = posterior.predict(x_test[..., None])
        values = (marginals.mean, marginals.variance, posterior.log_marginal_likelihood)
        slack = SLACK if dtype == "float32" else 1.0
        for term, value in zip(("mean", "variance", "log Z"), values, strict=True):
            rows.append(Ours(term, value[:, 0], dtype, slack=slack))
    return rows


CASES = (Case("exact_gp", SVGP_VAE, inputs, theirs, ours),)
