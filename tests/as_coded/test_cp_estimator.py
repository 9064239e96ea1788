"""CP-VAE as coded: one q for all categories in the bound, and a prior that never moves."""

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.as_coded.cp_estimator import AsCoded
from gpvae_tf.as_coded.priors import AsCodedComponents
from gpvae_tf.priors import ConditionalGaussians
from tests.support.cp_problem import B, D, K, build, images

SEED = tf.constant([3, 4])


def test_the_authors_b2_has_one_q_for_all_categories(rng):
    """By hand: the first draw conditions z and every KL, the second reaches the decoder."""
    batch = {"observations": images(rng)}
    prior = ConditionalGaussians(AsCodedComponents(K, D))
    model = build(rng, prior=prior, estimator=AsCoded(0.7))
    q = model.encode(batch["observations"])
    bound, estimator = model.elbo(batch, SEED), model.estimator
    first, second, noise = tf.unstack(tf.random.split(SEED, 3))
    encoded, decoded = (estimator.category(model, q, seed) for seed in (first, second))
    assert np.all(np.abs(encoded - decoded) > 1e-6)
    mean, variance = (part.numpy()[0] for part in q.given(encoded))
    m, v = (part.numpy().astype(np.float64) for part in prior.components())
    kl = 0.5 * (np.log(v / variance[:, None]) + (variance[:, None] + (mean[:, None] - m) ** 2) / v - 1.0).sum(axis=-1)
    np.testing.assert_allclose(-bound.parts["kl"], (tf.nn.softmax(q.logits) * kl).numpy().sum(axis=-1), rtol=1e-6)
    z = mean + np.sqrt(variance) * tf.random.stateless_normal([1, B, D], noise, dtype=tf.float64)
    expected = model.log_likelihood(batch["observations"], tf.concat([z, decoded], axis=-1))[0]
    np.testing.assert_allclose(bound.reconstruction, expected, rtol=1e-10)


def test_the_authors_prior_never_moves(rng, eagerly):
    prior = ConditionalGaussians(AsCodedComponents(K, D))
    model = build(policy="float32", prior=prior, estimator=AsCoded())
    before = [variable.numpy() for variable in prior.variables]
    assert len(before) == 3
    model.compile(keras.optimizers.Adam(0.01))
    data = tf.data.Dataset.from_tensors({"observations": np.float32(images(rng))}).repeat(3)
    model.fit(data, verbose=0)
    for variable, start in zip(prior.variables, before, strict=True):
        np.testing.assert_array_equal(variable, start)
