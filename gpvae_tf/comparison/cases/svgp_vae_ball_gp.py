"""ratschlab/SVGP-VAE, SVGPVAE_model.py, class SVGP: sparse GP regression on the ball's latent paths (float32)."""

from gpvae_tf import inducing, kernels
from gpvae_tf.as_coded.ball_kl import AsCodedGP
from gpvae_tf.comparison.case import SVGP_VAE, Case, OurValue
from gpvae_tf.comparison.cases.svgp_vae_exact_gp import LENGTH_SCALE, SLACK
from gpvae_tf.comparison.cases.svgp_vae_exact_gp import inputs as exact_inputs
from gpvae_tf.comparison.original_process import Arrays, Original
from gpvae_tf.latent_gps import LatentDataset, SparseGP, TitsiasGP

NUM_INDUCING, NUM_FRAMES, JITTER = 15, 30, 1e-9  # their defaults; with m >= 25 their float32 algebra breaks down


def inputs() -> Arrays:
    """The data of the exact case."""
    return {name: value for name, value in exact_inputs().items() if name != "x_test"}


def theirs(original: Original, given: Arrays) -> Arrays:
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


def ours(given: Arrays) -> list[OurValue]:
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
    kl = {"AsCodedGP": coded.regularizer()["kl"], "Eq. 7": hensman.regularizer()["kl"]}
    return [
        *(OurValue(term, value[:, 0], dtype, slack=SLACK) for term, value in values.items()),
        OurValue("KL", -kl["AsCodedGP"][:, 0], f"{dtype}, AsCodedGP", slack=SLACK),
        OurValue("KL", -kl["Eq. 7"][:, 0], f"{dtype}, Eq. 7", "B1", slack=SLACK),
    ]


CASES = (Case("ball_sparse_gp", SVGP_VAE, inputs, theirs, ours),)
