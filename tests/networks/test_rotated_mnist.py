"""The larger networks of rotated MNIST: sizes, dtypes, conditions, and the flags that go with them."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.experiments.rotated_mnist.svgp import OFFSET_SPREAD, SvgpExperiment
from gpvae_tf.experiments.rotated_mnist.svgp_config import SvgpConfig
from gpvae_tf.networks import rotated_mnist as networks_rotated


@pytest.mark.parametrize("policy", ["float32", "float64", "mixed_bfloat16", "mixed_float16"])
def test_sizes_and_dtypes(policy):
    """Hidden layers follow the policy; variables and what leaves a network are never in half precision."""
    encoder = networks_rotated.wide_encoder(3, filters=2, policy=policy)
    decoder = networks_rotated.wide_decoder(3, units=5, filters=2, policy=policy)
    full = tf.float64 if policy == "float64" else tf.float32
    code, images = encoder(tf.zeros([4, 28, 28, 1], full)), decoder(tf.zeros([4, 3], full))
    assert code.shape == (4, 6) and images.shape == (4, 28, 28, 1)
    assert {code.dtype, images.dtype} == {full}
    assert {tf.as_dtype(v.dtype) for network in (encoder, decoder) for v in network.trainable_variables} == {full}
    for network in (encoder, decoder):
        assert network.layers[0].compute_dtype == policy.removeprefix("mixed_")
        assert network.layers[-1].compute_dtype == full.name


def test_numbers_of_parameters():
    """By hand, at L = 16; what the flag's help states."""
    encoder = 9 * 16 + 16 + 9 * 16 * 32 + 32 + 9 * 32 * 64 + 64 + 16 * 64 * 32 + 32
    decoder = 17 * 256 + 257 * 1568 + 9 * 32 * 16 + 16 + 9 * 16 + 1
    assert networks_rotated.wide_encoder().count_params() == encoder
    assert networks_rotated.wide_decoder().count_params() == decoder
    assert encoder + decoder == 468_193
    representation = 9 * 8 + 8 + 9 * 8 * 16 + 16 + 9 * 16 * 32 + 32 + 16 * 32 * 8 + 8
    assert networks_rotated.mnist_representation_network().count_params() == representation == 9_992


def test_representations_start_around_the_offset():
    """In the first coordinate only; images without a stroke give the bias alone."""
    network = networks_rotated.mnist_representation_network(3, offset=4.0, filters=2, policy="mixed_bfloat16")
    images = np.zeros((2, 28, 28, 1), np.float32)
    images[1, 10:20, 12] = 1.0
    vectors = network(images)
    assert vectors.dtype == tf.float32
    np.testing.assert_array_equal(vectors[0], [4.0, 0.0, 0.0])
    assert np.all(vectors[1] != vectors[0])


def test_pixels_lie_between_0_and_1():
    latents = tf.random.stateless_normal([20, 4], [0, 0], stddev=50.0)
    images = networks_rotated.wide_decoder(4, units=8, filters=2)(latents).numpy()
    assert 0.0 <= images.min() < 0.1 and 0.9 < images.max() <= 1.0


def test_conditions_change_what_comes_out():
    """They are planes of the encoder's input and the last entries of the decoder's."""
    encoder = networks_rotated.wide_encoder(3, conditions=2, filters=2)
    decoder = networks_rotated.wide_decoder(3, conditions=2, units=5, filters=2)
    images, latents = np.zeros((2, 28, 28, 3), np.float32), np.zeros((2, 5), np.float32)
    images[1, ..., 2] = latents[1, 4] = 1.0
    for output in (encoder(images).numpy(), decoder(latents).numpy()):
        assert not np.allclose(output[0], output[1])


def test_the_flag_picks_the_networks():
    sizes = {size: SvgpExperiment(SvgpConfig(network_size=size, L=4)) for size in ("authors", "wide")}
    counts = {size: sum(net.count_params() for net in each.networks()) for size, each in sizes.items()}
    assert counts["authors"] < 5_721 < 400_000 < counts["wide"]
    assert SvgpConfig().network_size == "authors"
    with pytest.raises(ValueError, match="--network_size must be one of authors, wide, got 'large'"):
        SvgpConfig(network_size="large")


def test_object_offset_is_the_first_coordinate(rotated_dir):
    """Of M; the others are the first M - 1 that there are without it, and the inducing points have it too."""
    options = dict(data_dir=rotated_dir, elbo="SVGPVAE_Hensman", M=3, PCA=True)
    plain = SvgpExperiment(SvgpConfig(**options)).object_vectors(use_pca=True)
    experiment = SvgpExperiment(SvgpConfig(**options, object_offset=4.0))
    vectors = experiment.object_vectors(use_pca=True)
    np.testing.assert_array_equal(vectors[:, 1:], plain[:, :2])
    assert vectors.shape == plain.shape and 0 < np.abs(vectors[:, 0] - 4.0).max() < 5 * OFFSET_SPREAD
    points = experiment.model.latent_gp.inducing_points.locations.numpy()
    assert points.shape == (32, 4) and np.abs(points[:, 1] - 4.0).max() < 10 * OFFSET_SPREAD
    with pytest.raises(ValueError, match="--object_offset must be finite"):
        SvgpConfig(elbo="SVGPVAE_Hensman", object_offset=float("nan"))


def test_view_length_scale_is_where_learning_starts():
    for learned in (True, False):
        options = dict(elbo="SVGPVAE_Hensman", view_length_scale=3.0, GP_joint=learned)
        kernel = SvgpExperiment(SvgpConfig(**options)).view_kernel()
        expected = np.exp(-2 * np.sin(0.5) ** 2 / 3.0**2)
        np.testing.assert_allclose(kernel.apply([[0.0]], [[1.0]]).numpy(), expected, rtol=1e-6)
    with pytest.raises(ValueError, match="--view_length_scale must be positive"):
        SvgpConfig(view_length_scale=0.0)
