"""The mixture encoder and recursive mixture estimation: special cases, and the gradient every part gets."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.posteriors import MeanField, Mixture, RecursiveMixture
from gpvae_tf.posteriors.mixture import MixtureDistribution
from gpvae_tf.types import Gaussian
from tests.support import families

SEED = tf.constant([3, 4])


@pytest.fixture
def images(rng):
    return families.images_of(rng, 3)


def test_one_component_is_the_vae(images):
    encoder, decoder = families.network(4), families.decoder()
    posteriors = MeanField(encoder, 2), Mixture([encoder], None, 2), RecursiveMixture([encoder], [], 2)
    bounds = [families.model_of(p, decoder=decoder).elbo({"observations": images}, seed=SEED) for p in posteriors]
    for bound in bounds[1:]:
        np.testing.assert_array_equal(bound.elbo, bounds[0].elbo)


def test_stratified_expectations_are_exact_over_components(rng):
    """E z and its gradients in the weights, means and variances; no draw decides about a component."""
    mean, log_variance, logits = (tf.constant(rng.normal(size=s)) for s in ((3, 2, 2), (3, 2, 2), (3, 2)))
    with tf.GradientTape() as tape:
        tape.watch([mean, log_variance, logits])
        q = MixtureDistribution(Gaussian(mean, tf.exp(log_variance)), tf.nn.log_softmax(logits, axis=0))
        draws = q.weighted(1, SEED)
        total = tf.reduce_sum(draws.mean(draws.z[..., 0]))
    gradients = tape.gradient(total, [mean, log_variance, logits])
    alpha = tf.nn.softmax(logits, axis=0).numpy()
    z = tf.reshape(draws.z, mean.shape).numpy()
    np.testing.assert_allclose(draws.weight, alpha)
    np.testing.assert_allclose(gradients[0][..., 0], alpha)
    np.testing.assert_allclose(gradients[1][..., 0], 0.5 * alpha * (z - mean)[..., 0])
    centred = z[..., 0] - np.sum(alpha * z[..., 0], axis=0)
    np.testing.assert_allclose(gradients[2], alpha * centred)
    np.testing.assert_allclose(q.mean, np.sum(alpha[..., None] * mean, axis=0))


def test_density_of_a_mixture(rng):
    mean, variance, logits = rng.normal(size=(3, 2, 2)), rng.uniform(0.2, 2.0, (3, 2, 2)), rng.normal(size=(3, 2))
    log_alpha = logits - np.log(np.sum(np.exp(logits), axis=0))
    q = MixtureDistribution(Gaussian(tf.constant(mean), tf.constant(variance)), tf.constant(log_alpha))
    z = rng.normal(size=(4, 2, 2))
    expected = np.zeros((4, 2))
    for m in range(3):
        densities = np.exp(-0.5 * (z - mean[m]) ** 2 / variance[m]) / np.sqrt(2 * np.pi * variance[m])
        expected += np.exp(log_alpha[m]) * np.prod(densities, axis=-1)
    np.testing.assert_allclose(q.log_prob(tf.constant(z)), np.log(expected), rtol=1e-10)


def recursive(num_samples=1, **options):
    family = RecursiveMixture(families.networks(3, 4), families.networks(2, 1), 2, **options)
    return families.model_of(family, num_samples=num_samples)


def log_normal(z, gaussian):
    terms = np.log(2 * np.pi) + tf.math.log(gaussian.variance) + (z - gaussian.mean) ** 2 / gaussian.variance
    return -0.5 * tf.reduce_sum(terms, axis=-1)


def objectives(model, images, kl_bound):
    """What each part is trained on, at the draws the bound takes: J_1, J_2, J_3, and the mixture's ELBO.

    Expectations are means over the draws, the KL's too, which is what the bound C is for.
    """
    family, num = model.posterior, model.num_samples
    gaussians = []
    for encoder in family.encoders:
        mean, log_variance = tf.split(encoder(images), 2, axis=-1)
        gaussians.append(Gaussian(mean, tf.exp(log_variance)))
    fixed = [Gaussian(*(tf.stop_gradient(part) for part in g)) for g in gaussians]
    eps = [tf.sigmoid(network(images))[:, 0] for network in family.weights]
    alphas = [[tf.ones_like(eps[0])]]
    for e in eps:
        alphas.append([*((1 - e) * a for a in alphas[-1]), e])
    draw_seed = tf.unstack(tf.random.split(tf.unstack(tf.random.split(SEED))[1]))[0]
    values = model.encode(images).weighted(num, draw_seed).z
    values = tf.reshape(values, [num, len(gaussians), *values.shape[1:]])  # [S, M, B, L]
    over_draws = lambda values: tf.reduce_mean(values, axis=0)

    def mixture(z, stage):
        return tf.math.log(sum(a * tf.exp(log_normal(z, g)) for a, g in zip(alphas[stage], fixed)))

    parts, elbo = [], 0.0
    for m, g in enumerate(gaussians):
        noise = tf.stop_gradient((values[:, m] - g.mean) / tf.sqrt(g.variance))
        z = g.mean + tf.sqrt(g.variance) * noise
        part = over_draws(model.log_prob(images, z) - log_normal(z, g))
        if m > 0:
            before = tf.math.log(
                sum(tf.stop_gradient(a) * tf.exp(log_normal(z, g)) for a, g in zip(alphas[m - 1], fixed))
            )
            part += tf.minimum(over_draws(log_normal(z, g) - before), kl_bound)
        parts.append(tf.reduce_sum(part))
        z = tf.stop_gradient(z)
        elbo += tf.reduce_sum(alphas[-1][m] * over_draws(model.log_prob(images, z) - mixture(z, 2)))
    return parts, elbo


@pytest.mark.parametrize(("kl_bound", "num_samples"), [(500.0, 1), (0.3, 1), (0.3, 3)])
def test_every_part_follows_its_own_objective(images, kl_bound, num_samples):
    """Components: ELBO(q_m) + min(KL(q_m || Q_{m-1}), C); decoder and weights: ELBO(Q_M). C = 0.3 binds for some."""
    model = recursive(num_samples, kl_bound=kl_bound)
    family = model.posterior
    for m, encoder in enumerate(family.encoders):
        encoder.trainable_variables[-1].assign_add([0.5 * m, -0.3 * m, -0.5, 0.2 * m])
    with tf.GradientTape(persistent=True) as tape:
        parts, elbo = objectives(model, images, kl_bound)
        bound = tf.reduce_sum(model.elbo({"observations": images}, seed=SEED).elbo)
    assert bound.numpy() == pytest.approx(elbo.numpy(), rel=1e-5)
    pairs = [(encoder.trainable_variables, part) for encoder, part in zip(family.encoders, parts)]
    pairs += [(network.trainable_variables, elbo) for network in family.weights]
    pairs += [(model.decoder.trainable_variables, elbo)]
    for variables, objective in pairs:
        for ours, expected in zip(tape.gradient(bound, variables), tape.gradient(objective, variables)):
            np.testing.assert_allclose(ours, expected, rtol=1e-3, atol=1e-4)


def test_greedy_components_join_one_after_the_other(images):
    model = recursive(steps_per_component=10)
    family = model.posterior
    for step, newest in ((0, 0), (9, 0), (10, 1), (19, 1), (20, 2), (500, 2)):
        model.steps.assign(step)
        with tf.GradientTape(persistent=True) as tape:
            elbo = tf.reduce_sum(model.elbo({"observations": images}, seed=SEED).elbo)
        moves = [any(np.any(g) for g in tape.gradient(elbo, e.trainable_variables)) for e in family.encoders]
        assert moves == [m == newest for m in range(3)]
        weights = [any(np.any(g) for g in tape.gradient(elbo, w.trainable_variables)) for w in family.weights]
        assert weights == [m == newest for m in (1, 2)]
        alpha = np.exp(model.encode(images).log_weights)
        np.testing.assert_allclose(alpha.sum(axis=0), 1.0, rtol=1e-5)
        assert np.all(alpha[newest + 1 :] == 0.0) and np.all(alpha[: newest + 1] > 0.0)
    together = RecursiveMixture(family.encoders, family.weights, 2)
    np.testing.assert_allclose(model.encode(images).mean, together.condition(images).mean, rtol=1e-6)


def test_what_is_refused():
    one = families.networks(1, 4)
    with pytest.raises(ValueError, match="the number of encoders must be >= 1, got 0"):
        Mixture([], None, 2)
    with pytest.raises(ValueError, match="the number of encoders must be >= 1, got 0"):
        RecursiveMixture([], [], 2)
    with pytest.raises(TypeError, match="weights must be a tf_keras layer"):
        Mixture(families.networks(2, 4), None, 2)
    with pytest.raises(ValueError, match="weights has 1 networks; expected one less than encoders, 0"):
        RecursiveMixture(one, families.networks(1, 1), 2)
    with pytest.raises(ValueError, match="kl_bound must be positive, got 0"):
        RecursiveMixture(one, [], 2, kl_bound=0.0)
    with pytest.raises(ValueError, match="steps_per_component must be >= 1, got 0"):
        RecursiveMixture(one, [], 2, steps_per_component=0)
