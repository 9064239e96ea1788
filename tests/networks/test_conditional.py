"""The conditional MNIST networks of the CVAE: the authors' parameter counts, and conditions that enter twice."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import networks

ENCODER = [(3, 3, 3, 8), (8,), (3, 3, 8, 8), (8,), (3, 3, 8, 8), (8,), (34, 32), (32,)]
DECODER = [(18, 128), (128,), (3, 3, 10, 8), (8,), (3, 3, 8, 8), (8,), (3, 3, 8, 1), (1,)]


def build(policy="float64"):
    return networks.mnist_encoder(conditions=2, policy=policy), networks.mnist_decoder(conditions=2, policy=policy)


def test_parameters_are_the_authors():
    """`mnistCVAE` of ratschlab/SVGP-VAE at 4775cfb, L = 16: 6,329 in all, weight by weight."""
    encoder, decoder = build()
    assert [weight.shape for weight in encoder.weights] == ENCODER
    assert [weight.shape for weight in decoder.weights] == DECODER
    assert encoder.count_params() + decoder.count_params() == 6329


@pytest.mark.parametrize("policy", ["float32", "float64", "mixed_bfloat16"])
def test_shapes_and_dtypes(policy):
    """Everything in float64 is in float64: a condition that passes a float32 layer loses its last digits."""
    full, hidden = ("float64", "float64") if policy == "float64" else ("float32", policy.removeprefix("mixed_"))
    encoder, decoder = build(policy)
    code, images = encoder(tf.zeros([5, 28, 28, 3], full)), decoder(tf.zeros([5, 18], full))
    assert code.shape == (5, 32) and images.shape == (5, 28, 28, 1)
    assert code.dtype == images.dtype == full
    for network in (encoder, decoder):
        assert {layer.compute_dtype for layer in network.layers} == {full, hidden}
        assert {weight.dtype.base_dtype.name for weight in network.trainable_variables} == {full}


def test_encoder_joins_the_condition_to_its_features(rng):
    """With no weight on the planes in the first convolution, the code is linear in (sin w, cos w), read off a pixel."""
    encoder, _ = build()
    weights = [rng.normal(0.0, 0.2, shape) for shape in ENCODER]
    weights[0][:, :, 1:] = 0.0
    encoder.set_weights(weights)
    pixels, conditions = rng.uniform(size=(1, 28, 28, 1)), rng.normal(size=(4, 2))
    planes = np.tile(conditions[:, None, None, :], (1, 28, 28, 1))
    codes = encoder(tf.constant(np.concatenate([np.tile(pixels, (4, 1, 1, 1)), planes], axis=-1))).numpy()
    slope = weights[6][-2:]
    np.testing.assert_allclose(codes - codes[0], (conditions - conditions[0]) @ slope, rtol=1e-10, atol=1e-10)


def test_encoder_sees_the_planes(rng):
    encoder, _ = build()
    weights = [rng.normal(0.0, 0.2, shape) for shape in ENCODER]
    weights[6][-2:] = 0.0
    encoder.set_weights(weights)
    images = rng.uniform(size=(3, 28, 28, 3))
    images[1:] = images[0]
    images[1, ..., 1] += 0.5
    images[2, ..., 2] += 0.5
    codes = encoder(tf.constant(images)).numpy()
    assert np.all(np.any(np.abs(codes[1:] - codes[0]) > 1e-3, axis=-1))


def test_decoder_sees_the_condition_beside_the_latents_and_as_planes(rng):
    """Each way alone changes the image; with both shut it does not. The planes are sine first, then cosine."""
    _, decoder = build()
    weights = [rng.normal(0.0, 0.3, shape) for shape in DECODER]
    latents = np.tile(rng.normal(size=18), (3, 1))
    latents[1, 16] += 0.5
    latents[2, 17] += 0.5

    def change(dense, planes):
        shut = [weight.copy() for weight in weights]
        shut[0][16:] *= dense
        shut[2][:, :, 8:] *= planes
        decoder.set_weights(shut)
        images = decoder(tf.constant(latents)).numpy()
        return np.abs(images[1:] - images[0]).max(axis=(1, 2, 3))

    np.testing.assert_array_equal(change(0.0, 0.0), [0.0, 0.0])
    assert np.all(change(1.0, 0.0) > 1e-3) and np.all(change(0.0, 1.0) > 1e-3)
    assert change(0.0, np.array([1.0, 0.0])[:, None])[1] == 0.0 < change(0.0, np.array([1.0, 0.0])[:, None])[0]


def test_decoders_planes_are_constant(rng):
    """Shut off everything else: inside the image, away from its border, the pixels are then all the same."""
    _, decoder = build()
    weights = [rng.uniform(0.0, 0.3, shape) for shape in DECODER]
    weights[0][:] = weights[1][:] = 0.0
    decoder.set_weights(weights)
    image = decoder(tf.constant(np.concatenate([np.zeros((1, 16)), [[0.3, 0.9]]], axis=1))).numpy()[0, 8:20, 8:20, 0]
    assert image[0, 0] > 0.0
    np.testing.assert_allclose(image, np.full_like(image, image[0, 0]), rtol=1e-12)
