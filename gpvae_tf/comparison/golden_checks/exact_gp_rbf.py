"""exact_gp_rbf_*.npz: exact GP regression, kernel exp(-(x - x')^2 / (2 l^2)), no jitter.

Inputs: x, y, noise_variance [B, n], x_test [B, s], length_scale. Outputs: test_mean, test_variance [B, s],
log_marginal_likelihood [B].
"""

from collections.abc import Mapping

import numpy as np

from gpvae_tf import kernels
from gpvae_tf.latent_gps import ExactGP, LatentDataset

INPUTS = ("x", "y", "noise_variance", "x_test", "length_scale")
OUTPUTS = ("test_mean", "test_variance", "log_marginal_likelihood")


def compute(file: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The outputs in float64, whatever the file's dtype."""
    x, y, noise, x_test = (file[key].astype(np.float64) for key in INPUTS[:4])
    gp = ExactGP(kernels.exponentiated_quadratic(float(file["length_scale"])))
    posterior = gp.condition(LatentDataset(x[..., np.newaxis], y[:, np.newaxis], noise[:, np.newaxis]))
    at_test = posterior.predict(x_test[..., np.newaxis])
    values = (at_test.mean, at_test.variance, posterior.log_marginal_likelihood)
    return {key: value.numpy()[:, 0] for key, value in zip(OUTPUTS, values, strict=True)}
