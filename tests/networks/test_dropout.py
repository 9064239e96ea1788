"""The nonparametric VAE's networks: parameters, values by hand, and dropout that comes with a seed only."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.networks import dropout as networks

SHAPE, L = (4, 3, 1), 2
SEED = tf.constant([3, 4])


def count(*modules):
    return [sum(int(np.prod(v.shape)) for v in module.trainable_variables) for module in modules]


def elu(x):
    return np.where(x > 0, x, np.expm1(x))


def test_parameters():
    full = networks.DropoutNetworks()
    parameters = count(full.encoder(), full.location_encoder(), full.decoder())
    assert parameters == [1_144_000, 644_002, 893_784]
    assert sum(count(full.encoder(2), full.location_encoder(), full.decoder(2))) == 1_933_790


def test_encoder_and_decoder_by_hand(rng):
    small = networks.DropoutNetworks(SHAPE, units=5)
    encoder, decoder = small.encoder(L), small.decoder(L)
    images, z = rng.uniform(size=(6, *SHAPE)).astype(np.float32), rng.normal(size=(6, L)).astype(np.float32)
    kernels = [layer.get_weights()[0] for layer in encoder.layers]
    output = np.tanh(elu(images.reshape(6, -1) @ kernels[0]) @ kernels[1]) @ kernels[2]
    deviation = 1e-6 + np.log1p(np.exp(output[:, L:]))
    expected = np.concatenate([output[:, :L], np.log(deviation**2)], axis=1)
    np.testing.assert_allclose(encoder(images), expected, rtol=1e-4, atol=1e-5)
    kernels = [layer.get_weights()[0] for layer in decoder.layers]
    expected = (elu(np.tanh(z @ kernels[0]) @ kernels[1]) @ kernels[2]).reshape(6, *SHAPE)
    np.testing.assert_allclose(decoder(z), expected, rtol=1e-4, atol=1e-5)
    assert small.location_encoder(3)(images).shape == (6, 3)


def test_a_tenth_of_the_units_is_dropped(rng):
    """Behind both hidden layers, the rest scaled by 1 / 0.9, and others in every layer."""
    network = networks.DropoutMLP((1,), [2000, 2000], ["relu", "relu"], 2000, name="wide")
    for layer in network.layers:
        layer.set_weights([np.eye(*layer.kernel.shape) + (layer.kernel.shape[0] == 1), np.zeros(2000)])
    kept = network(tf.ones([1, 1]), SEED).numpy()[0] / network(tf.ones([1, 1])).numpy()[0]
    assert {round(float(v), 3) for v in np.unique(kept)} == {0.0, round(1 / 0.81, 3)}
    assert abs(np.mean(kept > 0) - 0.81) < 0.03  # 0.9 if both layers dropped the same units


def test_draws_follow_the_seed(rng):
    network, images = networks.DropoutNetworks(SHAPE, units=50, rate=0.5).encoder(L), rng.uniform(size=(6, *SHAPE))
    images = tf.constant(images, tf.float32)
    np.testing.assert_array_equal(network(images, SEED), network(images, SEED))
    assert np.any(network(images, SEED) != network(images, SEED + 1))
    assert np.any(network(images, SEED) != network(images))
    no_dropout = networks.DropoutNetworks(SHAPE, units=50, rate=0.0).encoder(L)
    np.testing.assert_array_equal(no_dropout(images, SEED), no_dropout(images))


def test_refusals():
    for rate in (-0.1, 1.0):
        with pytest.raises(ValueError, match=r"rate must lie in \[0, 1\), got"):
            networks.DropoutNetworks(rate=rate).encoder()
    with pytest.raises(ValueError, match="activations has 1 entries; expected 2"):
        networks.DropoutMLP((1,), [3, 3], ["relu"], 2, name="short")
