"""The mathematics: Gaussian-process regression on batches of small data sets. No networks, no Keras."""

from gpvae_tf.gp import (
    banded,
    categorical,
    diagonal_gaussians,
    exact,
    gaussians,
    gp_encoder,
    leave_one_out,
    linalg,
    linear_gaussian,
    low_rank,
    low_rank_expansion,
    sparse,
)

__all__ = [
    "banded",
    "categorical",
    "diagonal_gaussians",
    "exact",
    "gaussians",
    "gp_encoder",
    "leave_one_out",
    "linalg",
    "linear_gaussian",
    "low_rank",
    "low_rank_expansion",
    "sparse",
]
