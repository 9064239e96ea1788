"""log p(Y) of data sets under models with a latent GP, against models whose likelihood is known."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from gpvae_tf import data, kernels
from gpvae_tf.evaluation.sequence_likelihood import log_likelihoods
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.latent_gps import IndependentMeanField
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.models import (
    FGPVAE,
    GPVAE,
    SVGPVAE,
    VAE,
    BandedGPVAE,
    LatentGPVAE,
    MarkovGPVAE,
    VecchiaGPVAE,
)
from gpvae_tf.scaling import Scaling
from tests.support import sequence_models

LENGTH, NOISE, SCALE, OFFSET = 2.0, 0.3, np.array([2.0, 0.5, 1.0]), np.array([1.0, -1.0, 0.0])
TIMES = np.array([0.0, 0.7, 1.5, 3.0, 3.4, 6.0])
LOADINGS = np.array([[0.9, -0.5, 0.4], [0.2, 0.8, 0.7]])  # [L, C]
SCALING = Scaling(offset=OFFSET, scale=SCALE)


class Linear(tf.Module):
    """Latents times loadings, or observations to the pseudo-observations that are exact for one latent."""

    def __init__(self, weights, log_variances=()):
        super().__init__()
        self.weights = tf.constant(weights)
        self.log_variances = tf.constant(log_variances, tf.float64)

    def __call__(self, inputs):
        output = tf.cast(inputs, tf.float64) @ self.weights
        return tf.concat([output, tf.zeros_like(output[..., :1]) + self.log_variances], axis=-1)


def networks_for(latent_dim, log_variances=None):
    loadings = LOADINGS[:latent_dim]
    inverse = np.linalg.pinv(loadings)
    exact = np.log(NOISE * np.diag(inverse.T @ inverse))
    return Linear(inverse, exact if log_variances is None else log_variances), Linear(loadings)


def options(latent_dim):
    return dict(event_shape=(3,), latent_dim=latent_dim, likelihood=GaussianLikelihood(NOISE), scaling=SCALING)


def matern():
    return kernels.matern(0.5, LENGTH)


FAMILIES = {
    "exact": lambda networks, more: GPVAE(*networks, matern(), **more),
    "sparse": lambda networks, more: SVGPVAE(*networks, matern(), InducingPoints(np.array([[1.0], [4.0]])), **more),
    "Markov": lambda networks, more: MarkovGPVAE(*networks, matern(), **more),
    "Vecchia": lambda networks, more: VecchiaGPVAE(*networks, matern(), num_neighbours=2, **more),
    "independent": lambda networks, more: VAE(*networks, **more),
    "mean field": lambda networks, more: LatentGPVAE(*networks, IndependentMeanField(), **more),
}
INDEPENDENT = ("independent", "mean field")


def sequences(rng, latent_dim, num=3):
    """Data of the exact model, in original units."""
    covariance = np.exp(-np.abs(np.subtract.outer(TIMES, TIMES)) / LENGTH)
    z = np.linalg.cholesky(covariance) @ rng.normal(size=(num, latent_dim, len(TIMES), 1))
    scaled = np.swapaxes(z[..., 0], 1, 2) @ LOADINGS[:latent_dim]
    scaled += np.sqrt(NOISE) * rng.normal(size=scaled.shape)
    return {"observations": scaled * SCALE + OFFSET, "inputs": np.tile(TIMES[:, None], (num, 1, 1))}


def log_density(batch, prior, latent_dim, entries=None):
    """log N of every data set, over the entries that were observed, by the dense covariance of all of them."""
    loadings = LOADINGS[:latent_dim] * SCALE
    dense = np.einsum("lij,lc,ld->icjd", np.broadcast_to(prior, (latent_dim, *prior.shape[-2:])), loadings, loadings)
    size = len(TIMES) * 3
    dense = dense.reshape(size, size) + np.diag(np.tile(NOISE * SCALE**2, len(TIMES)))
    values = (batch["observations"] - OFFSET).reshape(-1, size)
    keep = np.ones(values.shape, bool) if entries is None else entries.reshape(values.shape)
    return [
        scipy.stats.multivariate_normal.logpdf(each[kept], cov=dense[np.ix_(kept, kept)])
        for each, kept in zip(values, keep, strict=True)
    ]


def prior_of(name):
    return np.eye(len(TIMES)) if name in INDEPENDENT else np.exp(-np.abs(np.subtract.outer(TIMES, TIMES)) / LENGTH)


@pytest.mark.parametrize("name", list(FAMILIES))
def test_one_draw_is_enough_from_the_exact_posterior(rng, name):
    """Of one latent channel, with points missing; whatever inference the model itself has."""
    batch = sequences(rng, 1)
    mask = rng.uniform(size=batch["inputs"].shape[:2]) < 0.7
    model = FAMILIES[name](networks_for(1), options(1))
    ours = log_likelihoods(model, batch | {"mask": mask}, num_samples=1)
    exact = log_density(batch, prior_of(name), 1, np.repeat(mask[..., np.newaxis], 3, axis=-1))
    assert ours.dtype == np.float64
    np.testing.assert_allclose(ours, exact, atol=2e-3)


def test_many_draws_correct_an_encoder(rng):
    """Two channels, single entries missing, variances twice and half of what they should be."""
    batch = sequences(rng, 2)
    entries = rng.uniform(size=batch["observations"].shape) < 0.8
    model = FAMILIES["exact"](networks_for(2, [-0.5, 0.6]), options(2))
    masked = batch | {"mask": entries}
    exact = log_density(batch, prior_of("exact"), 2, entries)
    found = [log_likelihoods(model, masked, num_samples=num, chunk_size=2_000) for num in (1, 100, 100_000)]
    np.testing.assert_allclose(found[-1], exact, atol=0.05)
    assert np.mean(np.abs(found[0] - exact)) > np.mean(np.abs(found[1] - exact)) > np.mean(np.abs(found[2] - exact))


class Chain(tf.Module):
    """An encoder of whole sequences that says of one channel what a posterior of bidiagonal precision has."""

    def __init__(self, mean, precision):
        super().__init__()
        covariance = np.linalg.inv(precision)
        deviation = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
        correlation = np.diagonal(covariance, 1, axis1=1, axis2=2) / deviation[:, 1:] / deviation[:, :-1]
        angle = 8.0 * np.arctanh(np.arctanh(correlation) / 8.0)
        self.output = tf.constant(np.stack([mean, 2.0 * np.log(deviation), np.pad(angle, [[0, 0], [0, 1]])], axis=-1))

    def __call__(self, sequences):
        size = tf.shape(sequences)[1] - self.output.shape[1]
        return tf.pad(self.output, [[0, 0], [0, size], [0, 0]], constant_values=0.3)


def test_one_draw_is_enough_from_an_exact_chain(rng):
    """The posterior of a Markov prior is one, also with a point missing; padding adds nothing."""
    batch = sequences(rng, 1)
    mask = np.ones([3, len(TIMES)], bool)
    mask[:, 2] = False
    exact, decoder = networks_for(1)
    noise = np.where(mask, np.exp(exact.log_variances[0]), np.inf)
    precision = np.linalg.inv(prior_of("exact")) + np.apply_along_axis(np.diag, 1, 1.0 / noise)
    y = ((batch["observations"] - OFFSET) / SCALE @ exact.weights.numpy())[..., 0]
    mean = np.linalg.solve(precision, (y / noise)[..., np.newaxis])[..., 0]
    model = BandedGPVAE(Chain(mean, precision), decoder, matern(), white_noise=0.0, **options(1))
    filled = {
        "observations": np.pad(batch["observations"], [[0, 0], [0, 2], [0, 0]], constant_values=np.nan),
        "inputs": np.concatenate([batch["inputs"], np.repeat(batch["inputs"][:, -1:], 2, axis=1)], axis=1),
        "mask": np.pad(mask, [[0, 0], [0, 2]]),
    }
    expected = log_density(batch, prior_of("exact"), 1, np.repeat(mask[..., np.newaxis], 3, axis=-1))
    for given in (batch | {"mask": mask}, filled):
        np.testing.assert_allclose(log_likelihoods(model, given, num_samples=1), expected, atol=2e-3)


def test_channels_of_an_object(rng):
    """FGP-VAE: one channel of the view, one of the object, whose covariance is constant."""
    batch = sequences(rng, 2)
    model = FGPVAE(*networks_for(2), matern(), num_local=1, **options(2))
    ours = log_likelihoods(model, batch, num_samples=50_000, chunk_size=5_000)
    prior = np.stack([prior_of("exact"), np.ones([len(TIMES)] * 2)])
    np.testing.assert_allclose(ours, log_density(batch, prior, 2), atol=0.05)


@pytest.mark.parametrize("name", ["cvae", "sparse_fgp_vae", "correlated_fgp_vae", "gppvae", "table_svgp_vae", "banded"])
def test_models_of_objects_and_images(rng, name):
    """More draws are closer to log p(Y), from below, and above the bound."""
    one_set = name in ("gppvae", "table_svgp_vae")
    batch = (sequence_models.one_set_of_objects if one_set else sequence_models.objects)(rng)
    batch = sequence_models.videos(rng) if name == "banded" else batch
    model = getattr(sequence_models, name)()
    few, many = (log_likelihoods(model, batch, num_samples=num, chunk_size=50) for num in (1, 200))
    assert few.shape == batch["inputs"].shape[:1] and np.mean(few) < np.mean(many)
    if name != "gppvae":  # whose bound is of the rows that `fit` has trained on
        assert np.mean([model.elbo(batch, tf.constant([number, 0])).elbo for number in range(10)]) < np.mean(many)


def test_all_batches_of_data_and_no_batch(rng):
    batch = sequences(rng, 1, num=5)
    whole = data.from_arrays(batch["observations"], TIMES, batch_size=2)
    model = FAMILIES["exact"](networks_for(1), options(1))
    ours = log_likelihoods(model, whole.in_order(), num_samples=1)
    np.testing.assert_allclose(ours, log_density(batch, prior_of("exact"), 1), atol=2e-3)
    with pytest.raises(ValueError, match="batches is empty"):
        log_likelihoods(model, [], num_samples=1)
    with pytest.raises(ValueError, match="points_per_batch"):
        log_likelihoods(model, data.from_arrays(batch["observations"][:1], TIMES, points_per_batch=3), num_samples=1)


def test_models_without_a_likelihood_of_new_data_are_refused(rng):
    with pytest.raises(ValueError, match="DeepSVIGP, which has no encoder"):
        log_likelihoods(sequence_models.deep_svigp(), sequence_models.one_set_of_objects(rng), num_samples=1)
    with pytest.raises(ValueError, match="embedding sees the observations"):
        log_likelihoods(sequence_models.amortized_svgp_vae(), sequence_models.objects(rng), num_samples=1)
