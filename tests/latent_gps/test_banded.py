"""The banded posterior as a latent GP: at its own inputs it is the encoder's, elsewhere the prior fills in."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.latent_gps import BandedGP, IndependentMeanField, LatentDataset

RNG = np.random.default_rng(0)
X = np.sort(RNG.uniform(0.0, 5.0, (2, 5, 1)), axis=1)
Y, NOISE, COUPLING = RNG.normal(size=(2, 3, 5)), RNG.uniform(0.1, 1.0, (2, 3, 5)), RNG.normal(size=(2, 3, 5))


def dataset(coupling=COUPLING):
    return LatentDataset(*map(tf.constant, (X, Y, NOISE)), None, None if coupling is None else tf.constant(coupling))


def kernel():
    return kernels.matern(1.5, np.array([0.5, 1.0, 2.0]))


def test_at_its_own_inputs_the_prediction_is_q():
    posterior = BandedGP(kernel(), jitter=0.0).condition(dataset())
    own, predicted = posterior.marginals(), posterior.predict(tf.constant(X))
    np.testing.assert_allclose(predicted.mean, own.mean, rtol=1e-8)
    np.testing.assert_allclose(predicted.variance, own.variance, rtol=1e-8)


def test_far_away_the_prediction_is_the_prior():
    mean, variance = BandedGP(kernel(), white_noise=0.5).condition(dataset()).predict(tf.constant(X + 1000.0))
    np.testing.assert_allclose(mean, 0.0, atol=1e-12)
    np.testing.assert_allclose(variance, 1.5)


def test_without_couplings_it_is_the_encoders_diagonal_gaussian():
    posterior = BandedGP(kernel()).condition(dataset(None))
    np.testing.assert_array_equal(posterior.marginals().mean, Y)
    np.testing.assert_allclose(posterior.marginals().variance, NOISE)


def test_without_couplings_and_correlations_the_bound_is_that_of_a_vae():
    """Inputs so far apart that K = I."""
    data = dataset(None)._replace(x=tf.constant(1000.0 * np.arange(5.0)[:, None]))
    ours = BandedGP(kernels.matern(0.5, 1.0), jitter=0.0).condition(data).regularizer()
    vae = IndependentMeanField("float64").condition(data).regularizer()
    np.testing.assert_allclose(sum(ours.values()), sum(vae.values()))


def test_points_behind_the_end_of_a_sequence_are_removed():
    """A masked end with repeated inputs: the KL, latents and predictions are those of the sequence without it."""
    x = X.copy()
    x[:, 3:] = x[:, 2:3]
    data, part = dataset()._replace(x=tf.constant(x)), tf.constant([[True] * 3 + [False] * 2] * 2)
    gp, query = BandedGP(kernel(), white_noise=1e-3, jitter=0.0), tf.constant(X + 0.3)
    masked = gp.condition(data._replace(mask=part))
    alone = gp.condition(
        LatentDataset(data.x[:, :3], data.y[..., :3], data.noise_variance[..., :3], None, data.coupling[..., :3])
    )
    for ours, expected in zip(masked.predict_joint(query), alone.predict_joint(query), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-12)
    for ours, expected in zip(masked.marginals(), alone.marginals(), strict=True):
        np.testing.assert_allclose(ours[..., :3], expected, rtol=1e-12)
    np.testing.assert_allclose(masked.regularizer()["kl"], alone.regularizer()["kl"], rtol=1e-9)


def test_parts_of_points_and_of_data_sets():
    whole = LatentDataset.concat([dataset(), dataset()], "data sets")
    assert whole.coupling.shape == (4, 3, 5) and whole.mask is None
    assert LatentDataset.concat([dataset(), dataset()]).coupling.shape == (2, 3, 10)


@pytest.mark.parametrize("value", [-0.1, np.inf, np.nan])
def test_white_noise_is_a_number(value):
    with pytest.raises(ValueError, match="white_noise must be a number of at least 0"):
        BandedGP(kernel(), white_noise=value)


def test_padding_is_no_part_whatever_the_amplitude():
    """The jitter is relative to the variances of the sequence, not to those that padding is given."""
    prior = BandedGP(kernels.exponentiated_quadratic(2.0, 10.0))
    data, more = dataset(), dataset()
    repeated = lambda part, axis: tf.concat([part, tf.repeat(tf.gather(part, [4], axis=axis), 3, axis=axis)], axis)
    mask = tf.constant(np.broadcast_to(np.arange(8) < 5, (2, 8)))
    coupling = tf.constant(COUPLING * (np.arange(5) < 4))
    filled = LatentDataset(
        repeated(more.x, 1), repeated(more.y, 2), repeated(more.noise_variance, 2), mask, repeated(coupling, 2)
    )
    ours, expected = prior.condition(filled), prior.condition(data._replace(coupling=coupling))
    np.testing.assert_allclose(ours.regularizer()["kl"], expected.regularizer()["kl"], rtol=1e-9)
    for found, part in zip(ours.predict(tf.constant(X + 0.3)), expected.predict(tf.constant(X + 0.3)), strict=True):
        np.testing.assert_allclose(found, part, rtol=1e-6)


def test_variances_are_the_diagonal_of_the_joint_covariance():
    posterior, queries = BandedGP(kernel(), white_noise=0.3).condition(dataset()), tf.constant(X + 0.4)
    covariance = posterior.predict_joint(queries)[1]
    np.testing.assert_allclose(posterior.predict(queries).variance, tf.linalg.diag_part(covariance), rtol=1e-9)
