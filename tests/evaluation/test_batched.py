"""A function over a whole set of images, a batch at a time."""

import numpy as np
import tensorflow as tf

from gpvae_tf.evaluation.batched import OverImages


def test_every_batch_has_draws_of_its_own():
    draw = lambda images, seed: tf.random.stateless_normal([tf.shape(images)[0]], seed)
    found = OverImages(draw, (2, 2, 1))(np.zeros((6, 2, 2, 1), np.float32), batch_size=2)
    assert found.shape == (6,) and len(set(found.tolist())) == 6
