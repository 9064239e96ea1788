"""The encoder of whole sequences: which of its numbers are clipped, and what an embedding reads of a batch."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf._keras import keras
from gpvae_tf.as_coded import AsCodedBandedGPVAE
from gpvae_tf.embeddings import AmortizedObjects
from gpvae_tf.models import BandedGPVAE
from tests.support import sequence_models, tiny
from tests.support.tiny import IMAGE_SHAPE, LATENT_DIM


class Same(tf.Module):
    """An encoder that says the same of every point: mean 0, a log variance, and a weight."""

    def __init__(self, log_variance, weight):
        super().__init__()
        self.output = tf.constant(np.repeat([0.0, log_variance, weight], LATENT_DIM))

    def __call__(self, sequences):
        return tf.broadcast_to(self.output, [*sequences.shape[:2], 3 * LATENT_DIM])


def chain_of(kind, log_variance, weight, noise_clip):
    encoder, decoder = Same(log_variance, weight), tiny.build_networks("float64")[1]
    options = dict(event_shape=IMAGE_SHAPE, latent_dim=LATENT_DIM, noise_clip=noise_clip)
    model = kind(encoder, decoder, kernels.matern(0.5, 1.0), **options)
    _, variance, coupling = model.chain(model._observed({"observations": tf.zeros([1, 4, *IMAGE_SHAPE])}))
    np.testing.assert_array_equal(coupling[:, -1], 0.0)
    return variance, coupling[:, :-1]


@pytest.mark.parametrize(("log_variance", "clipped"), [(-20.0, 1e-3), (0.5, np.exp(0.5)), (4.0, 10.0)])
def test_clipped_variances_leave_the_weights_of_the_next_latent(log_variance, clipped):
    """The mean of z_i is m_i + w (z_{i+1} - m_{i+1}) with w = -u / b."""
    variance, coupling = chain_of(BandedGPVAE, log_variance, 0.7, (1e-3, 10.0))
    np.testing.assert_allclose(variance, np.full(variance.shape, clipped), rtol=1e-12)
    np.testing.assert_allclose(-coupling * np.sqrt(variance[:, :-1]), np.full(coupling.shape, 0.7), rtol=1e-12)


def test_as_coded_clips_variances_alone():
    """u is a number of its own there."""
    variance, coupling = chain_of(AsCodedBandedGPVAE, -20.0, 0.7, (2.0, 10.0))
    np.testing.assert_array_equal(variance, np.full(variance.shape, 2.0))
    np.testing.assert_allclose(coupling, np.full(coupling.shape, np.log1p(np.exp(0.7))), rtol=1e-12)


def test_an_embedding_reads_the_context_alone(rng):
    network = keras.Sequential([keras.layers.InputLayer(IMAGE_SHAPE), keras.layers.Flatten(), keras.layers.Dense(2)])
    model = sequence_models.banded(embedding=AmortizedObjects(network, 2))
    batch, context = sequence_models.objects(rng), np.ones([sequence_models.NUM_OBJECTS, 5], bool)
    context[0, 1] = False
    found = model.latent_dataset(batch | {"context": tf.constant(context)})
    kept = model.embedding.represent(tf.gather(batch["observations"][:1], [0, 2, 3, 4], axis=1))
    np.testing.assert_allclose(found.x[0, :, 1:], np.tile(kept, (5, 1)), rtol=1e-5)
    np.testing.assert_array_equal(found.y, model.latent_dataset(batch).y)
