"""ratschlab/SVGP-VAE, SVGPVAE_model.py, class mnistSVGP: periodic x linear sparse GP on a mini-batch (float64)."""

import numpy as np

from gpvae_tf import inducing, kernels
from gpvae_tf.comparison.cases.svgp_vae_exact_gp import SVGP_VAE
from gpvae_tf.comparison.original_process import Arrays, Original
from gpvae_tf.comparison.registry import Case, Ours
from gpvae_tf.gp import sparse
from gpvae_tf.latent_gps import LatentDataset, SparseGP, TitsiasGP

NUM_DATA, BATCH, NUM_INDUCING, NUM_OBJECTS, VECTOR_DIM = 200, 24, 10, 12, 4


def _inputs(normalize: bool) -> Arrays:
    rng = np.random.default_rng(2)
    rows = lambda n: np.stack([rng.integers(0, NUM_OBJECTS, n).astype(np.float64), rng.uniform(0, 6.2, n)], axis=1)
    views = np.stack([np.zeros(NUM_INDUCING), np.linspace(0, 6.0, NUM_INDUCING)], axis=1)  # column 0 is not looked at
    return {
        "normalize": np.array(normalize),
        "object_vectors": rng.normal(0.0, 1.5, (NUM_OBJECTS, VECTOR_DIM)),
        "inducing": np.concatenate([views, rng.normal(0.0, 1.5, (NUM_INDUCING, VECTOR_DIM))], axis=1),
        "batch": rows(BATCH),  # columns id, angle
        "test": rows(7),
        "y": rng.normal(size=BATCH),
        "noise_variance": np.exp(rng.normal(-1.0, 0.7, BATCH)),
    }


def linear_inputs() -> Arrays:
    """With the plain inner product of object vectors."""
    return _inputs(False)


def cosine_inputs() -> Arrays:
    """With the cosine (--object_kernel_normalize)."""
    return _inputs(True)


def theirs(original: Original, given: Arrays) -> Arrays:
    """Kernel matrices, posterior and both bounds, with jitter 0: any correct factorisation then agrees."""
    model = original.module("SVGPVAE_model")
    hensman, titsias = (
        model.mnistSVGP(
            titsias=flag, fixed_inducing_points=True, initial_inducing_points=given["inducing"], fixed_gp_params=True,
            object_vectors_init=given["object_vectors"], name="main", jitter=0.0, N_train=NUM_DATA, L=1,
            K_obj_normalize=bool(given["normalize"]),
        )
        for flag in (False, True)
    )  # fmt: skip
    batch, test, y, noise = (original.tf.constant(given[name]) for name in ("batch", "test", "y", "noise_variance"))
    points = hensman.inducing_index_points
    mean, variance, mu, a = hensman.approximate_posterior_params(batch, batch, y, noise)
    test_mean, test_variance, _, _ = hensman.approximate_posterior_params(test, batch, y, noise)
    data_term, kl = hensman.variational_loss(batch, y, mu, a, noise)
    terms = {
        "K_mm": hensman.kernel_matrix(points, points),
        "K_bm": hensman.kernel_matrix(batch, points, x_inducing=False),
        "k_bb": hensman.kernel_matrix(batch, batch, x_inducing=False, y_inducing=False, diag_only=True),
        "mean": mean,
        "variance": variance,
        "test mean": test_mean,
        "test variance": test_variance,
        "mu": mu,
        "A": a,
        "L_H data term": data_term,
        "KL": kl,
        "L_H - (b/N) KL": data_term - BATCH / NUM_DATA * kl,
        "L_T": titsias.variational_loss(batch, y, mu, a, noise)[0],
    }
    return original.run(terms)


def ours(given: Arrays) -> list[Ours]:
    """`kernels.view_object` in `SparseGP` and `TitsiasGP`."""
    at = lambda rows: np.concatenate([rows[:, 1:], given["object_vectors"][rows[:, 0].astype(int)]], axis=1)
    batch, test, points = at(given["batch"]), at(given["test"]), given["inducing"][:, 1:]
    kernel = kernels.view_object(kernels.periodic(), kernels.linear(normalize=bool(given["normalize"])))
    locations = inducing.InducingPoints(points, dtype="float64")
    data = LatentDataset(batch, given["y"][None], given["noise_variance"][None])
    hensman, titsias = (
        gp(kernel, locations, num_data=NUM_DATA, jitter=0.0).condition(data) for gp in (SparseGP, TitsiasGP)
    )
    marginals, at_test, (mu, a) = hensman.marginals(), hensman.predict(test), hensman.inducing_moments()
    by_titsias = titsias.regularizer()
    kl = sparse.prior_kl(hensman.q)
    values = {
        "K_mm": kernels.matrix(kernel, points, points)[0],
        "K_bm": kernels.matrix(kernel, batch, points)[0],
        "k_bb": kernels.diagonal(kernel, batch)[0],
        "mean": marginals.mean[0],
        "variance": marginals.variance[0],
        "test mean": at_test.mean[0],
        "test variance": at_test.variance[0],
        "mu": mu[0],
        "A": a[0],
        "L_H data term": -by_titsias["cross_entropy"][0],
        "KL": kl[0],
        "L_H - (b/N) KL": -by_titsias["cross_entropy"][0] + hensman.regularizer()["kl"][0],
        "L_T": by_titsias["titsias_bound"][0],
    }
    return [Ours(term, value) for term, value in values.items()]


CASES = (
    Case("mnist_sparse_gp", SVGP_VAE, linear_inputs, theirs, ours),
    Case("mnist_sparse_gp_cosine", SVGP_VAE, cosine_inputs, theirs, ours),
)
