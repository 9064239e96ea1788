"""What the shared types do beside holding tensors."""

import numpy as np

from gpvae_tf.types import Gaussian


def test_a_network_gives_means_and_behind_them_log_variances():
    found = Gaussian.from_log_variance(np.array([[1.0, 2.0, 0.0, np.log(3.0)]]))
    np.testing.assert_array_equal(found.mean, [[1.0, 2.0]])
    np.testing.assert_allclose(found.variance, [[1.0, 3.0]], rtol=1e-15)


def test_transposed_exchanges_the_last_two_axes_of_both(rng):
    mean, variance = rng.normal(size=(2, 4, 2, 3))
    found = Gaussian(mean, variance).transposed()
    assert isinstance(found, Gaussian)
    np.testing.assert_array_equal(found.mean, np.swapaxes(mean, 1, 2))
    np.testing.assert_array_equal(found.variance, np.swapaxes(variance, 1, 2))
