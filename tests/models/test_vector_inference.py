"""Vectors of objects never seen: what they maximise, that objects do not touch each other, and what is refused."""

import numpy as np
import pytest
import scipy.optimize
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.embeddings import AmortizedObjects, ObjectVectors
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.models import SVGPVAE
from gpvae_tf.scaling import Scaling
from tests.support import sequence_models
from tests.support.seeds import seed_networks
from tests.support.tiny import build_networks

NEW, GIVEN = 3, 4


def of_two_view_columns() -> SVGPVAE:
    """A table of vectors behind views of two columns, which are scaled."""
    kernel = kernels.view_object(kernels.exponentiated_quadratic(2.0), kernels.linear(), view_columns=2)
    points = np.random.default_rng(6).uniform(0.0, 3.0, (8, 4))
    table = ObjectVectors(np.random.default_rng(5).normal(size=(3, 2)), view_columns=2)
    options = dict(embedding=table, num_data=15, jitter=1e-6, scaling=Scaling(input_scale=np.array([2.0, 3.0, 1.0])))
    networks = build_networks("float64")
    return SVGPVAE(*networks, kernel, InducingPoints(points), **sequence_models.OPTIONS | options)


def of_numbered_poses() -> SVGPVAE:
    """Vectors of poses beside those that a network makes of objects; five poses."""
    poses = ObjectVectors(np.random.default_rng(5).normal(size=(5, 2)), view_columns=0)
    model = sequence_models.amortized_svgp_vae("float64")
    embedding = AmortizedObjects(model.embedding.network, 2, views=poses)
    kernel = kernels.view_object(kernels.exponentiated_quadratic(1.0), kernels.linear(), view_columns=2)
    points = InducingPoints(np.random.default_rng(6).normal(size=(6, 4)))
    options = dict(embedding=embedding, num_data=15, jitter=1e-6)
    return SVGPVAE(*build_networks("float64"), kernel, points, **sequence_models.OPTIONS | options)


MODELS = {
    "table": lambda: sequence_models.table_svgp_vae("float64"),
    "two view columns": of_two_view_columns,
    "poses": of_numbered_poses,
    "network": lambda: sequence_models.amortized_svgp_vae("float64"),
    "decoder sees": lambda: sequence_models.object_svgp_vae("float64"),
}


def views_of(model, rng, *shape) -> np.ndarray:
    """Random views [..., V]: numbers of poses where there is a table of them."""
    if getattr(model.embedding, "views", None) is not None:
        return rng.integers(5, size=(*shape, 1)).astype(float)
    return rng.uniform(0.0, 6.0, (*shape, model.embedding.view_columns))


def at(model, views, vectors) -> tf.Tensor:
    """Inputs [1, k s, V + M] of objects in views."""
    inputs = model.embedding.inputs_at(tf.constant(views), tf.convert_to_tensor(vectors))
    return tf.reshape(inputs, [1, -1, inputs.shape[-1]])


def given(model, rng):
    """The model conditioned on three objects, and what it generates of three others: views, images, their vectors."""
    training = {n: tf.cast(part, tf.float64) for n, part in sequence_models.objects(rng).items()}
    ids, images = training["inputs"][..., 1:], training["observations"]
    training = {"inputs": tf.concat([views_of(model, rng, 3, 5), ids], axis=-1), "observations": images}
    predictor = model.condition_on(sequence_models.as_one_set(training))
    views, vectors = views_of(model, rng, NEW, GIVEN), rng.normal(size=(NEW, 2))
    images = predictor.generate(at(model, views, vectors)).numpy().reshape(NEW, GIVEN, *model.event_shape)
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
    elsewhere = views_of(model, np.random.default_rng(1), NEW, 7)
    start = predictor.infer_vectors(views, images, max_iterations=0)
    generated = [predictor.generate(at(model, elsewhere, v)) for v in (found, vectors, start)]
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
    hidden, views_there = np.where(mask[..., None, None, None], images, np.nan), views
    views = np.where(mask[..., None], views, np.nan)
    masked = predictor.infer_vectors(views, hidden, mask)
    removed = predictor.infer_vectors(views_there[:, :-1], images[:, :-1])
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
    ids, views = np.array([[2.0], [0.0], [1.0]]), views_of(model, rng, 3)
    vectors = tf.gather(model.embedding.vectors, ids[:, 0].astype(int))
    by_id = predictor.predict_f(np.column_stack([views, ids])[np.newaxis])
    for found, expected in zip(predictor.predict_f(at(model, views[:, np.newaxis], vectors)), by_id):
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
    for start, message in (
        (np.zeros((3, 3)), r"start has shape \(3, 3\); expected \[3, 2\]"),
        (np.full((3, 2), np.nan), "start must be at least one vector of every object, and finite"),
        (np.zeros((0, 3, 2)), "start must be at least one vector of every object, and finite"),
    ):
        with pytest.raises(ValueError, match=message):
            predictor.infer_vectors(views, images, start=start)
    for iterations in (-1, 2.5):
        with pytest.raises(ValueError, match=f"max_iterations must be a whole number >= 0, got {iterations}"):
            predictor.infer_vectors(views, images, max_iterations=iterations)
    with pytest.raises(ValueError, match="chunk must be >= 1, got 0"):
        predictor.infer_vectors(views, images, chunk=0)
    with pytest.raises(ValueError, match="observations has 0 observations of every object; expected at least 1"):
        predictor.infer_vectors(views[:, :0], images[:, :0])
    with pytest.raises(ValueError, match="views has values that are not finite where there is an observation"):
        predictor.infer_vectors(views + np.nan, images)
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
    with pytest.raises(ValueError, match=r"was given inputs of shape \[3, 'n', 'D'\]; expected \[1, n, D\], one data"):
        several.infer_vectors(views, images)


def test_poses_that_have_no_vector_are_refused(rng):
    predictor, views, images, _ = given(of_numbered_poses(), rng)
    with pytest.raises(ValueError, match="inputs has the object id 5; there are vectors of objects 0, ..., 4"):
        predictor.infer_vectors(np.where(views == views[0, 0], 5.0, views), images)


def test_a_data_set_that_is_an_object_takes_no_vectors(rng):
    """FGP-VAE's data sets are asked about their own object, which a vector in the place of the id would not tell."""
    model, batch = sequence_models.correlated_fgp_vae(), sequence_models.objects(rng)
    predictor = model.condition_on(batch)
    vectors = tf.gather(model.embedding.vectors, [1, 2, 0])
    with pytest.raises(ValueError, match=r"^inputs has shape \(3, 5, 4\); expected \[3, s, 2\]"):
        predictor.predict_f(model.embedding.inputs_at(batch["inputs"][..., :1], vectors))
    with pytest.raises(
        ValueError, match="the model knows an object by its own observations: condition_on those of the"
    ):
        predictor.infer_vectors(batch["inputs"][..., :1], batch["observations"])


def test_a_start_of_whole_numbers_is_a_start(rng, eagerly):
    predictor, views, images, _ = given(sequence_models.table_svgp_vae("float64"), rng)
    found = predictor.infer_vectors(views.tolist(), images, start=[[0, 1]] * NEW, max_iterations=np.int64(5))
    expected = predictor.infer_vectors(views, images, start=np.array([[0.0, 1.0]] * NEW), max_iterations=5)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == tf.float64
