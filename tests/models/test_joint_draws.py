"""Joint draws at many close inputs, whose covariance is singular to rounding, in every precision, compiled or not."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.gp.gaussians import draw_jointly
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.latent_gps import ExactGP, IndependentMeanField, LatentDataset, LatentPredictor, SharedGaussian, SparseGP
from gpvae_tf.latent_gps.factorized import FactorizedGP
from gpvae_tf.models import GPVAE
from gpvae_tf.models.prediction.predictor import Predictor
from gpvae_tf.types import Gaussian
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
    "factorized": lambda dtype: FactorizedGP(ExactGP(kernel(dtype)), 1, SharedGaussian(tf.as_dtype(dtype)), 1),
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


class Plain:
    """A model whose data are its latents."""

    conditions_on_inputs = False
    data_distribution = None
    predicts_with, scaling = (), None

    def features(self, inputs):
        return inputs

    def decode(self, latents, inputs=None):
        return latents


@pytest.mark.parametrize("name", PRIORS)
def test_draws_have_the_mean_and_covariance_of_predictions(name, rng):
    """One draw for each of 20,000 equal data sets, and as many draws for one; between the data and beyond them."""
    num, dtype, queries = 20_000, "float64", np.array([[[-5.0], [3.0], [4.0], [45.0]]])
    y, noise = rng.normal(size=(1, L, 8)), rng.uniform(0.05, 1.0, (1, L, 8))
    posterior = PRIORS[name](dtype).condition(LatentDataset(*map(tf.constant, (times(8, dtype), y, noise))))
    mean, covariance = (np.broadcast_to(part[0], (L, *part.shape[2:])) for part in posterior.predict_joint(queries))
    np.testing.assert_allclose(mean, posterior.predict(queries).mean[0], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(
        np.diagonal(covariance, axis1=-2, axis2=-1), posterior.predict(queries).variance[0], rtol=1e-6, atol=1e-9
    )

    class Repeated(LatentPredictor):
        """The same posterior for every data set."""

        def predict(self, x):
            return posterior.predict(queries)

        def predict_joint(self, x):
            return Gaussian(*(tf.repeat(part, x.shape[0], axis=0) for part in posterior.predict_joint(queries)))

    one_each = Predictor(Plain(), Repeated()).generate(np.repeat(queries, num, axis=0), SEED)  # [num, s, L]
    of_one = Predictor(Plain(), posterior).draws(queries, num, SEED, joint=True)[:, 0]
    assert np.abs(mean).max() > 0.1 or name == "independent"
    for draws in (one_each, of_one):
        for channel in range(L):
            found, wanted = draws[..., channel].numpy(), covariance[channel]
            variances = np.diag(wanted)
            slack = 5.0 * np.sqrt(variances / num) + 1e-3
            np.testing.assert_array_less(np.abs(found.mean(axis=0) - mean[channel]), slack)
            spread = np.sqrt((np.outer(variances, variances) + wanted**2) / num)
            np.testing.assert_array_less(np.abs(np.cov(found.T) - wanted), 5.0 * spread + 1e-4)
