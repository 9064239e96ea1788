"""The product kernel's features against its matrix, prediction at new views, and the low-rank prior of a mean field."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.as_coded.low_rank_gp import AsCodedLowRankGP
from gpvae_tf.latent_gps import LatentDataset
from gpvae_tf.latent_gps.low_rank import LowRankGP
from gpvae_tf.latent_gps.product_features import ProductFeatures
from tests.support import oracles

ANGLES = np.array([0.0, 0.7, 1.5, 3.0, 4.6])
P, M, L, ALPHA = 4, 3, 2, 0.3
TIGHT = dict(rtol=1e-9, atol=1e-9)
ONE = dict(length_scale=0.8, amplitude=1.3)


@pytest.fixture
def vectors(rng):
    return rng.normal(size=(P, M))


@pytest.fixture
def x(vectors, rng):
    """Every object at most of the angles, as features (angle, vector), in no order."""
    rows = [np.concatenate([[angle], vector]) for vector in vectors for angle in ANGLES]
    return np.stack(rows)[rng.permutation(P * len(ANGLES))[:17]]


@pytest.fixture
def x_new(vectors):
    """Angles never seen, and one that was; of objects that were."""
    return np.array([np.concatenate([[angle], vectors[d]]) for angle, d in ((2.2, 0), (5.5, 3), (1.5, 2), (2.2, 1))])


def features(normalize=False, views=ANGLES, jitter=0.0, **options):
    return ProductFeatures(kernels.periodic(**(ONE | options)), views, normalize=normalize, jitter=jitter)


def matrix(x1, x2, normalize=False):
    kernel = kernels.view_object(kernels.periodic(**ONE), kernels.linear(normalize=normalize))
    return kernel.matrix(x1, x2).numpy()


def dataset(x, rng):
    y, s = rng.normal(size=(L, len(x))), rng.uniform(0.05, 0.5, (L, len(x)))
    return LatentDataset(*(tf.constant(part[np.newaxis]) for part in (x, y, s)))


@pytest.mark.parametrize("normalize", [False, True])
def test_features_have_the_product_kernel(x, normalize):
    v = features(normalize)(tf.constant(x)).numpy()
    assert v.shape == (17, M * len(ANGLES))
    np.testing.assert_allclose(v @ v.T, matrix(x, x, normalize), **TIGHT)


def test_a_row_is_the_outer_product_of_object_vector_and_cholesky_row(vectors):
    """The authors' Kronecker order, which lets their V be laid beside ours."""
    view = kernels.periodic(**ONE).matrix(ANGLES[:, None], ANGLES[:, None])
    expected = np.kron(vectors, np.linalg.cholesky(view))
    x = np.concatenate([np.tile(ANGLES, P)[:, None], np.repeat(vectors, len(ANGLES), axis=0)], axis=1)
    np.testing.assert_allclose(features()(tf.constant(x)), expected, **TIGHT)


def test_residual_is_what_the_features_lack(x, x_new):
    both = tf.constant(np.concatenate([x, x_new]))
    for normalize in (False, True):
        phi = features(normalize)
        v, residual = phi(both).numpy(), phi.residual_covariance(both).numpy()
        np.testing.assert_allclose(v @ v.T + residual, matrix(both, both, normalize), **TIGHT)
        np.testing.assert_allclose(residual[:17], 0.0, atol=1e-9)  # also with every row at another view
        np.testing.assert_allclose(phi.residual_variance(both), np.diag(residual), **TIGHT)
        assert np.all(np.diag(residual)[[17, 18, 20]] > 1e-2)


def test_leading_dimensions_and_more_view_columns(rng):
    views = rng.normal(size=(4, 2))
    phi = ProductFeatures(kernels.exponentiated_quadratic(0.8), views, jitter=0.0)
    x = np.concatenate([views[rng.integers(0, 4, (3, 6))], rng.normal(size=(3, 6, M))], axis=-1)
    v = phi(tf.constant(x)).numpy()
    kernel = kernels.view_object(kernels.exponentiated_quadratic(0.8), kernels.linear(), view_columns=2)
    for b in range(3):
        np.testing.assert_allclose(v[b] @ v[b].T, kernel.matrix(x[b], x[b]), **TIGHT)


@pytest.mark.parametrize("extra", [(), (2.2, 5.5)])
def test_prediction_is_exact_gp_regression_at_seen_and_new_views(x, x_new, rng, extra):
    """Whether or not the new views are among those that the features are made of: the residual accounts for it."""
    data = dataset(x, rng)
    prior = LowRankGP(features(views=np.append(ANGLES, extra)), noise_variance=ALPHA)
    posterior = prior.condition(data)
    assert posterior.regression.factor.shape[-1] == M * (len(ANGLES) + len(extra))
    ours, (mean_joint, joint) = posterior.predict(tf.constant(x_new[None])), posterior.predict_joint(x_new[None])
    for c in range(L):
        matrices = matrix(x, x), matrix(x, x_new), matrix(x_new, x_new)
        mean, cov = oracles.exact_posterior(*matrices, data.y[0, c].numpy(), np.full(17, ALPHA))
        np.testing.assert_allclose(ours.mean[0, c], mean, **TIGHT)
        np.testing.assert_allclose(ours.variance[0, c], np.diag(cov), **TIGHT)
        np.testing.assert_allclose(mean_joint[0, c], mean, **TIGHT)
        np.testing.assert_allclose(joint[0, 0], cov, **TIGHT)
    np.testing.assert_allclose(prior.prior_covariance(x_new[None])[0, 0], matrix(x_new, x_new), **TIGHT)


def test_predictions_from_statistics_of_parts(x, x_new, rng):
    data, prior = dataset(x, rng), LowRankGP(features(), noise_variance=ALPHA)
    parts = [LatentDataset(data.x[:, r], data.y[..., r], data.noise_variance[..., r]) for r in (slice(5), slice(5, 17))]
    summed = [a + b for a, b in zip(*map(prior.statistics, parts), strict=True)]
    ours = prior.condition_on_statistics(type(prior.statistics(data))(*summed)).predict(x_new[None])
    for part, whole in zip(ours, prior.condition(data).predict(tf.constant(x_new[None])), strict=True):
        np.testing.assert_allclose(part, whole, **TIGHT)


def test_data_at_other_views_are_refused(x, x_new, rng):
    """What the features lack there would be left out of K. The encodings stand, and hidden points may be anywhere."""
    prior, data = LowRankGP(features(), noise_variance=ALPHA), dataset(np.concatenate([x, x_new]), rng)
    posterior = prior.condition(data)
    np.testing.assert_array_equal(posterior.marginals().mean, data.y)
    z = tf.linalg.matrix_transpose(data.y)
    asked = (
        lambda: prior.statistics(data),
        lambda: posterior.predict(data.x),
        lambda: posterior.predict_joint(data.x),
        posterior.regularizer,
        lambda: prior.log_density(data.x, z),
        lambda: prior.statistics(data._replace(x=tf.where(data.x == 2.2, np.nan, data.x))),
    )
    for ask in asked:
        with pytest.raises(ValueError, match=r"^inputs has . views that the features lack, such as \[.*\]; expected"):
            ask()
    known = data._replace(mask=tf.constant(np.isin(data.x[..., 0], ANGLES)))
    rows = [*range(17), 19]  # the third of the others is at a view of the features
    np.testing.assert_array_equal(np.flatnonzero(known.mask[0]), rows)
    few = LatentDataset(*(tf.gather(part, rows, axis=axis) for part, axis in zip(data[:3], (1, 2, 2))))
    for ours, expected in zip(prior.condition(known).predict(x_new[None]), prior.condition(few).predict(x_new[None])):
        np.testing.assert_allclose(ours, expected, **TIGHT)


def test_rows_grouped_by_view_say_the_same(x, rng):
    """A view without rows, and float32 inputs beside float64 views, included."""
    prior = LowRankGP(features(views=np.append(ANGLES, 5.9)), noise_variance=ALPHA)
    x, z = x.astype(np.float32).astype(np.float64), rng.normal(size=(17, L))
    rows, mask = prior.features.group(x)
    assert rows.shape == (6, 4) and sorted(rows[mask]) == list(range(17)) and not mask[5].any()
    for view, group, keep in zip(prior.features.views.numpy(), rows, mask, strict=True):
        np.testing.assert_allclose(x[group[keep], 0], view[0], atol=1e-6)
    ours, expected = prior.grouped_regression(x[rows], z[rows], mask), prior.regression(tf.constant(x), tf.constant(z))
    for one, other in zip(ours, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)  # the views are rounded on one side
    with pytest.raises(ValueError, match="train_inputs has 1 views that the features lack, such as .0.5."):
        prior.features.group(np.append(x, [[0.5, 1.0, 1.0, 1.0]], axis=0))


def test_closed_form_of_the_bound_is_the_kl_to_the_prior(x, rng):
    """E_q[log p(Z)] + H[q] = -KL(q || N(0, K + alpha I)), by explicit matrices; and masked points are gone."""
    data = dataset(x, rng)
    keep = np.arange(17) != 4
    prior = LowRankGP(features(), noise_variance=ALPHA)
    for mask, rows in ((None, slice(None)), (keep[None], keep)):
        got = prior.condition(data._replace(mask=mask)).regularizer()
        assert tuple(got) == prior.part_names
        for c in range(L):
            cov = np.diag(data.noise_variance[0, c].numpy()[rows])
            k = (matrix(x, x) + ALPHA * np.eye(17))[rows][:, rows]
            kl = oracles.kl_to_prior(data.y[0, c].numpy()[rows], cov, k)
            np.testing.assert_allclose(sum(got.values())[0, c], -kl, **TIGHT)
            entropy = 0.5 * np.linalg.slogdet(2.0 * np.pi * np.e * cov)[1]
            np.testing.assert_allclose(got["entropy"][0, c], entropy, **TIGHT)


@pytest.fixture
def trainable(vectors, x, rng):
    """A function that makes a prior whose kernel and alpha are learned in float64, and variables for Z and vectors."""

    def build(prior_class):
        phi = features(trainable=True, variable_dtype="float64")
        prior = prior_class(phi, noise_variance=ALPHA, trainable=True, variable_dtype="float64")
        ids = np.array([np.argmin(np.abs(vectors - row[1:]).sum(1)) for row in x])
        objects, z = tf.Variable(vectors), tf.Variable(np.random.default_rng(1).normal(size=(17, L)))
        at = lambda: tf.concat([x[:, :1], tf.gather(objects, ids)], axis=1)
        return prior, at, z, [z, objects, *prior.trainable_variables]

    return build


def total_gradient(values, variables):
    """Value and gradients of a sum, each with its own tape."""
    total = None
    for value in values:
        with tf.GradientTape() as tape:
            result = value()
        gradients = [tf.convert_to_tensor(g) for g in tape.gradient(result, variables)]
        parts = [result, *gradients]
        total = parts if total is None else [a + b for a, b in zip(total, parts, strict=True)]
    return total


@pytest.mark.parametrize("batches", [[slice(None)], [slice(0, 6), slice(6, 13), slice(13, 17)]])
def test_expansion_has_the_exact_gradient(trainable, batches):
    """By Z, object vectors, length scale, amplitude and alpha: in one batch, and summed over mini-batches."""
    prior, at, z, variables = trainable(LowRankGP)
    assert len(variables) == 5
    ours = total_gradient(
        [lambda r=r: prior.expanded_log_density(prior.regression(at(), z), at()[r], z[r]) for r in batches], variables
    )
    kernel = kernels.view_object(prior.features.view_kernel, kernels.linear())

    def dense():
        k = kernel.matrix(at(), at()) + prior.alpha * tf.eye(17, dtype=tf.float64)
        quadratic = tf.reduce_sum(z * tf.linalg.solve(k, z))
        return -0.5 * (quadratic + L * tf.linalg.logdet(2.0 * np.pi * k))

    for value, expected in zip(ours, total_gradient([dense], variables), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-7, atol=1e-8)
        assert np.max(np.abs(expected)) > 1e-2
    np.testing.assert_allclose(tf.reduce_sum(prior.log_density(at(), z)), ours[0], rtol=1e-9)


def test_as_coded_is_another_function(trainable):
    """T = 1/2 alpha sum z^T K^-2 z + L (N - 1/2 alpha tr K^-1), differentiated as such (B3), with a plus (B2)."""
    prior, at, z, variables = trainable(AsCodedLowRankGP)
    kernel = kernels.view_object(prior.features.view_kernel, kernels.linear())

    def dense():
        inverse = tf.linalg.inv(kernel.matrix(at(), at()) + prior.alpha * tf.eye(17, dtype=tf.float64))
        quadratic = tf.reduce_sum(tf.square(tf.matmul(inverse, z)))
        return 0.5 * prior.alpha * (quadratic - L * tf.linalg.trace(inverse)) + 17.0 * L

    ours = total_gradient([lambda: prior.expanded_log_density(prior.regression(at(), z), at(), z)], variables)
    for value, expected in zip(ours, total_gradient([dense], variables), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-7, atol=1e-8)
    proper, *_ = trainable(LowRankGP)
    frozen = total_gradient([lambda: proper.expanded_log_density(proper.regression(at(), z), at(), z)], variables[:2])
    cosine = np.sum(ours[1] * frozen[1]) / np.linalg.norm(ours[1]) / np.linalg.norm(frozen[1])
    assert cosine < 0.9  # of gradients by Z


@pytest.mark.parametrize(
    "options, message",
    [
        (dict(views=np.zeros([0])), "views must be"),
        (dict(views=np.array([0.0, np.nan])), "views has entries that are not finite"),
        (dict(views=np.array([0.0, 1.0, 0.0])), "views must be distinct, got 2 among 3"),
        (dict(views=np.zeros([1, 1, 1])), "views must be"),
        (dict(length_scale=[1.0, 2.0]), "view_kernel must serve all channels"),
        (dict(jitter=-1.0), "jitter must be >= 0"),
    ],
)
def test_bad_features_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        features(**options)


def test_bad_noise_and_kernels_are_refused():
    with pytest.raises(ValueError, match="noise_variance must be positive"):
        LowRankGP(features(), noise_variance=0.0)
    with pytest.raises(TypeError, match="view_kernel must be a tfp"):
        ProductFeatures("periodic", ANGLES)
