"""What a prior of two halves can say of the points that it was given."""

import pytest

from gpvae_tf import kernels
from gpvae_tf.latent_gps import ExactGP, FactorizedGP, Independent, SharedGaussian


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
