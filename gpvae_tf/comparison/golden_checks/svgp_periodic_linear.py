"""svgp_periodic_linear_*.npz: sparse GP of SVGP-VAE Eqs. 6, 7 and 9 with a periodic x linear product kernel.

Inputs: ids [b], angles [b], object_vectors [objects, M], test_ids and test_angles [s], inducing_angles [m],
inducing_object_vectors [m, M], y and noise_variance [b, L], and scalars. Outputs [L, ...]: see OUTPUTS. The file's
jitter is absolute and added to K_mm only.
"""

from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.comparison.cases.svgp_vae_mnist_gp import sparse_gp_terms
from gpvae_tf.comparison.original_process import Arrays
from gpvae_tf.latent_gps import LatentDataset

INPUTS = (
    "num_data", "jitter", "length_scale", "amplitude", "period", "normalize_object_kernel", "object_vectors", "ids",
    "angles", "test_ids", "test_angles", "inducing_angles", "inducing_object_vectors", "y", "noise_variance",
)  # fmt: skip
OUTPUTS = {  # with the names of the same terms in the case
    "K_mm": "K_mm",
    "K_bm": "K_bm",
    "k_bb": "k_bb",
    "posterior_mean": "mean",
    "posterior_variance": "variance",
    "test_mean": "test mean",
    "test_variance": "test variance",
    "q_mu": "mu",
    "q_cov": "A",
    "hensman_data_term": "L_H data term",
    "kl": "KL",
    "titsias_bound": "L_T",
    "cross_entropy": "cross entropy",
}


def compute(file: Arrays) -> dict[str, np.ndarray]:
    """The outputs, through the latent GPs that the models use."""
    kernel = kernels.view_object(
        kernels.periodic(float(file["length_scale"]), float(file["amplitude"]), float(file["period"])),
        kernels.linear(normalize=bool(file["normalize_object_kernel"])),
    )
    vectors = file["object_vectors"]
    x = np.column_stack([file["angles"], vectors[file["ids"]]])
    x_test = np.column_stack([file["test_angles"], vectors[file["test_ids"]]])
    points = np.column_stack([file["inducing_angles"], file["inducing_object_vectors"]])
    absolute, scale = float(file["jitter"]), float(tf.reduce_mean(kernels.diagonal(kernel, points)))
    options: dict[str, Any] = dict(num_data=int(file["num_data"]), jitter=absolute / scale)
    values = sparse_gp_terms(kernel, points, LatentDataset(x, file["y"].T, file["noise_variance"].T), x_test, **options)
    return {
        output: (values[term][0] if output.lower().startswith("k_") else values[term]).numpy()
        for output, term in OUTPUTS.items()
    }
