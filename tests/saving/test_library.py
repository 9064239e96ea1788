"""Everything of the library that a model is made of, written and built again: likelihoods, objectives, networks, ..."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import networks, objectives, priors
from gpvae_tf._keras import keras
from gpvae_tf.as_coded import AdamNormGrad, AsCoded, AsCodedComponents, AsCodedGECO, AsCodedMixture
from gpvae_tf.models import cp_estimators, cp_temperatures
from gpvae_tf.networks import dropout, gated, images
from gpvae_tf.posteriors import MeanField
from gpvae_tf.priors.vamp import PseudoInputs
from gpvae_tf.scaling import Scaling
from gpvae_tf.types import Bound
from tests.saving.test_parts import again
from tests.support import likelihood_cases

BOUND = Bound(tf.constant([-3.0, -1.0]), tf.constant([-2.0, -4.0]), {"kl": tf.constant([-2.0, -4.0])}, tf.ones([2]))


@pytest.mark.parametrize("case", likelihood_cases.CASES.values(), ids=likelihood_cases.CASES.keys())
@pytest.mark.parametrize("trainable", [False, True])
def test_likelihoods(case, trainable, rng):
    if trainable and not case.learns:
        return
    likelihood = case.build(trainable=True) if trainable else case.build()
    output, observations = case.output(rng), case.observations(rng, (*likelihood_cases.LEAD, 4, 3))
    expected = likelihood.log_prob(output, observations, event_ndims=2)
    np.testing.assert_array_equal(again(likelihood).log_prob(output, observations, event_ndims=2), expected)


OBJECTIVES = [
    objectives.BetaELBO(0.25),
    objectives.GECO(-2.0, decay=0.5, rate=0.1, log_range=(-1.0, 2.0)),
    objectives.KLWarmUp(10, 3, exempt=("kl",)),
    AsCodedGECO(-2.0, pixels_per_nat=0.1),
]


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda objective: type(objective).__name__)
def test_objectives(objective):
    loaded = again(objective)
    for _ in range(2):
        np.testing.assert_array_equal(loaded(BOUND), objective(BOUND))
        loaded.update(BOUND), objective.update(BOUND)


@pytest.mark.parametrize("kind", [cp_estimators.Enumerate, cp_estimators.StraightThrough, AsCoded])
def test_estimators(kind):
    assert type(again(kind())) is kind


@pytest.mark.parametrize(
    "temperature",
    [0.7, cp_temperatures.Annealed(1e-3, 0.2, 5), cp_temperatures.CompoundedByEpoch(3)],
    ids=lambda each: type(each).__name__,
)
def test_temperatures(temperature):
    loaded = again(cp_estimators.Relaxed(temperature)).temperature
    for step in (0, 700):
        found, expected = (cp_temperatures.at_step(t, tf.constant(step)) for t in (loaded, temperature))
        np.testing.assert_array_equal(found, expected)


def test_priors(rng):
    """A VampPrior shares the posterior that it is made of."""
    z = rng.normal(size=(5, 2)).astype(np.float32)
    components = priors.GaussianComponents(3, 2, seed=4)
    full = priors.FullCovarianceComponents(3, 2, seed=4)
    ours = (priors.MixtureOfGaussians(components), priors.MixtureOfGaussians(full))
    for prior in (*ours, AsCodedMixture(AsCodedComponents(3, 2, seed=5))):
        np.testing.assert_array_equal(again(prior).log_prob(z), prior.log_prob(z))
    posterior = MeanField(gated.GatedNetworks((4, 3, 1), 5).encoder(2), 2)
    shared, prior = again([posterior, priors.VampPrior(posterior, PseudoInputs.normal(3, (4, 3, 1)))])
    assert prior.posterior is shared
    anywhere = again(PseudoInputs(np.full((1, 4, 3, 1), 7.0), support=(-np.inf, np.inf)))
    np.testing.assert_array_equal(anywhere(), np.full((1, 4, 3, 1), 7.0))


def test_scalings():
    scaling = Scaling(np.array([1.7e9, 0.0]), np.array([60.0, 1.0]), 3.0, np.array([0.1, 10.0]))
    loaded = again(scaling)
    for field in dataclasses.fields(Scaling):
        np.testing.assert_array_equal(getattr(loaded, field.name), getattr(scaling, field.name))


def test_optimizers():
    schedule = keras.optimizers.schedules.CosineDecay(1e-3, 10)
    loaded = again(keras.mixed_precision.LossScaleOptimizer(AdamNormGrad(schedule, beta_1=0.8)))
    inner = loaded.inner_optimizer
    assert isinstance(inner, AdamNormGrad) and inner.beta_1 == 0.8
    np.testing.assert_array_equal(inner._learning_rate(5), schedule(5))


@pytest.mark.parametrize("is_arm_mac", [False, True])
def test_every_optimizer_of_keras(is_arm_mac, monkeypatch):
    """Keras' table of what a LossScaleOptimizer may hold lacks some, and has legacy ones on Apple silicon."""
    monkeypatch.setattr("tf_keras.src.optimizers.is_arm_mac", lambda: is_arm_mac)
    for name in ("Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lion", "Nadam", "SGD"):
        kind = getattr(keras.optimizers, name)
        scaled = keras.mixed_precision.LossScaleOptimizer(kind(0.25), initial_scale=8.0, dynamic_growth_steps=3)
        loaded = again(scaled)
        assert type(loaded) is type(scaled) and type(loaded.inner_optimizer) is kind
        assert loaded.get_config() == scaled.get_config() and loaded.learning_rate == 0.25


GATED, DROPOUT = gated.GatedNetworks((4, 3, 1), 5, init="he"), dropout.DropoutNetworks((4, 3, 1), 5)
NETWORKS = {
    "ball encoder": (lambda: networks.ball_encoder((4, 3, 1), 2, units=5), (4, 3, 1)),
    "ball decoder": (lambda: networks.ball_decoder((4, 3, 1), 2, units=5), (2,)),
    "MNIST encoder": (lambda: networks.mnist_encoder(2, conditions=2), (28, 28, 3)),
    "MNIST decoder": (lambda: networks.mnist_decoder(2, conditions=2), (4,)),
    "wide decoder": (lambda: networks.wide_decoder(2, units=5, filters=2), (2,)),
    "SPRITES decoder": (lambda: networks.sprites_decoder(2, (8, 8, 3)), (2,)),
    "image decoder": (lambda: images.ImageNetworks((8, 8, 1), (2, 2), (2, 1), 5).decoder(2), (2,)),
    "gated encoder": (lambda: GATED.encoder(2), (4, 3, 1)),
    "gated two-level decoder": (lambda: GATED.two_level_decoder(2, 3), (5,)),
    "dropout encoder": (lambda: DROPOUT.encoder(2), (4, 3, 1)),
    "dropout decoder": (lambda: DROPOUT.decoder(2), (2,)),
    "vectors": (lambda: networks.event_encoder((7,), 2, units=5), (7,)),
    "in mixed precision": (lambda: networks.ball_decoder((4, 3, 1), 2, units=5, policy="mixed_bfloat16"), (2,)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name, rng):
    """The same function, once the weights are the same."""
    build, shape = NETWORKS[name]
    network, inputs = build(), tf.constant(rng.normal(size=(3, *shape)), tf.float32)
    loaded = again(network)
    for old, new in zip(network.variables, loaded.variables, strict=True):
        new.assign(old)
    np.testing.assert_array_equal(loaded(inputs), network(inputs))
