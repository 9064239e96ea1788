"""Missing entries, in every model that is registered as having them: the bound is that of what was observed."""

import functools

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from gpvae_tf import kernels
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.models import CVAE, GPVAE
from gpvae_tf.models.masks import observed
from tests.support import registry, sequence_models, tiny
from tests.support.seeds import seed_networks

SEED = tf.constant([3, 4])


@functools.cache
def in_double_precision(build):
    """A model that tests share; its draws have next to no variance (1e-30)."""
    seed_networks()
    return build(policy="float64", sample_clip=(1e-30, 1e-30))


def with_gaps(batch, rng):
    """The batch with 0 at three tenths of its entries, so that the encoder sees the same with and without a mask."""
    keep = rng.uniform(size=batch["observations"].shape) < 0.7
    zeroed = tf.constant(np.where(keep, batch["observations"], 0.0).astype(np.float32))
    return batch | {"observations": zeroed}, keep


def log_density_of_zeros(model, mean):
    """log p(0 | z) of every entry, from E[y | z]."""
    if isinstance(model.likelihood, GaussianLikelihood):
        return stats.norm.logpdf(0.0, mean, np.sqrt(model.likelihood.variance(tf.zeros([1], tf.float64))))
    return np.log1p(-mean)


@registry.having("entries", single_images=False)
def test_the_likelihood_is_that_of_the_rest(entry, rng):
    """What a mask takes from the bound is log p(0 | z) of the removed entries, at the latents that do not change."""
    model = in_double_precision(entry.build)
    batch, keep = with_gaps(entry.batch(rng), rng)
    entry.prepare(model, batch)
    masked = batch | {"mask": tf.constant(keep)}
    means = model.posterior(batch).marginals().transposed().mean  # the bound's own, of a mini-batch too
    decoded = model.decode(means, model.decoder_inputs(batch)).numpy()
    removed = np.where(keep, 0.0, log_density_of_zeros(model, decoded)).sum(axis=(-3, -2, -1))  # [B, n]
    per_point = [model.log_likelihood(model.posterior(data), data, SEED) for data in (batch, masked)]
    np.testing.assert_allclose(per_point[0] - per_point[1], removed, rtol=1e-8)
    bounds = [model.elbo(data, seed=SEED) for data in (batch, masked)]
    np.testing.assert_allclose(bounds[0].regularizer, bounds[1].regularizer, rtol=1e-12)
    np.testing.assert_array_equal(bounds[0].num_points, bounds[1].num_points)
    difference = bounds[0].reconstruction - bounds[1].reconstruction
    if "masks" not in entry.cannot or entry.prepare is not registry.nothing:  # others sum over some of the points
        np.testing.assert_allclose(difference, removed.sum(axis=-1), rtol=1e-8)
    assert np.all(np.abs(difference) > 1.0)


@registry.having("entries")
def test_all_true_is_no_mask(entry, rng):
    """Bit for bit, in the precision that is trained in."""
    model, batch = entry.build(), entry.batch(rng)
    entry.prepare(model, batch)
    plain = model.elbo(batch, seed=SEED)
    whole = batch["observations"].shape
    for shape in (whole,) if "masks" in entry.cannot else (whole, whole[:2]):
        masked = model.elbo(batch | {"mask": tf.ones(shape, tf.bool)}, seed=SEED)
        for ours, expected in zip(masked[:2], plain[:2], strict=True):
            np.testing.assert_array_equal(ours, expected)


@registry.having("entries")
def test_missing_entries_may_hold_anything(entry, rng):
    """NaN or 1e30: value, reconstructions and gradients are those of zeros in their place."""
    batch = entry.batch(rng)
    check_garbage(entry, batch, rng.uniform(size=batch["observations"].shape) < 0.7, rng)


@registry.having("masks")
def test_missing_points_may_hold_anything(entry, rng):
    batch = entry.batch(rng)
    check_garbage(entry, batch, np.tile(np.arange(batch["inputs"].shape[1]) % 4 != 2, (len(batch["inputs"]), 1)), rng)


def check_garbage(entry, batch, keep, rng):
    model = entry.build()
    entry.prepare(model, batch)
    everywhere = keep.reshape(*keep.shape, *[1] * (len(batch["observations"].shape) - keep.ndim))
    garbage = np.where(rng.uniform(size=batch["observations"].shape) < 0.5, np.nan, 1e30).astype(np.float32)
    results = []
    for filling in (0.0, garbage):
        data = batch | {"observations": np.where(everywhere, batch["observations"], filling).astype(np.float32)}
        data |= {"mask": tf.constant(keep)}
        with tf.GradientTape() as tape:
            elbo = model.elbo(data, seed=SEED).elbo
        gradients = tape.gradient(elbo, model.trainable_variables)
        found = [tf.convert_to_tensor(gradient) for gradient in gradients if gradient is not None]
        results.append([elbo, model.reconstruct(data), *found])
    assert len(results[0]) > 4
    for expected, ours in zip(*results, strict=True):
        assert np.all(np.isfinite(ours))
        np.testing.assert_array_equal(ours, expected)


@registry.having("masks")
def test_a_point_without_entries_is_a_missing_point(entry, rng):
    """And so a removed point: `test_masked_frames_are_removed_frames`."""
    model, batch = in_double_precision(entry.build), entry.batch(rng)
    points = np.tile(np.arange(batch["inputs"].shape[1]) % 4 != 2, (batch["inputs"].shape[0], 1))
    entries = np.broadcast_to(points[..., None, None, None], batch["observations"].shape)
    by_points, by_entries = (model.elbo(batch | {"mask": tf.constant(mask)}, seed=SEED) for mask in (points, entries))
    for ours, expected in zip((by_entries.elbo, by_entries.num_points), (by_points.elbo, by_points.num_points)):
        np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("build", [sequence_models.vae, sequence_models.mean_field])
def test_a_missing_frames_latent_in_a_vae_is_the_priors(build, rng):
    """N(0, 1); where there is a frame, N(y, s), times the prior or by itself: in the bound and in what is imputed."""
    model, batch = build("float64"), tiny.videos(rng)
    for variable in model.encoder.trainable_variables:  # biases too: without them it gives (0, 1) for an empty frame
        variable.assign(0.3 * rng.normal(size=variable.shape))
    keep = np.tile(np.arange(tiny.NUM_FRAMES) % 3 != 1, (tiny.NUM_VIDEOS, 1))
    images = np.where(keep[..., None, None, None], batch["observations"], np.nan).astype(np.float32)
    data = {"observations": images, "inputs": batch["inputs"], "mask": tf.constant(keep)}
    y, s = (part.numpy() for part in model.encode(batch["observations"]))
    shrinkage = 1.0 + s if build is sequence_models.vae else 1.0
    for mean, variance in (model.latents(data), model.latents_given(data)):
        np.testing.assert_allclose(mean, np.where(keep[..., None], y / shrinkage, 0.0), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(variance, np.where(keep[..., None], s / shrinkage, 1.0), rtol=1e-9)


class Recorded(tf.Module):
    """A network that keeps what it is given."""

    def __init__(self, network):
        super().__init__()
        self.network, self.seen = network, []

    def __call__(self, observations):
        self.seen.append(observations.numpy())
        return self.network(observations[..., :1])


@pytest.mark.parametrize("kind", [GPVAE, CVAE])
def test_the_mask_as_a_channel(kind, rng):
    """Behind the values, which are 0 where nothing was observed; in front of a CVAE's views."""
    _, decoder = tiny.build_networks()
    encoder = Recorded(tiny.build_networks()[0])
    options = dict(event_shape=tiny.IMAGE_SHAPE, latent_dim=tiny.LATENT_DIM, mask_channel=True)
    if kind is CVAE:
        model, batch = CVAE(encoder, decoder, **options), sequence_models.objects(rng)
    else:
        model, batch = GPVAE(encoder, decoder, kernels.exponentiated_quadratic(1.3), **options), tiny.videos(rng)
    images = batch["observations"].numpy()
    keep = rng.uniform(size=images.shape) < 0.7
    points = np.arange(images.shape[1]) % 3 != 1
    for mask in (keep, np.tile(points, (len(images), 1)), None):
        model.posterior(batch if mask is None else batch | {"mask": tf.constant(mask)})
        shown = np.ones_like(images) if mask is None else np.zeros_like(images)
        shown[...] = 1.0 if mask is None else mask.reshape(*mask.shape, *[1] * (5 - mask.ndim))
        seen = encoder.seen[-1].reshape(*images.shape[:-1], -1)
        np.testing.assert_array_equal(seen[..., :2], np.concatenate([images * shown, shown], axis=-1))
        assert seen.shape[-1] == (4 if kind is CVAE else 2)
    model.encode(batch["observations"][0], batch["inputs"][0])
    np.testing.assert_array_equal(encoder.seen[-1][..., 1], 1.0)


@pytest.mark.parametrize("shape", [(3, 6), (3, 7, 6), (3, 7, 6, 6), (3, 7, 6, 6, 2), (7,)])
def test_a_mask_of_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match="mask has shape"):
        observed(tf.zeros([3, 7, 6, 6, 1]), tf.ones(shape, tf.bool), 3)
