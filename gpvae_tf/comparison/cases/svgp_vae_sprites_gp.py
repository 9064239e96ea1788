"""ratschlab/SVGP-VAE, SVGPVAE_model.py, class spritesSVGP: pose x character sparse GP on a mini-batch (float32)."""

import functools
from typing import Any

import numpy as np

from gpvae_tf import kernels
from gpvae_tf.comparison.case import SVGP_VAE, Case, OurValue, our_values
from gpvae_tf.comparison.cases.svgp_vae_mnist_gp import NUM_DATA, sparse_gp_terms, their_terms
from gpvae_tf.comparison.original_process import Arrays, Original
from gpvae_tf.latent_gps import LatentDataset

BATCH, NUM_INDUCING, NUM_POSES, POSE_DIM, CHARACTER_DIM = 24, 6, 5, 3, 4
LINEAR, COSINE, EXPONENTIAL = "linear", "cosine", "SE"
JITTER = 0.01  # the default of their flag


def _inputs(kernel: str, jitter: float = 0.0) -> Arrays:
    """A mini-batch and test rows (pose id, character's vector), all of them numbers of float32."""
    rng, spread = np.random.default_rng(9), 0.4 if kernel == EXPONENTIAL else 1.5
    rows = lambda n: np.concatenate(
        [rng.integers(0, NUM_POSES, (n, 1)), rng.normal(0.0, spread, (n, CHARACTER_DIM))], axis=1
    )
    arrays = {
        **start(rng, spread),
        "batch": rows(BATCH),
        "test": rows(7),
        "y": rng.normal(size=BATCH),
        "noise_variance": np.exp(rng.normal(-1.0, 0.7, BATCH)),
    }
    return {"kernel": np.array(kernel), "jitter": np.array(jitter)} | {
        name: array.astype(np.float32) for name, array in arrays.items()
    }


def start(rng: np.random.Generator, spread: float) -> dict[str, np.ndarray]:
    """Vectors of poses and inducing points."""
    return {
        "poses": rng.normal(0.0, spread, (NUM_POSES, POSE_DIM)),
        "inducing": rng.normal(0.0, spread, (NUM_INDUCING, POSE_DIM + CHARACTER_DIM)),
    }


def their_gp(original: Original, given: Arrays, latent_dim: int, *, titsias: bool = False, jitter: float = 0.0) -> Any:
    """The authors' sparse GP, untrained; without jitter any correct factorisation agrees."""
    return original.module("SVGPVAE_model").spritesSVGP(
        titsias=titsias, fixed_inducing_points=True, initial_inducing_points=given["inducing"], name="main",
        jitter=jitter, N_train=NUM_DATA, L_action=POSE_DIM, initial_GPLVM_action=given["poses"],
        L_character=CHARACTER_DIM, L=latent_dim, fixed_GP_params=True, fixed_GPLVM=True,
        K_obj_normalize=str(given["kernel"]) == COSINE, K_SE=str(given["kernel"]) == EXPONENTIAL,
    )  # fmt: skip


def our_kernel(given: Arrays) -> kernels.Kernel:
    """The kernel of the same name, float64."""
    name = str(given["kernel"])
    side = (
        kernels.exponentiated_quadratic(1.0, 0.1) if name == EXPONENTIAL else kernels.linear(normalize=name == COSINE)
    )
    return kernels.view_object(side, side, view_columns=POSE_DIM)


def theirs(original: Original, given: Arrays) -> Arrays:
    """Kernel matrices, posterior and both bounds."""
    make = functools.partial(their_gp, original, given, 1, jitter=float(given["jitter"]))
    return original.run(their_terms(original, make(), make(titsias=True), given))


def _problem(given: Arrays) -> tuple[LatentDataset, np.ndarray]:
    """The mini-batch as a latent data set, and the test points' features, float64."""
    wide = {name: array.astype(np.float64) for name, array in given.items() if array.dtype == np.float32}
    at = lambda rows: np.concatenate([wide["poses"][rows[:, 0].astype(int)], rows[:, 1:]], axis=1)
    return LatentDataset(at(wide["batch"]), wide["y"][None], wide["noise_variance"][None]), at(wide["test"])


def ours(given: Arrays) -> list[OurValue]:
    """`SparseGP` and `TitsiasGP` with the product of kernels of poses and characters."""
    data, test = _problem(given)
    points, jitter = given["inducing"].astype(np.float64), float(given["jitter"])
    values = sparse_gp_terms(our_kernel(given), points, data, test, num_data=NUM_DATA, jitter=jitter)
    cross_entropy = values.pop("cross entropy")
    rows = our_values({term: value[0] for term, value in values.items()}, deviation="B24" if jitter else None)
    if jitter:
        return [*rows, *our_values(_as_coded(given), "as coded")]
    return [*rows, OurValue("L_H data term", cross_entropy[0], "cross entropy")]


def _as_coded(given: Arrays) -> dict[str, np.ndarray]:
    """The posterior and its KL with the jitter on the diagonals of K_mm, of Sigma and of A, wherever one is factorised.

    The K_mm inside Sigma and A has none (B24).
    """
    data, test = _problem(given)
    kernel, points, shift = our_kernel(given), given["inducing"].astype(np.float64), float(given["jitter"])
    k_mm, k_mb, k_ms = (kernel.matrix(points, x).numpy() for x in (points, data.x, test))
    noise, scale, eye = data.noise_variance[0], NUM_DATA / BATCH, np.eye(NUM_INDUCING)
    inverse = np.linalg.inv(k_mm + shift * eye)
    of_sigma = np.linalg.inv(k_mm + scale * (k_mb / noise) @ k_mb.T + shift * eye)
    vector = scale * of_sigma @ k_mb @ (data.y[0] / noise)
    mu, a = k_mm @ vector, k_mm @ of_sigma @ k_mm
    variances = [
        kernels.diagonal(kernel, x)[0].numpy() + np.einsum("ms,mn,ns->s", k, of_sigma - inverse, k)
        for x, k in ((data.x, k_mb), (test, k_ms))
    ]
    log_dets = [np.linalg.slogdet(matrix + shift * eye)[1] for matrix in (k_mm, a)]
    kl = 0.5 * (log_dets[0] - log_dets[1] - NUM_INDUCING + np.trace(inverse @ a) + mu @ inverse @ mu)
    return {
        "mean": k_mb.T @ vector,
        "test mean": k_ms.T @ vector,
        "variance": variances[0],
        "test variance": variances[1],
        "mu": mu,
        "A": a,
        "KL": kl,
    }


CASES = (
    *(
        Case(f"sprites_sparse_gp_{kernel}", SVGP_VAE, functools.partial(_inputs, kernel), theirs, ours)
        for kernel in (LINEAR, COSINE, EXPONENTIAL)
    ),
    Case("sprites_sparse_gp_jitter", SVGP_VAE, functools.partial(_inputs, COSINE, JITTER), theirs, ours),
)
