"""Quiet TensorFlow, fixed seeds, and the tiny networks and batches that several test files share."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # has to be there before TensorFlow is imported

import numpy as np  # noqa: E402
import pytest  # noqa: E402
import tensorflow as tf  # noqa: E402

from gpvae_tf import networks  # noqa: E402
from gpvae_tf._keras import keras  # noqa: E402
from tests.support import rotated_data

IMAGE_SHAPE, LATENT_DIM = (6, 6, 1), 2
NUM_VIDEOS, NUM_FRAMES = 3, 7


@pytest.fixture(autouse=True)
def _seeds():
    """Networks start from the same weights whichever tests ran before."""
    keras.utils.set_random_seed(0)


@pytest.fixture
def rng() -> np.random.Generator:
    """Random inputs of a test."""
    return np.random.default_rng(0)


@pytest.fixture
def tiny_networks():
    """A function that builds a new pair (encoder, decoder) of 8 units for 6 x 6 images and 2 channels."""

    def build(policy: str = "float32"):
        options = dict(image_shape=IMAGE_SHAPE, latent_dim=LATENT_DIM, units=8, policy=policy)
        return networks.ball_encoder(**options), networks.ball_decoder(**options)

    return build


@pytest.fixture
def batch(rng) -> dict[str, tf.Tensor]:
    """3 videos of 7 random binary frames at times 1, ..., 7."""
    images = rng.integers(0, 2, (NUM_VIDEOS, NUM_FRAMES, *IMAGE_SHAPE)).astype(np.float32)
    times = np.arange(1, NUM_FRAMES + 1, dtype=np.float32)[:, None]
    return {"images": tf.constant(images), "inputs": tf.constant(np.tile(times, (NUM_VIDEOS, 1, 1)))}


@pytest.fixture(scope="session")
def rotated_dir(tmp_path_factory) -> str:
    """A data folder with small rotated images, for --data_dir."""
    return str(rotated_data.write(tmp_path_factory.mktemp("rotated")))


@pytest.fixture
def eagerly():
    """Functions run without tracing, which would take most of the time of a few steps of a tiny model."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
