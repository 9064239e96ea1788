"""ratschlab/SVGP-VAE, SVGPVAE_model.py, class mnistSVGP: periodic x linear sparse GP on a mini-batch (float64)."""

import functools
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf import inducing, kernels
from gpvae_tf.comparison.case import SVGP_VAE, Case, OurValue, our_values
from gpvae_tf.comparison.original_process import Arrays, Original
from gpvae_tf.embeddings import ObjectVectors
from gpvae_tf.gp import sparse
from gpvae_tf.latent_gps import LatentDataset, SparseGP, TitsiasGP

NUM_DATA, BATCH, NUM_INDUCING, NUM_OBJECTS, VECTOR_DIM = 200, 24, 10, 12, 4


def inputs(normalize: bool = False) -> Arrays:
    """A mini-batch and test rows; `normalize` compares object vectors by the cosine, not by inner products."""
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


def svgp_arguments(given: Arrays, latent_dim: int) -> dict[str, Any]:
    """The authors' classes of sparse GPs, untrained and with jitter 0: any correct factorisation then agrees."""
    return dict(
        fixed_inducing_points=True, initial_inducing_points=given["inducing"], fixed_gp_params=True, name="main",
        jitter=0.0, object_vectors_init=given["object_vectors"], N_train=NUM_DATA, L=latent_dim,
    )  # fmt: skip


def model_arguments(given: Arrays, latent_dim: int) -> dict[str, Any]:
    """The same for our models of rotated MNIST, after their networks."""
    return dict(
        kernel=kernels.view_object(kernels.periodic(), kernels.linear()),
        inducing_points=inducing.InducingPoints(given["inducing"][:, 1:], dtype="float64"),
        num_data=NUM_DATA,
        jitter=0.0,
        event_shape=(28, 28, 1),
        latent_dim=latent_dim,
        embedding=ObjectVectors(given["object_vectors"], dtype="float64"),
    )


def theirs(original: Original, given: Arrays) -> Arrays:
    """Kernel matrices, posterior and both bounds."""
    model = original.module("SVGPVAE_model")
    hensman, titsias = (
        model.mnistSVGP(titsias=flag, K_obj_normalize=bool(given["normalize"]), **svgp_arguments(given, latent_dim=1))
        for flag in (False, True)
    )
    return original.run(their_terms(original, hensman, titsias, given))


def their_terms(original: Original, hensman: Any, titsias: Any, given: Arrays) -> dict[str, Any]:
    """Tensors of two of the authors' sparse GPs, one for each bound, on a mini-batch of one channel."""
    batch, test, y, noise = (original.tf.constant(given[name]) for name in ("batch", "test", "y", "noise_variance"))
    points = hensman.inducing_index_points
    mean, variance, mu, a = hensman.approximate_posterior_params(batch, batch, y, noise)
    test_mean, test_variance, _, _ = hensman.approximate_posterior_params(test, batch, y, noise)
    data_term, kl = hensman.variational_loss(batch, y, mu, a, noise)
    return {
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


def sparse_gp_terms(
    kernel: kernels.Kernel, inducing_points: np.ndarray, data: LatentDataset, x_test: np.ndarray, **options: Any
) -> dict[str, tf.Tensor]:
    """`SparseGP` and `TitsiasGP` (SVGP-VAE, Eqs. 6, 7 and 9) on a mini-batch.

    Args:
      kernel: the kernel of the latent channels.
      inducing_points: [m, D].
      data: x [b, D], and y and noise variances [L, b].
      x_test: [s, D].
      options: num_data and jitter of both.

    Returns:
      Terms [L, ...] by the names of the case; the kernel's matrices are [1, ...].
    """
    locations = inducing.InducingPoints(inducing_points, dtype="float64")
    hensman, titsias = (gp(kernel, locations, **options).condition(data) for gp in (SparseGP, TitsiasGP))
    marginals, at_test, (mu, a) = hensman.marginals(), hensman.predict(x_test), hensman.inducing_moments()
    parts, kl = titsias.regularizer(), sparse.prior_kl(hensman.q)
    k_bm, k_bb = kernels.matrix(kernel, data.x, inducing_points), kernels.diagonal(kernel, data.x)
    projected = sparse.project(hensman.basis.factor_mm, tf.linalg.matrix_transpose(k_bm[0]))
    return {
        "K_mm": kernels.matrix(kernel, inducing_points, inducing_points),
        "K_bm": k_bm,
        "k_bb": k_bb,
        "mean": marginals.mean,
        "variance": marginals.variance,
        "test mean": at_test.mean,
        "test variance": at_test.variance,
        "mu": mu,
        "A": a,
        "L_H data term": sparse.hensman_bound(hensman.q, projected, k_bb, data.y, data.noise_variance) + kl,
        "KL": kl,
        "L_H - (b/N) KL": -parts["cross_entropy"] + hensman.regularizer()["kl"],
        "L_T": parts["titsias_bound"],
        "cross entropy": -parts["cross_entropy"],
    }


def ours(given: Arrays) -> list[OurValue]:
    """`SparseGP` and `TitsiasGP` with `kernels.view_object`."""
    at = lambda rows: np.concatenate([rows[:, 1:], given["object_vectors"][rows[:, 0].astype(int)]], axis=1)
    kernel = kernels.view_object(kernels.periodic(), kernels.linear(normalize=bool(given["normalize"])))
    data = LatentDataset(at(given["batch"]), given["y"][None], given["noise_variance"][None])
    options: dict[str, Any] = dict(num_data=NUM_DATA, jitter=0.0)
    values = sparse_gp_terms(kernel, given["inducing"][:, 1:], data, at(given["test"]), **options)
    cross_entropy = values.pop("cross entropy")  # L_H's data term by the identity in latent_gps.sparse
    rows = our_values({term: value[0] for term, value in values.items()})
    return [*rows, OurValue("L_H data term", cross_entropy[0], "cross entropy")]


CASES = (
    Case("mnist_sparse_gp", SVGP_VAE, inputs, theirs, ours),
    Case("mnist_sparse_gp_cosine", SVGP_VAE, functools.partial(inputs, normalize=True), theirs, ours),
)
