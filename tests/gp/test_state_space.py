"""State-space forms against matrix exponentials, the kernels they stand for, and the laws of a stationary process."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import integrate, linalg

from gpvae_tf import kernels
from gpvae_tf.gp import state_space
from gpvae_tf.kernels import psd_kernels
from gpvae_tf.latent_gps.kernel_state_space import size_of, state_space_of

TIGHT = dict(rtol=1e-12, atol=1e-13)
SCALE, VARIANCE = 0.7, 2.25
KERNELS = {
    "Matern-1/2": lambda: kernels.matern(0.5, SCALE, 1.5),
    "Matern-3/2": lambda: kernels.matern(1.5, SCALE, 1.5),
    "Matern-5/2": lambda: kernels.matern(2.5, SCALE, 1.5),
    "constant": lambda: psd_kernels.Constant(tf.constant(0.6, tf.float64)),
    "cosine": lambda: kernels.cosine(1.7, 0.8),
    "sum": lambda: kernels.matern(0.5, 3.0) + kernels.matern(2.5, SCALE) + psd_kernels.Constant(np.float64(0.4)),
    "product": lambda: kernels.matern(1.5, 2.0) * kernels.cosine(1.1) * kernels.matern(0.5, 4.0, 0.5),
    "products in a sum": lambda: kernels.matern(1.5, 2.0) * kernels.cosine([1.1, 0.4]) + kernels.matern(0.5, 0.3),
    "inverse length scale": lambda: psd_kernels.MaternThreeHalves(inverse_length_scale=np.float64(1.0 / SCALE)),
    "one per channel": lambda: kernels.matern(2.5, [SCALE, 0.2], [1.0, 3.0]),
}
SIZES = [1, 2, 3, 1, 2, 5, 4, 5, 2, 3]
every_kernel = pytest.mark.parametrize("name", KERNELS)
DISTANCES = np.array([0.0, 1e-5, 0.02, 0.3, 0.9, 5.0])


def form(name):
    return state_space_of(KERNELS[name](), tf.float64)


def test_sizes():
    assert [size_of(make()) for make in KERNELS.values()] == SIZES == [form(name).size for name in KERNELS]


@every_kernel
def test_the_kernel_is_that_of_the_form(name):
    """k(dt) = h^T A(dt) P h, per channel."""
    space, kernel = form(name), KERNELS[name]()
    moved = space.steps(DISTANCES).transition @ space.stationary[..., None, :, :]
    ours = tf.einsum("i,...ij,j->...", space.measurement, moved, space.measurement)
    expected = kernel.matrix(np.zeros((1, 1)), DISTANCES[:, None])[..., 0, :]
    np.testing.assert_allclose(np.broadcast_to(ours, expected.shape), expected, rtol=1e-10)


@every_kernel
def test_two_steps_are_one_and_leave_the_process_stationary(name):
    """A(s + t) = A(t) A(s), Q(s + t) = A(t) Q(s) A(t)^T + Q(t), A P A^T + Q = P, Q(0) = 0 and no negative variance."""
    space, s, t = form(name), 0.3 * DISTANCES, 0.7 * DISTANCES
    whole, first, second = (space.steps(tf.constant(distance)) for distance in (s + t, s, t))
    np.testing.assert_allclose(second.transition @ first.transition, whole.transition, **TIGHT)
    carried = second.transition @ first.noise @ tf.linalg.matrix_transpose(second.transition)
    np.testing.assert_allclose(carried + second.noise, whole.noise, **TIGHT)
    kept = whole.transition @ space.stationary[..., None, :, :] @ tf.linalg.matrix_transpose(whole.transition)
    stationary = np.broadcast_to(space.stationary[..., None, :, :], kept.shape)
    np.testing.assert_allclose(kept + whole.noise, stationary, **TIGHT)
    np.testing.assert_array_equal(whole.noise[..., 0, :, :], np.zeros_like(whole.noise[..., 0, :, :]))
    assert np.all(tf.linalg.diag_part(whole.noise) >= 0.0) and np.linalg.eigvalsh(space.stationary).min() > 0.0


@pytest.mark.parametrize("order", [0, 1, 2])
def test_matern_is_its_stochastic_differential_equation(order):
    """dx = F x dt + L dw in units of the rate: A = expm(F a), and Q the integral of A L L^T A^T, by quadrature.

    Close times have process noise far below the rounding of P - A P A^T: it is right to ten digits even there.
    """
    rate = np.sqrt(2 * order + 1) / SCALE
    feedback = {
        0: [[-1.0]],
        1: [[0.0, 1.0], [-1.0, -2.0]],
        2: [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [-1.0, -3.0, -3.0]],
    }[order]
    spectral = VARIANCE * {0: 2.0, 1: 4.0, 2: 16.0 / 3.0}[order]
    space = state_space.matern(order, tf.constant(SCALE, tf.float64), tf.constant(VARIANCE, tf.float64))

    def spread(u):
        column = linalg.expm(np.array(feedback) * u)[:, -1]
        return np.outer(column, column)

    for distance in DISTANCES[1:]:
        found = space.steps(tf.constant([distance], tf.float64))
        end = rate * distance
        noise = integrate.quad_vec(spread, 0.0, end, epsabs=0.0, epsrel=1e-12)[0]
        np.testing.assert_allclose(found.transition[0], linalg.expm(np.array(feedback) * end), rtol=1e-9, atol=1e-13)
        np.testing.assert_allclose(found.noise[0], spectral * noise, rtol=1e-9, atol=1e-12)
