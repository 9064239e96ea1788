"""What a data set suggests for a model of it: scaling, likelihood, networks, kernel and inducing points.

`from_data` of the latent-GP models puts them together; each choice can also be made alone.
"""

from gpvae_tf.defaults.data_like import DataLike
from gpvae_tf.defaults.facts import Facts
from gpvae_tf.defaults.likelihood import likelihood_for, likelihood_of_kind
from gpvae_tf.defaults.priors import FAMILIES, KernelChoice, inducing_points_for, kernel_for, length_scales_for
from gpvae_tf.defaults.summary import describe

__all__ = [
    "DataLike",
    "FAMILIES",
    "Facts",
    "KernelChoice",
    "describe",
    "inducing_points_for",
    "kernel_for",
    "length_scales_for",
    "likelihood_for",
    "likelihood_of_kind",
]
