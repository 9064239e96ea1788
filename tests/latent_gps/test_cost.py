"""Memory and inducing points are spoken of before the work starts."""

import warnings

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.inducing import InducingPoints, grid
from gpvae_tf.latent_gps import ExactGP, SparseGP, cost

X = tf.constant(np.arange(200.0)[:, None])


def test_an_exact_gp_that_no_memory_holds_is_refused(monkeypatch):
    monkeypatch.setattr(cost, "memory_in_gib", lambda: 16.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cost.check_exact(1_000, 1, 8)
    with pytest.warns(UserWarning, match=r"an exact GP of 3,000 points takes about 1.3 GiB.*SVGPVAE"):
        cost.check_exact(3_000, 1, 8)
    with pytest.raises(MemoryError, match=r"20,000 points takes about 59.6 GiB.*This machine has 16.0 GiB"):
        cost.check_exact(20_000, 1, 8)
    with pytest.raises(MemoryError, match="5,000 points"):
        cost.check_exact(5_000, 8, 8)  # kernels of eight channels


def test_channels_and_data_sets_multiply(monkeypatch):
    asked = []
    monkeypatch.setattr(cost, "check_exact", lambda *sizes: asked.append(sizes))
    ExactGP(kernels.matern(1.5, [1.0, 2.0])).check(X, 3)
    ExactGP(kernels.matern(1.5, 1.0)).check(X, 3)
    assert asked == [(200, 6, 8), (200, 3, 8)]


@pytest.mark.parametrize(("num", "warns"), [(4, True), (100, False)])
def test_inducing_points_farther_apart_than_the_length_scale(num, warns):
    prior = SparseGP(kernels.exponentiated_quadratic(3.0), InducingPoints(grid(0.0, 199.0, num), dtype="float64"))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        prior.check(X, 1)
    assert [f"the {num} inducing points explain" in str(each.message) for each in caught] == [True] * warns
