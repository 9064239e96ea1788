"""The encoder of whole sequences: which of its numbers are clipped, and what an embedding reads of a batch."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels, likelihoods, networks
from gpvae_tf._keras import keras
from gpvae_tf.as_coded import AsCodedBandedGPVAE
from gpvae_tf.embeddings import AmortizedObjects
from gpvae_tf.input_roles import InputRoles
from gpvae_tf.models import BandedGPVAE
from tests.support import sequence_models, tiny
from tests.support.tiny import IMAGE_SHAPE, LATENT_DIM


class Same(tf.Module):
    """An encoder that says the same of every point: mean 0, a log variance, and another number."""

    def __init__(self, log_variance, other):
        super().__init__()
        self.output = tf.constant(np.repeat([0.0, log_variance, other], LATENT_DIM))

    def __call__(self, sequences):
        return tf.broadcast_to(self.output, [*sequences.shape[:2], 3 * LATENT_DIM])


def model_of(kind, encoder, noise_clip=None):
    options = dict(event_shape=IMAGE_SHAPE, latent_dim=LATENT_DIM, noise_clip=noise_clip)
    return kind(encoder, tiny.build_networks("float64")[1], kernels.matern(0.5, 1.0), **options)


def videos(num=1, n=4):
    return {
        "observations": tf.zeros([num, n, *IMAGE_SHAPE]),
        "inputs": tf.tile(tf.range(float(n))[None, :, None], [num, 1, 1]),
    }


@pytest.mark.parametrize(("log_variance", "clipped"), [(-20.0, 1e-3), (0.5, np.exp(0.5)), (4.0, 10.0)])
@pytest.mark.parametrize("angle", [-0.7, 0.0, 2.0])
def test_the_encoder_says_variances_and_correlations_of_neighbours(log_variance, clipped, angle):
    """Of q's dense covariance; the correlation of points further apart is the product of those between them."""
    q = model_of(BandedGPVAE, Same(log_variance, angle), (1e-3, 10.0)).posterior(videos()).q
    factor = q.factor().numpy()
    covariance = np.linalg.inv(np.swapaxes(factor, -1, -2) @ factor)
    correlation = np.tanh(8.0 * np.tanh(angle / 8.0))
    expected = clipped * correlation ** np.abs(np.subtract.outer(np.arange(4), np.arange(4)))
    np.testing.assert_allclose(covariance, np.broadcast_to(expected, covariance.shape), rtol=1e-9)


def test_unequal_variances_keep_their_correlations(rng):
    raw = tf.constant(rng.normal(size=(2, 3, 6, LATENT_DIM)))  # 3 sequences of 6
    variance, coupling = (part.numpy() for part in model_of(BandedGPVAE, Same(0.0, 0.0)).factor_of(*raw))
    for sequence, channel in np.ndindex(3, LATENT_DIM):
        of_one = np.diag(variance[sequence, :, channel] ** -0.5) + np.diag(coupling[sequence, :-1, channel], 1)
        covariance = np.linalg.inv(of_one.T @ of_one)
        np.testing.assert_allclose(np.diag(covariance), np.exp(raw[0, sequence, :, channel]), rtol=1e-9)
        deviation = np.sqrt(np.diag(covariance))
        correlation = np.diag(covariance, 1) / deviation[1:] / deviation[:-1]
        np.testing.assert_allclose(correlation, np.tanh(8.0 * np.tanh(raw[1, sequence, :-1, channel] / 8.0)), rtol=1e-7)


@pytest.mark.parametrize("angle", [-1e3, 3.0, 1e3])
def test_no_chain_grows_along_a_sequence(angle):
    """Whatever an encoder says of 300 points: variances are its own, and the bound has finite gradients."""
    encoder = Same(0.0, angle)
    encoder.output = tf.Variable(encoder.output)
    model = model_of(BandedGPVAE, encoder)
    np.testing.assert_allclose(model.posterior(videos(n=300)).marginals().variance, 1.0, rtol=1e-6)
    with tf.GradientTape() as tape:
        bound = tf.reduce_sum(model.elbo(videos(n=300), tf.constant([0, 1])).elbo)
    assert np.isfinite(bound) and np.all(np.isfinite(tape.gradient(bound, encoder.output)))


def test_as_coded_clips_variances_alone():
    """u is a number of its own there."""
    model = model_of(AsCodedBandedGPVAE, Same(-20.0, 0.7), (2.0, 10.0))
    _, variance, coupling = model.chain(model.observed(videos()))
    np.testing.assert_array_equal(variance, np.full(variance.shape, 2.0))
    np.testing.assert_allclose(
        coupling, np.log1p(np.exp([0.7, 0.7, 0.7, -np.inf]))[:, None] * np.ones(coupling.shape), rtol=1e-12
    )


def test_an_embedding_reads_the_context_alone(rng):
    network = keras.Sequential([keras.layers.InputLayer(IMAGE_SHAPE), keras.layers.Flatten(), keras.layers.Dense(2)])
    model = sequence_models.banded(embedding=AmortizedObjects(network, 2))
    batch, context = sequence_models.objects(rng), np.ones([sequence_models.NUM_OBJECTS, 5], bool)
    context[0, 1] = False
    found = model.latent_dataset(batch | {"context": tf.constant(context)})
    kept = model.embedding.represent(tf.gather(batch["observations"][:1], [0, 2, 3, 4], axis=1))
    np.testing.assert_allclose(found.x[0, :, 1:], np.tile(kept, (5, 1)), rtol=1e-5)
    np.testing.assert_array_equal(found.y, model.latent_dataset(batch).y)


@pytest.mark.parametrize("counts", [False, True])
def test_padding_changes_nothing_of_what_the_convolution_sees(rng, counts):
    """With conditions, which padding repeats, masks, counts and biases other than 0, of the first and last points."""
    values = rng.poisson(5.0, [1, 4, 3]).astype("float32")
    inputs = np.stack([np.arange(4.0), rng.normal(size=4)], axis=-1)[np.newaxis].astype("float32")
    options = dict(units=8, counts=[0, 2] if counts else (), levels=[5.0, 5.0] if counts else ())
    encoder = networks.sequence_encoder((3 + 3 + 1,), 3 * LATENT_DIM, **options)
    for weight in encoder.trainable_variables:
        weight.assign(rng.normal(size=weight.shape))
    decoder = networks.event_decoder((3,), LATENT_DIM + 1, units=8)
    roles = InputRoles(conditions=(1,))
    model = BandedGPVAE(
        encoder, decoder, kernels.matern(0.5, 1.0), event_shape=(3,), latent_dim=LATENT_DIM, roles=roles,
        mask_channel=True, likelihood=likelihoods.GaussianLikelihood(),
    )  # fmt: skip
    alone = {"observations": values, "inputs": inputs, "mask": np.array([[True, False, True, True]])}
    filled = {
        "observations": np.concatenate([values, rng.normal(size=[1, 6, 3])], axis=1).astype("float32"),
        "inputs": np.concatenate([inputs, np.repeat(inputs[:, -1:], 6, axis=1)], axis=1),
        "mask": np.pad(alone["mask"], [[0, 0], [0, 6]]),
    }
    ours, expected = (model.posterior(batch).marginals() for batch in (filled, alone))
    for a, b in zip(ours, expected, strict=True):
        np.testing.assert_allclose(a[..., :4], b, rtol=1e-5)


@pytest.mark.parametrize("kind", [BandedGPVAE, AsCodedBandedGPVAE])
def test_filling_up_a_shorter_sequence_changes_nothing(kind):
    """Repeated inputs behind the last observation, as `data.from_arrays` fills up; a missing frame stays a part."""
    model = model_of(kind, Same(0.3, 0.7))
    alone = {**videos(1, 4), "mask": tf.constant([[True, False, True, True]])}
    inputs = tf.concat([alone["inputs"], tf.repeat(alone["inputs"][:, -1:], 3, axis=1)], axis=1)
    filled = {**videos(1, 7), "inputs": inputs, "mask": tf.pad(alone["mask"], [[0, 0], [0, 3]])}
    ours, expected = (model.posterior(batch) for batch in (filled, alone))
    for a, b in zip(ours.marginals(), expected.marginals(), strict=True):
        np.testing.assert_allclose(a[..., :4], b, rtol=1e-9)
    np.testing.assert_allclose(ours.regularizer()["kl"], expected.regularizer()["kl"], rtol=1e-9)


def test_the_last_frames_may_be_missing_and_are_a_part():
    batch = {**videos(1, 4), "mask": tf.constant([[True, True, False, False]])}
    assert np.all(model_of(BandedGPVAE, Same(0.3, 0.7)).latent_dataset(batch).mask)
