"""Errors of generated images of objects never seen: what they are made of, seeds, parts, and what is refused."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.evaluation.new_objects import NewObjects, inferred, inputs_of, object_errors, represented
from gpvae_tf.types import Gaussian
from tests.support import sequence_models

SEED = tf.constant([3, 1])

pytestmark = pytest.mark.usefixtures("eagerly")


@pytest.fixture
def problem(rng):
    """A model that has seen three objects, and three others with 4 images each, 2 of them as context."""
    model = sequence_models.amortized_svgp_vae()
    predictor = model.condition_on(sequence_models.as_one_set(sequence_models.objects(rng)))
    images = rng.uniform(size=(3, 4, *model.event_shape)).astype(np.float32)
    views = rng.uniform(0.0, 6.0, (3, 4, 1)).astype(np.float32)
    return model, predictor, NewObjects(images[:, :2], views[:, :2], views[:, 2:], images[:, 2:])


def errors_of(model, predictor, objects, seed=SEED):
    return object_errors(model, predictor, objects, seed, represented(model))


def one_by_one(objects: NewObjects) -> list[NewObjects]:
    return [NewObjects(*(part[i : i + 1] for part in objects)) for i in range(len(objects.images))]


def test_the_error_is_that_of_images_decoded_at_the_posterior_mean(problem):
    """Object by object, from the model's parts."""
    model, predictor, objects = problem
    squares = []
    for context, _, views, images in zip(*objects, strict=True):
        vector = model.embedding.network(context).numpy().mean(axis=0)
        rows = np.concatenate([views, np.tile(vector, (len(views), 1))], axis=1)
        decoded = model.decode(predictor.predict_f(rows[np.newaxis]).mean[0]).numpy()
        squares.append((images - decoded) ** 2)
    found = errors_of(model, predictor, [objects])
    assert found["mse"] == pytest.approx(np.mean(squares), rel=1e-5)


def test_inputs_follow_the_objects(problem):
    model, _, objects = problem
    inputs = inputs_of(model, objects, represented(model)).numpy()
    assert inputs.shape == (1, 6, 3)
    np.testing.assert_array_equal(inputs[0, :, 0], objects.views.ravel())
    np.testing.assert_array_equal(inputs[0, 2, 1:], inputs[0, 3, 1:])
    assert np.abs(inputs[0, 3, 1:] - inputs[0, 4, 1:]).max() > 1e-3


def test_parts_change_nothing_but_the_draws(problem):
    model, predictor, objects = problem
    whole, parts = (errors_of(model, predictor, given) for given in ([objects], one_by_one(objects)))
    assert parts["mse"] == pytest.approx(whole["mse"], rel=1e-5)
    uneven = [NewObjects(*(part[:2] for part in objects)), *one_by_one(objects)[2:]]
    assert errors_of(model, predictor, uneven)["mse"] == pytest.approx(whole["mse"], rel=1e-5)


def test_the_seed_decides_the_draw_and_every_part_has_its_own(problem):
    model, predictor, objects = problem
    errors = lambda seed, given: errors_of(model, predictor, given, tf.constant(seed))
    first, again, other = (errors(seed, [objects]) for seed in ([3, 1], [3, 1], [3, 2]))
    assert first == again and first["mse"] == other["mse"] and first["mse_sampled"] != other["mse_sampled"]
    same = one_by_one(objects)[0]
    assert errors([3, 1], [same, same])["mse_sampled"] != pytest.approx(errors([3, 1], [same])["mse_sampled"], rel=1e-6)


def test_a_certain_posterior_draws_its_mean(problem):
    model, predictor, objects = problem

    class Certain:
        def predict_f(self, inputs):
            mean = predictor.predict_f(inputs).mean
            return Gaussian(mean, tf.zeros_like(mean))

    found = errors_of(model, Certain(), [objects])
    assert found["mse_sampled"] == pytest.approx(found["mse"], rel=1e-6)


def test_what_is_refused(problem):
    model, predictor, objects = problem
    with pytest.raises(ValueError, match="objects is empty"):
        errors_of(model, predictor, [])
    with pytest.raises(TypeError, match="model.embedding must be ObjectVectors or AmortizedObjects, .* got NoneType"):
        errors_of(sequence_models.svgp_vae(), predictor, [objects])


def test_inferred_vectors_are_those_that_explain_the_context(problem):
    """An object that the model generated is generated again in other views, from the views that were given."""
    model, predictor, objects = problem
    vectors = tf.constant([[0.7, -0.4], [-0.9, 0.2], [0.1, 0.8]])
    images_in = lambda views: (
        predictor.generate(tf.reshape(model.embedding.inputs_at(views, vectors), [1, -1, 3]))
        .numpy()
        .reshape(3, 2, *model.event_shape)
    )
    generated = objects._replace(context=images_in(objects.context_views), images=images_in(objects.views))
    error = lambda vectors_of: object_errors(model, predictor, [generated], SEED, vectors_of)["mse"]
    assert error(inferred(predictor)) < 1e-3 * error(represented(model))


def test_views_keep_their_digits(problem):
    """Times since 1970, a minute apart, are 0 or 128 s apart in float32."""
    model, _, objects = problem
    late = objects._replace(views=1.7e9 + 60.0 * np.arange(6.0).reshape(3, 2, 1))
    np.testing.assert_array_equal(inputs_of(model, late, represented(model))[0, :, 0], late.views.ravel())
