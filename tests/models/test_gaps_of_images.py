"""Missing pixels: a model of images with pixels missing is the model of the pixels that are left."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.evaluation import bounds, category_likelihood, importance
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.models import ImageVAE
from gpvae_tf.models.cp_estimators import Enumerate
from gpvae_tf.posteriors import Laplace, MeanField
from tests.support import cp_problem, families, image_models, registry
from tests.support.linear_gaussian import IMAGE_SHAPE, LinearGaussian, constant_encoder
from tests.support.seeds import seed_networks

SEED = tf.constant([3, 4])
KEEP = np.array([1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1, 1], bool)  # of 12 pixels
SHAPES = ((families, "IMAGE_SHAPE"), (cp_problem, "SHAPE"), (image_models, "IMAGE_SHAPE"))


def restricted(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A variable of the model of all pixels as that of the model of fewer: without the missing pixels' entries."""
    for axis, size in enumerate(shape):
        if values.shape[axis] != size:
            values = np.compress(KEEP, values, axis=axis)
    return values


@registry.having("entries", single_images=True)
def test_missing_pixels_are_no_pixels(entry, rng, monkeypatch):
    """Bound and gradients, where inference uses the likelihood too: networks and decoder without those pixels."""
    seed_networks()
    whole, batch = entry.build(), entry.batch(rng)
    for module, name in SHAPES:
        monkeypatch.setattr(module, name, (int(KEEP.sum()), 1, 1))
    part = entry.build()
    for ours, theirs in zip(part.trainable_variables, whole.trainable_variables, strict=True):
        theirs.assign_add(0.1 * rng.normal(size=theirs.shape).astype(np.float32))  # some start at 0
        ours.assign(restricted(theirs.numpy(), ours.shape))
    mask = np.broadcast_to(KEEP.reshape(1, 4, 3, 1), batch["observations"].shape)
    with_gaps = {"observations": np.where(mask, batch["observations"], np.nan), "mask": tf.constant(mask)}
    without = {"observations": tf.boolean_mask(batch["observations"], KEEP.reshape(4, 3), axis=1)[..., None]}
    results = []
    for model, data in ((whole, with_gaps), (part, without)):
        with tf.GradientTape() as tape:
            bound = model.elbo(data, seed=SEED)
            elbo = bound.elbo
        gradients = tape.gradient(elbo, model.trainable_variables)
        found = [tf.convert_to_tensor(gradient).numpy() for gradient in gradients if gradient is not None]
        results.append([bound.reconstruction.numpy(), elbo.numpy(), *found])
    assert np.all(np.abs(results[0][0] - whole.elbo(batch, seed=SEED).reconstruction) > 0.1)
    for ours, expected in zip(*results, strict=True):
        np.testing.assert_allclose(restricted(ours, expected.shape), expected, rtol=2e-4, atol=2e-5)


def partly(known: LinearGaussian, images: np.ndarray, mask: np.ndarray):
    """Posterior means, covariances and log p of what was observed of every image, in numpy."""
    means, covariances, nats = [], [], []
    for image, keep in zip(images.reshape(len(images), -1), mask.reshape(len(mask), -1), strict=True):
        weights, residual = known.weights[keep], (image - known.shift)[keep]
        covariance = np.linalg.inv(np.eye(known.latent_dim) + weights.T @ weights / known.noise_variance)
        means.append(covariance @ weights.T @ residual / known.noise_variance)
        covariances.append(covariance)
        marginal = weights @ weights.T + known.noise_variance * np.eye(keep.sum())
        log_det = np.linalg.slogdet(2.0 * np.pi * marginal)[1]
        nats.append(-0.5 * (residual @ np.linalg.solve(marginal, residual) + log_det))
    return np.array(means), np.array(covariances), np.array(nats)


@pytest.fixture
def known(rng):
    return LinearGaussian(rng)


@pytest.fixture
def gaps(known, rng):
    """Images, NaN where they are missing, and their masks, another for each; nothing of the last was observed."""
    images, mask = known.images(rng, 5), rng.uniform(size=(5, *IMAGE_SHAPE)) < 0.6
    mask[-1] = False
    return np.where(mask, images, np.nan), mask


def model_of(posterior, known):
    likelihood = GaussianLikelihood(known.noise_variance)
    return ImageVAE(posterior, known.decoder, event_shape=IMAGE_SHAPE, likelihood=likelihood, analytic_kl=False)


@pytest.mark.parametrize("jacobian", ["dense", "forward"])
def test_laplace_is_exact_with_gaps(known, gaps, jacobian):
    """A missing pixel has no precision; of an image without pixels the posterior is the prior, and log p = 0."""
    images, mask = gaps
    options = dict(num_steps=1, update_rate=1.0, jacobian=jacobian)
    model = model_of(Laplace(constant_encoder(np.array([2.0, -3.0])), 2, **options), known)
    batch = {"observations": images, "mask": tf.constant(mask)}
    q = model.posterior.condition(*model.joint_of(batch))
    means, covariances, nats = partly(known, images, mask)
    np.testing.assert_allclose(q.mean, means, rtol=1e-5, atol=1e-6)
    for factor, covariance in zip(q.factor.numpy(), covariances, strict=True):
        np.testing.assert_allclose(np.linalg.inv(factor @ factor.T), covariance, rtol=1e-5, atol=1e-8)
    bound = model.elbo(batch, seed=SEED)
    np.testing.assert_allclose(bound.elbo, nats, rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(bound.num_points, [1, 1, 1, 1, 0])
    filled = model.reconstruct(batch).numpy()
    np.testing.assert_allclose(filled.reshape(5, -1), means @ known.weights.T + known.shift, rtol=1e-5, atol=1e-5)


def test_importance_weighting_with_gaps(known, gaps, eagerly):
    """log p of what was observed, from a posterior that knows nothing of gaps; over a set as for one batch."""
    images, mask = gaps
    model = model_of(MeanField(known.encoder(0.0), 2), known)
    exact = partly(known, images, mask)[2]
    ours = importance.log_likelihoods(model, images, mask=mask, num_samples=4000, chunk_size=500, batch_size=3)
    np.testing.assert_allclose(ours, exact, atol=0.1)
    assert abs(np.mean(ours - exact)) < 0.03


def test_mean_bounds_with_gaps(known, gaps, eagerly):
    images, mask = gaps
    model = model_of(MeanField(known.encoder(), 2), known)
    found = bounds.mean_bound(model, images, mask=mask, seed=(3, 4))
    seed = tf.random.fold_in(SEED, 0)
    expected = model.elbo({"observations": images, "mask": tf.constant(mask)}, seed)
    assert found["elbo"] == pytest.approx(np.mean(expected.elbo), rel=1e-6)
    assert found["reconstruction"] == pytest.approx(np.mean(expected.reconstruction), rel=1e-6)


def test_categories_are_enumerated_with_gaps(rng, eagerly):
    """Without a row of pixels log p is higher, and what is averaged over a set is the bound of its batch."""
    model, images = cp_problem.build(rng), cp_problem.images(rng)
    estimate = functools.partial(category_likelihood.enumerated_log_likelihood, model, images, num_samples=3, seed=SEED)
    plain = estimate()
    np.testing.assert_array_equal(estimate(mask=tf.ones(images.shape, tf.bool)), plain)
    mask = np.ones(images.shape, bool)
    mask[:, 0] = False
    assert np.all(estimate(mask=tf.constant(mask)) > plain)
    found = bounds.category_bounds(model, images.numpy(), mask=mask, seed=(3, 4))
    expected = model.bound({"observations": images, "mask": mask}, Enumerate(), tf.random.fold_in(SEED, 0))
    assert found["elbo"] == pytest.approx(np.mean(expected.elbo), rel=1e-9)


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.ones((5, *IMAGE_SHAPE), np.float32), "mask has dtype float32; expected bool, True = observed"),
        (np.ones(5, bool), "mask has shape"),
        (np.ones((5, 4, 3), bool), "mask has shape"),
        (np.ones((4, *IMAGE_SHAPE), bool), "mask has shape"),
    ],
)
def test_a_wrong_mask_is_refused(known, rng, mask, message):
    model = model_of(MeanField(known.encoder(), 2), known)
    with pytest.raises(ValueError, match=message):
        model.elbo({"observations": known.images(rng, 5), "mask": tf.constant(mask)}, seed=SEED)
