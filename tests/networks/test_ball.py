"""The moving ball's networks: sizes, dtypes under every policy, and the authors' initialisation."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import networks


@pytest.mark.parametrize("policy", ["float32", "float64", "mixed_bfloat16", "mixed_float16"])
def test_sizes_and_dtypes(policy):
    """Variables and what leaves a network are never in half precision."""
    encoder = networks.ball_encoder((6, 6, 1), 3, units=8, policy=policy)
    decoder = networks.ball_decoder((6, 6, 1), 3, units=8, policy=policy)
    full = tf.float64 if policy == "float64" else tf.float32
    code, output = encoder(tf.zeros([5, 6, 6, 1], full)), decoder(tf.zeros([5, 3], full))
    assert code.shape == (5, 6) and output.shape == (5, 6, 6, 1)
    assert {code.dtype, output.dtype} == {full}
    assert {tf.as_dtype(v.dtype) for network in (encoder, decoder) for v in network.trainable_variables} == {full}
    assert {layer.compute_dtype for layer in encoder.layers} == {full.name, policy.removeprefix("mixed_")}


def test_initial_weights():
    """Truncated normal (at two standard deviations, where 0.88 of the deviation is left), fan_in^-1/2; biases 0."""
    for network, fans in ((networks.ball_encoder(), (1024, 500)), (networks.ball_decoder(), (2, 500))):
        kernels, biases = network.weights[::2], network.weights[1::2]
        for kernel, fan_in in zip(kernels, fans, strict=True):
            assert kernel.shape[0] == fan_in
            np.testing.assert_allclose(np.std(kernel), 0.88 * fan_in**-0.5, rtol=0.1)
            assert np.abs(kernel).max() <= 2.0 * fan_in**-0.5 + 1e-6
        assert all(np.all(bias == 0.0) for bias in biases)
