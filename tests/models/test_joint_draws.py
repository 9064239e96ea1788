"""Joint draws at many close inputs, whose covariance is singular to rounding, in every precision, compiled or not."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.gp.gaussians import draw_jointly
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.latent_gps import ExactGP, IndependentMeanField, LatentDataset, SharedGaussian, SparseGP
from gpvae_tf.latent_gps.factorized import Factorized
from gpvae_tf.models import GPVAE
from tests.support.tiny import IMAGE_SHAPE, LATENT_DIM, build_networks

N, L, LENGTH = 200, 2, 20.0
SEED = tf.constant([1, 2])


def times(num, dtype):
    return np.linspace(0.0, 30.0, num).astype(dtype)[None, :, None]


def kernel(dtype):
    return kernels.exponentiated_quadratic(LENGTH, dtype=dtype)


def sparse(dtype):
    return SparseGP(kernel(dtype), InducingPoints(np.linspace(0, 30, 5)[:, None], dtype=dtype))


PRIORS = {
    "exact": lambda dtype: ExactGP(kernel(dtype)),
    "sparse": sparse,
    "factorized": lambda dtype: Factorized(ExactGP(kernel(dtype)), 1, SharedGaussian(tf.as_dtype(dtype)), 1),
    "independent": IndependentMeanField,
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", PRIORS)
def test_draws_of_prior_and_posterior_are_finite(name, dtype, rng):
    """The posterior is that of an encoder that is sure of itself, which leaves a thousandth of the prior's variance."""
    prior, x = PRIORS[name](dtype), tf.constant(times(N, dtype))
    y, noise = rng.normal(size=(1, L, 8)), np.full((1, L, 8), 1e-3)
    data = LatentDataset(tf.constant(times(8, dtype)), *(tf.constant(a.astype(dtype)) for a in (y, noise)))
    mean, covariance = prior.condition(data).predict_joint(x)
    for centre, spread in ((mean, covariance), (tf.zeros_like(mean), prior.prior_covariance(x))):
        for draw in (draw_jointly, tf.function(draw_jointly)):
            found = draw(centre, spread, SEED, 3)
            assert found.shape == (3, 1, L, N) and found.dtype == dtype and np.all(np.isfinite(found))
            deviation = np.sqrt(np.maximum(np.diagonal(spread, axis1=-2, axis2=-1), 0.0)) + 2e-3
            assert np.abs((found - centre) / deviation).max() < 6


def test_a_float32_model_draws_images(rng):
    """Before, an error eagerly, and 7,200 NaN pixels in a compiled function."""
    model = GPVAE(*build_networks(), kernel("float32"), event_shape=IMAGE_SHAPE, latent_dim=LATENT_DIM)
    inputs = times(N, np.float32)
    batch = {"observations": rng.uniform(size=(1, 8, *IMAGE_SHAPE)).astype(np.float32), "inputs": times(8, np.float32)}
    compiled = tf.function(lambda seed: model.sample(1, seed, inputs))(SEED)
    assert np.all(np.isfinite(compiled)) and np.all(np.isfinite(model.condition_on(batch).generate(inputs, 0)))
    np.testing.assert_allclose(compiled, model.sample(1, SEED, inputs), atol=1e-3)
