"""The mathematics: Gaussian-process regression on batches of small data sets. No networks, no Keras."""

from gpvae_tf.gp import (
    diagonal_gaussians,
    exact,
    gaussians,
    gp_encoder,
    linalg,
    linear_gaussian,
    low_rank,
    low_rank_expansion,
    sparse,
)

__all__ = [
    "diagonal_gaussians",
    "exact",
    "gaussians",
    "gp_encoder",
    "linalg",
    "linear_gaussian",
    "low_rank",
    "low_rank_expansion",
    "sparse",
]
