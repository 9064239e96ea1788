"""Draws of functions in state-space form are linear in their noise, so their covariance is known exactly."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.gp import kalman_draws
from gpvae_tf.kernels import psd_kernels
from gpvae_tf.latent_gps.kernel_state_space import state_space_of
from tests.support import oracles

TIMES = np.array([0.0, 0.5, 0.5, 2.0, 2.0 + 1e-6, 7.0])  # one repeated, two next to each other
OBSERVED = np.array([True, False, True, True, True, False])
KERNELS = {
    "Matern-1/2": lambda: kernels.matern(0.5, 2.0, 1.3),
    "Matern-5/2": lambda: kernels.matern(2.5, 2.0, 1.3),
    "composed": lambda: kernels.matern(1.5, 3.0, 1.2) * kernels.cosine(2.0) + psd_kernels.Constant(np.float64(0.4)),
}
every_kernel = pytest.mark.parametrize("kernel", [make() for make in KERNELS.values()], ids=KERNELS)


def unit_noise(space):
    """Every noise of the walk and of the observations alone, in a column of its own."""
    num = len(TIMES) * space.size
    unit = np.eye(num + len(TIMES))
    return unit[:num].reshape(1, len(TIMES), space.size, -1), unit[num:][None]


@every_kernel
def test_draws_of_the_prior_have_the_kernels_covariance(kernel):
    space = state_space_of(kernel, tf.float64)
    noise, _ = unit_noise(space)
    root = kalman_draws.of_prior(space, tf.constant(TIMES[None]), tf.constant(noise))[0]
    expected = kernel.matrix(TIMES[:, None], TIMES[:, None])
    np.testing.assert_allclose(tf.matmul(root, root, transpose_b=True), expected, rtol=1e-8, atol=1e-8)


@every_kernel
def test_draws_given_data_have_the_posteriors_moments(kernel, rng):
    space = state_space_of(kernel, tf.float64)
    noise_variance = rng.uniform(0.1, 1.0, len(TIMES))
    y, precision = (np.where(OBSERVED, part, 0.0) for part in (rng.normal(size=len(TIMES)), 1.0 / noise_variance))
    state_noise, observation_noise = unit_noise(space)
    draw = lambda y, *noise: kalman_draws.given_data(
        space, *(tf.constant(part[None]) for part in (TIMES, y, precision)), *map(tf.constant, noise)
    )[0]
    root = draw(0.0 * y, state_noise, observation_noise)
    mean = draw(y, 0.0 * state_noise[..., :1], 0.0 * observation_noise[..., :1])[:, 0]
    seen, k = TIMES[OBSERVED, None], lambda a, b: kernel.matrix(a, b).numpy()
    parts = k(seen, seen), k(seen, TIMES[:, None]), k(TIMES[:, None], TIMES[:, None])
    expected = oracles.exact_posterior(*parts, y[OBSERVED], noise_variance[OBSERVED])
    np.testing.assert_allclose(mean, expected[0], rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(tf.matmul(root, root, transpose_b=True), expected[1], rtol=1e-8, atol=1e-8)
