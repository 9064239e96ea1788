"""A tiny CP-VAE in float64 with weights far from their small initial ones, for several test files."""

import numpy as np
import tensorflow as tf

from gpvae_tf.models.cp_vae import CPVAE
from gpvae_tf.networks import gated as gated_networks
from gpvae_tf.posteriors.categorical_gaussian import CategoricalGaussian
from gpvae_tf.priors import ConditionalGaussians, GaussianComponents

SHAPE, K, D, UNITS, B = (4, 3, 1), 3, 2, 5, 4


def build(rng=None, num_categories=K, policy="float64", **options) -> CPVAE:
    """With `rng`, all weights and the prior are drawn anew."""
    features = gated_networks.GatedNetworks(SHAPE, units=UNITS, policy=policy).features()
    posterior = CategoricalGaussian(features, num_categories, D, units=UNITS, policy=policy)
    decoder = gated_networks.GatedNetworks(SHAPE, units=UNITS, policy=policy).decoder(D + num_categories)
    prior = options.pop("prior", None) or ConditionalGaussians(GaussianComponents(num_categories, D))
    model = CPVAE(posterior, decoder, event_shape=SHAPE, prior=prior, **options)
    if rng is not None:
        for variable in model.trainable_variables:
            variable.assign(0.7 * rng.normal(size=variable.shape))
    return model


def images(rng, num: int = B) -> tf.Tensor:
    """Random binary images [num, 4, 3, 1]."""
    return tf.constant(rng.integers(0, 2, (num, *SHAPE)).astype(np.float64))
