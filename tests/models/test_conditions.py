"""Conditions of a whole series or of its points: what the networks and the kernel see, and what they are good for."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import GPVAE, SVGPVAE, VAE, BandedGPVAE, MarkovGPVAE, VecchiaGPVAE, data, load_model, serving
from gpvae_tf._keras import keras
from gpvae_tf.input_roles import InputRoles
from tests.support.seeds import seed_networks

N, POINTS = 4, 6
SEED = tf.constant([1, 2])
KINDS = [GPVAE, SVGPVAE, MarkovGPVAE, VecchiaGPVAE, BandedGPVAE, VAE]


def inputs_of(age, rng, num=N):
    """Times, an age that a series has throughout, and a dose that changes: [num, n, 3]."""
    times = np.tile(np.arange(float(POINTS)), (num, 1))
    return np.stack([times, np.broadcast_to(np.reshape(age, [-1, 1]), times.shape), rng.uniform(0, 9, times.shape)], -1)


@pytest.fixture
def sequences(rng):
    values = rng.normal(size=(N, POINTS, 2))
    inputs = inputs_of([20.0, 30.0, 40.0, 70.0], rng)
    return data.from_arrays(values, inputs, rng.uniform(size=values.shape) < 0.8, conditions=(1, 2), batch_size=N)


def of(sequences, kind=GPVAE, **given):
    seed_networks()
    return kind.from_data(sequences, 3, units=4, verbose=False, **given)


def test_they_are_standardised_over_what_was_observed(sequences):
    seen = sequences.mask.any(axis=-1)
    for column in (1, 2):
        values = sequences.inputs[..., column][seen]
        np.testing.assert_allclose(sequences.scaling.input_offset[column], values.mean())
        np.testing.assert_allclose(sequences.scaling.input_scale[column], values.std())
    for rounded in (0.3, 0.1 + 0.2):
        inputs = np.array([[0.0, 0.3], [1.0, rounded], [2.0, 0.3]])
        assert data.from_arrays(np.ones((2, 3, 1)), inputs, conditions=1).scaling.input_scale.tolist() == [1.0, 1.0]
    with pytest.raises(ValueError, match="id_columns has 1, which is a condition or an exposure"):
        data.from_arrays(np.ones((2, 3, 1)), inputs, conditions=1, id_columns=[1])


@pytest.mark.parametrize("kind", KINDS)
def test_networks_see_them_and_the_kernel_does_not(sequences, kind):
    """Behind the mask of the encoder's input, and behind the decoder's latents."""
    model = of(sequences, kind, mask_channel=True)
    assert model.num_conditions == 2 and model.decoder_width == 5 and model.encoder_shape[-1] == 6
    scaled = (sequences.inputs - sequences.scaling.input_offset) / sequences.scaling.input_scale
    data_seen = model.observed(sequences.example)
    seen = model.encoder_input(data_seen.seen(True), sequences.inputs).numpy()
    np.testing.assert_allclose(seen[..., -2:], scaled[..., 1:], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(seen[..., :4], data_seen.seen(True))
    z = np.ones((N, POINTS, 3), np.float32)
    behind = model.decoder_input(z, sequences.inputs).numpy()
    np.testing.assert_allclose(behind, np.concatenate([z, scaled[..., 1:]], axis=-1), rtol=1e-5, atol=1e-6)
    assert model.features(sequences.inputs).shape == (N, POINTS, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_bound_and_predictions_follow_them(sequences, kind, rng):
    model, batch = of(sequences, kind), sequences.example
    other = np.array(sequences.inputs)
    other[..., 1] += 30.0
    bounds = [model.elbo(batch | {"inputs": tf.constant(inputs)}, SEED).elbo for inputs in (sequences.inputs, other)]
    assert np.all(np.abs(bounds[1] - bounds[0]) > 1e-4)
    encoded = [model.latent_dataset(batch | {"inputs": tf.constant(at)}).y for at in (sequences.inputs, other)]
    assert np.all(np.abs(encoded[1] - encoded[0]) > 1e-6)
    predictor = model.condition_on(batch)
    if kind is not VAE:  # which looks for the very points of its data
        np.testing.assert_array_equal(*(predictor.predict_f(at).mean for at in (sequences.inputs, other)))
    made = [model.decode(np.ones((N, POINTS, 3), np.float32), at) for at in (sequences.inputs, other)]
    assert np.all(np.abs(made[1] - made[0]) > 1e-6)
    drawn = [model.sample(2, 0, at[0]) for at in (sequences.inputs, other)]
    assert drawn[0].shape == (2, POINTS, 2) and np.all(np.abs(drawn[1] - drawn[0]) > 1e-6)


def test_images_have_them_in_every_pixel(rng):
    images = rng.uniform(size=(2, POINTS, 4, 4, 1))
    sequences = data.from_arrays(images, inputs_of([1.0, 2.0], rng, 2), conditions=[1, 2])
    model = of(sequences)
    seen = model.encoder_input(tf.constant(images, tf.float32), sequences.inputs)
    assert seen.shape == (2, POINTS, 4, 4, 3) and np.ptp(seen.numpy()[..., 1:], axis=(2, 3)).max() == 0.0
    assert model.reconstruct(sequences.example).shape == images.shape


def test_a_condition_says_what_the_data_do_not(rng):
    """Two groups of series of noise about two levels: of one that nothing is known of, its group says the level."""
    group = np.tile([0.0, 1.0], 20)
    values = 4.0 * group[:, np.newaxis, np.newaxis] - 2.0 + 0.3 * rng.normal(size=(40, POINTS, 1))
    inputs = inputs_of(group, rng, 40)[..., :2]
    made = {}
    for name, conditions in (("with", [1]), ("without", [])):
        columns = slice(None) if conditions else slice(1)
        sequences = data.from_arrays(values, inputs[..., columns], conditions=conditions, batch_size=40)
        seed_networks()
        model = GPVAE.from_data(sequences, 2, units=16, verbose=False)
        model.compile(keras.optimizers.Adam(0.01))
        model.fit(sequences.stream(), steps_per_epoch=150, epochs=1, verbose=0)
        nothing = dict(next(iter(sequences.in_order())))
        nothing["mask"] = tf.zeros([40, POINTS], tf.bool)
        nothing["observations"] = tf.zeros_like(nothing["observations"])
        made[name] = np.mean(np.square(model.impute(nothing).mean - values))
    assert made["with"] < 0.3 < 3.0 < made["without"]


def test_files_and_saved_models_have_them(sequences, tmp_path):
    model, batch = of(sequences, mask_channel=True), sequences.example
    model.save(tmp_path / "model")
    again = load_model(tmp_path / "model")
    assert again.roles == InputRoles((1, 2)) and again.num_conditions == 2
    expected = model.impute(batch, seed=SEED)
    np.testing.assert_array_equal(again.impute(batch, seed=SEED).mean, expected.mean)
    served = serving.load(model.export(tmp_path / "saved", input_dim=3))
    how = {"num_samples": tf.constant(100), "seed": SEED, "interval": tf.constant(0.95)}
    request = {"observations": batch["observations"], "inputs": sequences.inputs, "mask": batch["mask"]}
    np.testing.assert_allclose(served("impute", **request, **how)["mean"], expected.mean, rtol=1e-4, atol=1e-5)
    z = np.ones((1, 2, 3), np.float32)
    found = served("decode", latents=z, inputs=sequences.inputs[:1, :2])["observations"]
    np.testing.assert_allclose(found, model.decode(z, sequences.inputs[:1, :2]), rtol=1e-4, atol=1e-5)


def test_training_beside_exposures(rng):
    """Counts with an exposure and a condition, some hidden in training."""
    inputs = np.abs(inputs_of([1.0, 2.0, 5.0, 9.0], rng)) + 1.0
    sequences = data.from_arrays(rng.poisson(3.0, (N, POINTS, 1)), inputs, conditions=[1], exposure=2, batch_size=2)
    model = of(sequences, hiding=(0.0, 0.3))
    model.compile("adam")
    model.fit(sequences, epochs=2, verbose=0)
    assert int(model.skipped.result()) == 0 and model.features(inputs).shape == (N, POINTS, 1)
    assert model.num_conditions == 1


def test_without_inputs_they_are_asked_for(sequences):
    model = of(sequences)
    for ask in (
        lambda: model.encode(sequences.observations),
        lambda: model.decode(np.ones((N, POINTS, 3), np.float32)),
    ):
        with pytest.raises(ValueError, match=r"inputs is None; expected \[..., D\], whose columns \[1, 2\]"):
            ask()
