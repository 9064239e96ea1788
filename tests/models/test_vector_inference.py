"""Vectors of objects never seen: what they maximise, that objects do not touch each other, and what is refused."""

import numpy as np
import pytest
import scipy.optimize
import tensorflow as tf

from gpvae_tf.embeddings import ObjectVectors
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.scaling import Scaling
from tests.support import sequence_models
from tests.support.seeds import seed_networks

NEW, GIVEN = 3, 4


MODELS = {
    "table": lambda: sequence_models.table_svgp_vae("float64"),
    "network": lambda: sequence_models.amortized_svgp_vae("float64"),
    "decoder sees": lambda: sequence_models.object_svgp_vae("float64"),
}


def given(model, rng, seed=0):
    """The model conditioned on three objects, and what it generates of three others: views, images, their vectors."""
    training = {n: tf.cast(part, tf.float64) for n, part in sequence_models.objects(rng).items()}
    predictor = model.condition_on(sequence_models.as_one_set(training))
    views, vectors = rng.uniform(0.0, 6.0, (NEW, GIVEN, 1)), rng.normal(size=(NEW, 2))
    inputs = model.embedding.inputs_at(tf.constant(views), tf.constant(vectors))
    images = predictor.generate(tf.reshape(inputs, [1, -1, 3])).numpy().reshape(NEW, GIVEN, *model.event_shape)
    return predictor, views, images, vectors


@pytest.fixture(params=MODELS)
def problem(request, rng, eagerly):
    seed_networks()
    model = MODELS[request.param]()
    return model, *given(model, rng)


def log_likelihood(model, predictor, views, images, vector):
    """sum_i log p(y_i | E[z(x_i, v)]) of one object, a Bernoulli, in nats."""
    inputs = np.column_stack([views, np.tile(vector, (len(views), 1))])
    p = model.decode(predictor.predict_f(inputs[np.newaxis]).mean[0], tf.constant(inputs)).numpy()
    return np.sum(images * np.log(p) + (1.0 - images) * np.log1p(-p))


def test_the_likelihood_is_as_large_as_scipy_can_make_it(problem):
    model, predictor, views, images, _ = problem
    start = predictor.infer_vectors(views, images, max_iterations=0).numpy()
    found = predictor.infer_vectors(views, images, max_iterations=60).numpy()
    for row in (0, 2):
        loss = lambda v, at=row: -log_likelihood(model, predictor, views[at], images[at], v)
        best = scipy.optimize.minimize(loss, start[row], method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-9})
        assert loss(found[row]) == pytest.approx(best.fun, abs=1e-3)
        assert loss(found[row]) < loss(start[row]) - 10.0 * abs(loss(found[row]) - best.fun)


def test_an_object_is_generated_as_it_was_in_views_that_were_not_given(problem):
    model, predictor, views, images, vectors = problem
    found = predictor.infer_vectors(views, images, max_iterations=60)
    elsewhere = tf.constant(np.linspace(0.2, 6.0, 7)[:, np.newaxis])
    generated = [
        predictor.generate(tf.reshape(model.embedding.inputs_at(tf.tile(elsewhere[None], [NEW, 1, 1]), v), [1, -1, 3]))
        for v in (found, tf.constant(vectors), predictor.infer_vectors(views, images, max_iterations=0))
    ]
    found, truth, start = (image.numpy() for image in generated)
    assert np.mean((found - truth) ** 2) < 1e-2 * np.mean((start - truth) ** 2)


def test_objects_do_not_touch_each_other_and_what_is_masked_is_gone(problem):
    _, predictor, views, images, _ = problem
    whole = predictor.infer_vectors(views, images).numpy()
    alone = predictor.infer_vectors(views[1:2], images[1:2])
    np.testing.assert_allclose(alone[0], whole[1], rtol=1e-3, atol=1e-4)
    few_at_once = predictor.infer_vectors(views, images, chunk=GIVEN)
    np.testing.assert_allclose(few_at_once, whole, rtol=1e-3, atol=1e-4)
    mask = np.ones((NEW, GIVEN), bool)
    mask[:, -1] = False
    hidden = np.where(mask[..., None, None, None], images, np.nan)
    masked = predictor.infer_vectors(views, hidden, mask)
    removed = predictor.infer_vectors(views[:, :-1], images[:, :-1])
    np.testing.assert_allclose(masked, removed, rtol=1e-3, atol=1e-4)
    entries = np.broadcast_to(mask[..., None, None, None], images.shape)
    np.testing.assert_allclose(predictor.infer_vectors(views, hidden, entries), removed, rtol=1e-3, atol=1e-4)


def test_the_start_is_the_networks_vector_the_likeliest_row_or_ones_own(problem):
    model, predictor, views, images, vectors = problem
    start = predictor.infer_vectors(views, images, max_iterations=0)
    if isinstance(model.embedding, ObjectVectors):
        rows = model.embedding.vectors.numpy()
        likely = lambda row, at: log_likelihood(model, predictor, views[at], images[at], row)
        expected = [max(rows, key=lambda row, at=at: likely(row, at)) for at in range(NEW)]
    else:
        expected = model.represent(images)
    np.testing.assert_allclose(start, expected, rtol=1e-6)
    if not isinstance(model.embedding, ObjectVectors):
        mask = np.array([[True, True, False, True]] * NEW)
        masked = predictor.infer_vectors(views, images, mask, max_iterations=0)
        np.testing.assert_allclose(masked, model.represent(images, mask), rtol=1e-6)
    own = tf.constant([[0.5, 0.25]] * NEW, tf.float64)
    np.testing.assert_array_equal(predictor.infer_vectors(views, images, start=own, max_iterations=0), own)
    several = tf.stack([own + 3.0, tf.constant(vectors), own])
    np.testing.assert_array_equal(predictor.infer_vectors(views, images, start=several, max_iterations=0), vectors)


def test_compiled_code_is_made_once(rng):
    model = sequence_models.table_svgp_vae("float64")
    predictor, views, images, _ = given(model, rng)
    found = predictor.infer_vectors(views, images, max_iterations=60)
    made = dict(predictor._vector_inference._compiled)
    fewer = predictor.infer_vectors(views[:2, :3], images[:2, :3], max_iterations=60)
    assert fewer.shape == (2, 2) and predictor._vector_inference._compiled == made and len(made) == 1
    np.testing.assert_allclose(fewer, found[:2], rtol=1e-2, atol=1e-3)  # the same objects, which it generated


def test_a_row_of_the_table_is_its_id(rng):
    """A table's own vectors in the place of ids give the same latents, also where views are scaled."""
    model = sequence_models.table_svgp_vae("float64", scaling=Scaling(input_scale=2.0))
    predictor, *_ = given(model, rng)
    ids, views = np.array([[2.0], [0.0], [1.0]]), rng.uniform(0.0, 6.0, (3, 1))
    vectors = tf.gather(model.embedding.vectors, ids[:, 0].astype(int))
    at = model.embedding.inputs_at(tf.constant(views)[:, tf.newaxis], vectors)[:, 0]
    by_id = predictor.predict_f(np.column_stack([views, ids])[np.newaxis])
    for found, expected in zip(predictor.predict_f(at[tf.newaxis]), by_id):
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_what_was_measured_badly_says_little(rng, eagerly):
    """An observation with an error of a hundred standard deviations is as good as none."""
    model = sequence_models.table_svgp_vae("float64", likelihood=GaussianLikelihood(0.01))
    predictor, views, images, _ = given(model, rng)
    spoilt, errors = images.copy(), np.zeros_like(images)
    spoilt[:, 0], errors[:, 0] = rng.normal(size=images[:, 0].shape), 10.0
    removed = predictor.infer_vectors(views[:, 1:], images[:, 1:], max_iterations=60)
    distances = [
        np.abs(predictor.infer_vectors(views, spoilt, errors=given_errors, max_iterations=60) - removed).max()
        for given_errors in (errors, None)
    ]
    assert distances[0] < 0.05 < 0.2 < distances[1]


def test_what_is_refused(rng):
    predictor, views, images, _ = given(sequence_models.table_svgp_vae("float64"), rng)
    with pytest.raises(ValueError, match=r"views has shape \(3, 4, 2\); expected \[3, 4, 1\]"):
        predictor.infer_vectors(np.repeat(views, 2, axis=-1), images)
    with pytest.raises(ValueError, match=r"start has shape \(3, 3\); expected \[3, 2\]"):
        predictor.infer_vectors(views, images, start=np.zeros((3, 3)))
    with pytest.raises(ValueError, match="mask leaves nothing observed in sequence 1"):
        predictor.infer_vectors(views, images, np.array([[True] * 4, [False] * 4, [True] * 4]))
    with pytest.raises(ValueError, match="observations has 1 value"):
        predictor.infer_vectors(views, np.where(images == images[0, 0, 0, 0, 0], np.nan, images))
    videos = sequence_models.videos(rng)
    with pytest.raises(TypeError, match="model.embedding must be ObjectVectors or AmortizedObjects, .* got NoneType"):
        sequence_models.svgp_vae().condition_on({n: part[:1] for n, part in videos.items()}).infer_vectors(
            views, images
        )
    several = sequence_models.object_svgp_vae().condition_on(sequence_models.objects(rng))
    with pytest.raises(
        ValueError, match="the model was given 3 data sets; the vectors of new objects are those of one"
    ):
        several.infer_vectors(views, images)
