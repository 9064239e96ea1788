"""Two convolutions by a table of patches, and in blocks of images, against the convolutions themselves."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.networks import blocked_convolutions, imputation_encoder
from gpvae_tf.networks.two_convolutions import TwoConvolutions

BINARY, MASKED = [[0.0], [1.0]], [[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]]


def layer_of(pixels, rng, *, channels=2, size=3, dtype="float64") -> TwoConvolutions:
    """A layer with weights that are not zero anywhere, biases included."""
    layer = TwoConvolutions(5, channels, size, pixels, dtype=dtype)
    layer.build((None, 6, 7, len(pixels[0])))
    for variable in layer.trainable_variables:
        variable.assign(rng.normal(size=variable.shape))
    return layer


def images_of(pixels, rng, *front) -> tf.Tensor:
    return tf.constant(np.array(pixels)[rng.integers(0, len(pixels), (*front, 6, 7))])


def outcome(layer, function, images) -> list[tf.Tensor]:
    """Maps, and gradients of a function of theirs."""
    with tf.GradientTape() as tape:
        maps = function(images)
        loss = tf.reduce_sum(tf.sin(maps))
    return [maps, *tape.gradient(loss, layer.trainable_variables)]


@pytest.mark.parametrize("jit", [None, False, True], ids=["eager", "graph", "xla"])
@pytest.mark.parametrize("pixels, size", [(BINARY, 2), (BINARY, 3), (MASKED, 3), ([[0.0], [2.0], [-1.0]], 2)])
def test_values_and_gradients_are_those_of_the_convolutions(pixels, size, jit, rng):
    layer, images = layer_of(pixels, rng, size=size), images_of(pixels, rng, 4)
    plain = lambda images: layer.second(layer.first(images))
    matches = lambda images: tf.reduce_all(images[..., tf.newaxis, :] == layer.pixels, axis=-1)
    looked_up = lambda images: layer._looked_up(layer._patches(matches(images)), layer.pixels)
    expected = outcome(layer, plain, images)
    run = lambda images: outcome(layer, layer, images)
    run = run if jit is None else tf.function(run, jit_compile=jit)
    for found in (run(images), outcome(layer, looked_up, images)):
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-10)
    assert len(np.unique(expected[0])) > 20  # not all cut off by the ReLU


@pytest.mark.parametrize("pixels, size", [(BINARY, 2), (BINARY, 3), (MASKED, 1), (MASKED, 3)])
def test_numbers_of_patches_are_exact(pixels, size, rng):
    """Digits in the base of the number of values, 0 outside; no convolution, which in TF32 has 6560 for 6561."""
    layer, num = layer_of(pixels, rng, size=size), len(pixels)
    values = rng.integers(0, num, (50, 6, 7))
    padded = np.pad(values, [(0, 0), *[((size - 1) // 2, size // 2)] * 2])
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), (1, 2)).reshape(*values.shape, -1)
    numbers = tf.function(layer._patches).get_concrete_function(tf.TensorSpec([None, 6, 7, num], tf.bool))
    np.testing.assert_array_equal(numbers(tf.one_hot(values, num, True, False)), windows @ num ** np.arange(size**2))
    kinds = {operation.type for operation in numbers.graph.get_operations()}
    assert "Pad" in kinds and not kinds & {"Conv2D", "MatMul"}


def test_images_with_another_pixel_take_the_convolutions(rng):
    layer, images = layer_of(BINARY, rng), images_of(BINARY, rng, 4).numpy()
    images[2, 3, 4] = 0.5
    np.testing.assert_allclose(layer(images), layer.second(layer.first(images)), rtol=1e-12)


@pytest.mark.parametrize("jit", [None, False, True], ids=["eager", "graph", "xla"])
@pytest.mark.parametrize("size, channels", [(1, 1), (2, 2), (3, 1), (3, 3), (4, 2)])
@pytest.mark.parametrize("num", [1, 7])
def test_blocks_of_images(num, size, channels, jit, rng, monkeypatch):
    """Of three images each, the last of seven filled up; of grey images with two channels, whatever the size."""
    monkeypatch.setattr(blocked_convolutions, "CACHED", 3 * 6 * 7 * 5)
    layer = layer_of([[0.0, 0.0]], rng, channels=channels, size=size)
    layer = layer_like(layer, "float64", pixels=None)
    images = tf.constant(rng.normal(size=(num, 6, 7, 2)))
    expected = outcome(layer, lambda images: layer.second(layer.first(images)), images)
    run = lambda images: outcome(layer, layer, images)
    for one, other in zip((run if jit is None else tf.function(run, jit_compile=jit))(images), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-10)


def test_any_number_of_images_in_one_graph(rng, monkeypatch):
    """Also none at all."""
    monkeypatch.setattr(blocked_convolutions, "CACHED", 3 * 6 * 7 * 5)
    layer = layer_like(layer_of([[0.0]], rng), "float64", pixels=None)
    compiled = tf.function(layer, [tf.TensorSpec([None, 6, 7, 1], tf.float64)])
    for num in (0, 1, 3, 4, 8):
        images = tf.constant(rng.normal(size=(num, 6, 7, 1)))
        found = compiled(images)
        assert found.shape == (num, 6, 7, 2)
        np.testing.assert_allclose(found, layer.second(layer.first(images)), rtol=1e-12)


def test_a_gpu_convolves_as_usual(rng, monkeypatch):
    layer, images = layer_like(layer_of([[0.0]], rng), "float64", pixels=None), rng.normal(size=(4, 6, 7, 1))
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: [kind])
    monkeypatch.delattr("gpvae_tf.networks.two_convolutions.convolved_twice")
    np.testing.assert_array_equal(layer(images), layer.second(layer.first(tf.constant(images))))


def test_any_axes_in_front(rng):
    layer, images = layer_of(BINARY, rng), images_of(BINARY, rng, 2, 3)
    maps = layer(images)
    assert maps.shape == layer.compute_output_shape(images.shape) == (2, 3, 6, 7, 2)
    np.testing.assert_allclose(tf.reshape(maps, [6, 6, 7, 2]), layer(tf.reshape(images, [6, 6, 7, 1])), rtol=1e-12)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_half_precision(policy, rng):
    layer = layer_of(BINARY, rng, dtype=policy)
    images = tf.cast(images_of(BINARY, rng, 4), tf.float32)
    maps, expected = layer(images), layer_like(layer, "float32")(images)
    assert maps.dtype == layer.compute_dtype and layer.first.kernel.dtype == tf.float32
    np.testing.assert_allclose(tf.cast(maps, tf.float32), expected, atol=0.03 * float(tf.reduce_max(expected)))


def layer_like(layer, dtype, **options) -> TwoConvolutions:
    """The same layer in another precision, or with other options, made from its configuration."""
    config = keras.layers.serialize(layer)
    config["config"] |= {"dtype": dtype, **options}
    other = keras.layers.deserialize(config)
    other.build((None, 6, 7, layer.pixels.shape[1]))
    other.set_weights(layer.get_weights())
    return other


@pytest.mark.parametrize(
    "pixels, message",
    [
        ([[1.0], [0.0]], "the first of them zero, got"),
        ([[0.0], [1.0], [1.0]], "must be different vectors"),
        ([0.0, 1.0], "must be different vectors"),
        ([[float(i)] for i in range(4)], "pixels of 4 values make 262,144 patches of 3 x 3; expected at most 32,768"),
    ],
)
def test_pixels_that_make_no_table(pixels, message):
    with pytest.raises(ValueError, match=message):
        TwoConvolutions(5, 1, 3, pixels)


@pytest.mark.parametrize("window", [None, 3])
@pytest.mark.parametrize("pixels", [BINARY, MASKED])
def test_the_encoder_is_the_same_with_a_table(window, pixels, rng):
    """The same weights in the same order, so that runs from before can be read."""
    given = dict(units=(6, 5), window=window, filters=(4,))
    shape = (6, 7, len(pixels[0]))
    with_table, without = (imputation_encoder(shape, 3, pixels=p, **given) for p in (pixels, None))
    assert with_table.layers[0].pixels is not None and without.layers[0].pixels is None
    without.set_weights(with_table.get_weights())
    images = tf.cast(images_of(pixels, rng, *((4,) if window is None else (2, 5))), tf.float32)
    np.testing.assert_allclose(with_table(images), without(images), rtol=1e-4, atol=1e-5)
    of_two = imputation_encoder(shape, 3, pixels=pixels, **{**given, "filters": (4, 4)})
    assert not any(isinstance(layer, TwoConvolutions) for layer in of_two.layers)
    bare = imputation_encoder(shape, 3, pixels=pixels, **{**given, "filters": ()})
    assert not any("conv2d" in layer.name or isinstance(layer, TwoConvolutions) for layer in bare.layers)
    assert bare(images).shape == with_table(images).shape
