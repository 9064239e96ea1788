"""The neural-process bound of Pearce (2020): its formula for the context that was drawn, and how contexts are drawn."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.models import GPVAE, NeuralProcessGPVAE, gp_vae
from tests.support import oracles
from tests.support.tiny import IMAGE_SHAPE, LATENT_DIM, NUM_FRAMES, NUM_VIDEOS

OPTIONS = dict(event_shape=IMAGE_SHAPE, latent_dim=LATENT_DIM)
SEED = tf.constant([3, 4])


@pytest.fixture
def model(tiny_networks):
    return NeuralProcessGPVAE(*tiny_networks("float64"), kernels.exponentiated_quadratic(1.3), **OPTIONS)


@pytest.mark.parametrize("with_mask", [False, True])
def test_bound_of_the_recorded_context(model, batch, monkeypatch, with_mask):
    """sum_T E_q[log p(y|z)] + log Z(all) - log Z(C) - sum_T E_q[log q~], with q conditioned on all that is observed."""
    observed, recorded = np.ones((NUM_VIDEOS, NUM_FRAMES), bool), []
    if with_mask:
        observed[0, [1, 5]] = observed[2, 0] = False
        batch = batch | {"mask": tf.constant(observed)}
    draw = gp_vae.draw_context
    monkeypatch.setattr(gp_vae, "draw_context", lambda *args: recorded.append(draw(*args)) or recorded[-1])
    bound = model.elbo(batch, seed=SEED)
    (context,) = (mask.numpy() for mask in recorded)
    target = observed & ~context
    assert not np.any(context & ~observed) and np.all(target.any(axis=1)) and np.all(context.any(axis=1))

    posterior = model.posterior(batch)
    x, log_z, cross_entropy = batch["inputs"][0].numpy().astype(np.float64), np.zeros(3), np.zeros(3)
    marginals = [part.numpy() for part in posterior.marginals()]
    for b, c in np.ndindex(NUM_VIDEOS, LATENT_DIM):
        y, s = posterior.data.y[b, c].numpy(), posterior.data.noise_variance[b, c].numpy()

        def log_marginal(keep, y=y, s=s):
            covariance = oracles.rbf(x[keep], x[keep], 1.3) + np.diag(s[keep])
            return oracles.log_normal(y[keep], np.zeros(keep.sum()), covariance)

        log_z[b] += log_marginal(observed[b]) - log_marginal(context[b])
        k_all = oracles.rbf(x[observed[b]], x, 1.3)
        args = k_all[:, observed[b]], k_all, oracles.rbf(x, x, 1.3), y[observed[b]], s[observed[b]]
        mean, covariance = oracles.exact_posterior(*args)
        np.testing.assert_allclose(marginals[0][b, c], mean, rtol=1e-9, atol=1e-10)
        t = target[b]
        cross_entropy[b] += oracles.expected_log_density(mean[t], np.diag(covariance)[t], y[t], s[t])
    np.testing.assert_allclose(bound.parts["log_marginal_likelihood"], log_z, rtol=1e-9)
    np.testing.assert_allclose(bound.parts["cross_entropy"], -cross_entropy, rtol=1e-9)

    noise_seed = tf.random.split(SEED, 2)[0]
    mean, variance = (np.swapaxes(part, -1, -2) for part in marginals)
    z = mean + np.sqrt(variance) * tf.random.stateless_normal(mean.shape, noise_seed, dtype=tf.float64)
    per_frame = model.likelihood.log_prob(model.decode_output(z), batch["observations"]).numpy()
    np.testing.assert_allclose(bound.reconstruction, np.sum(per_frame * target, axis=1), rtol=1e-9)


def test_it_is_the_elbo_less_the_contexts(tiny_networks, batch, monkeypatch):
    """Without a context (log Z of nothing is 0) the two models' regularizers agree."""
    kernel = kernels.exponentiated_quadratic(1.3)
    monkeypatch.setattr(gp_vae, "draw_context", lambda observed, *args: tf.zeros_like(observed))
    networks = tiny_networks()
    ours = NeuralProcessGPVAE(*networks, kernel, **OPTIONS).elbo(batch, seed=SEED)
    reference = GPVAE(*networks, kernel, **OPTIONS).elbo(batch, seed=SEED)
    for name in reference.parts:
        np.testing.assert_allclose(ours.parts[name], reference.parts[name], rtol=1e-10)


def test_contexts_differ_between_steps_and_models(model, batch, tiny_networks):
    regularizer = lambda model: model.elbo(batch).regularizer.numpy()
    first = regularizer(model)
    np.testing.assert_array_equal(regularizer(model), first)
    model.steps.assign(1)
    assert np.any(regularizer(model) != first)


@pytest.mark.parametrize("n, ratio", [(30, 0.5), (30, 0.2), (5, 0.5), (4, 0.9)])
def test_size_of_contexts(n, ratio):
    """round(N(rn, r(1-r)n)) clipped to [2, n - 2], one for all data sets; each frame as likely as any other."""
    draw = tf.function(lambda seed: gp_vae.draw_context(tf.ones([8, n], tf.bool), ratio, seed))
    masks = np.array([draw(tf.constant([k, 1])) for k in range(400)])
    sizes = masks.sum(axis=-1)
    assert np.all(sizes == sizes[:, :1])
    assert sizes.min() >= 2 and sizes.max() <= max(n - 2, 2)
    rng = np.random.default_rng(0)
    raw = np.round(rng.normal(ratio * n, np.sqrt(ratio * (1 - ratio) * n), 100_000))
    expected = np.clip(raw, 2, max(n - 2, 2))
    # five standard errors, of 400 sizes and of 3200 masks
    assert abs(sizes[:, 0].mean() - expected.mean()) <= 5 * expected.std() / 20
    assert abs(sizes[:, 0].std() - expected.std()) <= 5 * expected.std() / 20
    shares = masks.mean(axis=(0, 1))
    assert np.all(np.abs(shares - sizes.mean() / n) < 5 * 0.5 / np.sqrt(3200))
    assert len({tuple(mask) for mask in masks[0]}) > 1  # every data set has a context of its own


def test_context_is_among_the_observed():
    observed = tf.constant(np.arange(12) % 3 != 0)[tf.newaxis]
    for k in range(20):
        assert not np.any(gp_vae.draw_context(observed, 0.5, tf.constant([k, 0])) & ~observed)


def test_contexts_of_masked_videos():
    """Sizes lie in [2, observed - 2] by the same draw as unmasked ones; ranks run over observed frames."""
    observed = np.arange(12) < np.array([[12], [7], [5], [4], [3], [1], [0]])
    observed = np.random.default_rng(0).permuted(observed, axis=1)
    counts = observed.sum(axis=1)
    masks = np.array([gp_vae.draw_context(tf.constant(observed), 0.5, tf.constant([k, 1])) for k in range(200)])
    assert not np.any(masks & ~observed)
    sizes = masks.sum(axis=-1)  # [200, 7]
    assert np.all(sizes >= np.minimum(counts, 2)) and np.all(sizes <= np.minimum(np.maximum(counts - 2, 2), counts))
    assert sizes[:, 1].std() > 0.5  # 7 observed frames: 2 to 5 of them
    for count, column in zip(counts[:4], sizes.T):
        alone = [gp_vae.draw_context(tf.ones([1, count], tf.bool), 0.5, tf.constant([k, 1])) for k in range(200)]
        np.testing.assert_array_equal(column, np.sum(alone, axis=(1, 2)))


def test_unmasked_contexts_are_those_of_earlier_versions():
    """As drawn when the runs under results/ were made."""
    context = gp_vae.draw_context(tf.ones([2, 10], tf.bool), 0.5, SEED)
    for row, expected in zip(context, ([0, 2, 9], [3, 8, 9]), strict=True):
        np.testing.assert_array_equal(np.where(row)[0], expected)


@pytest.mark.parametrize("ratio", [0.0, 1.0, float("nan")])
def test_ratio_is_checked(ratio, tiny_networks):
    with pytest.raises(ValueError, match=r"context_ratio must lie in \(0, 1\)"):
        NeuralProcessGPVAE(*tiny_networks(), kernels.exponentiated_quadratic(), context_ratio=ratio, **OPTIONS)
