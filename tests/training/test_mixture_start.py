"""Categories that start as clusters of a VAE's latents: moments, responsibilities, clusters that are found again."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import load_model
from gpvae_tf._keras import keras
from gpvae_tf.gp import categorical
from gpvae_tf.models import CPVAE
from gpvae_tf.networks.gated import GatedNetworks
from gpvae_tf.posteriors import CategoricalGaussian
from gpvae_tf.priors import ConditionalGaussians, FullCovarianceComponents, GaussianComponents
from gpvae_tf.training import mixture_start
from gpvae_tf.types import Gaussian
from tests.support import cp_problem

K, D, SHAPE = 3, 2, (4, 3, 1)
SEED = tf.constant([3, 4])


def test_the_vae_is_the_model_without_its_category(rng):
    """Its posterior is q(z | y, c) and its decoder p(y | z, c) at c = 0, and they share every weight."""
    model = cp_problem.build(policy="float32")
    vae, images = model.without_categories(), tf.cast(cp_problem.images(rng, 4), tf.float32)
    q, none = model.posterior.condition(images), tf.zeros([4, cp_problem.K])
    for ours, expected in zip(vae.encode(images).gaussian, q.given(none), strict=True):
        np.testing.assert_array_equal(ours, expected)
    z = tf.constant(rng.normal(size=(4, cp_problem.D)), tf.float32)
    np.testing.assert_array_equal(vae.decode(z), model.decode(tf.concat([z, none], axis=-1)))
    mine = {variable.ref() for variable in model.trainable_variables}
    assert {variable.ref() for variable in vae.trainable_variables} < mine


def test_the_vae_is_saved(rng, tmp_path):
    """With the decoder at no category, and as many draws per image as the model has."""
    vae, images = cp_problem.build(rng, policy="float32", num_samples=3).without_categories(), cp_problem.images(rng, 4)
    vae.save(tmp_path / "vae")
    loaded = load_model(tmp_path / "vae")
    found, expected = (one.elbo({"observations": images}, SEED).elbo for one in (loaded, vae))
    np.testing.assert_array_equal(found, expected)
    assert loaded.num_samples == vae.num_samples == 3


@pytest.mark.parametrize("kind", [GaussianComponents, FullCovarianceComponents])
def test_moments_of_the_clusters_are_the_best_components(kind, rng):
    """B2 at fixed responsibilities grows whichever parameter of the components is moved."""
    weights = rng.dirichlet(np.ones(K), 50)
    mean, variance = rng.normal(size=(50, D)), rng.uniform(0.1, 1.0, (50, D))
    components = kind(K, D)
    components.assign_moments(*map(tf.constant, mixture_start.moments(weights, mean, variance)))

    class Every:
        logits = tf.math.log(tf.constant(weights, tf.float32))

        def every(self):
            return Gaussian(*(tf.repeat(tf.constant(part[:, None], tf.float32), K, 1) for part in parts))

        def kl_to(self, p):
            m, v = (np.float64(part) for part in p)
            ratio = variance[:, None] / v
            kl = 0.5 * np.sum(ratio + (mean[:, None] - m) ** 2 / v - 1.0 - np.log(ratio), axis=-1)
            return tf.constant(kl, tf.float32)

    parts = (mean, variance)
    b2 = lambda: float(tf.reduce_mean(categorical.expected(Every.logits, components.kls_from(Every()))))
    least = b2()
    for variable in components.trainable_variables:
        start = variable.numpy()
        for sign in (-1.0, 1.0):
            for place in np.ndindex(start.shape):
                if variable.name.startswith("lower") and place[1] <= place[2]:
                    continue  # which is not used
                moved = start.copy()
                moved[place] += sign * 0.1
                variable.assign(moved)
                assert b2() > least + 1e-5, (variable.name, place)
        variable.assign(start)


def test_moments_are_those_of_draws(rng):
    weights = rng.dirichlet(np.ones(K), 20)
    mean, variance = rng.normal(size=(20, D)), rng.uniform(0.1, 1.0, (20, D))
    means, covariances = mixture_start.moments(weights, mean, variance)
    for k in range(K):
        rows = rng.choice(20, 200_000, p=weights[:, k] / weights[:, k].sum())
        drawn = mean[rows] + np.sqrt(variance[rows]) * rng.normal(size=(len(rows), D))
        np.testing.assert_allclose(means[k], drawn.mean(axis=0), atol=0.02)
        np.testing.assert_allclose(covariances[k], np.cov(drawn.T), atol=0.03)


@pytest.fixture
def three_kinds(rng):
    """300 binary images of three patterns, a tenth of whose pixels are turned over, and which pattern each has."""
    patterns, kinds = rng.integers(0, 2, (3, *SHAPE)), rng.integers(0, 3, 300)
    turned = rng.uniform(size=(300, *SHAPE)) < 0.1
    return np.abs(patterns[kinds] - turned).astype(np.float32), kinds


def test_clusters_are_found_and_given_to_the_categories(three_kinds):
    images, kinds = three_kinds
    keras.utils.set_random_seed(0)
    networks = GatedNetworks(SHAPE, 16)
    posterior = CategoricalGaussian(networks.features(), K, D, units=16)
    prior = ConditionalGaussians(FullCovarianceComponents(K, D))
    model = CPVAE(posterior, networks.decoder(D + K), event_shape=SHAPE, prior=prior)
    vae = model.without_categories()
    vae.compile(keras.optimizers.Adam(1e-2))
    batches = tf.data.Dataset.from_tensor_slices({"observations": images}).repeat().batch(50)
    vae.fit(batches, epochs=1, steps_per_epoch=200, verbose=0)
    clusters = mixture_start.start_categories(model, images, restarts=3)
    found, given = clusters.responsibilities.argmax(axis=1), model.categories(tf.constant(images)).numpy()
    pairs = np.unique(np.stack([kinds, found]), axis=1, return_counts=True)
    assert sum(sorted(pairs[1])[-3:]) > 0.9 * len(images)  # a cluster for every pattern
    assert np.mean(given.argmax(axis=1) == found) > 0.97
    np.testing.assert_allclose(given.mean(axis=0), clusters.responsibilities.mean(axis=0), atol=0.03)
    q = model.posterior.condition(tf.constant(images))
    means = q.every().mean.numpy()
    np.testing.assert_array_equal(means, np.repeat(means[:, :1], K, axis=1))  # q(z | y, c) knows no category yet
    for k in range(K):
        np.testing.assert_allclose(prior.components.means[k], means[found == k, 0].mean(axis=0), atol=0.1)


def test_images_with_missing_pixels_have_categories(rng):
    """What is missing may hold anything; without a mask it is refused, before anything has changed."""
    mask = rng.uniform(size=(40, *SHAPE)) < 0.8
    full = rng.integers(0, 2, mask.shape).astype(np.float32)
    holes, weights = np.where(mask, full, np.nan), rng.normal(size=1000)

    def build():
        keras.utils.set_random_seed(0)
        model = cp_problem.build(policy="float32")
        for variable in model.posterior.trainable_variables:
            variable.assign(np.resize(weights, variable.shape))
        return model

    found = mixture_start.start_categories(build(), holes, mask=mask, restarts=1)
    expected = mixture_start.start_categories(build(), np.where(mask, full, 0.0).astype(np.uint8), restarts=1)
    np.testing.assert_array_equal(found.responsibilities, expected.responsibilities)
    model, refused = build(), {"not finite": holes, "a Bernoulli decoder needs": 255.0 * full, "too few": full[:2]}
    before = model.posterior.mean_head.kernel.numpy()
    for message, images in refused.items():
        with pytest.raises(ValueError, match=message):
            mixture_start.start_categories(model, images)
    np.testing.assert_array_equal(model.posterior.mean_head.kernel, before)


@pytest.mark.parametrize(
    ("latents", "options", "message"),
    [
        (np.zeros((2, D)), {}, "latents are 2, too few for 3 components"),
        (np.zeros((9, D)), {"restarts": 0}, "restarts must be >= 1, got 0"),
        (np.zeros(9), {}, "latents has shape"),
    ],
)
def test_what_cannot_be_clustered_is_refused(latents, options, message):
    with pytest.raises(ValueError, match=message):
        mixture_start.fit_mixture(latents, K, **options)
