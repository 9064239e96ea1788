"""Deep SVIGP: the bound by hand and at the optimal q, both variants, and that everything in it trains."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels, likelihoods
from gpvae_tf.as_coded.deep_svigp import AsCodedDeepSVIGP
from gpvae_tf.embeddings import ObjectVectors
from gpvae_tf.gp.sparse import WhitenedGaussian
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.models.deep_svigp import DeepSVIGP
from gpvae_tf.training.optimizers import make_optimizer
from tests.support import oracles
from tests.support.sparse_problem import Problem
from tests.support.tiny import IMAGE_SHAPE, LATENT_DIM

L, N, NUM_DATA = LATENT_DIM, 7, 21
POINTS = np.array([[0.5], [3.0], [5.5]])
SEED = tf.constant([3, 4])
VARIANCE = 0.2


@pytest.fixture
def data(rng):
    """One data set: a mini-batch of 7 of 21 images."""
    images = rng.normal(size=(1, N, *IMAGE_SHAPE))
    return {"observations": tf.constant(images), "inputs": tf.constant(rng.uniform(0.0, 6.0, (1, N, 1)))}


@pytest.fixture
def q(rng):
    root = np.tril(rng.normal(0.0, 0.3, (L, 3, 3))) + 0.5 * np.eye(3)
    return WhitenedGaussian(tf.constant(rng.normal(size=(L, 3))), tf.constant(root))


def build(decoder, q=None, kind=DeepSVIGP, **options):
    options = (
        dict(likelihood=likelihoods.GaussianLikelihood(VARIANCE), event_shape=IMAGE_SHAPE, num_data=NUM_DATA) | options
    )
    options = dict(latent_dim=L, jitter=0.0, variable_dtype="float64") | options
    kernel = options.pop("kernel", kernels.exponentiated_quadratic(1.3))
    points = InducingPoints(options.pop("points", POINTS), dtype="float64", trainable=True)
    model = kind(decoder, kernel, points, **options)
    if q is not None:
        model.latent_gp.assign(q)
    return model


def by_hand(q, inputs, queries=None):
    """Means, variances [n, L] of q_S and the KL of every channel, in numpy."""
    k = lambda x1, x2: oracles.rbf(x1, x2, 1.3)
    factor = np.linalg.cholesky(k(POINTS, POINTS))
    mean, variance, kl = [], [], []
    for m, root in zip(q.mean.numpy(), q.sqrt.numpy(), strict=True):
        mu, cov = factor @ m, factor @ root @ root.T @ factor.T
        mean_l, covariance = oracles.sparse_posterior(k(POINTS, POINTS), k(POINTS, inputs), k(inputs, inputs), mu, cov)
        mean.append(mean_l)
        variance.append(np.diag(covariance))
        kl.append(oracles.kl_to_prior(mu, cov, k(POINTS, POINTS)))
    return np.stack(mean, 1), np.stack(variance, 1), np.array(kl)


def decoded(decoder, z):
    w0, b0, w1, b1 = (weight.numpy() for weight in decoder.weights)
    return (np.tanh(z @ w0 + b0) @ w1 + b1).reshape(-1, *IMAGE_SHAPE)


def log_normal(images, output, keep):
    per_image = -0.5 * np.sum(np.log(2.0 * np.pi * VARIANCE) + (images - output) ** 2 / VARIANCE, axis=(1, 2, 3))
    return per_image[keep].sum()


@pytest.mark.parametrize("masked", [False, True])
def test_elbo_by_hand(masked, tiny_networks, data, q):
    """One draw per latent, and of each KL the share of the points that are observed."""
    model = build(tiny_networks("float64")[1], q)
    keep = np.arange(N) < 5 if masked else np.ones(N, bool)
    bound = model.elbo(data | ({"mask": tf.constant([keep])} if masked else {}), seed=SEED)
    mean, variance, kl = by_hand(q, data["inputs"][0].numpy())
    z = mean + np.sqrt(variance) * tf.random.stateless_normal([1, N, L], SEED, dtype=tf.float64)[0].numpy()
    expected = log_normal(data["observations"][0].numpy(), decoded(model.decoder, z), keep)
    assert bound.reconstruction.shape == bound.regularizer.shape == (1,)
    np.testing.assert_allclose(bound.reconstruction[0], expected, rtol=1e-9)
    np.testing.assert_allclose(bound.regularizer[0], -keep.sum() / NUM_DATA * kl.sum(), rtol=1e-9)
    np.testing.assert_array_equal(bound.num_points, [keep.sum()])


def test_as_coded_by_hand(tiny_networks, data, q):
    """Decoded means, whatever the seed; noise a deviation in the likelihood and a variance in the trace terms."""
    model = build(tiny_networks("float64")[1], q, AsCodedDeepSVIGP)
    keep = np.arange(N) < 5
    bound = model.elbo(data | {"mask": tf.constant([keep])}, seed=SEED)
    mean, variance, kl = by_hand(q, data["inputs"][0].numpy())
    expected = log_normal(data["observations"][0].numpy(), decoded(model.decoder, mean), keep)
    np.testing.assert_allclose(bound.reconstruction[0], expected, rtol=1e-9)
    np.testing.assert_allclose(bound.parts["kl"][0], -5 / NUM_DATA * kl.sum(), rtol=1e-9)
    np.testing.assert_allclose(bound.parts["trace"][0], -0.5 * variance[keep].sum() / np.sqrt(VARIANCE), rtol=1e-9)


class Identity(tf.Module):
    """Latents as images of L x 1 pixels: the model is then sparse GP regression."""

    def __init__(self):
        super().__init__()
        self.trainable = [tf.Variable(0.0, dtype=tf.float64)]  # the networks' dtype is its

    @property
    def trainable_variables(self):
        return self.trainable

    def __call__(self, latents):
        return latents[..., None, None]


def test_with_an_identity_decoder_at_the_optimal_q_it_is_sparse_gp_regression(rng):
    """N/b times the mean bound over 4,000 draws is L_H of Eq. 7, to five standard errors."""
    problem, draws = Problem(rng, noise=VARIANCE), 4000
    scale = NUM_DATA / len(problem.x)
    q = problem.q(scale)
    model = build(Identity(), q, kernel=kernels.exponentiated_quadratic(), points=problem.points, event_shape=(L, 1, 1))
    images, inputs = problem.y.T[:, :, None, None], problem.x
    batch = {"observations": np.tile(images, (draws, 1, 1, 1, 1)), "inputs": np.tile(inputs, (draws, 1, 1))}
    bounds = scale * model.elbo(batch, seed=SEED).elbo.numpy()
    error = bounds.std() / np.sqrt(draws)
    assert error < 0.5
    np.testing.assert_allclose(bounds.mean(), problem.hensman(q, scale).sum(), atol=5.0 * error)


def test_bounds_of_mini_batches_sum_to_that_of_all_data(tiny_networks, data, q):
    """Draws have next to no variance here, else they would differ with the size of the batch."""
    model = build(tiny_networks("float64")[1], q, num_data=N, sample_clip=(1e-30, 1e-30))
    parts = [{name: tensor[:, rows] for name, tensor in data.items()} for rows in (slice(0, 3), slice(3, N))]
    total = sum(model.elbo(part, seed=SEED).elbo for part in parts)
    np.testing.assert_allclose(model.elbo(data, seed=SEED).elbo, total, rtol=1e-10)


@pytest.mark.parametrize("kind", [DeepSVIGP, AsCodedDeepSVIGP])
def test_predictions_need_no_images(kind, tiny_networks, data, q):
    model = build(tiny_networks("float64")[1], q, kind)
    new = np.array([[[0.3], [2.2]]])
    mean, variance, _ = by_hand(q, new[0])
    predicted = model.condition_on().predict_f(new)
    np.testing.assert_allclose(predicted.mean[0], mean, rtol=1e-9)
    np.testing.assert_allclose(predicted.variance[0], variance, rtol=1e-9)
    np.testing.assert_allclose(model.condition_on().generate(new)[0], decoded(model.decoder, mean), rtol=1e-9)
    np.testing.assert_array_equal(model.condition_on(data).generate(new), model.condition_on().generate(new))
    mean, _, _ = by_hand(q, data["inputs"][0].numpy())
    np.testing.assert_allclose(
        model.reconstruct({"inputs": data["inputs"]})[0], decoded(model.decoder, mean), rtol=1e-9
    )
    for images in (model.condition_on().generate(new, SEED), model.sample(len(new), SEED, new)):
        assert images.shape == (1, 2, *IMAGE_SHAPE) and np.any(images != model.condition_on().generate(new))


@pytest.mark.parametrize("kind", [DeepSVIGP, AsCodedDeepSVIGP])
def test_everything_trains(kind, tiny_networks, rng, eagerly):
    """q, noise, kernel, inducing points, object vectors and decoder, on inputs (angle, id)."""
    inputs = np.stack([rng.uniform(0.0, 6.0, (1, N)), np.arange(N)[None] % 3], axis=-1).astype(np.float32)
    batch = {"observations": rng.uniform(size=(1, N, *IMAGE_SHAPE)).astype(np.float32), "inputs": inputs}
    model = build(
        tiny_networks()[1],
        kind=kind,
        kernel=kernels.view_object(kernels.periodic(trainable=True), kernels.linear()),
        points=rng.normal(size=(4, 3)),
        embedding=ObjectVectors(rng.normal(size=(3, 2)), trainable=True),
        likelihood=None,
        jitter=1e-6,
        variable_dtype="float32",
    )
    model.compile(make_optimizer(1e-2))
    before = [variable.numpy() for variable in model.trainable_variables]
    assert len(before) == 4 + 2 + 1 + 2 + 1 + 1  # decoder, q, variance, kernel, inducing points, object vectors
    history = model.fit(tf.data.Dataset.from_tensors(batch).repeat(4), verbose=0, epochs=2).history
    assert model.num_skipped == 0 and history["elbo"][-1] > history["elbo"][0]
    for variable, old in zip(model.trainable_variables, before, strict=True):
        assert np.any(variable.numpy() != old), variable.name


def test_what_it_cannot_do_is_refused(tiny_networks, data):
    model = build(tiny_networks("float64")[1])
    with pytest.raises(TypeError, match="has no encoder"):
        model.encode(data["observations"])
    with pytest.raises(TypeError, match="likelihood must be likelihoods.GaussianLikelihood, got Bernoulli"):
        build(tiny_networks()[1], kind=AsCodedDeepSVIGP, likelihood=likelihoods.BernoulliLikelihood())
    with pytest.raises(ValueError, match="num_data must be >= 1, got None"):
        build(tiny_networks()[1], num_data=None)
    with pytest.raises(ValueError, match=r"^inputs has shape \(1, 7, .\); expected \[1, 6, D\]"):
        model.elbo(data | {"observations": data["observations"][:, :6]})
    with pytest.raises(ValueError, match="^inputs has shape"):
        model.condition_on().predict_f(np.zeros(3))
    with pytest.raises(ValueError, match="^mask has shape"):
        model.elbo(data | {"mask": tf.ones([1, 6], tf.bool)})


def test_default_noise_is_learned_from_a_deviation_of_a_tenth(tiny_networks):
    likelihood = build(tiny_networks()[1], likelihood=None).likelihood
    assert len(likelihood.trainable_variables) == 1
    np.testing.assert_allclose(likelihood.distribution(tf.zeros([1, 1, 1])).stddev(), [[[0.1]]], rtol=1e-5)
