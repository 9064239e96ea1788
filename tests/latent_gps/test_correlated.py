"""Objects correlated through their vectors: against the GP over all images of all objects, with its full matrix."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.latent_gps import ExactGP, FactorizedGP, LatentDataset
from gpvae_tf.latent_gps.correlated import CorrelatedSharedGaussian, first_observed, summarize
from gpvae_tf.latent_gps.shared import SharedGaussian
from tests.support import oracles

B, L, N, M, S = 4, 2, 5, 3, 2  # objects, channels, frames, length of an object vector, new rows
TIGHT = dict(rtol=1e-9, atol=1e-10)
KERNELS = {
    "linear": (lambda: kernels.linear(), lambda a, b: a @ b.T),
    "cosine": (
        lambda: kernels.linear(normalize=True),
        lambda a, b: (a @ b.T) / np.outer(np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1)),
    ),
}
both_kernels = pytest.mark.parametrize("kernel, in_numpy", KERNELS.values(), ids=KERNELS)


@pytest.fixture
def vectors(rng):
    return rng.normal(size=(B, M))


@pytest.fixture
def data(rng, vectors):
    """Object 1 begins with a missing frame, whose row is no vector; object 3 has one frame only."""
    mask = np.ones((B, N), bool)
    mask[1, 0] = mask[3, 1:] = False
    x = np.where(mask[..., None], np.repeat(vectors[:, None], N, axis=1), 77.0)
    y, v = rng.normal(size=(B, L, N)), np.exp(rng.normal(-0.5, 0.7, (B, L, N)))
    return LatentDataset(*map(tf.constant, (x, y, v, mask)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [1.0, 10.0])
def test_the_least_noise_leaves_a_bound_with_digits(dtype, size, rng):
    """20 objects of 11 images each, whose noise adds up to a floor for 20 summaries; vectors of length 10, too."""
    num, frames, dim = 20, 11, 8
    vectors = rng.normal(size=(num, dim)) * size / np.sqrt(dim)
    x = np.repeat(vectors[:, None], frames, axis=1)
    prior = CorrelatedSharedGaussian(kernels.linear(dtype=dtype))
    least = prior.least_noise(tf.constant(x, dtype))
    whole = FactorizedGP(ExactGP(kernels.matern(0.5, dtype=dtype)), 1, prior, 2)
    given = tf.constant(np.concatenate([np.zeros((num, frames, 1)), x], axis=-1), dtype)
    np.testing.assert_allclose(tf.reduce_max(whole.least_noise(given)), tf.reduce_max(least))
    noise = np.broadcast_to(np.float64(least), (num, 1, frames))
    y = (vectors @ rng.normal(size=dim))[:, None, None] + np.sqrt(noise) * rng.normal(size=noise.shape)
    data = LatentDataset(*(tf.constant(part, dtype) for part in (x, y, noise)))
    found = tf.reduce_sum(prior.condition(data).regularizer()["log_marginal_likelihood"])
    of_images = np.repeat(vectors, frames, axis=0)
    covariance = of_images @ of_images.T + np.diag(noise.ravel())
    square = y.ravel() @ np.linalg.solve(covariance, y.ravel())
    expected = -0.5 * (square + np.linalg.slogdet(covariance)[1] + y.size * np.log(2.0 * np.pi))
    assert float(found) == pytest.approx(expected, rel=0.01)


@both_kernels
def test_it_is_the_gp_over_all_images(data, vectors, rng, kernel, in_numpy):
    """log Z (summed over objects), cross entropy, marginals, and predictions for other vectors."""
    posterior = CorrelatedSharedGaussian(kernel()).condition(data)
    parts = {name: value.numpy() for name, value in posterior.regularizer().items()}
    mean, variance = (part.numpy() for part in posterior.marginals())
    keep = data.mask.numpy().ravel()
    of_image = np.repeat(vectors, N, axis=0)
    x_new = np.concatenate([np.repeat(vectors[:, None], 1, axis=1), rng.normal(size=(B, 1, M))], axis=1)
    predicted, joint = posterior.predict(tf.constant(x_new)), posterior.predict_joint(tf.constant(x_new))
    k_nn = in_numpy(of_image[keep], of_image[keep])
    for c in range(L):
        y, v = (a[:, c].numpy().ravel()[keep] for a in (data.y, data.noise_variance))
        log_z = oracles.log_normal(y, np.zeros(len(y)), k_nn + np.diag(v))
        np.testing.assert_allclose(parts["log_marginal_likelihood"][:, c].sum(), log_z, **TIGHT)
        k_ns, k_ss = in_numpy(of_image[keep], of_image), in_numpy(of_image, of_image)
        here, covariance = oracles.exact_posterior(k_nn, k_ns, k_ss, y, v)
        np.testing.assert_allclose(mean[:, c].ravel(), here, **TIGHT)  # at the missing frames too
        np.testing.assert_allclose(variance[:, c].ravel(), np.diag(covariance), **TIGHT)
        for b in range(B):
            at = slice(b * N, (b + 1) * N)
            seen = data.mask[b].numpy()
            arrays = (here[at], np.diag(covariance)[at], data.y[b, c].numpy(), data.noise_variance[b, c].numpy())
            cross_entropy = oracles.expected_log_density(*(a[seen] for a in arrays))
            np.testing.assert_allclose(-parts["cross_entropy"][b, c], cross_entropy, **TIGHT)
            new, k_new = x_new[b], in_numpy(of_image[keep], x_new[b])
            there, new_covariance = oracles.exact_posterior(k_nn, k_new, in_numpy(new, new), y, v)
            np.testing.assert_allclose(predicted.mean[b, c], there, **TIGHT)
            np.testing.assert_allclose(predicted.variance[b, c], np.diag(new_covariance), **TIGHT)
            np.testing.assert_allclose(joint[0][b, c], there, **TIGHT)
            np.testing.assert_allclose(joint[1][b, c], new_covariance, **TIGHT)


def test_orthogonal_unit_vectors_are_independent_objects(data):
    """K_obj = I: `SharedGaussian`, but for the rule by which log Z is spread."""
    eye = np.repeat(np.eye(B)[:, None], N, axis=1)
    ours = CorrelatedSharedGaussian(kernels.linear()).condition(data._replace(x=tf.constant(eye)))
    independent = SharedGaussian().condition(data)
    for a, b in zip(ours.marginals(), independent.marginals(), strict=True):
        np.testing.assert_allclose(a, b, **TIGHT)
    ours, independent = (p.regularizer() for p in (ours, independent))
    np.testing.assert_allclose(ours["cross_entropy"], independent["cross_entropy"], **TIGHT)
    total = lambda parts: tf.reduce_sum(parts["log_marginal_likelihood"], axis=0)
    np.testing.assert_allclose(total(ours), total(independent), **TIGHT)


def test_summary_is_the_product_of_an_objects_gaussians(data):
    summary = summarize(data)
    for b, c in np.ndindex(B, L):
        seen = data.mask[b].numpy()
        y, v = data.y[b, c].numpy()[seen], data.noise_variance[b, c].numpy()[seen]
        for z in (-0.7, 0.0, 1.3):
            product = oracles.log_normal(y, np.full(len(y), z), np.diag(v))
            one = -0.5 * (
                np.log(2 * np.pi * summary.noise_variance[b, c])
                + (summary.y[b, c] - z) ** 2 / summary.noise_variance[b, c]
            )
            np.testing.assert_allclose(summary.log_normalizer[b, c] + one, product, **TIGHT)


def test_objects_without_images_change_nothing_and_are_predicted_from_the_others(data, vectors, rng):
    gp = CorrelatedSharedGaussian(kernels.linear())
    nothing = np.ones((B, N), bool)
    nothing[2] = False
    mask = data.mask & nothing
    with_hole = gp.condition(data._replace(y=tf.where(mask[:, None], data.y, np.nan), mask=mask))
    others = [0, 1, 3]
    without = gp.condition(LatentDataset(*(tf.gather(part, others) for part in data[:4])))
    for name, value in without.regularizer().items():
        np.testing.assert_allclose(tf.gather(with_hole.regularizer()[name], others), value, **TIGHT)
        np.testing.assert_array_equal(with_hole.regularizer()[name][2], np.zeros(L))
    rows = tf.constant(np.tile(vectors[2], (3, 1, 1)))
    mean, variance = (part[0] for part in without.predict(rows))
    full = [part[2] for part in with_hole.predict(tf.constant(np.tile(vectors[2], (B, 1, 1))))]
    np.testing.assert_allclose(full[0], mean, **TIGHT)
    np.testing.assert_allclose(full[1], variance, **TIGHT)
    assert np.all(np.abs(mean) > 1e-3) and np.all(variance < vectors[2] @ vectors[2])


def test_nothing_observed_is_the_prior(data, vectors):
    posterior = CorrelatedSharedGaussian(kernels.linear()).condition(data._replace(mask=tf.zeros([B, N], tf.bool)))
    mean, variance = posterior.predict(tf.constant(vectors[:, None]))
    np.testing.assert_array_equal(mean, np.zeros((B, L, 1)))
    np.testing.assert_allclose(variance[:, 0, 0], np.sum(vectors**2, axis=1), **TIGHT)
    assert all(np.all(value.numpy() == 0.0) for value in posterior.regularizer().values())


def test_a_kernel_per_channel_and_draws_by_object(data, vectors, rng):
    gp = CorrelatedSharedGaussian(kernels.exponentiated_quadratic([0.7, 2.0]))
    assert gp.num_channels == L
    posterior = gp.condition(data)
    for c, scale in enumerate((0.7, 2.0)):
        alone = CorrelatedSharedGaussian(kernels.exponentiated_quadratic(scale)).condition(
            LatentDataset(data.x, data.y[:, c : c + 1], data.noise_variance[:, c : c + 1], data.mask)
        )
        np.testing.assert_allclose(posterior.z.mean[:, c], alone.z.mean[:, 0], **TIGHT)
        log_z = [p.log_marginal_likelihood for p in (posterior, alone)]
        np.testing.assert_allclose(log_z[0][:, c], log_z[1][:, 0], **TIGHT)
        new = tf.constant(vectors[:, None] + 0.3)
        for ours, expected in zip(posterior.predict_joint(new), alone.predict_joint(new), strict=True):
            np.testing.assert_allclose(ours[:, c], expected[:, 0], **TIGHT)
    rows = tf.constant(np.repeat(vectors[:, None], N, axis=1))
    prior = gp.prior_covariance(rows)
    np.testing.assert_allclose(prior, ExactGP(gp.kernel).prior_covariance(rows), **TIGHT)
    noise = rng.normal(size=(B, L, N))
    z = posterior.draw(tf.constant(noise))
    expected = posterior.z.mean + tf.sqrt(posterior.z.variance) * noise[..., 0]
    np.testing.assert_allclose(z, np.repeat(expected[..., None], N, axis=-1), **TIGHT)


def test_first_observed_frame():
    rows = np.arange(12.0).reshape(3, 2, 2)
    mask = tf.constant([[True, True], [False, True], [False, False]])
    np.testing.assert_array_equal(first_observed(rows, mask), [[0, 1], [6, 7], [8, 9]])
    np.testing.assert_array_equal(first_observed(rows, None), rows[:, 0])


def test_bad_input_is_named(data):
    gp = CorrelatedSharedGaussian(kernels.linear())
    with pytest.raises(ValueError, match="needs a batch of them, inputs .B, n, M.; got rank 2"):
        gp.condition(LatentDataset(*(part[0] for part in data[:4])))
    with pytest.raises(ValueError, match="objects without frames have no vectors"):
        gp.condition(LatentDataset(data.x[:, :0], *(part[..., :0] for part in data[1:4])))
    compiled = tf.function(lambda *parts: gp.condition(LatentDataset(*parts)).z.mean)
    free = [tf.TensorSpec([B, None, data.x.shape[-1]], data.x.dtype), *[tf.TensorSpec([B, L, None], data.y.dtype)] * 2]
    of_any_length = compiled.get_concrete_function(*free)
    assert np.all(np.isfinite(of_any_length(*data[:3])))
    with pytest.raises(tf.errors.InvalidArgumentError, match="objects without frames have no vectors"):
        of_any_length(data.x[:, :0], *(part[..., :0] for part in data[1:3]))
    for ask in (lambda x: gp.condition(data._replace(x=x)), gp.prior_covariance):
        with pytest.raises(ValueError, match="no columns behind the view's"):
            ask(data.x[..., :0])
    with pytest.raises(TypeError, match="kernel must be"):
        CorrelatedSharedGaussian("linear")
