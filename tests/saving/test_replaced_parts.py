"""Parts of a model that took the place of others: they are saved, in that place, and so is the optimizer's state."""

import numpy as np
import pytest
import tensorflow as tf

import gpvae_tf
from gpvae_tf import likelihoods, objectives
from tests.support import sequence_models

REPLACED = {  # parts that own variables, by the attribute that they are assigned to
    "objective": [lambda: objectives.GECO(-10.0), lambda: objectives.KLWarmUp(10, 3), objectives.BetaELBO],
    "likelihood": [
        lambda: likelihoods.GaussianLikelihood(2.0, trainable=True),
        lambda: likelihoods.StudentTLikelihood(3.0, trainable=True),
        likelihoods.BernoulliLikelihood,
    ],
}


@pytest.mark.parametrize("attribute", REPLACED)
def test_what_took_the_place_of_a_part_with_variables_is_saved(attribute, tmp_path, rng, eagerly):
    """Whatever was there before: its variables are in the model no more."""
    parts = REPLACED[attribute]
    for before, after in zip(parts, [*parts[1:], parts[0]]):
        model = sequence_models.svgp_vae(**{attribute: before()})
        part = after()
        if attribute == "objective":
            model.compile("adam")  # none of its variables is the optimizer's
        setattr(model, attribute, part)
        if attribute == "likelihood":
            model.compile("adam")
        fill_slots(model)
        for variable in part.variables:
            variable.assign(variable + tf.ones_like(variable))
        model.save(tmp_path / "model")
        loaded = gpvae_tf.load_model(tmp_path / "model")
        found = getattr(loaded, attribute)
        assert type(found) is type(part)
        for old, new in zip(part.variables, found.variables, strict=True):
            np.testing.assert_array_equal(new, old)
        for old, new in zip(model.trainable_variables, loaded.trainable_variables, strict=True):
            np.testing.assert_array_equal(new, old)
        for old, new in zip(model.optimizer.variables, loaded.optimizer.variables, strict=True):
            np.testing.assert_array_equal(new, old)


def fill_slots(model):
    """Numbers of their own in the optimizer's state."""
    model.optimizer.build(model.trainable_variables)
    for number, variable in enumerate(model.optimizer.variables):
        variable.assign(tf.fill(variable.shape, tf.cast(number, variable.dtype)))


@pytest.mark.parametrize("attribute", REPLACED)
def test_a_part_stands_in_its_predecessors_place(attribute):
    """And stays there if it is assigned once more."""
    model = sequence_models.svgp_vae()
    parts = lambda: [id(part) for part in model._flatten_modules(include_self=False, recursive=False)]
    for make in REPLACED[attribute]:
        before, old, new = parts(), getattr(model, attribute), make()
        for _ in range(2):
            setattr(model, attribute, new)
            assert parts() == [id(new) if part == id(old) else part for part in before]


def test_a_part_with_other_variables_needs_another_optimizer(rng, eagerly):
    data = tf.data.Dataset.from_tensors(sequence_models.videos(rng))
    model = sequence_models.svgp_vae()
    model.compile("adam")
    model.fit(data, verbose=0)
    model.likelihood = likelihoods.GaussianLikelihood(1.0)
    model.fit(data, verbose=0)  # it has no variables that train
    model.likelihood = likelihoods.GaussianLikelihood(1.0, trainable=True)
    with pytest.raises(ValueError, match="when other variables trained, not variance:0: compile the model again"):
        model.fit(data, verbose=0)
    model.compile("adam")
    model.fit(data, verbose=0)
    assert model.num_steps == 3
