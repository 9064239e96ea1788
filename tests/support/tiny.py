"""The tiny sizes, networks and batches that the tests of many models share."""

import numpy as np
import tensorflow as tf

from gpvae_tf import networks
from gpvae_tf._keras import keras

IMAGE_SHAPE, LATENT_DIM = (6, 6, 1), 2
NUM_VIDEOS, NUM_FRAMES = 3, 7


def build_networks(policy: str = "float32") -> tuple[keras.Model, keras.Model]:
    """A new pair (encoder, decoder) of 8 hidden units for 6 x 6 images and 2 channels."""
    options = dict(event_shape=IMAGE_SHAPE, latent_dim=LATENT_DIM, units=8, policy=policy)
    return networks.ball_encoder(**options), networks.ball_decoder(**options)


def videos(rng: np.random.Generator) -> dict[str, tf.Tensor]:
    """3 videos of 7 random binary frames at times 1, ..., 7."""
    images = rng.integers(0, 2, (NUM_VIDEOS, NUM_FRAMES, *IMAGE_SHAPE)).astype(np.float32)
    times = np.arange(1, NUM_FRAMES + 1, dtype=np.float32)[:, None]
    return {"observations": tf.constant(images), "inputs": tf.constant(np.tile(times, (NUM_VIDEOS, 1, 1)))}
