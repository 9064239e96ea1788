"""Features whose inner products are the kernel, and kernels that have none."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.kernels import psd_kernels

P = 3
ONE = np.float64(1.0)
KERNELS = {
    "linear": (lambda: kernels.linear(), P),
    "cosine of angles": (lambda: kernels.linear(normalize=True), P),
    "affine": (lambda: psd_kernels.Linear(0.7 * ONE, 1.3 * ONE, 0.2 * ONE), P + 1),
    "cubic": (lambda: psd_kernels.Polynomial(0.7 * ONE, 1.3 * ONE, 0.2 * ONE, 3.0 * ONE), P**3 + 1),
    "constant": (lambda: psd_kernels.Constant(0.4 * ONE), 1),
    "sum": (lambda: kernels.linear() + psd_kernels.Constant(0.4 * ONE) + kernels.linear(normalize=True), 2 * P + 1),
    "product": (lambda: kernels.linear() * psd_kernels.Linear(0.7 * ONE), P * (P + 1)),
    "of some columns": (lambda: kernels.on_columns(kernels.linear(), slice(1, None)), P - 1),
}


@pytest.mark.parametrize("name", KERNELS)
def test_inner_products_are_the_kernel(name, rng):
    kernel, size = KERNELS[name][0](), KERNELS[name][1]
    kernels.check_finite_features(kernel)
    x, other = rng.normal(size=(2, 5, P)), rng.normal(size=(2, 4, P))
    features, others = (kernels.finite_features(kernel, tf.constant(part)) for part in (x, other))
    assert features.shape == (2, 5, size) and kernels.num_features(kernel, P) == size
    expected = kernel.matrix(x, other)
    np.testing.assert_allclose(tf.matmul(features, others, transpose_b=True), expected, rtol=1e-10, atol=1e-12)
    single = kernels.finite_features(kernel, tf.constant(x, tf.float32))
    assert single.dtype == tf.float32
    np.testing.assert_allclose(single, features, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "kernel, message",
    [
        (
            kernels.exponentiated_quadratic(),
            "kernel is or contains ExponentiatedQuadratic, which is no inner product of",
        ),
        (kernels.linear() * kernels.matern(0.5), "kernel is or contains MaternOneHalf"),
        (kernels.on_columns(kernels.periodic(), slice(1)), "kernel is or contains ExpSinSquared"),
        (psd_kernels.Polynomial(exponent=4.0 * ONE), "a polynomial with the exponent 4.0; expected 1, ..., 3, fixed"),
        (psd_kernels.Polynomial(exponent=1.5 * ONE), "the exponent 1.5"),
        (psd_kernels.Linear(slope_amplitude=[0.5, 2.0]), r"must serve all latent dimensions, got batch shape \(2,\)"),
        (
            kernels.linear() + psd_kernels.Constant(np.array([0.4, 1.0])),
            r"must serve all latent dimensions, got batch shape",
        ),
        (psd_kernels.Polynomial(exponent=tf.Variable(2.0)), "the exponent one that is not fixed"),
    ],
)
def test_kernels_without_finite_features_are_refused(kernel, message):
    with pytest.raises(ValueError, match=message):
        kernels.check_finite_features(kernel)
