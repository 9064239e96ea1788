"""AdamNormGrad is Adam on normalised gradients."""

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.as_coded.norm_grad import AdamNormGrad
from gpvae_tf.models.trainer.nonfinite import skip_nonfinite


def test_steps_are_adam_s_on_normalised_gradients(rng):
    start = [rng.normal(size=shape).astype(np.float32) for shape in ((3, 2), (4,))]
    ours, theirs = ([tf.Variable(value) for value in start] for _ in range(2))
    optimizer, adam = skip_nonfinite(AdamNormGrad(0.1, epsilon=1e-8)), keras.optimizers.Adam(0.1, epsilon=1e-8)
    for scale in (1.0, 100.0, 0.01):
        gradients = [scale * rng.normal(size=value.shape).astype(np.float32) for value in start]
        optimizer.apply_gradients(zip([tf.constant(g) for g in gradients], ours))
        normalised = [g / (np.linalg.norm(g) + 1e-7) for g in gradients]
        adam.apply_gradients(zip([tf.constant(g) for g in normalised], theirs))
    for our, their, first in zip(ours, theirs, start):
        np.testing.assert_allclose(our, their, rtol=1e-5)
        assert np.all(our != first)


def test_a_gradient_of_zero_moves_nothing():
    variable = tf.Variable([1.0, 2.0])
    AdamNormGrad(0.1).apply_gradients([(tf.zeros(2), variable)])
    np.testing.assert_array_equal(variable, [1.0, 2.0])
