"""The two-level VAE: its joint and posterior densities by hand, HVP's shared encoder, MG and VampPrior as baselines."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from gpvae_tf._keras import keras
from gpvae_tf.models.hierarchical_vae import HierarchicalVAE
from gpvae_tf.models.image_vae import ImageVAE
from gpvae_tf.networks import gated as networks
from gpvae_tf.posteriors import MeanField
from gpvae_tf.priors import GaussianComponents, MixtureOfGaussians, PseudoInputs, StandardNormal, VampPrior
from tests.support.cp_problem import SHAPE, B, images

L, TOP, UNITS, S = 2, 3, 5, 6
SEED = tf.constant([3, 4])
OPTIONS = dict(units=UNITS, policy="float64")


def build(rng, policy="float64", pseudo_inputs=None):
    gated = networks.GatedNetworks(SHAPE, UNITS, policy=policy)
    top = MeanField(gated.encoder(TOP), TOP)
    model = HierarchicalVAE(
        top,
        gated.second_encoder(L, TOP),
        gated.conditional(L, TOP),
        gated.two_level_decoder(L, TOP),
        event_shape=SHAPE,
        latent_dim=L,
        top_prior=pseudo_inputs and VampPrior(top, pseudo_inputs),
    )
    for variable in model.trainable_variables:
        if "pixels" not in variable.name:
            variable.assign(0.7 * rng.normal(size=variable.shape))
    return model


def log_normal(z, code):
    size = code.shape[-1] // 2
    return stats.norm.logpdf(z, code[..., :size], np.exp(0.5 * code[..., size:])).sum(axis=-1)


def test_densities_by_hand(rng):
    model, data = build(rng), images(rng)
    first, top = rng.normal(size=(S, B, L)), rng.normal(size=(S, B, TOP))
    z = tf.concat([first, top], axis=-1)
    q = model.encode(data)
    for s in range(S):
        second = model.posterior.encoder([data, tf.constant(top[s])]).numpy()
        expected = log_normal(top[s], model.posterior.top.encoder(data).numpy()) + log_normal(first[s], second)
        np.testing.assert_allclose(q.log_prob(z)[s], expected, rtol=1e-8)
        conditional = model.prior.conditional(tf.constant(top[s])).numpy()
        prior = stats.norm.logpdf(top[s]).sum(axis=-1) + log_normal(first[s], conditional)
        np.testing.assert_allclose(model.prior.log_prob(z)[s], prior, rtol=1e-6)
        logits = model.decoder(z[s])
        reconstruction = model.likelihood.log_prob(logits, data)
        np.testing.assert_allclose(model.log_prob(data, z)[s], prior + reconstruction, rtol=1e-6)


def test_draws_have_their_density(rng):
    model, data = build(rng), images(rng)
    q = model.encode(data)
    z, log_prob = q.sample(2000, SEED)
    np.testing.assert_allclose(log_prob, q.log_prob(z), rtol=1e-10)
    top = z.numpy()[..., L:]
    gaussian = model.posterior.top.condition(data).gaussian
    noise = (top - gaussian.mean.numpy()) / np.sqrt(gaussian.variance)
    given = q.given(tf.constant(top))
    below = (z.numpy()[..., :L] - given.mean.numpy()) / np.sqrt(given.variance)
    for values in (noise, below):
        assert stats.kstest(np.ravel(values), "norm").pvalue > 1e-3
    assert abs(np.corrcoef(noise[..., 0].ravel(), below[..., 0].ravel())[0, 1]) < 0.05
    np.testing.assert_allclose(q.mean[:, L:], gaussian.mean, rtol=1e-10)
    np.testing.assert_allclose(q.mean[:, :L], q.given(gaussian.mean[tf.newaxis]).mean[0], rtol=1e-10)


def test_prior_draws_have_its_two_levels(rng):
    model = build(rng)
    z = tf.cast(model.prior.sample(4000, SEED), tf.float64).numpy()
    assert stats.kstest(z[:, L:].ravel(), "norm").pvalue > 1e-3
    given = model.prior.given(tf.constant(z[:, L:]))
    assert stats.kstest(np.ravel((z[:, :L] - given.mean) / np.sqrt(given.variance)), "norm").pvalue > 1e-3
    assert model.sample(5, SEED).shape == (5, *SHAPE)


def test_the_bound_is_an_average_of_log_weights(rng):
    model, data = build(rng), images(rng)
    bound = model.elbo({"observations": data}, SEED)
    assert bound.elbo.shape == (B,) and set(bound.parts) == {"kl"}
    model.num_samples = 3000
    exact = model.elbo({"observations": data}, SEED).elbo
    z, log_q = model.encode(data).sample(3000, SEED + 1)
    weights = (model.log_prob(data, z) - log_q).numpy()
    assert np.all(np.abs(exact - weights.mean(axis=0)) < 6.0 * weights.std(axis=0) / np.sqrt(3000))


def test_hvp_mixes_the_upper_posterior_of_its_pseudo_inputs(rng):
    pseudo_inputs = PseudoInputs.from_images(rng.uniform(size=(7, *SHAPE)), 4)
    model = build(rng, policy="float32", pseudo_inputs=pseudo_inputs)
    assert model.prior.top.posterior is model.posterior.top
    names = [id(v) for v in model.trainable_variables]
    assert len(names) == len(set(names))
    with tf.GradientTape() as tape:
        loss = -tf.reduce_mean(model.elbo({"observations": tf.cast(images(rng), tf.float32)}, SEED).elbo)
    for variable, gradient in zip(model.trainable_variables, tape.gradient(loss, model.trainable_variables)):
        assert gradient is not None and np.any(gradient != 0), variable.name


@pytest.mark.parametrize("analytic_kl", [False, True])
def test_mg_with_one_standard_component_is_the_vae(rng, analytic_kl):
    """The same draws: to rounding if the VAE's KL is estimated too, in expectation if it is exact."""
    encoder = networks.GatedNetworks(SHAPE, **OPTIONS).encoder(L)
    decoder, data = networks.GatedNetworks(SHAPE, **OPTIONS).decoder(L), {"observations": images(rng)}
    options = dict(event_shape=SHAPE, num_samples=2000 if analytic_kl else 2)
    posterior = MeanField(encoder, L)
    mixture = MixtureOfGaussians(GaussianComponents(1, L, mean_scale=0.0))
    mg = ImageVAE(posterior, decoder, prior=mixture, **options).elbo(data, SEED)
    vae = ImageVAE(posterior, decoder, prior=StandardNormal(L), analytic_kl=analytic_kl, **options).elbo(data, SEED)
    np.testing.assert_allclose(mg.reconstruction, vae.reconstruction, rtol=1e-12)
    tolerance = dict(rtol=0.1, atol=0.01) if analytic_kl else dict(rtol=1e-6)
    np.testing.assert_allclose(mg.parts["kl"], vae.parts["kl"], **tolerance)


@pytest.mark.parametrize("kind", ["mg", "vamp"])
def test_learned_priors_move_in_training(kind, rng):
    options = dict(units=UNITS)
    posterior = MeanField(networks.GatedNetworks(SHAPE, **options).encoder(L), L)
    if kind == "mg":
        prior = MixtureOfGaussians(GaussianComponents(4, L))
        own = [prior.components.means, prior.components.log_variances]
    else:
        prior = VampPrior(posterior, PseudoInputs.normal(4, SHAPE, mean=0.5))
        own = [prior.pseudo_inputs.pixels]
    model = ImageVAE(posterior, networks.GatedNetworks(SHAPE, **options).decoder(L), event_shape=SHAPE, prior=prior)
    before = [variable.numpy() for variable in own]
    optimizer = keras.optimizers.Adam(0.01)
    for _ in range(2):
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(model.elbo({"observations": tf.cast(images(rng), tf.float32)}, SEED).elbo)
        optimizer.minimize(loss, model.trainable_variables, tape=tape)
    assert all(np.all(v.numpy() != start) for v, start in zip(own, before, strict=True))
    assert model.sample(3, SEED).shape == (3, *SHAPE)


def test_refusals(rng):
    model = build(rng)
    with pytest.raises(ValueError, match="observations has shape"):
        model.elbo({"observations": images(rng)[:, :3]})
    with pytest.raises(ValueError, match="prior .* 3 latent dimensions, the posterior .* 2"):
        ImageVAE(
            MeanField(networks.GatedNetworks(SHAPE, **OPTIONS).encoder(L), L),
            networks.GatedNetworks(SHAPE, **OPTIONS).decoder(L),
            event_shape=SHAPE,
            prior=StandardNormal(L + 1),
        )


@pytest.mark.parametrize("policy", ["float32", "float64"])
def test_hvp_draws_in_the_networks_precision(rng, policy):
    model = build(rng, policy, PseudoInputs.normal(4, SHAPE))
    drawn = model.sample(3, SEED)
    assert drawn.shape == (3, *SHAPE) and drawn.dtype == policy
