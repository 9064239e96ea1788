"""FGP-VAE as a model: its bound by object, contexts of any size, one global draw per object, whole-object batches."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels, likelihoods
from gpvae_tf._keras import keras
from gpvae_tf.embeddings import ObjectVectors
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.latent_gps import ExactGP, Independent, SparseGP
from gpvae_tf.latent_gps.correlated import CorrelatedSharedGaussian
from gpvae_tf.latent_gps.shared import SharedGaussian
from gpvae_tf.models import GPVAE
from gpvae_tf.models.fgp_vae import FGPVAE, whole_objects
from tests.support.tiny import IMAGE_SHAPE

B, N, L, J = 3, 5, 2, 1  # objects, rotations, channels of the tiny networks, local ones
SEED = tf.constant([3, 4])
OPTIONS = dict(event_shape=IMAGE_SHAPE, latent_dim=L, num_local=J)
ANGLES = np.arange(N) * 2.0 * np.pi / N
MASK = np.array([[True] * N, [True, False, True, True, False], [True, True, False, False, False]])


@pytest.fixture
def objects(rng):
    """Inputs (angle, id); the third object's images and ids end after two."""
    inputs = np.stack([np.tile(ANGLES, (B, 1)), np.repeat([[0.0], [1.0], [2.0]], N, axis=1)], axis=-1)
    inputs[2, 2:] = 0.0
    images = rng.uniform(size=(B, N, *IMAGE_SHAPE)).astype(np.float32)
    return {"observations": tf.constant(images), "inputs": tf.constant(inputs), "mask": tf.constant(MASK)}


def exact(networks, **options):
    return FGPVAE(*networks, kernels.periodic(), **OPTIONS | options)


def sparse(networks, points=ANGLES, **options):
    inducing = InducingPoints(points[:, None], trainable=True)
    return FGPVAE(*networks, SparseGP(kernels.periodic(trainable=True), inducing), **OPTIONS | options)


def correlated(networks, **options):
    vectors = ObjectVectors(np.random.default_rng(5).normal(size=(B, 3)), trainable=True)
    shared = CorrelatedSharedGaussian(kernels.linear(normalize=True))
    return exact(networks, shared=shared, embedding=vectors, **options)


every_model = pytest.mark.parametrize("build", [exact, sparse, correlated])


def transparent():
    """A model whose image of 1 x 2 pixels is its two latents, which the encoder sees with noise of variance 1/4."""
    see = lambda pixels: tf.concat([pixels, tf.zeros_like(pixels) - np.log(4.0)], axis=-1)
    layers = [keras.layers.InputLayer((1, 2, 1)), keras.layers.Flatten(), keras.layers.Lambda(see)]
    decoder = keras.Sequential([keras.layers.InputLayer((2,)), keras.layers.Reshape((1, 2, 1))])
    options = dict(event_shape=(1, 2, 1), latent_dim=L, num_local=J, likelihood=likelihoods.GaussianLikelihood(0.1))
    return FGPVAE(keras.Sequential(layers), decoder, kernels.periodic(), **options)


def test_elbo_by_object(tiny_networks, objects):
    """A padded batch is its objects one by one, without padding; draws have next to no variance here."""
    model = exact(tiny_networks("float64"), sample_clip=(1e-30, 1e-30))
    bound = model.elbo(objects, seed=SEED)
    for b in range(B):
        alone = model.elbo({k: v[b : b + 1].numpy()[:, MASK[b]] for k, v in objects.items() if k != "mask"}, seed=SEED)
        np.testing.assert_allclose(bound.reconstruction[b], alone.reconstruction[0], rtol=1e-10)
        np.testing.assert_allclose(bound.regularizer[b], alone.regularizer[0], rtol=1e-10)
        assert bound.num_points[b] == alone.num_points[0] == MASK[b].sum()


def test_elbo_is_the_gp_vaes_with_the_kernels_of_the_two_halves(tiny_networks, objects):
    """The same encoder under GPVAE with one kernel per channel: periodic, and so long that it is constant."""
    networks = tiny_networks("float64")
    angles = objects | {"inputs": objects["inputs"][..., :1]}
    ours = exact(networks, sample_clip=(1e-30, 1e-30)).elbo(objects, seed=SEED)
    options = dict(event_shape=IMAGE_SHAPE, latent_dim=L, sample_clip=(1e-30, 1e-30))
    whole = GPVAE(*networks, kernels.periodic([1.0, 1e7]), **options).elbo(angles, seed=SEED)
    np.testing.assert_allclose(ours.elbo, whole.elbo, rtol=1e-9)
    np.testing.assert_allclose(ours.regularizer, whole.regularizer, rtol=1e-9)


def test_sparse_with_inducing_points_at_the_angles_is_exact(tiny_networks, objects):
    networks = tiny_networks("float64")
    reference, ours = (build(networks).elbo(objects, seed=SEED) for build in (exact, sparse))
    np.testing.assert_allclose(ours.elbo, reference.elbo, rtol=1e-6)
    np.testing.assert_allclose(ours.regularizer, reference.regularizer, rtol=1e-6)
    assert tuple(ours.parts) == ("local_kl", "global_log_marginal_likelihood", "global_cross_entropy")


@every_model
def test_what_missing_frames_hold_has_no_influence(build, tiny_networks, objects):
    model, results = build(tiny_networks()), []
    for filler in (0.0, -1e3):
        images = tf.where(MASK[..., None, None, None], objects["observations"], filler)
        inputs = tf.where(MASK[..., None], objects["inputs"], [filler / 100.0, 0.0])
        with tf.GradientTape() as tape:
            bound = model.elbo(objects | {"observations": images, "inputs": inputs}, seed=SEED)
            loss = tf.reduce_sum(bound.elbo)
        results.append([bound.elbo, *tape.gradient(loss, model.trainable_variables)])
    for zeros, noise in zip(*results, strict=True):
        np.testing.assert_array_equal(tf.convert_to_tensor(zeros), tf.convert_to_tensor(noise))


def test_new_objects_from_0_to_5_context_images_at_any_angle(rng):
    """Gaussian formulas per channel: local GP regression on the angles, product of Gaussians for the global one."""
    model, view = transparent(), np.array([0.3, 2.0, 5.5])
    images = rng.normal(size=(1, N, 1, 2, 1)).astype(np.float32)
    new = tf.constant(view[None, :, None])
    k = lambda a, b: np.exp(-2.0 * np.sin((a[:, None] - b[None, :]) / 2.0) ** 2)
    for size in range(N + 1):
        for context in (
            {"observations": images[:, :size], "inputs": ANGLES[None, :size, None]},
            {"observations": images, "inputs": ANGLES[None, :, None], "mask": np.arange(N)[None] < size},
        ):
            predictor = model.condition_on(context)
            mean, variance = predictor.predict_f(new)
            angles, y = ANGLES[:size], images[0, :size, 0, :, 0]
            inverse = np.linalg.inv(k(angles, angles) + 0.25 * np.eye(size))
            np.testing.assert_allclose(mean[0, :, 0], k(view, angles) @ inverse @ y[:, 0], atol=1e-6)
            expected = 1.0 - np.diag(k(view, angles) @ inverse @ k(angles, view))
            np.testing.assert_allclose(variance[0, :, 0], expected, atol=1e-6)
            np.testing.assert_allclose(mean[0, :, 1], np.full(3, 4.0 * y[:, 1].sum() / (1.0 + 4.0 * size)), atol=1e-6)
            np.testing.assert_allclose(variance[0, :, 1], np.full(3, 1.0 / (1.0 + 4.0 * size)), atol=1e-6)
            np.testing.assert_allclose(predictor.generate(new)[0, :, 0, :, 0], mean[0], atol=1e-6)


@pytest.mark.parametrize("local_is_independent", [True, False])
def test_observed_points_keep_their_own_latents_where_one_half_predicts_none(
    local_is_independent, tiny_networks, objects
):
    """Channels without a GP know an observed point by its own image alone; the others know missing points too."""
    if local_is_independent:
        model = FGPVAE(*tiny_networks("float64"), Independent(), **OPTIONS)
    else:
        model = exact(tiny_networks("float64"), shared=Independent())
    given, own = model.latents_given(objects), model.latents(objects)
    alone, other = (0, 1) if local_is_independent else (1, 0)
    ids = np.tile(np.arange(B, dtype=np.float64)[:, None, None], (1, N, 1))  # those of padding too
    predicted = model.predict_f(objects, np.concatenate([objects["inputs"][..., :1], ids], axis=-1))
    for found, ours, elsewhere, prior in zip(given, own, predicted, (0.0, 1.0), strict=True):
        np.testing.assert_allclose(found[MASK], ours[MASK], rtol=1e-10)
        np.testing.assert_array_equal(found[..., alone][~MASK], prior)
        assert np.all(found[..., alone][MASK] != prior)
        np.testing.assert_allclose(found[..., other], elsewhere[..., other], rtol=1e-10)


@every_model
def test_questions_are_about_the_own_object_of_a_data_set(build, tiny_networks, objects):
    """Of an object without an image nothing is known: any may be asked for. What is imputed may be padding."""
    model = build(tiny_networks())
    queries = np.stack([np.full((B, 2), 0.3), np.repeat([[0.0], [1.0], [2.0]], 2, axis=1)], axis=-1)
    parts = [{name: part[rows] for name, part in objects.items()} for rows in (slice(2), slice(2, B))]
    for context in (objects, parts):
        predictor = model.condition_on(context)
        predictor.predict_f(queries), predictor.predict_f(queries.astype(np.float32))
        message = "asks for object 2 in data set 0, which is of object 0 in the context: every data set is asked"
        for ask in (predictor.predict_f, predictor.predict_y, predictor.generate):
            with pytest.raises(ValueError, match=message):
                ask(queries[::-1])
    nothing = objects | {"mask": MASK & [[True], [True], [False]]}
    model.predict_f(nothing, np.where(np.arange(B)[:, None, None] == 2, 1.0, queries))
    assert np.all(np.isfinite(model.impute(objects, num_samples=50).mean))


def test_drawn_images_of_an_object_share_the_global_latent(rng):
    """In draws from posterior and prior; to 1e-2, for the joint draw's jitter has a standard deviation of 1e-3."""
    model, new = transparent(), tf.constant(np.tile(np.linspace(0.0, 5.0, 9)[:, None], (200, 1, 1)))
    context = {"observations": rng.normal(size=(200, 2, 1, 2, 1)), "inputs": np.tile(ANGLES[:2, None], (200, 1, 1))}
    for images in (model.condition_on(context).generate(new, SEED), model.sample(len(new), SEED, new)):
        local, shared = images[:, :, 0, 0, 0].numpy(), images[:, :, 0, 1, 0].numpy()
        assert np.all(shared.std(axis=1) < 1e-2) and np.all(local.std(axis=1) > 1e-2)
        assert shared[:, 0].std() > 0.3
    prior = model.sample(len(new), SEED, new)[:, 0, 0, :, 0].numpy()
    np.testing.assert_allclose(prior.std(axis=0), np.ones(2), atol=0.2)  # four standard errors of 200


def test_the_bound_is_estimated_with_one_global_draw_per_object(rng):
    """The reconstruction term at given draws, by hand: the global noise is the first frame's, for all frames."""
    model = transparent()
    batch = {
        "observations": rng.normal(size=(B, N, 1, 2, 1)).astype(np.float32),
        "inputs": np.tile(ANGLES[:, None], (B, 1, 1)),
    }
    mean, variance = (part.numpy() for part in model.latents(batch))
    noise = tf.random.stateless_normal([B, N, L], SEED).numpy()
    noise[..., 1] = noise[:, :1, 1]
    z = mean + np.sqrt(variance) * noise
    per_pixel = -0.5 * (np.log(2 * np.pi * 0.1) + (batch["observations"][:, :, 0, :, 0] - z) ** 2 / 0.1)
    np.testing.assert_allclose(model.elbo(batch, seed=SEED).reconstruction, per_pixel.sum(axis=(1, 2)), rtol=1e-5)


@every_model
def test_training_moves_every_variable(build, tiny_networks, objects, eagerly):
    model = build(tiny_networks())
    model.compile(keras.optimizers.Adam(1e-2))
    before = [variable.numpy() for variable in model.trainable_variables]
    assert len(before) == 8 + {exact: 0, sparse: 3, correlated: 1}[build]
    history = model.fit(tf.data.Dataset.from_tensors(objects).repeat(4), verbose=0, epochs=2).history
    assert history["elbo"][1] > history["elbo"][0] and model.num_skipped == 0
    assert all(np.any(variable.numpy() != old) for variable, old in zip(model.trainable_variables, before, strict=True))
    assert set(model.part_names) <= set(history)


def change(objects, **changes):
    return objects | {name: tf.constant(value) for name, value in changes.items()}


def test_whole_objects_pass(objects):
    """Padding may hold any id, and so may objects that are nothing but padding."""
    assert whole_objects(objects) is objects
    inputs = objects["inputs"].numpy()
    inputs[2] = 1.0
    assert whole_objects(change(objects, inputs=inputs, mask=MASK & [[True], [True], [False]]))
    angles_only = objects | {"inputs": objects["inputs"][..., :1]}
    assert whole_objects(angles_only) is angles_only


@pytest.mark.parametrize(
    "row, column, message", [(0, 1, "mixes images of several"), (1, slice(None), "splits an object")]
)
def test_batches_that_mix_or_split_objects_are_refused(row, column, message, objects):
    inputs = objects["inputs"].numpy()
    inputs[row, column, 1] = 2.0
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        whole_objects(change(objects, inputs=inputs))


def test_training_refuses_them_wherever_they_come(tiny_networks, objects):
    model = exact(tiny_networks())
    model.compile(run_eagerly=True)
    wrong = change(objects, inputs=tf.zeros_like(objects["inputs"]))
    data = tf.data.Dataset.from_tensors(objects).concatenate(tf.data.Dataset.from_tensors(wrong))
    with pytest.raises(ValueError, match="^a training batch splits an object"):
        model.fit(data, verbose=0)
    with pytest.raises(ValueError, match="splits an object"):
        model.evaluate(data, verbose=0)
    with pytest.raises(ValueError, match="splits an object"):
        model.fit(data.take(1), validation_data=data, verbose=0)
    flat = tf.data.Dataset.from_tensors({name: value[0] for name, value in objects.items()})
    with pytest.raises(ValueError, match=r"observations has shape \(5, 6, 6, 1\); expected \[B, n, 6, 6, 1\]"):
        model.fit(flat, verbose=0)
    with pytest.raises(ValueError, match=r"inputs has shape \(5, 2\); expected \[B, n, D\]"):
        whole_objects(next(iter(flat)))


@every_model
def test_nothing_known_is_refused(build, tiny_networks):
    with pytest.raises(ValueError, match="batches is empty: there is nothing to condition on"):
        build(tiny_networks()).condition_on([])


def test_bad_arguments_are_named(tiny_networks):
    for num_local in (0, L):
        with pytest.raises(ValueError, match=f"num_local must lie in 1, ..., latent_dim - 1 = 1, got {num_local}"):
            exact(tiny_networks(), num_local=num_local)
    with pytest.raises(TypeError, match="kernel must be"):
        FGPVAE(*tiny_networks(), "periodic", **OPTIONS)
    with pytest.raises(ValueError, match="local computes in float64, shared in float32"):
        exact(tiny_networks(), shared=SharedGaussian("float32"))
    model = FGPVAE(*tiny_networks(), ExactGP(kernels.periodic(dtype="float32")), **OPTIONS)
    assert model.latent_gp.shared.dtype == tf.float32
