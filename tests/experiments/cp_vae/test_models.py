"""Every model of CP-VAE's Table 1 by either preset: what the switches change, and parameter counts of the originals."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.as_coded.cp_estimator import AsCoded
from gpvae_tf.as_coded.norm_grad import AdamNormGrad
from gpvae_tf.as_coded.priors import AsCodedMixture
from gpvae_tf.experiments.cp_vae.families import PRIOR_FAMILIES, choose
from gpvae_tf.experiments.cp_vae.models import Hyperparameters
from gpvae_tf.experiments.cp_vae.presets import CPVAE_PRESETS
from gpvae_tf.models import FusedAdam
from gpvae_tf.models.cp_estimators import StraightThrough
from gpvae_tf.models.cp_temperatures import Annealed, CompoundedByEpoch
from gpvae_tf.priors import MixtureOfGaussians, PseudoInputs, StandardNormal, VampPrior
from tests.support.cp_problem import SHAPE, images

SEED = tf.constant([3, 4])


def build(name, hyperparameters):
    return PRIOR_FAMILIES[name].build(hyperparameters)


def count(model):
    return sum(int(np.prod(v.shape)) for v in model.trainable_variables)


@pytest.mark.parametrize("preset", CPVAE_PRESETS)
@pytest.mark.parametrize("name", PRIOR_FAMILIES)
def test_every_model_has_a_bound_and_generates(name, preset, rng):
    given = Hyperparameters(CPVAE_PRESETS[preset], event_shape=SHAPE, latent_dim=2, num_components=3, units=4)
    model = build(name, given)
    bound = model.elbo({"observations": tf.cast(images(rng), tf.float32)}, SEED)
    assert np.all(np.isfinite(bound.elbo)) and bound.elbo.shape == (4,)
    assert model.sample(5, SEED).shape == (5, *SHAPE)


@pytest.mark.parametrize(
    ("name", "components", "expected"),
    [
        ("vae", 10, 1_116_864),
        ("vamp", 500, 1_508_864),
        ("hvae", 10, 2_431_024),
        ("hvp", 500, 2_823_024),
        ("mg", 10, 1_116_864 + 2 * 10 * 40),
        ("cp", 10, 1_126_674 + 2 * 10 * 40),
        ("cp", 500, 1_607_364 + 2 * 500 * 40),
    ],
)
def test_parameters(name, components, expected):
    assert count(build(name, Hyperparameters(CPVAE_PRESETS["paper"], num_components=components))) == expected


def test_switches():
    options = dict(event_shape=SHAPE, latent_dim=2, num_components=3, units=4, steps_per_epoch=7)
    paper, coded = (Hyperparameters(CPVAE_PRESETS[preset], **options) for preset in ("paper", "authors_code"))
    ours, theirs = build("cp", paper), build("cp", coded)
    assert type(ours.estimator) is StraightThrough and type(ours.estimator.temperature) is Annealed
    assert type(theirs.estimator) is AsCoded and type(theirs.estimator.temperature) is CompoundedByEpoch
    assert theirs.estimator.temperature.steps_per_epoch == 7
    assert count(ours) == count(theirs) + 2 * 3 * 2  # the authors' prior does not train
    logits = [model.posterior.condition(tf.zeros([1, *SHAPE]) + 100.0).logits for model in (ours, theirs)]
    assert np.all(logits[1] > -1.0)
    assert type(build("mg", paper).prior) is MixtureOfGaussians
    assert type(build("mg", coded).prior) is AsCodedMixture
    assert type(build("vae", paper).prior) is StandardNormal
    assert type(build("hvp", paper).prior.top) is VampPrior
    biases = [build("vae", given).posterior.encoder.get_weights()[1] for given in (paper, coded)]
    assert not np.any(biases[0]) and np.all(biases[1] != 0)
    optimizers = {preset: switches["optimizer"] for preset, switches in CPVAE_PRESETS.items()}
    assert optimizers == {"paper": FusedAdam, "authors_code": AdamNormGrad}


def test_pseudo_inputs_can_be_given(rng):
    initial = rng.uniform(size=(3, *SHAPE))
    given = Hyperparameters(
        CPVAE_PRESETS["paper"], event_shape=SHAPE, latent_dim=2, units=4, pseudo_inputs=PseudoInputs(initial)
    )
    np.testing.assert_allclose(build("vamp", given).prior.pseudo_inputs(), initial, rtol=1e-6)


def test_refusals():
    given = Hyperparameters(CPVAE_PRESETS["paper"], event_shape=SHAPE, latent_dim=2, num_components=0, units=4)
    with pytest.raises(ValueError, match="--model_name=vae has no --prior=iwae; there is --model_name=cp_vae_z_xc"):
        choose(PRIOR_FAMILIES, "vae", "iwae")
    with pytest.raises(ValueError, match="num_categories must be >= 1, got 0"):
        build("cp", given)
    with pytest.raises(ValueError, match="num_components must be >= 1, got 0"):
        build("mg", given)
