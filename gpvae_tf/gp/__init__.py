"""The mathematics: Gaussian-process regression on batches of small data sets. No networks, no Keras."""

from gpvae_tf.gp import exact, gaussians, linalg, sparse

__all__ = ["exact", "gaussians", "linalg", "sparse"]
