"""The VAE of single images: its bound on a model that is known, its parts, and that everything in it trains."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import priors
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.models.image_vae import ImageVAE
from gpvae_tf.posteriors import MeanField
from tests.support import tiny
from tests.support.linear_gaussian import IMAGE_SHAPE, LinearGaussian

SEED = tf.constant([1, 2])


def of_known(known: LinearGaussian, log_variance=None, **options) -> ImageVAE:
    posterior = MeanField(known.encoder(log_variance), known.latent_dim)
    options = dict(event_shape=IMAGE_SHAPE, likelihood=GaussianLikelihood(known.noise_variance)) | options
    return ImageVAE(posterior, known.decoder, **options)


def build(tiny_networks, **options) -> ImageVAE:
    encoder, decoder = tiny_networks()
    return ImageVAE(MeanField(encoder, tiny.LATENT_DIM), decoder, event_shape=tiny.IMAGE_SHAPE, **options)


def test_the_bound_is_tight_at_the_exact_posterior(rng):
    """log p(y | z) + log p(z) - log q(z | y) is log p(y) whatever z is."""
    known = LinearGaussian(rng, latent_dim=1)
    images = known.images(rng, 5)
    bound = of_known(known, analytic_kl=False).elbo({"observations": images}, seed=SEED)
    np.testing.assert_allclose(bound.elbo, known.log_likelihood(images), rtol=1e-6)
    np.testing.assert_array_equal(bound.num_points, np.ones(5))


def test_expected_reconstruction_and_kl(rng):
    """Against E_q log N(y; V z + m, s I) and the KL in closed form, with 20,000 draws."""
    known = LinearGaussian(rng)
    images = known.images(rng, 3)
    model = of_known(known, log_variance=-1.0, num_samples=20_000)
    bound = model.elbo({"observations": images}, seed=SEED)
    means, _ = known.posterior(images)
    residual = images.reshape(3, -1) - known.shift - means @ known.weights.T
    spread = np.exp(-1.0) * np.sum(known.weights**2)
    s, pixels = known.noise_variance, residual.shape[1]
    expected = -0.5 * (pixels * np.log(2 * np.pi * s) + (np.sum(residual**2, axis=1) + spread) / s)
    np.testing.assert_allclose(bound.reconstruction, expected, atol=0.1)
    kl = 0.5 * np.sum(np.exp(-1.0) + means**2 - 1.0 + 1.0, axis=1)
    np.testing.assert_allclose(bound.parts["kl"], -kl, rtol=1e-6)
    sampled = of_known(known, log_variance=-1.0, num_samples=20_000, analytic_kl=False)
    np.testing.assert_allclose(sampled.elbo({"observations": images}, seed=SEED).parts["kl"], -kl, atol=0.05)


def test_another_prior_enters_by_its_density(rng):
    known = LinearGaussian(rng, latent_dim=1)
    components = priors.GaussianComponents(1, 1, mean_scale=0.0)  # one standard component: the same prior
    model = of_known(known, prior=priors.MixtureOfGaussians(components))
    images = known.images(rng, 5)
    np.testing.assert_allclose(
        model.elbo({"observations": images}, seed=SEED).elbo, known.log_likelihood(images), rtol=1e-6
    )
    components.means.assign([[3.0]])
    assert np.all(model.elbo({"observations": images}, seed=SEED).elbo < known.log_likelihood(images) - 0.1)


def test_posterior_prior_decoder_and_noise_train(tiny_networks, batch):
    prior = priors.MixtureOfGaussians(priors.GaussianComponents(3, tiny.LATENT_DIM))
    model = build(tiny_networks, prior=prior, likelihood=GaussianLikelihood(0.1, trainable=True))
    images = tf.reshape(batch["observations"], [-1, *tiny.IMAGE_SHAPE])
    data = tf.data.Dataset.from_tensor_slices({"observations": images, "labels": tf.range(21)}).batch(7).repeat()
    model.compile("adam")
    before = [v.numpy() for v in model.trainable_variables]
    assert len(before) == 4 + 4 + 2 + 1
    logs = model.fit(data, steps_per_epoch=3, verbose=0).history
    assert np.isfinite(logs["elbo"]) and logs["skipped"] == [0.0]
    assert all(np.any(v.numpy() != b) for v, b in zip(model.trainable_variables, before))
    again = build(tiny_networks, prior=priors.MixtureOfGaussians(priors.GaussianComponents(3, tiny.LATENT_DIM)))
    np.testing.assert_allclose(logs["elbo"][0], logs["reconstruction"][0] + logs["kl"][0], rtol=1e-5)
    assert "weights_kl" not in logs and again.part_names == ("kl",)


def test_images_and_latents(tiny_networks, batch):
    model = build(tiny_networks)
    images = batch["observations"][0]
    codes = model.encode(images).mean
    np.testing.assert_array_equal(codes, model.encode(images).mean)
    np.testing.assert_array_equal(codes, model.encode(images.numpy().tolist()).mean)
    np.testing.assert_allclose(model.reconstruct({"observations": images}), model.decode(codes))
    drawn = model.sample(4, SEED)
    assert drawn.shape == (4, *tiny.IMAGE_SHAPE) and np.all((drawn > 0.0) & (drawn < 1.0))
    np.testing.assert_array_equal(drawn, model.sample(4, SEED))
    np.testing.assert_array_equal(model.sample(4, 7), model.sample(4, (7, 0)))
    with pytest.raises(ValueError, match="seed must be a whole number or two of them, got 0.5"):
        model.sample(4, 0.5)
    black_or_white = model.sample(4, 7, noise=True).numpy()
    assert black_or_white.shape == drawn.shape and set(np.unique(black_or_white)) == {0.0, 1.0}
    np.testing.assert_array_equal(black_or_white, model.sample(4, 7, noise=True))
    many = np.mean([model.observe(codes, seed) for seed in range(400)], axis=0)
    np.testing.assert_allclose(many, model.decode(codes), atol=5 * np.sqrt(0.25 / 400))


def test_the_same_step_draws_the_same(tiny_networks, batch):
    model = build(tiny_networks)
    images = {"observations": batch["observations"][0]}
    first = model.elbo(images).elbo.numpy()
    np.testing.assert_array_equal(model.elbo(images).elbo, first)
    model.steps.assign(1)
    assert np.any(model.elbo(images).elbo != first)


def test_what_is_refused(tiny_networks, batch):
    encoder, decoder = tiny_networks()
    options = dict(event_shape=tiny.IMAGE_SHAPE)
    with pytest.raises(ValueError, match="prior has 3 latent dimensions, the posterior has 2"):
        build(tiny_networks, prior=priors.StandardNormal(3))
    for name in ("num_samples", "num_data"):
        with pytest.raises(ValueError, match=f"{name} must be >= 1, got 0"):
            build(tiny_networks, **{name: 0})
    with pytest.raises(ValueError, match="latent_dim must be >= 1, got 0"):
        MeanField(encoder, 0)
    with pytest.raises(TypeError, match="encoder must be a tf_keras layer"):
        MeanField(lambda images: images, 2)
    with pytest.raises(ValueError, match=r"the encoder's output has shape \(7, 4\); expected \[B, 6\]"):
        ImageVAE(MeanField(encoder, 3), decoder, **options).encode(batch["observations"][0])
    with pytest.raises(ValueError, match=r"observations has shape \(3, 7, 6, 6, 1\); expected \[B, 6, 6, 1\]"):
        build(tiny_networks).elbo(batch)
    model, images = build(tiny_networks), batch["observations"][0]
    for act in (model.elbo, model.reconstruct, model.impute, lambda given: model.score_entries(given, images)):
        with pytest.raises(ValueError, match="batch is of type EagerTensor; expected a dictionary, such as"):
            act(images)
        with pytest.raises(ValueError, match="batch has 'images'; expected 'observations'"):
            act({"images": images})
    wrong = ImageVAE(MeanField(encoder, 2), decoder, event_shape=(6, 6, 2))
    with pytest.raises(ValueError, match="the decoder's output has shape"):
        wrong.log_likelihood(tf.zeros([7, 6, 6, 2]), tf.zeros([1, 7, 2]))


def test_models_of_images_say_what_data_they_take(tiny_networks, batch):
    """They have no inputs, and take a dictionary of arrays too."""
    model, images = build(tiny_networks), batch["observations"][0].numpy()
    model.compile("adam")
    for wrong in (images, tf.data.Dataset.from_tensors(images)):
        with pytest.raises(
            TypeError, match=r'expected .* \{"observations": ..., ...\}, or such a dictionary of arrays$'
        ):
            model.fit(wrong)


def test_an_image_that_is_missing_costs_nothing(tiny_networks, batch, rng):
    """Its bound is 0, whatever the encoder says of zeros; the others' are what they are without it."""
    model = build(tiny_networks)
    for variable in model.trainable_variables:
        variable.assign(0.3 * rng.normal(size=variable.shape))
    batch = {"observations": batch["observations"][0]}
    seen = np.ones(batch["observations"].shape, bool)
    seen[1] = False
    bound, whole = model.elbo(batch | {"mask": seen}, SEED), model.elbo(batch, SEED)
    assert bound.elbo[1] == 0.0 and bound.parts["kl"][1] == 0.0 and bound.num_points[1] == 0.0
    np.testing.assert_allclose(np.delete(bound.elbo, 1), np.delete(whole.elbo, 1), rtol=1e-6)
