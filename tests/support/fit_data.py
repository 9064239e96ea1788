"""A small model, and datasets that it is trained on, for tests of what `fit` takes."""

import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.models import GPVAE
from tests.support import tiny
from tests.support.seeds import seed_networks
from tests.support.tiny import IMAGE_SHAPE, LATENT_DIM

OPTIONS = dict(event_shape=IMAGE_SHAPE, latent_dim=LATENT_DIM)


def dataset(batch) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensors(batch)


def gp_vae(kernel=None, **options) -> GPVAE:
    seed_networks()
    model = GPVAE(*tiny.build_networks(), kernel or kernels.exponentiated_quadratic(2.0), **OPTIONS | options)
    model.compile("adam")
    return model
