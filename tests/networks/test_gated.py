"""The gated networks: parameter counts of the originals, the gate by hand, clipped variances, initialisations."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.networks import gated as networks
from gpvae_tf.posteriors.categorical_gaussian import CategoricalGaussian

SHAPE, L, TOP, UNITS = (4, 3, 1), 2, 3, 5


def count(*modules):
    return sum(int(np.prod(v.shape)) for module in modules for v in module.trainable_variables)


def test_parameters_of_the_plain_vae():
    assert count(networks.GatedNetworks().encoder(), networks.GatedNetworks().decoder()) == 1_116_864


def test_parameters_of_the_two_level_vae():
    modules = (
        networks.GatedNetworks().encoder(),
        networks.GatedNetworks().second_encoder(),
        networks.GatedNetworks().conditional(),
    )
    assert count(*modules, networks.GatedNetworks().two_level_decoder()) == 2_431_024


@pytest.mark.parametrize(("categories", "expected"), [(10, 1_126_674), (500, 1_607_364)])
def test_parameters_of_cp_vae(categories, expected):
    posterior = CategoricalGaussian(networks.GatedNetworks().features(), categories, 40)
    assert count(posterior, networks.GatedNetworks().decoder(40 + categories)) == expected


def test_a_gated_layer_by_hand(rng):
    network = networks.GatedNetworks(SHAPE, units=UNITS, init="he").features()
    images = rng.uniform(size=(6, *SHAPE)).astype(np.float32)
    hidden, weights = images.reshape(6, -1), [v.numpy() for v in network.weights]
    for v, c, w, b in (weights[:4], weights[4:]):  # Keras lists the gate first, which is one layer deeper
        hidden = (hidden @ w + b) / (1.0 + np.exp(-(hidden @ v + c)))
    np.testing.assert_allclose(network(images), hidden, rtol=1e-4, atol=1e-6)
    assert all(np.any(weight != 0) for weight in weights)  # biases too


def test_log_variances_are_clipped_and_means_are_not(rng):
    encoder = networks.GatedNetworks(SHAPE, units=UNITS).encoder(L)
    mean, log_variance = [layer for layer in encoder.layers if "dense" in layer.name][-2:]
    mean.set_weights([np.zeros((UNITS, L)), np.array([20.0, -20.0])])
    log_variance.set_weights([np.zeros((UNITS, L)), np.array([20.0, -20.0])])
    output = encoder(rng.uniform(size=(3, *SHAPE)).astype(np.float32)).numpy()
    np.testing.assert_array_equal(output, np.tile([20.0, -20.0, 2.0, -6.0], (3, 1)))


def test_two_level_networks_look_at_both_inputs(rng):
    images, top = rng.uniform(size=(6, *SHAPE)).astype(np.float32), rng.normal(size=(6, TOP)).astype(np.float32)
    encoder = networks.GatedNetworks(SHAPE, units=UNITS).second_encoder(L, TOP)
    output = encoder([images, top])
    assert output.shape == (6, 2 * L)
    assert np.all(encoder([images + 1, top]) != output) and np.all(encoder([images, top + 1]) != output)
    decoder = networks.GatedNetworks(SHAPE, units=UNITS).two_level_decoder(L, TOP)
    latents = rng.normal(size=(6, L + TOP)).astype(np.float32)
    logits = decoder(latents)
    assert logits.shape == (6, *SHAPE)
    for column in range(L + TOP):
        moved = latents.copy()
        moved[:, column] += 1.0
        assert np.all(decoder(moved) != logits)
    assert networks.GatedNetworks(units=UNITS).conditional(L, TOP)(top).shape == (6, 2 * L)


def test_initial_weights():
    """Glorot: uniform on +-sqrt(6 / (in + out)), no bias. He, as in the code: N(0, 2 / in), uniform biases."""
    kernel, bias = networks.GatedNetworks((28, 28, 1), units=300).features().weights[:2]
    edge = np.sqrt(6.0 / (784 + 300))
    assert 0.99 * edge < np.max(kernel) <= edge and np.std(kernel) == pytest.approx(edge / np.sqrt(3), rel=0.01)
    assert not np.any(bias)
    kernel, bias = networks.GatedNetworks((28, 28, 1), units=300, init="he").features().weights[:2]
    assert np.std(kernel) == pytest.approx(np.sqrt(2.0 / 784), rel=0.01)
    assert np.max(np.abs(kernel)) > 3.5 * np.std(kernel)  # not truncated
    assert 0.95 / 28 < np.max(np.abs(bias)) <= 1.0 / 28


def test_unknown_initialisations_are_refused():
    with pytest.raises(ValueError, match="init must be one of glorot, he, got 'xavier'"):
        networks.GatedNetworks(SHAPE, init="xavier").encoder(L)


def test_last_layers_are_never_in_half_precision(rng):
    gated = networks.GatedNetworks(SHAPE, units=UNITS, policy="mixed_bfloat16")
    encoder = gated.encoder(L)
    images = rng.uniform(size=(2, *SHAPE)).astype(np.float32)
    assert encoder(images).dtype == tf.float32
    assert any(layer.compute_dtype == "bfloat16" for layer in encoder.layers)
    assert (
        networks.GatedNetworks(SHAPE, units=UNITS, policy="mixed_bfloat16").decoder(L)(tf.zeros([2, L])).dtype
        == tf.float32
    )
    assert networks.GatedNetworks(SHAPE, units=UNITS, policy="float64").encoder(L)(images).dtype == tf.float64
