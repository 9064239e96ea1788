"""Kernels: tfp.math.psd_kernels with positive hyperparameters, trainable or fixed, and products over columns.

Any `tfp.math.psd_kernels.PositiveSemidefiniteKernel` is accepted wherever the library takes a kernel. Its batch shape
is [] (one kernel for every latent channel) or [L] (one per channel). TFP's conventions: the amplitude enters squared,
and `ExpSinSquared` has sin^2(pi d / period) / length_scale^2 times -2.
"""

from gpvae_tf.kernels.columns import Columns, Normalized, on_columns, view_object
from gpvae_tf.kernels.combined import PRODUCT, SUM, combined
from gpvae_tf.kernels.cosine import Cosine
from gpvae_tf.kernels.families import constant, cosine, exponentiated_quadratic, linear, matern, periodic
from gpvae_tf.kernels.finite_features import check_finite_features, finite_features, num_features
from gpvae_tf.kernels.hyperparameters import PositiveVariable, Value, learned, lengths, positive
from gpvae_tf.kernels.matrices import Kernel, check_kernel, covariance, diagonal, matrix, num_channels, psd_kernels
from gpvae_tf.kernels.parts import parts

__all__ = [
    "Columns",
    "Cosine",
    "Kernel",
    "Normalized",
    "PRODUCT",
    "PositiveVariable",
    "SUM",
    "Value",
    "check_finite_features",
    "check_kernel",
    "combined",
    "constant",
    "cosine",
    "covariance",
    "diagonal",
    "exponentiated_quadratic",
    "finite_features",
    "learned",
    "lengths",
    "linear",
    "matern",
    "matrix",
    "num_channels",
    "num_features",
    "on_columns",
    "parts",
    "periodic",
    "positive",
    "psd_kernels",
    "view_object",
]
