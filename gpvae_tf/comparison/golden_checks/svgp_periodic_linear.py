"""svgp_periodic_linear_*.npz: sparse GP of SVGP-VAE Eqs. 6, 7 and 9 with a periodic x linear product kernel.

Inputs: ids [b], angles [b], object_vectors [objects, M], test_ids and test_angles [s], inducing_angles [m],
inducing_object_vectors [m, M], y and noise_variance [b, L], and scalars. Outputs [L, ...]: see OUTPUTS. The file's
jitter is absolute and added to K_mm only.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf import inducing, kernels
from gpvae_tf.gp import sparse
from gpvae_tf.latent_gps import LatentDataset, SparseGP, TitsiasGP

INPUTS = (
    "num_data", "jitter", "length_scale", "amplitude", "period", "normalize_object_kernel", "object_vectors", "ids",
    "angles", "test_ids", "test_angles", "inducing_angles", "inducing_object_vectors", "y", "noise_variance",
)  # fmt: skip
OUTPUTS = (
    "K_mm", "K_bm", "k_bb", "posterior_mean", "posterior_variance", "test_mean", "test_variance", "q_mu", "q_cov",
    "hensman_data_term", "kl", "titsias_bound", "cross_entropy",
)  # fmt: skip


def compute(file: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The outputs, through the latent GPs that the models use."""
    kernel = kernels.view_object(
        kernels.periodic(float(file["length_scale"]), float(file["amplitude"]), float(file["period"])),
        kernels.linear(normalize=bool(file["normalize_object_kernel"])),
    )
    vectors = file["object_vectors"]
    x = np.column_stack([file["angles"], vectors[file["ids"]]])
    x_test = np.column_stack([file["test_angles"], vectors[file["test_ids"]]])
    points = np.column_stack([file["inducing_angles"], file["inducing_object_vectors"]])
    k_mm = kernels.matrix(kernel, points, points)[0]
    options: dict[str, Any] = dict(
        inducing_points=inducing.InducingPoints(points, dtype="float64"),
        num_data=int(file["num_data"]),
        jitter=float(file["jitter"]) / float(tf.reduce_mean(tf.linalg.diag_part(k_mm))),
    )
    data = LatentDataset(x, file["y"].T, file["noise_variance"].T)
    hensman, titsias = (gp(kernel, **options).condition(data) for gp in (SparseGP, TitsiasGP))
    at_data, at_test, (mu, covariance) = hensman.marginals(), hensman.predict(x_test), hensman.inducing_moments()
    by_titsias = titsias.regularizer()
    kl = sparse.prior_kl(hensman.q)
    k_bm, k_bb = kernels.matrix(kernel, x, points)[0], kernels.diagonal(kernel, x)
    factor_points = sparse.project(hensman.factor_mm, tf.transpose(k_bm))
    data_term = sparse.hensman_bound(hensman.q, factor_points, k_bb, data.y, data.noise_variance) + kl
    values = (
        k_mm, k_bm, k_bb[0], at_data.mean, at_data.variance, at_test.mean, at_test.variance, mu, covariance,
        data_term, kl, by_titsias["titsias_bound"], -by_titsias["cross_entropy"],
    )  # fmt: skip
    return {key: value.numpy() for key, value in zip(OUTPUTS, values, strict=True)}
