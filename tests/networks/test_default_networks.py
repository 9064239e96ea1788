"""Networks for observations of any shape."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.networks import event_decoder, event_encoder, is_picture

SHAPES = [(), (3,), (4, 5), (13, 17, 2), (8, 8, 1), (7, 40, 3), (64, 64, 3), (2, 3, 4, 1)]


@pytest.mark.parametrize("event_shape", SHAPES)
def test_shapes_there_and_back(event_shape):
    encoder, decoder = event_encoder(event_shape, 3, units=8), event_decoder(event_shape, 3, units=8)
    latents = encoder(tf.zeros((2, *event_shape)))
    assert latents.shape == (2, 6) and decoder(latents[:, :3]).shape == (2, *event_shape)


def test_two_numbers_per_entry():
    for event_shape in ((3,), (9, 12, 2)):
        decoder = event_decoder((*event_shape, 2), 3, event_shape=event_shape, units=8)
        assert decoder(tf.zeros((4, 3))).shape == (4, *event_shape, 2)


def test_pictures_are_convolved_and_small_ones_are_not():
    layers = lambda shape: [type(layer).__name__ for layer in event_encoder(shape, 2).layers]
    assert layers((64, 64, 3)).count("Conv2D") == 3 and layers((9, 9, 1)).count("Conv2D") == 1
    assert "Conv2D" not in layers((7, 40, 3)) and not is_picture((7, 40, 3)) and is_picture((8, 8, 1))


def test_every_weight_matters():
    """The gradient of a picture's error reaches every layer."""
    encoder, decoder = event_encoder((12, 10, 1), 2, units=8), event_decoder((12, 10, 1), 2, units=8)
    images = tf.constant(np.random.default_rng(0).uniform(size=(5, 12, 10, 1)), tf.float32)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(decoder(encoder(images)[:, :2]) - images))
    weights = encoder.trainable_variables + decoder.trainable_variables
    assert all(np.any(gradient != 0) for gradient in tape.gradient(loss, weights))


def test_half_precision_ends_in_float32():
    encoder, decoder = (make((9, 9, 1), 2, policy="mixed_bfloat16") for make in (event_encoder, event_decoder))
    assert encoder(tf.zeros((1, 9, 9, 1))).dtype == decoder(tf.zeros((1, 2))).dtype == tf.float32
    assert encoder.layers[0].compute_dtype == "bfloat16"
