"""What a prior of two halves can say of the points that it was given."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.latent_gps import ExactGP, FactorizedGP, Independent, LatentDataset, SharedGaussian


@pytest.mark.parametrize(
    "local, shared, expected",
    [
        (ExactGP(kernels.matern()), SharedGaussian(), True),
        (Independent(), SharedGaussian(), False),
        (ExactGP(kernels.matern()), Independent(), False),
        (Independent(), Independent(), False),
    ],
)
def test_predictions_know_the_own_points_if_those_of_both_halves_do(local, shared, expected):
    """A latent of one's own at a point says nothing of another at the same input."""
    assert FactorizedGP(local, 1, shared, 1).predicts_own_points is expected


def test_variances_of_both_halves_are_clipped_before_a_draw(rng):
    """To the range that a model asks for; the global latent is that of the first frame's noise."""
    x, y, noise = rng.normal(size=(2, 4, 1)), rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 3, 4))
    data = LatentDataset(*map(tf.constant, (x, y, np.full(y.shape, 0.3))))
    posterior = FactorizedGP(ExactGP(kernels.matern()), 2, SharedGaussian(), 1).condition(data)
    assert np.max(posterior.marginals().variance) < 4.0
    found = posterior.draw(tf.constant(noise), (4.0, 9.0))
    noise[:, 2:] = noise[:, 2:, :1]
    np.testing.assert_allclose(found, posterior.marginals().mean + 2.0 * noise, rtol=1e-12)
