"""Both families of models have the same verbs with the same arguments, and Keras' own verbs keep their meaning."""

import inspect

import pytest

from gpvae_tf import models
from gpvae_tf.as_coded.deep_svigp import AsCodedDeepSVIGP
from gpvae_tf.models import ImageVAE, LatentGPVAE, LatentVariableModel

VERBS = ("elbo", "encode", "decode", "reconstruct", "sample")
OFFERED = [one for one in map(vars(models).get, models.__all__) if isinstance(one, type)]
CLASSES = [one for one in OFFERED if issubclass(one, models.LatentVariableModel)] + [AsCodedDeepSVIGP]
LATENT_GPS = [one for one in CLASSES if issubclass(one, LatentGPVAE)]


def arguments(function) -> list[tuple]:
    """Name, kind and default of every argument."""
    return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("model", CLASSES, ids=lambda one: one.__name__)
def test_one_signature_per_verb(model, verb):
    assert arguments(getattr(model, verb)) == arguments(getattr(LatentVariableModel, verb))


@pytest.mark.parametrize("model", LATENT_GPS, ids=lambda one: one.__name__)
def test_one_verb_to_condition(model):
    assert arguments(model.condition_on) == arguments(LatentGPVAE.condition_on)


@pytest.mark.parametrize("model", CLASSES, ids=lambda one: one.__name__)
def test_no_second_word(model):
    """`generate` belongs to predictors; `fit` and `evaluate` are Keras', whose `predict` says what there is instead."""
    for name in ("generate", "given", "known", "learned", "condition", "predict_with"):
        assert not hasattr(model, name), name
    assert arguments(model.predict) == arguments(LatentVariableModel.predict)


def test_every_model_is_of_one_family():
    others = [one for one in CLASSES if issubclass(one, LatentGPVAE) == issubclass(one, ImageVAE)]
    assert others == [LatentVariableModel]
