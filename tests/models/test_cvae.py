"""CVAE: the bound by hand, conditions that reach both networks, and generation from averages by object."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf import networks
from gpvae_tf.models.cvae import CVAE
from gpvae_tf.scaling import Scaling
from gpvae_tf.training.optimizers import make_optimizer
from tests.support.tiny import IMAGE_SHAPE, LATENT_DIM

tfd = tfp.distributions
L, N = LATENT_DIM, 8
IDS = np.array([3.0, 0.0, 3.0, 5.0, 0.0, 5.0, 3.0, 5.0])
SEED = tf.constant([3, 4])
TIGHT = dict(rtol=1e-9, atol=1e-12)


@pytest.fixture
def data(rng):
    """One data set of images with inputs (angle, id)."""
    inputs = np.stack([rng.uniform(0.0, 6.2, N), IDS], axis=-1)[None]
    return {"observations": tf.constant(rng.uniform(size=(1, N, *IMAGE_SHAPE))), "inputs": tf.constant(inputs)}


def build(policy="float64", **options):
    height, width, channels = IMAGE_SHAPE
    encoder = networks.ball_encoder((height, width, channels + 2), L, units=8, policy=policy)
    decoder = networks.ball_decoder(IMAGE_SHAPE, L + 2, units=8, policy=policy)
    return CVAE(encoder, decoder, **(dict(event_shape=IMAGE_SHAPE, latent_dim=L) | options))


def mlp(network, inputs):
    w0, b0, w1, b1 = (weight.numpy() for weight in network.weights)
    return np.tanh(inputs @ w0 + b0) @ w1 + b1


def condition(angles):
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1)


def encode_by_hand(model, images, angles):
    planes = np.broadcast_to(condition(angles)[:, None, None, :], (*images.shape[:3], 2))
    code = mlp(model.encoder, np.concatenate([images, planes], axis=-1).reshape(len(images), -1))
    return code[:, :L], np.exp(code[:, L:])


def decode_by_hand(model, z, angles):
    return mlp(model.decoder, np.concatenate([z, condition(angles)], axis=-1)).reshape(-1, *IMAGE_SHAPE)


def test_elbo_by_hand(data):
    """The encoder's Gaussian itself, KL to N(0, I) as TFP has it, sigma_y = 0.01."""
    model = build()
    keep = np.arange(N) < 6
    bound = model.elbo(data | {"mask": tf.constant([keep])}, seed=SEED)
    angles, images = data["inputs"][0, :, 0].numpy(), data["observations"][0].numpy()
    mean, variance = encode_by_hand(model, images, angles)
    z = mean + np.sqrt(variance) * tf.random.stateless_normal([1, N, L], SEED, dtype=tf.float64)[0].numpy()
    per_pixel = tfd.Normal(decode_by_hand(model, z, angles), np.float64(0.01)).log_prob(images)
    kl = tfd.kl_divergence(tfd.Normal(mean, np.sqrt(variance)), tfd.Normal(np.float64(0.0), np.float64(1.0)))
    np.testing.assert_allclose(bound.reconstruction[0], np.sum(per_pixel.numpy()[keep]), rtol=1e-9)
    np.testing.assert_allclose(bound.regularizer[0], -np.sum(kl.numpy()[keep]), rtol=1e-9)
    assert tuple(bound.parts) == ("kl",)


def test_conditions_reach_both_networks(data):
    """Angles change codes and pixels, by their sine and cosine only; ids change nothing."""
    model, angles = build(), data["inputs"][..., 0]
    z = tf.zeros([1, N, L], tf.float64)
    turned, full_turn = (tf.stack([angles + by, data["inputs"][..., 1]], axis=-1) for by in (0.1, 2.0 * np.pi))
    renamed = tf.stack([angles, data["inputs"][..., 1] + 1.0], axis=-1)
    for value in (
        lambda inputs: model.encode(data["observations"], inputs).mean,
        lambda inputs: model.decode(z, inputs),
    ):
        here = value(data["inputs"])
        assert np.all(np.any(np.abs(value(turned) - here).reshape(N, -1) > 1e-3, axis=-1))
        np.testing.assert_allclose(value(full_turn), here, **TIGHT)
        np.testing.assert_array_equal(value(renamed), here)


def test_generation_averages_by_object(data):
    """Brute force: decoded at the asked angle, the mean code of all training images with the same id."""
    model = build()
    inputs = np.array([[[0.4, 5.0], [1.9, 0.0], [2.2, 5.0]]])
    angles, images = data["inputs"][0, :, 0].numpy(), data["observations"][0].numpy()
    code, _ = encode_by_hand(model, images, angles)
    z = np.stack([code[object_id == IDS].mean(axis=0) for object_id in inputs[0, :, 1]])
    expected = decode_by_hand(model, z, inputs[0, :, 0])
    np.testing.assert_allclose(model.condition_on(data).predict_f(inputs).mean[0], z, **TIGHT)
    np.testing.assert_allclose(model.condition_on(data).generate(inputs)[0], expected, **TIGHT)
    without = data | {"mask": tf.constant([np.arange(N) != 7])}  # an image of object 5
    masked = model.condition_on(without).predict_f(inputs).mean[0]
    np.testing.assert_allclose(masked[0], code[[3, 5]].mean(axis=0), **TIGHT)
    np.testing.assert_allclose(masked[1], z[1], **TIGHT)


def test_a_seed_draws_an_objects_latents_once(data):
    """Two queries of one object and angle get one image; another seed, another image."""
    model = build()
    inputs = np.array([[[0.4, 5.0], [0.4, 5.0], [0.4, 0.0]]])
    drawn = model.condition_on(data).generate(inputs, SEED)[0].numpy()
    np.testing.assert_allclose(drawn[0], drawn[1], atol=1e-2)  # to the jitter of the draw
    assert np.abs(drawn[0] - drawn[2]).max() > 1e-2
    assert np.abs(drawn - model.condition_on(data).generate(inputs, tf.constant([5, 6]))[0]).max() > 1e-2


def test_reconstructions_and_samples(data):
    model = build()
    angles, images = data["inputs"][0, :, 0].numpy(), data["observations"][0].numpy()
    code, _ = encode_by_hand(model, images, angles)
    np.testing.assert_allclose(model.reconstruct(data)[0], decode_by_hand(model, code, angles), **TIGHT)
    samples = model.sample(len(data["inputs"]), SEED, data["inputs"])
    assert samples.shape == (1, N, *IMAGE_SHAPE)
    z = tf.linalg.matrix_transpose(tf.random.stateless_normal([1, L, N], SEED, dtype=tf.float64))[0].numpy()
    np.testing.assert_allclose(samples[0], decode_by_hand(model, z, angles), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_it_trains(policy, data):
    model = build(policy)
    batch = {name: tf.cast(tensor, tf.float32) for name, tensor in data.items()}
    model.compile(make_optimizer(1e-2, precision=policy))
    before = [variable.numpy() for variable in model.trainable_variables]
    history = model.fit(tf.data.Dataset.from_tensors(batch).repeat(20), verbose=0, epochs=2).history
    assert len(before) == 8 and model.num_skipped == 0 and history["elbo"][-1] > history["elbo"][0]
    assert all(np.any(variable.numpy() != old) for variable, old in zip(model.trainable_variables, before, strict=True))


def test_bad_input_is_refused(data):
    model = build()
    with pytest.raises(ValueError, match="^inputs asks for objects without an image in the context: ids 4"):
        model.condition_on(data).generate(np.array([[[0.4, 4.0]]]))
    for ask in (model.condition_on, model.elbo, model.check_batch):
        for wrong in (data["inputs"][..., :1], tf.repeat(data["inputs"], 2, axis=-1)):
            with pytest.raises(ValueError, match="^inputs has [14] columns; a CVAE takes two, the view in radians and"):
                ask(data | {"inputs": wrong})
    for other in (-1.0, 0.5):
        ids = tf.constant([[*IDS[:7], other]])
        inputs = tf.stack([data["inputs"][..., 0], ids], axis=-1)
        with pytest.raises(ValueError, match=f"^inputs has the object id {other:g} in column 1; a CVAE takes whole"):
            model.check_batch(data | {"inputs": inputs})
        model.check_batch(data | {"inputs": inputs, "mask": tf.constant([np.arange(N) < 7])})  # padding
    for call in (lambda: model.encode(data["observations"]), lambda: model.decode(tf.zeros([1, N, L], tf.float64))):
        with pytest.raises(ValueError, match="^inputs is None: a CVAE encodes and decodes an image together"):
            call()


def test_no_scaling_makes_other_objects_of_ids(data):
    """That of a table takes the mean id out, and divides: ids would be negative, and two of them one."""
    model, scaled = build(), build(scaling=Scaling(input_offset=[3.0, 3.0], input_scale=[0.7, 4.0]))
    scaled.set_weights(model.get_weights())
    scaled.check_batch(data)
    inputs = np.array([[[0.4, 5.0], [1.9, 0.0], [2.2, 3.0]]])
    for ours, expected in zip(*(m.condition_on(data).predict_f(inputs) for m in (scaled, model)), strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_objects_without_an_image_are_imputed_from_the_prior(data):
    """Images of an object that has others get these, images of one that has none N(0, I); compiled as well."""
    model = build()
    keep = (IDS != 0.0) & (np.arange(N) != 7)  # nothing of object 0, two of three images of object 5
    batch = data | {"mask": tf.constant([keep])}
    angles, images = data["inputs"][0, :, 0].numpy(), data["observations"][0].numpy()
    code, variance = encode_by_hand(model, images, angles)
    code[IDS == 0.0], variance[IDS == 0.0] = 0.0, 1.0
    code[7], variance[7] = code[[3, 5]].mean(axis=0), variance[[3, 5]].sum(axis=0) / 4.0
    for latents in (model.latents_given, tf.function(model.latents_given)):
        for part, expected in zip(latents(batch), (code, variance), strict=True):
            np.testing.assert_allclose(part[0], expected, **TIGHT)
    assert np.all(np.isfinite(model.impute(batch, 0.5, num_samples=3).mean))


def test_a_context_without_points_leaves_the_prior(data):
    model = build()
    nothing = {"observations": data["observations"][:, :0], "inputs": data["inputs"][:, :0]}
    found = model.condition_on(nothing).latent.predict_or_prior(tf.cast(data["inputs"], tf.float64))
    for part, expected in zip(found, (0.0, 1.0), strict=True):
        np.testing.assert_array_equal(part, np.full([1, L, N], expected))


def test_ids_that_float32_merges_are_refused_where_the_algebra_has_it(data):
    inputs = data["inputs"].numpy().astype(np.float64)
    inputs[0, 0, 1] = 2.0**24
    build().check_batch(data | {"inputs": tf.constant(inputs)})
    with pytest.raises(ValueError, match="takes whole numbers from 0 to 16777215, behind the view"):
        build(gp_dtype="float32").check_batch(data | {"inputs": tf.constant(inputs)})
