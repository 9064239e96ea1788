"""Layers that save work compute what the plain ones do."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.networks import event_encoder, sequence_encoder
from gpvae_tf.networks.layers import LogCounts, UpsampledConv2D


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_upsampled_convolution_is_upsampling_then_convolution(rng, padding):
    """Value and gradients, with Keras' own weights; the map is not square, so that no axis can stand for another."""
    plain = keras.Sequential(
        [
            keras.layers.UpSampling2D(2, dtype="float64"),
            keras.layers.Conv2D(3, 3, padding=padding, activation="elu", dtype="float64"),
        ]
    )
    fast = UpsampledConv2D(3, padding=padding, activation="elu", dtype="float64")
    images = tf.constant(rng.normal(size=(2, 5, 4, 2)))
    plain(images), fast(images)
    weights = [rng.normal(size=w.shape) for w in plain.get_weights()]
    plain.set_weights(weights), fast.set_weights(weights)
    results = []
    for network in (plain, fast):
        with tf.GradientTape() as tape:
            tape.watch(images)
            output = network(images)
            loss = tf.reduce_sum(tf.sin(output))
        results.append([output, *tape.gradient(loss, [images, *network.trainable_variables])])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)
    assert fast.compute_output_shape(images.shape) == results[0][0].shape


def test_upsampled_convolution_without_bias(rng):
    """And without an activation."""
    plain = keras.Sequential(
        [keras.layers.UpSampling2D(2), keras.layers.Conv2D(2, 3, use_bias=False, padding="same")],
    )
    fast, images = UpsampledConv2D(2, padding="same", use_bias=False), rng.normal(size=(1, 3, 4, 2))
    plain(images), fast(images)
    fast.set_weights(plain.get_weights())
    np.testing.assert_allclose(fast(images), plain(images), atol=1e-5)
    restored = UpsampledConv2D.from_config(fast.get_config())
    assert not restored.use_bias and restored.padding == "same"


@pytest.mark.parametrize(
    "option", [{"strides": 2}, {"dilation_rate": (2, 2)}, {"groups": 2}, {"data_format": "channels_first"}], ids=str
)
def test_options_that_an_upsampled_convolution_lacks_are_refused(option):
    name = next(iter(option))
    with pytest.raises(ValueError, match=f"^{name} of an UpsampledConv2D must be (1|'channels_last'), got "):
        UpsampledConv2D(4, **option)


def test_upsampled_convolution_in_half_precision(rng):
    """Weights stay float32, the map is bfloat16."""
    layer = UpsampledConv2D(2, padding="same", dtype="mixed_bfloat16")
    output = layer(tf.constant(rng.normal(size=(1, 3, 3, 1)), tf.bfloat16))
    assert output.dtype == tf.bfloat16 and layer.kernel.dtype == "float32"


@pytest.mark.parametrize("lead", [(3,), (2, 5, 4)])
def test_log_counts_leave_other_channels(rng, lead):
    counts, others = rng.poisson(1000.0, size=(*lead, 2)), rng.normal(size=(*lead, 3)) - 1.0
    layer = LogCounts([0, 3], dtype="float64")
    arranged = lambda counts: np.insert(others, [0, 2], counts, axis=-1)
    found = LogCounts.from_config(layer.get_config())(arranged(counts))
    np.testing.assert_allclose(found, arranged(np.log1p(counts)), rtol=1e-12)


def test_counts_are_seen_from_their_level(rng):
    """Also by a layer from a file; one that was saved before layers had levels is as it was."""
    counts, levels = rng.poisson([2e6, 3.0], size=(50, 2)).astype(np.float64), [2e6, 3.0]
    layer = LogCounts([1, 0], levels[::-1], dtype="float64")
    found = LogCounts.from_config(layer.get_config())(counts)
    np.testing.assert_allclose(found, np.log1p(counts) - np.log1p(levels), rtol=1e-9, atol=1e-12)
    assert np.max(np.abs(found[:, 0])) < 0.01
    np.testing.assert_allclose(
        LogCounts.from_config({"channels": [1]})(counts)[:, 1], np.log1p(counts[:, 1]), rtol=1e-6
    )
    with pytest.raises(ValueError, match=r"levels has 1 numbers; expected one for each of \[0, 1\]"):
        LogCounts([0, 1], [3.0])


@pytest.mark.parametrize("policy", ["mixed_float16", "float64"])
def test_encoders_of_counts_in_every_precision(rng, policy):
    """The logarithm is taken before half precision, which ends at 65,504."""
    counts = rng.poisson(1e6, size=(4, 2)).astype(np.float32)
    assert np.all(np.isfinite(event_encoder((2,), 3, policy=policy, counts=[0, 1])(counts)))
    assert np.all(np.isfinite(sequence_encoder((2,), 6, policy=policy, counts=[0, 1])(counts[np.newaxis])))
