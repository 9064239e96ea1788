"""fgp_local_global_*.npz: a local (periodic) and a global channel of FGP-VAE, object by object, no jitter.

Inputs: angles, y, noise_variance [B, n], test_angles [B, s], and scalars. Outputs: K_plus_noise [B, n, n],
local_test_mean, local_test_variance [B, s], and [B] the rest. The amplitude must be 1, see docs/deviations.md, F5.
"""

import numpy as np
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.comparison.original_process import Arrays
from gpvae_tf.latent_gps import ExactGP, LatentDataset
from gpvae_tf.latent_gps.shared import SharedGaussian

INPUTS = ("angles", "y", "noise_variance", "test_angles", "length_scale", "amplitude", "period")
OUTPUTS = (
    "K_plus_noise", "local_test_mean", "local_test_variance", "local_log_marginal_likelihood", "global_mean",
    "global_variance", "global_log_normalizer",
)  # fmt: skip


def compute(file: Arrays) -> dict[str, np.ndarray]:
    """The outputs, through the latent GPs that the model uses."""
    kernel = kernels.periodic(float(file["length_scale"]), float(file["amplitude"]), float(file["period"]))
    x, y, noise = file["angles"][..., np.newaxis], file["y"][:, np.newaxis], file["noise_variance"][:, np.newaxis]
    data = LatentDataset(tf.constant(x), tf.constant(y), tf.constant(noise))
    local, shared = ExactGP(kernel).condition(data), SharedGaussian().condition(data)
    at_test = local.predict(file["test_angles"][..., np.newaxis])
    values = (
        kernels.matrix(kernel, x, x) + tf.linalg.diag(data.noise_variance), at_test.mean, at_test.variance,
        local.log_marginal_likelihood, *shared.z, shared.log_marginal_likelihood,
    )  # fmt: skip
    return {key: value.numpy()[:, 0] for key, value in zip(OUTPUTS, values, strict=True)}
