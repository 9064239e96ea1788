"""What every family promises: exact densities, draws that follow them, and parameters that all train."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.evaluation import importance
from tests.support import families
from tests.support.seeds import seed_networks

SEED = tf.constant([7, 8])
EDGE, STEPS = 14.0, 351


@pytest.fixture(scope="module", params=list(families.FAMILIES))
def built(request):
    """A model whose networks give posteriors that differ visibly from N(0, I)."""
    seed_networks()
    built = families.model_of(families.FAMILIES[request.param]())
    for number, layer in enumerate(built.posterior.submodules):
        if hasattr(layer, "bias"):
            layer.bias.assign(0.4 * tf.random.stateless_normal(layer.bias.shape, (3, number)))
    return built


@pytest.fixture
def model(built):
    """The model, whose weights a test may change."""
    weights = built.get_weights()
    yield built
    built.set_weights(weights)


@pytest.fixture
def images(rng):
    return families.images_of(rng, 2)


def grid():
    """Points [S, 1, 2] of a square around the origin, and the area of a cell."""
    axis = np.linspace(-EDGE, EDGE, STEPS, dtype=np.float32)
    points = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 1, 2)
    return points, float(axis[1] - axis[0]) ** 2


def test_it_integrates_to_one_and_draws_follow_it(model, images):
    """Mass, means and second moments of the density on a grid; the moments are those of 50,000 draws too."""
    q = model.encode(images, seed=SEED)
    points, area = grid()
    points = np.repeat(points, 2, axis=1)
    density = area * np.exp(q.log_prob(points).numpy().astype(np.float64))
    np.testing.assert_allclose(density.sum(axis=0), 1.0, atol=1e-3)
    z = q.sample(50_000, SEED).z.numpy()
    for of in (lambda z: z, lambda z: z[..., :1] * z):
        values, expected = of(z), np.sum(density[..., np.newaxis] * of(points), axis=0)
        np.testing.assert_array_less(np.abs(values.mean(0) - expected), 5 * values.std(0) / np.sqrt(len(z)) + 2e-3)


def test_draws_come_with_their_density(model, images):
    q = model.encode(images, seed=SEED)
    z, log_prob = q.sample(6, SEED)
    assert z.shape == (6, 2, 2) and log_prob.shape == (6, 2)
    np.testing.assert_allclose(log_prob, q.log_prob(z), rtol=1e-3, atol=2e-3)
    np.testing.assert_array_equal(z, q.sample(6, SEED).z)
    assert np.any(z != q.sample(6, SEED + 1).z)


def test_weighted_draws_have_the_means_of_draws(model, images):
    """E z and E log q, and the weights of an image sum to 1."""
    q = model.encode(images, seed=SEED)
    draws, sample = q.weighted(20_000, SEED), q.sample(50_000, SEED + 1)
    np.testing.assert_allclose(tf.reduce_sum(draws.weight, axis=0), 1.0, rtol=1e-3)
    np.testing.assert_allclose(draws.mean(draws.z[..., 0]), tf.reduce_mean(sample.z[..., 0], axis=0), atol=0.05)
    np.testing.assert_allclose(draws.mean(draws.log_prob), tf.reduce_mean(sample.log_prob, axis=0), atol=0.05)


def test_closed_kls_are_the_means_of_draws(model, images):
    q = model.encode(images, seed=SEED)
    kl = q.kl_standard_normal()
    z, log_prob = q.sample(50_000, SEED)
    terms = log_prob - model.prior.log_prob(z)
    if kl is not None:
        slack = 5 * np.std(terms, axis=0) / np.sqrt(50_000)
        np.testing.assert_array_less(np.abs(kl - tf.reduce_mean(terms, axis=0)), slack + 1e-4)


def test_every_parameter_trains_in_a_compiled_step(model, images):
    @tf.function
    def gradients():
        with tf.GradientTape() as tape:
            elbo = tf.reduce_sum(model.elbo({"observations": images}, seed=SEED).elbo)
        return elbo, tape.gradient(elbo, model.trainable_variables)

    elbo, found = gradients()
    assert np.isfinite(elbo) and len(found) >= 10
    for variable, gradient in zip(model.trainable_variables, found):
        assert gradient is not None and np.all(np.isfinite(gradient)) and np.any(gradient != 0.0), variable.name


@pytest.mark.filterwarnings("ignore:Even though the .*run_functions_eagerly")  # the batches stay a graph
def test_one_estimator_serves_all(model, images, eagerly):
    """Importance weighting with the family as the proposal finds the log-likelihood, and the bound lies below it."""
    for variable in model.posterior.trainable_variables:
        variable.assign(0.3 * variable)  # no image's proposal is far from its posterior
    points, area = grid()
    exact = tf.reduce_logsumexp(model.log_prob(images, np.repeat(points, 2, axis=1)), axis=0) + np.log(area)
    ours = importance.log_likelihoods(model, images.numpy(), num_samples=4000, chunk_size=1000)
    np.testing.assert_allclose(ours, exact, atol=0.05)
    bounds = model.elbo(
        {"observations": tf.tile(images, [1000, 1, 1, 1])}, seed=SEED
    ).elbo  # every row has its own draw
    assert np.all(np.mean(tf.reshape(bounds, [1000, 2]), axis=0) < exact)
