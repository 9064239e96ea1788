"""The networks of SPRITES: sizes, numbers of parameters, the decoder's upsampling, and what is refused."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.networks import sprites_decoder, sprites_encoder, sprites_representation_network

SMALL = (16, 8, 3)


@pytest.mark.parametrize("policy", ["float32", "float64", "mixed_bfloat16"])
def test_sizes_and_dtypes(policy):
    """Images need not be square; what leaves a network is never in half precision."""
    full = tf.float64 if policy == "float64" else tf.float32
    images, latents = tf.zeros([2, *SMALL], full), tf.zeros([2, 5], full)
    found = {
        (2, 10): sprites_encoder(5, SMALL, policy=policy)(images),
        (2, *SMALL): sprites_decoder(5, SMALL, policy=policy)(latents),
        (2, 4): sprites_representation_network(4, SMALL, policy=policy)(images),
    }
    assert all(output.shape == shape and output.dtype == full for shape, output in found.items())


def test_numbers_of_parameters():
    """By hand, at the paper's sizes; what the docstrings state."""
    convolution = 9 * 16 * 16 + 16
    encoder = 9 * 3 * 16 + 16 + 5 * convolution + (8 * 8 * 16 + 1) * 128
    decoder = (64 + 1) * 8 * 8 * 16 + 6 * convolution + 9 * 16 * 3 + 3
    assert sprites_encoder().count_params() == encoder == 143_248
    assert sprites_decoder().count_params() == decoder == 80_915
    assert sprites_representation_network().count_params() == 4 * 3 * 16 + 16 + 2 * (4 * 16 * 16 + 16) == 2_288


def test_the_decoder_is_upsampling_and_convolutions(rng):
    """Equal to the layers of the authors' code with the same weights."""
    convolution = lambda filters=16: keras.layers.Conv2D(filters, 3, activation="elu", padding="same")
    blocks = [layer for _ in range(3) for layer in (keras.layers.UpSampling2D(), convolution(), convolution())]
    start = [keras.layers.InputLayer((4,)), keras.layers.Dense(2 * 1 * 16), keras.layers.Reshape((2, 1, 16))]
    plain, ours = keras.Sequential([*start, *blocks, convolution(3)]), sprites_decoder(4, SMALL)
    weights = [rng.normal(0.0, 0.1, w.shape) for w in plain.get_weights()]
    for network in (plain, ours):
        network.set_weights(weights)
    latents = rng.normal(size=(3, 4)).astype(np.float32)
    images = ours(latents).numpy()
    np.testing.assert_allclose(images, plain(latents), rtol=1e-4, atol=1e-5)
    assert images.std() > 0.05 and images.min() > -1.0


def test_the_representation_is_a_mean_over_places(rng):
    """Blocks of 8 x 8 pixels may change places."""
    network, images = sprites_representation_network(4, (16, 16, 3)), rng.normal(size=(1, 16, 16, 3)).astype(np.float32)
    swapped = np.concatenate([images[:, 8:], images[:, :8]], axis=1)
    np.testing.assert_allclose(network(swapped), network(images), atol=1e-6)
    assert np.abs(network(images[:, ::-1]) - network(images)).max() > 1e-3


@pytest.mark.parametrize("build", [sprites_encoder, sprites_decoder])
@pytest.mark.parametrize("shape", [(64, 60, 3), (64, 0, 3), (64, 64)])
def test_image_shapes_are_refused(build, shape):
    with pytest.raises(ValueError, match=r"event_shape must be \(H, W, C\) with H and W multiples of 8, got"):
        build(4, shape)
