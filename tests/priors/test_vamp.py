"""VampPrior: a mixture of the encoder's Gaussians, normalised, trained through pseudo-inputs and encoder."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

from gpvae_tf import networks
from gpvae_tf._keras import keras
from gpvae_tf.likelihoods import GaussianLikelihood, PoissonLikelihood
from gpvae_tf.models import HierarchicalVAE, ImageVAE
from gpvae_tf.posteriors import MeanField, Posterior
from gpvae_tf.priors import PseudoInputs, VampPrior
from tests.priors.test_mixtures import integral
from tests.support.tiny import IMAGE_SHAPE, LATENT_DIM

K, L = 5, LATENT_DIM
SEED = tf.constant([3, 4])


@pytest.fixture
def prior(rng):
    encoder = networks.ball_encoder(event_shape=IMAGE_SHAPE, latent_dim=L, units=8)
    encoder.layers[-1].set_weights([2.0 * rng.normal(size=(8, 2 * L)), rng.normal(size=2 * L)])
    return VampPrior(MeanField(encoder, L), PseudoInputs.normal(K, IMAGE_SHAPE, mean=0.5, deviation=0.5))


def components(prior):
    code = prior.posterior.encoder(np.clip(prior.pseudo_inputs.pixels, 0.0, 1.0)).numpy().astype(np.float64)
    return code[:, :L], np.exp(0.5 * code[:, L:])


def test_density_is_the_mixture_of_the_encoder_s_gaussians(prior, rng):
    z = rng.normal(size=(3, 7, L)).astype(np.float32)
    means, deviations = components(prior)
    each = stats.norm.logpdf(z[..., None, :], means, deviations).sum(axis=-1)
    np.testing.assert_allclose(prior.log_prob(tf.constant(z)), special.logsumexp(each, axis=-1) - np.log(K), rtol=1e-5)


def test_density_integrates_to_one(prior):
    assert np.min(components(prior)[1]) > 0.1  # wide enough for the grid
    np.testing.assert_allclose(integral(prior, edge=25.0, points=1000), 1.0, rtol=1e-3)


def test_draws_come_from_every_component(prior):
    draws, (means, deviations) = prior.sample(20_000, SEED).numpy(), components(prior)
    for d in range(L):
        cdf = lambda x, d=d: stats.norm.cdf(x[:, None], means[:, d], deviations[:, d]).mean(axis=-1)
        assert stats.kstest(draws[:, d], cdf).pvalue > 1e-3


def test_gradient_reaches_pseudo_inputs_and_encoder_but_not_clipped_pixels(prior, rng):
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(prior.log_prob(tf.constant(rng.normal(size=(4, L)), tf.float32)))
    names = [variable.name for variable in prior.trainable_variables]
    assert "pixels:0" in names and len(names) == 5
    gradients = dict(zip(names, tape.gradient(value, prior.trainable_variables), strict=True))
    assert all(np.any(gradient != 0) for gradient in gradients.values())
    pixels = prior.pseudo_inputs.pixels.numpy()
    outside = (pixels < 0) | (pixels > 1)
    assert outside.any() and np.all(gradients["pixels:0"].numpy()[outside] == 0)
    assert np.any(gradients["pixels:0"].numpy()[~outside] != 0)


def test_pseudo_inputs_start_as_in_the_code(rng):
    images = rng.uniform(0.2, 0.8, (9, *IMAGE_SHAPE)).astype(np.float32)
    noise = PseudoInputs.from_images(images, 6).pixels.numpy() - images[:6]
    assert noise.shape == (6, *IMAGE_SHAPE) and 0.008 < noise.std() < 0.012
    drawn = PseudoInputs.normal(100, IMAGE_SHAPE).pixels.numpy()
    assert abs(drawn.mean() - 0.05) < 1e-3 and abs(drawn.std() - 0.01) < 1e-3
    np.testing.assert_array_equal(drawn, PseudoInputs.normal(100, IMAGE_SHAPE).pixels)
    assert not np.array_equal(drawn, PseudoInputs.normal(100, IMAGE_SHAPE, seed=1).pixels)


@pytest.mark.parametrize("policy", ["float32", "float64"])
def test_it_draws_in_the_encoder_s_precision(policy, rng):
    encoder = networks.ball_encoder(event_shape=IMAGE_SHAPE, latent_dim=L, units=8, policy=policy)
    prior = VampPrior(MeanField(encoder, L), PseudoInputs.normal(K, IMAGE_SHAPE))
    draws = prior.sample(3, SEED)
    assert draws.dtype == policy and prior.log_prob(draws).dtype == policy


def test_pseudo_inputs_keep_to_what_the_likelihood_can_have(rng):
    """Counts and standardised images were all clipped to [0, 1]."""
    counts = rng.poisson(9.0, (4, *IMAGE_SHAPE))
    of_counts = PseudoInputs.from_images(counts, 4, support=PoissonLikelihood().support)
    np.testing.assert_allclose(of_counts(), np.maximum(of_counts.pixels, 0.0))
    assert np.max(np.abs(of_counts() - counts)) < 0.1
    normal = PseudoInputs.normal(4, IMAGE_SHAPE, mean=-2.0, support=GaussianLikelihood().support)
    np.testing.assert_array_equal(normal(), normal.pixels)
    per_channel = PseudoInputs(counts, support=(np.zeros(IMAGE_SHAPE[-1]), np.full(IMAGE_SHAPE[-1], 5.0)))
    np.testing.assert_array_equal(per_channel(), np.minimum(counts, 5))


class Other(Posterior):
    def condition(self, images, joint=None, seed=None):
        return object()


def test_refusals(prior, rng):
    with pytest.raises(ValueError, match="images has 3 images; expected at least 4"):
        PseudoInputs.from_images(rng.uniform(size=(3, *IMAGE_SHAPE)), 4)
    with pytest.raises(ValueError, match=r"expected \[K, H, W, C\] or \[K, C\] with K >= 1"):
        PseudoInputs.normal(0, IMAGE_SHAPE)
    with pytest.raises(ValueError, match="not finite"):
        PseudoInputs(np.full((2, *IMAGE_SHAPE), np.nan))
    with pytest.raises(ValueError, match="images has values from 9 to 9, and pseudo-inputs are clipped to 0.0 to 1.0"):
        PseudoInputs.from_images(np.full((2, *IMAGE_SHAPE), 9), 2)
    with pytest.raises(ValueError, match="mean has values from -1 to -1, and pseudo-inputs are clipped"):
        PseudoInputs.normal(2, IMAGE_SHAPE, mean=-1.0)
    with pytest.raises(ValueError, match="support must be a least and a greatest value, got .1.0, 0.0."):
        PseudoInputs(np.zeros((2, *IMAGE_SHAPE)), support=(1.0, 0.0))
    with pytest.raises(TypeError, match="posterior must give Gaussians, as MeanField does; got Other"):
        VampPrior(Other(L, "other"), prior.pseudo_inputs)
    with pytest.raises(ValueError, match="z has shape"):
        prior.log_prob(tf.zeros([3, L + 1]))


def test_vectors_have_pseudo_inputs_too(rng):
    """Nothing else of a VampPrior needs images."""
    vectors = rng.normal(size=(5, 4))
    for pseudo in (
        PseudoInputs.from_images(vectors, 3, deviation=0.0, support=(-np.inf, np.inf)),
        PseudoInputs(vectors[:3], support=(-np.inf, np.inf)),
    ):
        posterior = MeanField(networks.event_encoder((4,), 2, units=8), 2)
        prior = VampPrior(posterior, pseudo)
        expected = posterior.condition(tf.constant(vectors[:3], tf.float32)).mean
        np.testing.assert_allclose(prior.components().mean, expected)
    assert PseudoInputs.normal(3, (4,)).pixels.shape == (3, 4)
    options = dict(event_shape=(4,), likelihood=GaussianLikelihood(1.0))
    ImageVAE(posterior, networks.event_decoder((4,), 2, units=8), prior=prior, **options)
    other = MeanField(networks.event_encoder((4,), 2, units=8), 2)
    with pytest.raises(ValueError, match="prior is a VampPrior of another posterior than the model's"):
        ImageVAE(other, networks.event_decoder((4,), 2, units=8), prior=prior, **options)
    keras_input = keras.layers.Input
    pair = [keras_input((4,)), keras_input((2,))]
    second = keras.Model(pair, keras.layers.Dense(4)(keras.layers.Concatenate()(pair)))
    parts = second, networks.event_encoder((2,), 2, units=8), networks.event_decoder((4,), 4, units=8)
    with pytest.raises(ValueError, match="prior is a VampPrior of another posterior than the model's"):
        HierarchicalVAE(other, *parts, latent_dim=2, top_prior=prior, **options)
