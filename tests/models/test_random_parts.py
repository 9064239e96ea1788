"""Every random part of every model, posterior and prior: its seed is its own, and another one for another seed."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.as_coded.cp_estimator import AsCoded
from gpvae_tf.models import embedding_space
from gpvae_tf.models.cp_estimators import Enumerate, Relaxed, StraightThrough
from gpvae_tf.posteriors import GPEncoder, TwoLevelPosterior
from gpvae_tf.priors import (
    ConditionalGaussians,
    FullCovarianceComponents,
    GaussianComponents,
    MixtureOfGaussians,
    PseudoInputs,
    StandardNormal,
    TwoLevelPrior,
    VampPrior,
)
from tests.support import families, image_models, sequence_models
from tests.support.drawn_seeds import assert_nothing_shared, seeds_of
from tests.support.registry import REGISTRY, having


@pytest.fixture(autouse=True)
def _eagerly(eagerly):
    """Whose seeds are numbers."""


@pytest.mark.parametrize("entry", REGISTRY.values(), ids=REGISTRY.keys())
def test_bounds(entry, rng):
    model, batch = entry.build(), entry.batch(rng)
    entry.prepare(model, batch)
    assert_nothing_shared(lambda seed: model.elbo(batch, seed))
    assert_nothing_shared(lambda seed: model.training_bound(batch, seed))


@having("impute")
def test_imputation(entry, rng):
    model, batch = entry.build(), entry.batch(rng)
    entry.prepare(model, batch)
    batch |= {"mask": tf.constant(rng.uniform(size=batch["observations"].shape) < 0.8)}
    assert_nothing_shared(lambda seed: model.impute(batch, 0.5, 8, seed))


@having("predict_y")
def test_predictions(entry, rng):
    model, batch = entry.build(), entry.batch(rng)
    entry.prepare(model, batch)
    known, inputs = model.condition_on(batch), entry.queries(model, batch)
    assert_nothing_shared(lambda seed: known.predict_y(inputs, 8, seed, quantiles=()))
    assert_nothing_shared(lambda seed: known.generate(inputs, seed))


@pytest.mark.parametrize("entry", REGISTRY.values(), ids=REGISTRY.keys())
def test_noisy_draws_of_the_prior(entry, rng):
    model, batch = entry.build(), entry.batch(rng)
    entry.prepare(model, batch)
    inputs = None if entry.single_images else entry.queries(model, batch)
    num = 3 if inputs is None else len(inputs)
    assert_nothing_shared(lambda seed: model.sample(num, seed, inputs, noise=True))


def test_what_is_hidden_and_what_is_drawn(rng):
    model, batch = sequence_models.svgp_vae(hiding=(0.3, 0.3)), sequence_models.videos(rng)
    assert_nothing_shared(lambda seed: model.training_bound(batch, seed))
    assert len(seeds_of(lambda: model.training_bound(batch, tf.constant([3, 4])))) == 3


@pytest.mark.parametrize("name", families.FAMILIES)
def test_posteriors_of_images(name, rng):
    """Draws, weighted draws, and what inference itself draws."""
    model, images = families.model_of(families.FAMILIES[name]()), families.images_of(rng, 3)
    q = model.encode(images, seed=tf.constant([5, 6]))
    assert_nothing_shared(lambda seed: q.sample(4, seed))
    assert_nothing_shared(lambda seed: q.weighted(4, seed))
    if name == "semi_amortized":
        assert_nothing_shared(lambda seed: model.encode(images, seed=seed))


def test_the_gp_encoders_monte_carlo(rng):
    parts = [families.network(size) for size in (4, 5, 5)]
    q = GPEncoder(*parts, families.LATENT_DIM, 5, log_square_samples=3).condition(families.images_of(rng, 3))
    assert_nothing_shared(q.kl_in_bound)


def test_two_levels(rng):
    model, batch = image_models.hierarchical_vae(), image_models.binary_images(rng)
    assert isinstance(model.posterior, TwoLevelPosterior)
    q = model.encode(batch["observations"])
    assert_nothing_shared(lambda seed: q.sample(4, seed))
    assert_nothing_shared(lambda seed: model.prior.sample(4, seed))


@pytest.mark.parametrize("estimator", [Enumerate, Relaxed, StraightThrough, AsCoded])
def test_estimators_of_categories(estimator, rng):
    model, batch = image_models.cp_vae(estimator=estimator()), image_models.binary_images(rng)
    assert_nothing_shared(lambda seed: model.elbo(batch, seed))


def test_priors(rng):
    components = GaussianComponents(3, 2)
    conditional = ConditionalGaussians(components)
    posterior = families.FAMILIES["mean_field"]()
    pseudo_inputs = PseudoInputs.normal(3, families.IMAGE_SHAPE)
    top = MixtureOfGaussians(components)
    two_level = TwoLevelPrior(top, keras.layers.Lambda(lambda z: tf.concat([z, z], axis=-1)), 2)
    full = MixtureOfGaussians(FullCovarianceComponents(3, 2))
    for prior in (StandardNormal(2), top, full, conditional, VampPrior(posterior, pseudo_inputs), two_level):
        assert_nothing_shared(lambda seed, prior=prior: prior.sample(4, seed))
    assert_nothing_shared(lambda seed: conditional.sample_given(conditional.one_hot([0, 2]), seed))
    assert GaussianComponents(3, 2, seed=1).means.numpy().tolist() != components.means.numpy().tolist()


def test_locations(rng):
    x = tf.constant(rng.normal(size=(9, 2)), tf.float32)
    assert_nothing_shared(lambda seed: embedding_space.draws(x, 4, seed, None))
    assert np.all(np.isfinite(embedding_space.draws(x, 4, tf.constant([3, 4]), None)))


def test_a_step_of_training_and_one_of_testing_differ(rng):
    """As do two steps."""
    model = sequence_models.svgp_vae()
    seeds = [tuple(model.step_seed(salt).numpy()) for salt in (0, 1)]
    model.steps.assign_add(1)
    seeds += [tuple(model.step_seed(salt).numpy()) for salt in (0, 1)]
    assert len(set(seeds)) == 4
