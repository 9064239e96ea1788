"""Householder and autoregressive flows: reflections, triangular Jacobians, and the image as context."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.posteriors import IAF, HouseholderFlow
from gpvae_tf.posteriors.householder import HouseholderDistribution
from gpvae_tf.posteriors.iaf import IAFDistribution
from gpvae_tf.posteriors.made import MADE
from gpvae_tf.posteriors.mean_field import DiagonalDistribution
from tests.support import families
from tests.support.linear_gaussian import constant_encoder

SEED = tf.constant([3, 4])


@pytest.fixture
def base(rng):
    """q_0 of 2 images and 4 latents, in float32."""
    mean, variance = rng.normal(size=(2, 4)), rng.uniform(0.3, 2.0, (2, 4))
    return DiagonalDistribution(tf.constant(mean, tf.float32), tf.constant(variance, tf.float32))


@pytest.fixture(params=["householder", "iaf"])
def flow(request, base, rng):
    if request.param == "householder":
        axes = [tf.constant(rng.normal(size=(2, 4)), tf.float32) for _ in range(3)]
        return HouseholderDistribution(base, axes)
    context = tf.constant(rng.normal(size=(2, 3)), tf.float32)
    return IAFDistribution(base, context, [MADE(4, 3, (16, 16), reverse=t % 2 == 1) for t in range(3)])


def test_change_of_variables(flow, base):
    """log q(z) = log q_0(z_0) - log |det dz / dz_0| with the determinant of the Jacobian that autodiff gives."""
    start = base.sample(1, SEED).z
    z, log_det = flow.forward(start)
    for image in range(2):
        with tf.GradientTape() as tape:
            tape.watch(start)
            row = flow.forward(start).z[0, image]
        jacobian = tape.jacobian(row, start)[:, 0, image].numpy()
        np.testing.assert_allclose(log_det[0, image], np.linalg.slogdet(jacobian)[1], atol=1e-5)
    drawn = flow.sample(1, SEED)
    np.testing.assert_array_equal(drawn.z, z)
    np.testing.assert_allclose(drawn.log_prob, base.log_prob(start) - log_det, rtol=1e-6)


def test_the_inverse_undoes_it(flow, base):
    start = base.sample(5, SEED).z
    z, log_det = flow.forward(start)
    back = flow.inverse(z)
    np.testing.assert_allclose(back.z, start, atol=1e-4)
    np.testing.assert_allclose(back.log_det, -log_det, atol=1e-4)


@pytest.mark.parametrize("reverse", [False, True])
def test_the_inverse_of_a_strong_map_is_finite(rng, reverse):
    """Entries whose turn has not come hold what grows from sweep to sweep, unless they are left alone."""
    size = 64
    made = MADE(size, 3, (64, 64), reverse=reverse)
    for variable in made.trainable_variables:
        limit = 2.5 * np.sqrt(6.0 / sum(variable.shape)) if variable.shape.rank == 2 else 0.0  # 1 is Keras' own
        variable.assign(rng.uniform(-limit, limit, variable.shape))
    base = DiagonalDistribution(tf.zeros([1, size]), tf.ones([1, size]))
    flow = IAFDistribution(base, tf.constant(rng.normal(size=(1, 3)), tf.float32), [made])
    drawn = flow.sample(50, SEED)
    np.testing.assert_allclose(flow.log_prob(drawn.z), drawn.log_prob, rtol=1e-2)


def test_householder_is_a_product_of_reflections(base, rng):
    axes = rng.normal(size=(3, 2, 4)).astype(np.float32)
    flow = HouseholderDistribution(base, list(tf.constant(axes)))
    for image in range(2):
        product = np.eye(4)
        for v in axes[:, image]:
            product = (np.eye(4) - 2.0 * np.outer(v, v) / (v @ v)) @ product
        np.testing.assert_allclose(flow.mean[image], product @ base.mean[image].numpy(), atol=1e-5)
    z, log_prob = flow.sample(50_000, SEED)
    terms = log_prob + 0.5 * tf.reduce_sum(z**2 + np.log(2 * np.pi), axis=-1)
    np.testing.assert_allclose(flow.kl_standard_normal(), tf.reduce_mean(terms, axis=0), atol=0.05)


def test_later_axes_are_linear_in_the_one_before(rng):
    family = families.FAMILIES["householder"]()
    (first, second), images = family.axis_layers, families.images_of(rng, 1)
    v = family.encoder(images)[:, 4:]
    chain = [v, first(v), second(first(v))]
    expected = [axis / np.linalg.norm(axis) for axis in chain]
    np.testing.assert_allclose(family.condition(images).axes, expected, rtol=1e-5)


@pytest.mark.parametrize("name", ["householder", "iaf"])
def test_the_base_is_the_encoders_gaussian(name, rng):
    """Means first, then log variances, and behind them what the maps take."""
    family, images = families.FAMILIES[name](), families.images_of(rng, 3)
    output, q = family.encoder(images).numpy(), family.condition(images)
    np.testing.assert_allclose(q.base.mean, output[:, :2], rtol=1e-6)
    np.testing.assert_allclose(q.base.gaussian.variance, np.exp(output[:, 2:4]), rtol=1e-6)
    if name == "iaf":
        np.testing.assert_allclose(q.context, output[:, 4:], rtol=1e-6)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("latent_dim", [1, 2, 5])
def test_made_is_autoregressive_and_knows_all_of_the_context(reverse, latent_dim):
    """Output l depends on the context and on exactly the entries before l."""
    made = MADE(latent_dim, 3, (20, 20), reverse=reverse)
    z, context = tf.random.stateless_normal([1, latent_dim], (1, 2)), tf.random.stateless_normal([1, 3], (3, 4))
    for output in range(2):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch([z, context])
            values = made(z, context)[output]
        in_z, in_context = (tape.jacobian(values, of)[0, :, 0].numpy() for of in (z, context))
        before = np.tril(np.ones((latent_dim, latent_dim)), -1)
        np.testing.assert_array_equal(in_z != 0.0, (before.T if reverse else before).astype(bool))
        assert np.all(in_context != 0.0)


def test_made_stays_autoregressive_after_plain_gradient_steps():
    """Whatever is written into its weights, as a loop without Keras' constraints does."""
    made = MADE(3, 2, (8,))
    for variable in made.trainable_variables:
        variable.assign_add(tf.ones_like(variable))
    z = tf.Variable([[0.1, 0.2, 0.3]])
    with tf.GradientTape() as tape:
        first = made(z, tf.zeros([1, 2]))[0][0, 0]
    np.testing.assert_array_equal(tape.gradient(first, z, unconnected_gradients="zero"), np.zeros((1, 3)))


def test_the_maps_see_the_image(rng):
    """With mean and variance of q_0 held fixed, another context gives other draws and another density."""
    family = families.FAMILIES["iaf"]()
    row = rng.normal(size=7).astype(np.float32)
    images = tf.zeros([1, *families.IMAGE_SHAPE])
    results = []
    for context in (row[4:], row[4:] + 1.0):
        family.encoder = constant_encoder(np.concatenate([row[:4], context]), "float32")
        results.append(family.condition(images).sample(3, SEED))
    assert np.all(np.abs(results[0].z - results[1].z) > 1e-4)
    assert np.all(np.abs(results[0].log_prob - results[1].log_prob) > 1e-4)


@pytest.mark.parametrize("family", ["mean_field", "householder", "iaf"])
def test_networks_in_float64(family, rng):
    built = families.FAMILIES[family]()
    outputs = built.encoder.output_shape[-1]
    built.encoder = families.network(outputs, "float64")
    model = families.model_of(built, decoder=families.decoder("float64"))
    assert model.elbo({"observations": families.images_of(rng, 2)}, seed=SEED).elbo.dtype == tf.float64


def test_gates_start_open():
    """z moves little at first: s = sigmoid(2 + small)."""
    family = IAF(families.network(7), 2, num_flows=1, context_dim=3)
    z = family.condition(tf.zeros([1, *families.IMAGE_SHAPE]))
    start = z.base.sample(100, SEED).z
    slope = np.polyfit(start[:, 0, 0], z.forward(start).z[:, 0, 0], 1)[0]
    assert slope == pytest.approx(1.0 / (1.0 + np.exp(-2.0)), abs=0.1)


def test_counts_below_one():
    with pytest.raises(ValueError, match="num_flows must be >= 1, got 0"):
        IAF(families.network(7), 2, num_flows=0, context_dim=3)
    with pytest.raises(ValueError, match="num_flows must be >= 1, got 0"):
        HouseholderFlow(families.network(6), 2, num_flows=0)
    with pytest.raises(ValueError, match="context_dim must be >= 1, got 0"):
        IAF(families.network(7), 2, context_dim=0)
    with pytest.raises(ValueError, match=r"the encoder's output has shape \(1, 4\); expected \[B, 6\]"):
        HouseholderFlow(families.network(4), 2).condition(tf.zeros([1, *families.IMAGE_SHAPE]))


def test_a_global_policy_of_half_precision(rng):
    """Its layers then compute in bfloat16, with what the mask leaves of float32 weights."""
    z, context = tf.constant(rng.normal(size=(2, 4)), tf.float32), tf.constant(rng.normal(size=(2, 3)), tf.float32)
    before = keras.mixed_precision.global_policy()
    full = MADE(4, 3, (8,))
    try:
        keras.mixed_precision.set_global_policy("mixed_bfloat16")
        half = MADE(4, 3, (8,))
    finally:
        keras.mixed_precision.set_global_policy(before)
    for ours, theirs in zip(half.trainable_variables, full.trainable_variables, strict=True):
        assert ours.dtype == tf.float32
        ours.assign(theirs)
    for found, expected in zip(half(z, context), full(z, context), strict=True):
        assert found.dtype == tf.float32
        np.testing.assert_allclose(found, expected, atol=0.05)
        assert np.any(found != expected)
