"""B1 and B2 by hand and by Monte Carlo; relaxed and straight-through draws."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

from gpvae_tf.gp import categorical as cp_bound
from gpvae_tf.types import Gaussian

B, K, D = 3, 4, 2
SEED = tf.constant([3, 4])


@pytest.fixture
def logits(rng):
    return tf.constant(2.0 * rng.normal(size=(B, K)))


def gaussian(rng, *shape):
    return Gaussian(tf.constant(rng.normal(size=shape)), tf.constant(rng.uniform(0.2, 3.0, shape)))


def test_kl_uniform(logits):
    expected = [stats.entropy(p, np.full(K, 1.0 / K)) for p in special.softmax(logits, axis=-1)]
    np.testing.assert_allclose(cp_bound.kl_uniform(logits), expected, rtol=1e-12)
    np.testing.assert_allclose(cp_bound.kl_uniform(tf.zeros([B, K])), np.zeros(B), atol=1e-7)
    one = 1e4 * tf.one_hot([2], K)  # a probability of exactly 0 costs nothing
    with tf.GradientTape() as tape:
        tape.watch(one)
        value = cp_bound.kl_uniform(one)
    np.testing.assert_allclose(value, [np.log(K)], rtol=1e-6)
    assert np.all(np.isfinite(tape.gradient(value, one)))
    np.testing.assert_array_equal(cp_bound.kl_uniform(tf.constant([[3.0]])), [0.0])


def linear_code(rng, size, scale):
    return cp_bound.LinearCode(*(tf.constant(scale * rng.normal(size=(size, D))) for _ in range(2)))


@pytest.mark.parametrize("edge", [0.3, 6.0])
def test_b2(logits, edge, rng):
    """Term by term, in range and with log variances clipped at both ends; its gradient is that of the plain form."""
    base, shares, p = linear_code(rng, B, 1.0), linear_code(rng, K, 0.7), gaussian(rng, K, D)

    def printed(*parts):
        base, shares = cp_bound.LinearCode(*parts[:2]), cp_bound.LinearCode(*parts[2:4])
        log_variance = tf.clip_by_value(base.log_variance[:, tf.newaxis] + shares.log_variance, -edge, edge)
        q = Gaussian(base.mean[:, tf.newaxis] + shares.mean, tf.exp(log_variance))
        kls = []
        for b, k in np.ndindex(B, K):
            m, v, pm, pv = q.mean[b, k], q.variance[b, k], parts[4][k], parts[5][k]
            kls.append(tf.reduce_sum(0.5 * (tf.math.log(pv / v) + (v + (m - pm) ** 2) / pv - 1.0)))
        return tf.reshape(tf.stack(kls), [B, K])

    def ours(*parts):
        codes = cp_bound.LinearCode(*parts[:2]), cp_bound.LinearCode(*parts[2:4])
        return cp_bound.category_kls(*codes, Gaussian(*parts[4:]), (-edge, edge))

    parts, results = [*base, *shares, *p], []
    for form in (ours, tf.function(ours), printed):
        with tf.GradientTape() as tape:
            tape.watch(parts)
            kls = form(*parts)
            value = cp_bound.expected(logits, kls)
        results.append([kls, value, *tape.gradient(value, parts)])
    raw = base.log_variance[:, tf.newaxis] + shares.log_variance
    assert bool(tf.reduce_all(tf.abs(raw) < edge)) == (edge == 6.0)  # either branch
    for own, compiled, expected in zip(*results, strict=True):
        np.testing.assert_allclose(own, expected, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(compiled, expected, rtol=1e-9, atol=1e-12)
    probs = special.softmax(logits, axis=-1)
    np.testing.assert_allclose(results[0][1], (probs * results[0][0].numpy()).sum(axis=-1), rtol=1e-12)


def test_without_clipping_b2_has_no_tensor_of_batch_categories_and_dimensions():
    batch, categories, dim = 101, 103, 107

    @tf.function
    def form(base, shares, mean, variance):
        codes = cp_bound.LinearCode(base, base), cp_bound.LinearCode(shares, shares)
        return cp_bound.category_kls(*codes, Gaussian(mean, variance), (-6.0, 2.0))

    specs = [tf.TensorSpec([size, dim]) for size in (batch, categories, categories, categories)]
    operations = form.get_concrete_function(*specs).graph.get_operations()  # the branch for clipping is another graph
    sizes = [out.shape.num_elements() or 0 for op in operations for out in op.outputs]
    assert max(sizes) <= 2 * dim * max(batch, categories)


@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_the_largest_entry_is_a_draw_of_the_category(logits, temperature):
    many = tf.tile(logits[:1], [20_000, 1])
    relaxed = cp_bound.gumbel_softmax(many, temperature, SEED)
    np.testing.assert_allclose(tf.reduce_sum(relaxed, axis=-1), np.ones(20_000), rtol=1e-6)
    counts = np.bincount(np.argmax(relaxed, axis=-1), minlength=K)
    assert stats.chisquare(counts, 20_000 * special.softmax(logits[0])).pvalue > 1e-3


def test_the_relaxed_draw_is_concrete(rng):
    """Two categories: its logit is (logit difference + logistic noise) / temperature (Maddison et al., 2017)."""
    logits = tf.tile(tf.constant([[0.3, -0.9]], tf.float64), [20_000, 1])
    relaxed = cp_bound.gumbel_softmax(logits, 0.7, SEED).numpy()
    assert stats.kstest(0.7 * special.logit(relaxed[:, 0]), stats.logistic(loc=1.2).cdf).pvalue > 1e-3


def test_no_draw_is_infinite():
    draws = cp_bound.gumbel_softmax(tf.zeros([200_000, 5]), 0.5, SEED)
    assert np.all(np.isfinite(draws))


def test_straight_through_is_exactly_one_hot_with_the_relaxed_gradient(logits, rng):
    weights = tf.constant(rng.normal(size=(B, K)))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        relaxed = cp_bound.gumbel_softmax(logits, 0.5, SEED)
        hard = cp_bound.straight_through(relaxed)
        values = [tf.reduce_sum(weights * draw) for draw in (hard, relaxed)]
    np.testing.assert_array_equal(hard, np.eye(K)[np.argmax(relaxed, axis=-1)])
    ours, expected = (tape.gradient(value, logits) for value in values)
    np.testing.assert_array_equal(ours, expected)
    assert np.any(expected != 0)
