"""Densities and divergences against scipy, component by component."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from gpvae_tf.gp import diagonal_gaussians
from gpvae_tf.types import Gaussian

B, K, L = 5, 4, 3


def gaussian(rng, *shape):
    return Gaussian(tf.constant(rng.normal(size=shape)), tf.constant(rng.uniform(0.2, 3.0, shape)))


def by_scipy(z, mean, variance):
    return stats.multivariate_normal(mean, np.diag(variance)).logpdf(z)


def test_log_density(rng):
    z, q = rng.normal(size=(B, L)), gaussian(rng, B, L)
    expected = [by_scipy(z[b], q.mean[b], q.variance[b]) for b in range(B)]
    np.testing.assert_allclose(diagonal_gaussians.log_density(tf.constant(z), q), expected, rtol=1e-12)


def test_component_log_densities(rng):
    z, components = rng.normal(size=(2, B, L)), gaussian(rng, K, L)
    expected = [
        [[by_scipy(z[s, b], *(p[k] for p in components)) for k in range(K)] for b in range(B)] for s in range(2)
    ]
    ours = diagonal_gaussians.component_log_densities(tf.constant(z), components)
    np.testing.assert_allclose(ours, expected, rtol=1e-12)


def test_narrow_components_far_from_zero_keep_float32_accuracy(rng):
    """Means of 30 and variances of e^-6, the least an encoder gives: z^2/v alone is 4e5 per dimension."""
    means = 30.0 + rng.normal(size=(K, 40))
    z = means[:1] + np.exp(-3.0) * rng.normal(size=(B, 40))
    components = Gaussian(tf.constant(means, tf.float32), tf.fill([K, 40], tf.constant(np.exp(-6.0), tf.float32)))
    ours = diagonal_gaussians.component_log_densities(tf.constant(z, tf.float32), components)
    assert ours.dtype == tf.float32
    rounded = np.float64(np.float32(z))
    exact = diagonal_gaussians.log_density(
        tf.constant(rounded)[:, tf.newaxis], Gaussian(*(tf.cast(part, tf.float64) for part in components))
    )
    np.testing.assert_allclose(ours, exact, rtol=1e-6)


def test_components_share_their_gradient_with_the_direct_form(rng):
    z, components = tf.constant(rng.normal(size=(B, L))), gaussian(rng, K, L)
    weights = rng.normal(size=(B, K))
    gradients = []
    for form in (
        diagonal_gaussians.component_log_densities,
        lambda z, components: diagonal_gaussians.log_density(z[:, tf.newaxis], components),
    ):
        with tf.GradientTape() as tape:
            tape.watch([z, *components])
            value = tf.reduce_sum(weights * form(z, components))
        gradients.append(tape.gradient(value, [z, *components]))
    for ours, expected in zip(*gradients, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-10, atol=1e-12)


def test_no_tensor_has_batch_components_and_dimensions():
    batch, components, dim = 101, 103, 107

    @tf.function
    def form(z, mean, variance):
        return diagonal_gaussians.component_log_densities(z, Gaussian(mean, variance))

    specs = [tf.TensorSpec(shape, tf.float32) for shape in ([batch, dim], [components, dim], [components, dim])]
    operations = form.get_concrete_function(*specs).graph.get_operations()
    sizes = [out.shape.num_elements() or 0 for op in operations for out in op.outputs]
    assert max(sizes) <= 2 * dim * max(batch, components)


def test_kl_is_the_expected_log_ratio(rng):
    """By 60-point Gauss-Hermite quadrature in every dimension."""
    q, p = gaussian(rng, B, L), gaussian(rng, B, L)
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    z = q.mean.numpy()[..., None] + np.sqrt(q.variance)[..., None] * nodes
    log_q, log_p = (stats.norm.logpdf(z, d.mean.numpy()[..., None], np.sqrt(d.variance)[..., None]) for d in (q, p))
    expected = ((log_q - log_p) @ (weights / weights.sum())).sum(axis=-1)
    np.testing.assert_allclose(diagonal_gaussians.kl(q, p), expected, rtol=1e-10)
    np.testing.assert_allclose(diagonal_gaussians.kl(q, q), np.zeros(B), atol=1e-14)


def test_kl_to_components_is_one_kl_for_each(rng):
    q, components = gaussian(rng, 2, B, L), gaussian(rng, K, L)
    expected = diagonal_gaussians.kl(Gaussian(*(part[..., tf.newaxis, :] for part in q)), components)
    ours = diagonal_gaussians.kl_to_components(q, components)
    assert ours.shape == (2, B, K)
    np.testing.assert_allclose(ours, expected, rtol=1e-12)


def test_squared_distances(rng):
    x, centres, weights = rng.normal(size=(2, B, L)), rng.normal(size=(K, L)), rng.uniform(0.2, 3.0, (K, L))
    expected = np.sum(weights * (x[..., None, :] - centres) ** 2, axis=-1)
    np.testing.assert_allclose(diagonal_gaussians.squared_distances(x, centres, weights), expected, rtol=1e-12)


@pytest.mark.parametrize("shape", [(B, L), (2, B, L)])
def test_draws_have_mean_and_variance(shape, rng):
    q, noise = gaussian(rng, *shape), rng.normal(size=shape)
    ours = diagonal_gaussians.draw(q, tf.constant(noise))
    np.testing.assert_allclose(ours, q.mean + np.sqrt(q.variance) * noise, rtol=1e-14)
