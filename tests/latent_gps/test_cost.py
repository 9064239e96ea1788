"""Memory and inducing points are spoken of before the work starts."""

import warnings

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.inducing import InducingPoints, grid
from gpvae_tf.latent_gps import BandedGP, ExactGP, FactorizedGP, SharedGaussian, SparseGP, cost
from tests.support import sequence_models, tiny

X = tf.constant(np.arange(200.0)[:, None])


def test_an_exact_gp_that_no_memory_holds_is_refused(monkeypatch):
    monkeypatch.setattr(cost, "memory_in_gib", lambda: 16.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cost.check_exact(1_000, 1, 1, 1, 8)
    with pytest.warns(UserWarning, match=r"an exact GP of 3,000 points takes about 1.3 GiB.*SVGPVAE"):
        cost.check_exact(3_000, 1, 1, 1, 8)
    with pytest.raises(MemoryError, match=r"20,000 points takes about 59.6 GiB.*This machine has 16.0 GiB"):
        cost.check_exact(20_000, 1, 1, 1, 8)
    with pytest.raises(MemoryError, match="5,000 points"):
        cost.check_exact(5_000, 1, 8, 8, 8)  # kernels of eight channels
    with pytest.raises(MemoryError, match=r"3,000 points takes about 45.6 GiB"):
        cost.check_exact(3_000, 4, 16, 1, 8)  # a kernel that sixteen channels share


def test_channels_and_data_sets_multiply(monkeypatch):
    asked = []
    monkeypatch.setattr(cost, "check_exact", lambda *sizes: asked.append(sizes))
    for gp_class in (ExactGP, BandedGP):
        gp_class(kernels.matern(1.5, [1.0, 2.0])).check(X, 3, 2)
        gp_class(kernels.matern(1.5, 1.0)).check(X, 3, 5)
    assert asked == 2 * [(200, 3, 2, 2, 8), (200, 3, 5, 1, 8)]


def test_only_local_channels_have_matrices(monkeypatch):
    """FGP-VAE's shared ones have none; the model says how many channels there are."""
    asked = []
    monkeypatch.setattr(cost, "check_exact", lambda *sizes: asked.append(sizes))
    FactorizedGP(ExactGP(kernels.matern(1.5, 1.0)), 3, SharedGaussian(), 2).check(X, 4, 5)
    sequence_models.gp_vae().check_batch(sequence_models.videos(np.random.default_rng(0)))
    assert [sizes[1:4] for sizes in asked] == [(4, 3, 1), (tiny.NUM_VIDEOS, tiny.LATENT_DIM, 1)]


def test_local_inducing_points_are_spoken_of():
    """Those of the view; what is behind its columns is not asked about."""
    local = SparseGP(kernels.exponentiated_quadratic(3.0), InducingPoints(grid(0.0, 199.0, 4), dtype="float64"))
    prior, inputs = FactorizedGP(local, 3, SharedGaussian(), 2), tf.concat([X, 1e6 + X], axis=-1)
    np.testing.assert_array_equal(prior.explained_variance(inputs), local.explained_variance(X))
    np.testing.assert_array_equal(prior.kernel_inputs(inputs), X)
    with pytest.warns(UserWarning, match="the inducing points explain"):
        prior.check(inputs, 1, 5)


def test_points_without_prior_variance_hide_no_warning():
    """0 / 0 at one point of a linear kernel made NaN of the mean, which is below nothing."""
    points = InducingPoints([[50.0], [51.0]], dtype="float64")
    prior = SparseGP(kernels.matern(0.5, 1.0) * kernels.linear(), points)
    with pytest.warns(UserWarning, match="the inducing points explain 0%"):
        prior.check(tf.linspace(tf.zeros([1], tf.float64), 5.0, 11), 1, 1)


@pytest.mark.parametrize("amplitude", [1.0, 0.01, 100.0])
@pytest.mark.parametrize(("num", "warns"), [(4, True), (100, False)])
def test_inducing_points_farther_apart_than_the_length_scale(num, warns, amplitude):
    """It is a share of the prior's variance, whatever that is; one of several channels is enough."""
    kernel = kernels.exponentiated_quadratic([300.0, 3.0], amplitude)
    prior = SparseGP(kernel, InducingPoints(grid(0.0, 199.0, num), dtype="float64"))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        prior.check(X, 1, 2)
    assert ["the inducing points explain" in str(each.message) for each in caught] == [True] * warns


ASKED = {
    "condition_on": lambda model, batch: model.condition_on(batch),
    "impute": lambda model, batch: model.impute(batch),
    "latent_predictor": lambda model, batch: model.latent_predictor([batch]),
    "predict_f": lambda model, batch: model.predict_f(batch, batch["inputs"]),
}


@pytest.mark.parametrize("later", [0.0, 100.0])
@pytest.mark.parametrize("ask", ASKED)
def test_data_that_no_inducing_point_is_near_are_spoken_of_whenever_they_come(ask, later):
    """One of three series that lies outside is enough; compiled code does not look."""
    model, batch = sequence_models.svgp_vae(), tiny.videos(np.random.default_rng(0))
    batch |= {"inputs": batch["inputs"] + np.float32([[[0.0]], [[later]], [[0.0]]])}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ASKED[ask](model, batch)
        tf.function(lambda: model.condition_on(batch).predict_f(batch["inputs"]).mean)()
    found = [str(each.message) for each in caught if "inducing points explain" in str(each.message)]
    assert len(found) == (later > 0.0) and all("inputs outside the range of the points" in text for text in found)


def test_objects_vectors_need_no_inducing_point_near():
    """They are no inputs that points have to lie near."""
    model, batch = sequence_models.object_svgp_vae(), sequence_models.objects(np.random.default_rng(0))
    locations = model.latent_gp.inducing_points.locations
    locations.assign(locations + 100.0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.condition_on(batch)
    assert not [each for each in caught if "inducing points explain" in str(each.message)]
