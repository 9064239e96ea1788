"""q(c | y) q(z | y, c): its heads by hand, its density, its draws, and the KL to CP-VAE's prior by Monte Carlo."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

from gpvae_tf.gp import categorical as cp_bound
from gpvae_tf.networks import gated as gated_networks
from gpvae_tf.posteriors.categorical_gaussian import CategoricalGaussian
from gpvae_tf.posteriors.without_category import WithoutCategory
from gpvae_tf.priors import ConditionalGaussians, GaussianComponents
from tests.priors.test_mixtures import spread
from tests.support.drawn_seeds import assert_nothing_shared

SHAPE, K, D, UNITS, B = (4, 3, 1), 4, 2, 5, 3
SEED = tf.constant([3, 4])


def build(rng, **options):
    """A posterior whose heads are far from their small initial weights."""
    features = gated_networks.GatedNetworks(SHAPE, units=UNITS, init="he", policy="float64").features()
    posterior = CategoricalGaussian(features, K, D, units=UNITS, policy="float64", **options)
    for variable in posterior.trainable_variables:
        variable.assign(0.6 * rng.normal(size=variable.shape))
    return posterior


@pytest.fixture
def posterior(rng):
    return build(rng)


@pytest.fixture
def images(rng):
    return tf.constant(rng.uniform(size=(B, *SHAPE)))


def by_hand(posterior, images):
    """Probabilities [B, K], means and variances [B, K, D], from [h, e_k] and the whole kernels."""
    features = posterior.features(images).numpy()
    kernel, bias = (v.numpy() for v in posterior.logit_head.weights)
    gaussians = np.empty((2, B, K, D))
    for k in range(K):
        joined = np.concatenate([features, np.tile(np.eye(K)[k], (B, 1))], axis=1)
        for out, head in zip(gaussians, (posterior.mean_head, posterior.log_variance_head)):
            out[:, k] = joined @ head.kernel.numpy() + head.bias.numpy()
    return special.softmax(features @ kernel + bias, axis=-1), gaussians[0], np.exp(np.clip(gaussians[1], -6.0, 2.0))


def test_heads_by_hand(posterior, images):
    q, (probs, mean, variance) = posterior.condition(images), by_hand(posterior, images)
    np.testing.assert_allclose(tf.nn.softmax(q.logits), probs, rtol=1e-10)
    for ours, expected in zip(q.every(), (mean, variance)):
        np.testing.assert_allclose(ours, expected, rtol=1e-10)
    numbers = np.array([2, 0, 3])
    for ours, expected in zip(q.given(tf.one_hot(numbers, K, dtype=tf.float64)), (mean, variance)):
        np.testing.assert_allclose(ours, expected[np.arange(B), numbers], rtol=1e-10)


def test_density_and_the_point_that_stands_for_it(posterior, images, rng):
    q, (probs, mean, variance) = posterior.condition(images), by_hand(posterior, images)
    z, numbers = rng.normal(size=(6, B, D)), rng.integers(0, K, (6, B))
    rows = np.arange(B)
    expected = stats.norm.logpdf(z, mean[rows, numbers], np.sqrt(variance[rows, numbers])).sum(axis=-1)
    latents = tf.concat([z, np.eye(K)[numbers]], axis=-1)
    np.testing.assert_allclose(q.log_prob(latents), expected + np.log(probs[rows, numbers]), rtol=1e-10)
    best = probs.argmax(axis=-1)
    np.testing.assert_allclose(q.mean, np.concatenate([mean[rows, best], np.eye(K)[best]], axis=-1), rtol=1e-10)


def test_draws_follow_the_density(posterior, images):
    q, (probs, mean, variance) = posterior.condition(images), by_hand(posterior, images)
    z, log_prob = q.sample(20_000, SEED)
    assert z.shape == (20_000, B, D + K)
    np.testing.assert_allclose(log_prob, q.log_prob(z), rtol=1e-10)
    numbers = z.numpy()[..., D:].argmax(axis=-1)
    for b in range(B):
        counts = np.bincount(numbers[:, b], minlength=K)
        assert counts.min() > 5 and stats.chisquare(counts, 20_000 * probs[b]).pvalue > 1e-3
        for k in np.flatnonzero(counts > 100):
            chosen = z.numpy()[numbers[:, b] == k, b, :D]
            noise = (chosen - mean[b, k]) / np.sqrt(variance[b, k])
            assert all(stats.kstest(noise[:, d], "norm").pvalue > 1e-4 for d in range(D))


def test_category_and_noise_are_drawn_from_seeds_of_their_own(posterior, images, eagerly):
    q = posterior.condition(images)
    assert_nothing_shared(lambda seed: q.sample(4, seed))
    assert_nothing_shared(lambda seed: q.weighted(4, seed))


def test_weighted_draws_hold_every_category_once_per_sample(posterior, images):
    q, (probs, mean, variance) = posterior.condition(images), by_hand(posterior, images)
    draws = q.weighted(500, SEED)
    assert draws.z.shape == (500 * K, B, D + K)
    np.testing.assert_allclose(tf.reduce_sum(draws.weight, axis=0), np.ones(B), rtol=1e-12)
    np.testing.assert_allclose(draws.log_prob, q.log_prob(draws.z), rtol=1e-12)
    grouped = draws.z.numpy().reshape(500, K, B, D + K)
    np.testing.assert_array_equal(grouped[..., D:], np.broadcast_to(np.eye(K)[:, None], (500, K, B, K)))
    np.testing.assert_allclose(draws.weight.numpy().reshape(500, K, B)[7], probs.T / 500, rtol=1e-12)
    noise = (grouped[..., :D] - mean.transpose(1, 0, 2)) / np.sqrt(variance.transpose(1, 0, 2))
    assert stats.kstest(noise.ravel(), "norm").pvalue > 1e-3
    assert len(np.unique(noise)) == noise.size  # no noise is shared


def test_b1_and_b2_are_the_divergence(posterior, images, rng):
    """Against 1e5 draws of log q(z, c | y) - log p(z, c), within 4 standard errors."""
    prior = ConditionalGaussians(spread(GaussianComponents(K, D), rng))
    q = posterior.condition(images)
    z, log_q = q.sample(100_000, SEED)
    ratio = log_q.numpy() - prior.log_prob(z).numpy()
    exact = cp_bound.kl_uniform(q.logits) + cp_bound.expected(q.logits, q.kl_to(prior.components(tf.float64)))
    error = ratio.std(axis=0) / np.sqrt(len(ratio))
    assert np.all(np.abs(ratio.mean(axis=0) - exact) < 4.0 * error) and np.all(error < 0.01 * exact)


def test_without_a_category_it_is_what_the_heads_say_of_the_features(posterior, images):
    """The same weights at c = 0, and log variances in the same range."""
    posterior.log_variance_head.bias.assign([-9.0, 9.0])
    features = posterior.features(images).numpy()
    heads = posterior.mean_head, posterior.log_variance_head
    mean, raw = (features @ head.kernel.numpy()[:UNITS] + head.bias.numpy() for head in heads)
    assert raw.min() < -6.0 and raw.max() > 2.0
    q = WithoutCategory(posterior.features, *heads).condition(images)
    np.testing.assert_allclose(q.mean, mean, rtol=1e-10)
    np.testing.assert_allclose(q.gaussian.variance, np.exp(np.clip(raw, -6.0, 2.0)), rtol=1e-10)


def test_elu_logits_stay_above_minus_one(rng, images):
    plain, elu = build(rng), build(rng, logit_activation="elu")
    for posterior in (plain, elu):
        posterior.logit_head.bias.assign([-5.0, 0.0, 0.0, 0.0])
    assert np.min(plain.condition(images).logits) < -1.0 < np.min(elu.condition(images).logits)


def test_all_parameters_train(posterior, images):
    with tf.GradientTape() as tape:
        q = posterior.condition(images)
        value = tf.reduce_sum(q.logits * tf.range(K, dtype=tf.float64)) + tf.add_n(
            [tf.reduce_sum(p) for p in q.every()]
        )
    gradients = tape.gradient(value, posterior.trainable_variables)
    assert len(gradients) == 8 + 2 + 2 + 2 and all(g is not None and np.any(g != 0) for g in gradients)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [((0, D), "num_categories must be >= 1, got 0"), ((K, 0), "continuous_dim must be >= 1, got 0")],
)
def test_sizes_must_be_positive(sizes, message):
    with pytest.raises(ValueError, match=message):
        CategoricalGaussian(gated_networks.GatedNetworks(SHAPE, units=UNITS).features(), *sizes, units=UNITS)


def test_features_of_another_length_are_refused(images):
    features = gated_networks.GatedNetworks(SHAPE, units=UNITS, policy="float64").features()
    with pytest.raises(ValueError, match="the output of features has shape"):
        CategoricalGaussian(features, K, D, units=UNITS + 1, policy="float64").condition(images)
