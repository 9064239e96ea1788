"""ratschlab/SVGP-VAE: exact and sparse GP regression on the ball's latent paths (float32).

`build_1d_gp` of GPVAE_Pearce_model.py, and the class SVGP of SVGPVAE_model.py.
"""

import numpy as np
import tensorflow as tf

from gpvae_tf import inducing, kernels
from gpvae_tf.as_coded.ball_kl import AsCodedGP
from gpvae_tf.comparison.case import SVGP_VAE, Case, OurValue, our_values
from gpvae_tf.comparison.original_process import Arrays, Original
from gpvae_tf.latent_gps import ExactGP, LatentDataset, SparseGP, TitsiasGP

LENGTH_SCALE = 2.0
INPUTS = ("x", "y", "noise_variance", "x_test")
# In float32 TFP's |x|^2 + |x'|^2 - 2 x x' at times up to 30 is wrong by 1e-4, and so are their explicit inverses.
SLACK = 10.0
NUM_INDUCING, NUM_FRAMES, JITTER = 15, 30, 1e-9  # their defaults; with m >= 25 their float32 algebra breaks down


def exact_inputs() -> Arrays:
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


def exact_theirs(original: Original, given: Arrays) -> Arrays:
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


def exact_ours(given: Arrays) -> list[OurValue]:
    """`ExactGP` in float64 and float32."""
    terms = lambda dtype: exact_gp_terms(LENGTH_SCALE, *(given[name].astype(dtype) for name in INPUTS))
    return our_values(terms("float64"), "float64") + our_values(terms("float32"), "float32", slack=SLACK)


def sparse_inputs() -> Arrays:
    """The data of the exact case."""
    return {name: value for name, value in exact_inputs().items() if name != "x_test"}


def sparse_theirs(original: Original, given: Arrays) -> Arrays:
    """`approximate_posterior_params`, and `variational_loss` in its Hensman and Titsias forms."""
    model = original.module("SVGPVAE_model")
    options = dict(
        num_inducing_points=NUM_INDUCING, fixed_inducing_points=True, tmin=1, tmax=NUM_FRAMES, vidlt=LENGTH_SCALE,
        fixed_gp_params=True, name="x", jitter=JITTER, ip_min=1, ip_max=NUM_FRAMES, GP_init=LENGTH_SCALE,
    )  # fmt: skip
    hensman, titsias = (model.SVGP(titsias=flag, **options) for flag in (False, True))
    x, y, noise = (original.tf.constant(given[name]) for name in ("x", "y", "noise_variance"))
    mean, covariance, mu, a = hensman.approximate_posterior_params(x, y=y, noise=noise)
    data_term, kl = hensman.variational_loss(x, y, noise, mu_hat=mu, A_hat=a)
    bound, _ = titsias.variational_loss(x, y, noise, mu_hat=mu, A_hat=a)
    terms = {"mean": mean, "covariance": covariance, "mu": mu, "A": a}
    return original.run(terms | {"L_H data term": data_term, "KL": kl, "L_T": bound})


def sparse_ours(given: Arrays) -> list[OurValue]:
    """`SparseGP`, `TitsiasGP` and `AsCodedGP` in float64 and float32."""
    return _terms(given, "float64") + _terms(given, "float32")


def _terms(given: Arrays, dtype: str) -> list[OurValue]:
    x, y, noise = (given[name].astype(dtype) for name in ("x", "y", "noise_variance"))
    data = LatentDataset(x[..., None], y[:, None], noise[:, None])
    kernel = kernels.exponentiated_quadratic(LENGTH_SCALE, dtype=dtype)
    points = inducing.InducingPoints(inducing.grid(1, NUM_FRAMES, NUM_INDUCING))
    hensman, titsias, coded = (
        gp(kernel, points, jitter=JITTER).condition(data) for gp in (SparseGP, TitsiasGP, AsCodedGP)
    )
    mean, covariance = hensman.predict_joint(data.x)
    mu, a = hensman.inducing_moments()
    by_titsias = titsias.regularizer()
    values = {
        "mean": mean,
        "covariance": covariance,
        "mu": mu,
        "A": a,
        "L_H data term": -by_titsias["cross_entropy"],  # one number by the identity in latent_gps.sparse
        "L_T": by_titsias["titsias_bound"],
    }
    return [
        *our_values({term: value[:, 0] for term, value in values.items()}, dtype, slack=SLACK),
        OurValue("KL", -coded.regularizer()["kl"][:, 0], f"{dtype}, AsCodedGP", slack=SLACK),
        OurValue("KL", -hensman.regularizer()["kl"][:, 0], f"{dtype}, Eq. 7", "B1", slack=SLACK),
    ]


CASES = (
    Case("exact_gp", SVGP_VAE, exact_inputs, exact_theirs, exact_ours),
    Case("ball_sparse_gp", SVGP_VAE, sparse_inputs, sparse_theirs, sparse_ours),
)
