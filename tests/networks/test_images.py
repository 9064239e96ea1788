"""The networks of Tables 6 to 8: sizes layer by layer, parameter counts, and padding that is the same on all sides."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.networks.images import CELEBA, CIFAR10_AND_SVHN, MNIST_AND_OMNIGLOT
from gpvae_tf.posteriors.linearization import check_dense

TABLES = {
    "6": (MNIST_AND_OMNIGLOT, [14, 7, 3], [7, 14, 28]),
    "7": (CIFAR10_AND_SVHN, [16, 8, 4], [8, 16, 32]),
    "8": (CELEBA, [32, 16, 8, 4], [8, 16, 32, 64]),
}


def sizes_of(network, kind) -> list[int]:
    return [layer.output_shape[1] for layer in network.layers if isinstance(layer, kind)]


@pytest.mark.parametrize("table", list(TABLES))
def test_sizes_and_layers(table):
    networks, down, up = TABLES[table]
    encoder, decoder, features = networks.encoder(20), networks.decoder(10), networks.features()
    assert encoder.output_shape == (None, 20) and features.output_shape == (None, networks.units)
    assert decoder.output_shape == (None, *networks.event_shape)
    assert sizes_of(encoder, keras.layers.Conv2D) == down
    shapes = [layer.output_shape[1] for layer in decoder.layers if len(layer.output_shape) == 4][1:]
    assert [size for size in shapes if size != 8 or table != "6"] == up  # 8 x 8, then its first row and column go
    assert features.count_params() + 20 * (networks.units + 1) == encoder.count_params()
    images = tf.random.stateless_normal([2, *networks.event_shape], (1, 2))
    np.testing.assert_allclose(
        encoder.layers[-2](encoder.layers[-3](_run(encoder, images, -3))), _run(encoder, images, -1)
    )
    assert np.any(features(images) < 0.0) and np.min(decoder(tf.random.stateless_normal([4, 10], (1, 2)))) < 0.0


def _run(network, images, stop):
    for layer in network.layers[:stop]:
        images = layer(images)
    return images


def test_parameter_counts():
    """The numbers of docs/deviations.md, G1."""
    assert MNIST_AND_OMNIGLOT.decoder(10).count_params() == 200_577
    assert MNIST_AND_OMNIGLOT.decoder(50).count_params() == 210_817
    assert MNIST_AND_OMNIGLOT.encoder(100).count_params() == pytest.approx(0.223e6, rel=0.01)
    assert CIFAR10_AND_SVHN.encoder(100).count_params() == pytest.approx(0.627e6, rel=0.01)


@pytest.mark.parametrize("latent_dim, units", [(10, 200), (50, 202)])
def test_the_dense_decoder_has_as_many_weights(latent_dim, units):
    dense = MNIST_AND_OMNIGLOT.dense_decoder(latent_dim)
    assert dense.layers[0].units == dense.layers[1].units == units
    assert dense.count_params() == pytest.approx(MNIST_AND_OMNIGLOT.decoder(latent_dim).count_params(), rel=0.003)
    assert dense.output_shape == (None, 28, 28, 1)
    check_dense(dense)
    assert MNIST_AND_OMNIGLOT.dense_decoder(latent_dim, units=7).layers[0].units == 7


def torch_transposed(image, kernel, *, output_padding):
    """One channel: every pixel stamps the kernel at stride 2; a border of 1 is cut off, less at the far end."""
    size = 2 * (len(image) - 1) + 4
    canvas = np.zeros((size, size))
    for i, j in np.ndindex(image.shape):
        canvas[2 * i : 2 * i + 4, 2 * j : 2 * j + 4] += image[i, j] * kernel
    return canvas[1 : size - 1 + output_padding, 1 : size - 1 + output_padding]


@pytest.mark.parametrize("number, size, output_padding", [(0, 3, 1), (1, 7, 0), (2, 14, 0)])
def test_borders_are_cut_as_in_the_tables(number, size, output_padding, rng):
    kinds = keras.layers.Conv2DTranspose, keras.layers.Cropping2D
    layers = [layer for layer in MNIST_AND_OMNIGLOT.decoder(2).layers if isinstance(layer, kinds)]
    parts = [[layers[0], layers[1]], [layers[2]], [layers[3]]][number]
    image, kernel = rng.normal(size=(size, size)), rng.normal(size=(4, 4))
    parts[0].set_weights([np.zeros_like(w) for w in parts[0].get_weights()])
    weights = parts[0].get_weights()
    weights[0][:, :, 0, 0] = kernel
    parts[0].set_weights(weights)
    parts[0].activation = keras.activations.linear
    values = np.zeros((1, size, size, weights[0].shape[3]), np.float32)
    values[0, :, :, 0] = image
    for layer in parts:
        values = layer(values)
    expected = torch_transposed(image, kernel, output_padding=output_padding)
    assert values.shape[1:3] == expected.shape
    np.testing.assert_allclose(values[0, :, :, 0], expected, atol=1e-5)


@pytest.mark.parametrize("policy", ["float64", "mixed_bfloat16"])
def test_last_layers_are_never_in_half_precision(policy):
    expected = tf.float64 if policy == "float64" else tf.float32
    networks = MNIST_AND_OMNIGLOT
    for network in (networks.encoder(4, policy=policy), networks.features(policy=policy)):
        assert network(tf.zeros([1, 28, 28, 1], expected)).dtype == expected
    for network in (networks.decoder(2, policy=policy), networks.dense_decoder(2, policy=policy)):
        assert network(tf.zeros([1, 2], expected)).dtype == expected


def test_latent_dimensions_below_one():
    for build in (MNIST_AND_OMNIGLOT.decoder, MNIST_AND_OMNIGLOT.dense_decoder):
        with pytest.raises(ValueError, match="latent_dim must be >= 1, got 0"):
            build(0)


@pytest.mark.parametrize(
    "shape, message",
    [
        ((28, 32, 1), r"event_shape must be square, of side >= 8 for 3 halvings, got \(28, 32, 1\)"),
        ((7, 7, 1), "event_shape must be square, of side >= 8"),
        ((28, 28, 3), r"decoder_filters must end with 3 channels, got \(32, 32, 1\)"),
    ],
)
def test_images_that_networks_cannot_take(shape, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(MNIST_AND_OMNIGLOT, event_shape=shape)
