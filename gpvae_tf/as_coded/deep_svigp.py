"""Deep SVIGP as the SVGP-VAE authors coded it (docs/deviations.md, B5); for comparison with their runs only."""

import functools
from collections.abc import Callable

import tensorflow as tf

from gpvae_tf.as_coded.free_sparse_gp import AsCodedFreeGP
from gpvae_tf.latent_gps.free_sparse import FreeSparseGP
from gpvae_tf.likelihoods import GaussianLikelihood, Likelihood
from gpvae_tf.models.deep_svigp import DeepSVIGP


class AsCodedDeepSVIGP(DeepSVIGP):
    """log N(y; decoder(E[f]), noise^2) - 1/2 sum_{i,l} Var[f_l(x_i)] / noise - (b/N) sum_l KL: no bound.

    Args:
      args, options: see `DeepSVIGP`; the likelihood must be Gaussian, its standard deviation is their `noise`.

    Raises:
      TypeError: if it is another.
    """

    def __init__(self, *args, name: str = "as_coded_deep_svigp", **options):
        super().__init__(*args, name=name, **options)

    @staticmethod
    def free_gp(likelihood: Likelihood) -> Callable[..., FreeSparseGP]:
        """`AsCodedFreeGP` with the likelihood's standard deviation for its noise."""
        if not isinstance(likelihood, GaussianLikelihood):
            raise TypeError(f"likelihood must be likelihoods.GaussianLikelihood, got {type(likelihood).__name__}")
        pixel = lambda dtype: likelihood.distribution(tf.zeros([1, 1, 1], dtype))
        return functools.partial(AsCodedFreeGP, noise=lambda dtype: tf.reduce_mean(pixel(dtype).stddev()))
