"""exact_gp_rbf_*.npz: exact GP regression, kernel exp(-(x - x')^2 / (2 l^2)), no jitter.

Inputs: x, y, noise_variance [B, n], x_test [B, s], length_scale. Outputs: test_mean, test_variance [B, s],
log_marginal_likelihood [B].
"""

import numpy as np

from gpvae_tf.comparison.cases.svgp_vae_exact_gp import exact_gp_terms
from gpvae_tf.comparison.original_process import Arrays

INPUTS = ("x", "y", "noise_variance", "x_test", "length_scale")
OUTPUTS = ("test_mean", "test_variance", "log_marginal_likelihood")


def compute(file: Arrays) -> dict[str, np.ndarray]:
    """The outputs in float64, whatever the file's dtype."""
    arrays = (file[key].astype(np.float64) for key in INPUTS[:4])
    values = exact_gp_terms(float(file["length_scale"]), *arrays).values()
    return {key: value.numpy() for key, value in zip(OUTPUTS, values, strict=True)}
