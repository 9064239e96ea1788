"""The nonparametric VAE's bound by hand, its options, and predictions from X."""

import warnings

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf import kernels
from gpvae_tf._keras import keras
from gpvae_tf.models import embedding_space
from gpvae_tf.models.embedding_space import EmbeddingSpace
from gpvae_tf.models.image_vae import ImageVAE
from gpvae_tf.models.latent_regression import GaussianProcessRegression, KernelRegression, ReferenceLatents
from gpvae_tf.models.nonparametric_vae import NonparametricVAE
from gpvae_tf.networks import dropout as networks
from gpvae_tf.posteriors import MeanField
from tests.support import oracles

tfd = tfp.distributions
SHAPE, L, D, B = (4, 3, 1), 3, 2, 6
SEED = tf.constant([3, 4])
GP = dict(kernel=kernels.exponentiated_quadratic(0.8), noise_variance=0.3)


def build(rate=0.0, **options):
    dropout = networks.DropoutNetworks(SHAPE, units=8, rate=rate)
    parts = dropout.encoder(L), dropout.location_encoder(D), dropout.decoder(L)
    return NonparametricVAE(*parts, latent_dim=L, event_shape=SHAPE, **options)


@pytest.fixture
def images(rng):
    return tf.constant(rng.uniform(size=(B, *SHAPE)), tf.float32)


def known(model, images):
    return tuple(np.float64(part) for part in (model.embed(images), model.encode(images).mean))


def test_the_match_term_by_hand(images):
    """|mu_i - sum_{j != i} w_ij mu_j|^2 by loops, summed over the dimensions of z, per image."""
    model = build(predictor=KernelRegression(0.7), match_weight=2.5)
    (x, mean), bound = known(model, images), model.elbo({"observations": images}, SEED)
    expected = np.zeros(B)
    for i in range(B):
        weights = np.array([0.0 if j == i else np.exp(-np.sum((x[i] - x[j]) ** 2) / (2 * 0.7**2)) for j in range(B)])
        expected[i] = np.sum((mean[i] - weights @ mean / weights.sum()) ** 2)
    np.testing.assert_allclose(bound.parts["match"], -2.5 * expected, rtol=1e-4)
    assert set(bound.parts) == {"kl", "match"} and np.all(expected > 1e-4)
    np.testing.assert_allclose(bound.elbo, bound.reconstruction + sum(bound.parts.values()), rtol=1e-6)


def test_the_match_term_with_a_gp(images):
    model = build(predictor=GaussianProcessRegression(**GP))
    (x, mean), bound = known(model, images), model.elbo({"observations": images}, SEED)
    predicted = np.empty_like(mean)
    for i, c in np.ndindex(B, L):
        rest = np.delete(np.arange(B), i)
        k_nn, k_ns = oracles.rbf(x[rest], x[rest], 0.8), oracles.rbf(x[rest], x[i : i + 1], 0.8)
        predicted[i, c] = oracles.exact_posterior(k_nn, k_ns, 1.0, mean[rest, c], np.full(B - 1, 0.3))[0][0]
    np.testing.assert_allclose(bound.parts["match"], -np.sum((mean - predicted) ** 2, axis=1), rtol=1e-4)


@pytest.mark.parametrize("match", ["joint_kl", "predictive_kl"])
def test_the_match_term_is_a_divergence(match, images):
    """Of q's own means and variances, w times; what Eq. 5 has in its place is another number."""
    model = build(predictor=GaussianProcessRegression(**GP), match=match, match_weight=2.5)
    (x, mean), bound = known(model, images), model.elbo({"observations": images}, SEED)
    variance = np.float64(model.encode(images).gaussian.variance)
    prior = oracles.rbf(x, x, 0.8) + 0.3 * np.eye(B)
    if match == "joint_kl":
        of = lambda m, v: tfd.kl_divergence(
            tfd.MultivariateNormalTriL(m, np.diag(np.sqrt(v))),
            tfd.MultivariateNormalTriL(np.zeros(B), np.linalg.cholesky(prior)),
        )
        expected = [-2.5 * sum(of(m, v) for m, v in zip(mean.T, variance.T))]
        ours = [np.sum(bound.parts["match"])]
    else:
        precision, ours = np.linalg.inv(prior), bound.parts["match"]
        given = lambda i: (np.square(precision[i] @ mean) + np.square(precision[i]) @ variance) / precision[i, i]
        terms = [given(i) - np.log(precision[i, i]) - 1.0 - np.log(variance[i]) for i in range(B)]
        expected = -1.25 * np.sum(terms, axis=-1)
    np.testing.assert_allclose(ours, expected, rtol=1e-4)
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(model.elbo({"observations": images}, SEED).parts["match"])
    of_x, of_z = (module.trainable_variables for module in (model.location_encoder, model.posterior.encoder))
    gradients = tape.gradient(value, [*of_x, *of_z, *model.predictor.trainable_variables])
    assert all(gradient is not None and np.all(np.isfinite(gradient)) for gradient in gradients)


def test_a_divergence_needs_variances():
    with pytest.raises(
        ValueError, match="match='joint_kl' needs the variances of a GaussianProcessRegression .*got KernelRegression"
    ):
        build(match="joint_kl")
    with pytest.raises(ValueError, match="match must be one of means, joint_kl, predictive_kl, got 'kl'"):
        build(match="kl")


def test_without_the_match_term_it_is_the_plain_vae(images):
    model = build(match_weight=0.0)
    vae = ImageVAE(MeanField(model.posterior.encoder, L), model.decoder, event_shape=SHAPE, num_samples=3000)
    ours, expected = model.elbo({"observations": images}, SEED), vae.elbo({"observations": images}, SEED)
    np.testing.assert_array_equal(ours.parts["match"], np.zeros(B))
    np.testing.assert_allclose(ours.regularizer, expected.regularizer, rtol=1e-6)
    many = np.mean(
        [model.elbo({"observations": images}, tf.constant([s, 0])).reconstruction for s in range(60)], axis=0
    )
    np.testing.assert_allclose(many, expected.reconstruction, rtol=0.1)


def test_added_terms(images):
    model = build(decoded_weight=0.5, location_weight=0.1)
    bound = model.elbo({"observations": images}, SEED)
    assert tuple(bound.parts) == model.part_names == ("kl", "match", "decoded", "locations")
    x, mean = (tf.constant(part) for part in (model.embed(images), model.encode(images).mean))
    np.testing.assert_allclose(bound.parts["locations"], -0.1 * np.sum(np.square(x), axis=1), rtol=1e-5)
    predicted = EmbeddingSpace(model, ReferenceLatents(x, mean)).latents_at(x, tf.range(B))
    expected = 0.5 * model.likelihood.log_prob(model.decoder(predicted), images)
    np.testing.assert_allclose(bound.parts["decoded"], expected, rtol=1e-5)


@pytest.mark.parametrize("moves", [True, False])
@pytest.mark.parametrize(
    ("predictor", "match"),
    [
        (lambda: KernelRegression(0.7), "means"),
        *((lambda: GaussianProcessRegression(**GP), match) for match in ("means", "joint_kl", "predictive_kl")),
    ],
)
def test_the_match_term_moves_what_it_should(moves, predictor, match, images):
    model = build(match_moves_z=moves, predictor=predictor(), match=match)
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(model.elbo({"observations": images}, SEED).parts["match"])
    variables = model.trainable_variables
    gradients = {id(v): g for v, g in zip(variables, tape.gradient(value, variables))}
    moved = lambda module: [gradients[id(v)] is not None for v in module.trainable_variables]
    assert all(moved(model.location_encoder)) and all(moved(model.predictor)) and not any(moved(model.decoder))
    assert any(moved(model.posterior.encoder)) == moves


def test_everything_trains_and_dropout_is_on_in_training_only(images, eagerly):
    """Without dropout two steps from the same weights with the same draws have the same loss; with it they do not."""
    quiet, dropping = build(rate=0.0), build(rate=0.5)
    for ours, theirs in zip(dropping.trainable_variables, quiet.trainable_variables, strict=True):
        ours.assign(theirs)
    batch = {"observations": images}
    np.testing.assert_array_equal(dropping.elbo(batch, SEED).elbo, quiet.elbo(batch, SEED).elbo)
    before = [variable.numpy() for variable in dropping.trainable_variables]
    logs = []
    for model in (quiet, dropping):
        model.compile(keras.optimizers.Adam(0.01))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", message="Even though the `tf.config.experimental_run_functions_eagerly`")
            logs.append(model.fit(tf.data.Dataset.from_tensors(batch), verbose=0).history["elbo"][0])
    assert logs[0] != logs[1]
    for variable, start in zip(dropping.trainable_variables, before, strict=True):
        assert np.any(variable.numpy() != start), variable.name
    np.testing.assert_array_equal(dropping.elbo(batch, SEED).elbo, dropping.elbo(batch, SEED).elbo)
    np.testing.assert_array_equal(dropping.decode(tf.ones([2, L])), dropping.decode(tf.ones([2, L])))


def test_reference_points_are_all_or_some_images(images):
    model = build()
    every = EmbeddingSpace.of_images(model, images.numpy()).references
    np.testing.assert_allclose(every.x, model.embed(images), rtol=1e-5)
    np.testing.assert_allclose(every.z, model.encode(images).mean, rtol=1e-5)
    some = EmbeddingSpace.of_images(model, images.numpy(), 4, seed=1).references
    rows = [int(np.argmin(np.abs(every.x.numpy() - x).sum(axis=1))) for x in some.x.numpy()]
    assert rows == sorted(set(rows)) and len(rows) == 4
    np.testing.assert_allclose(some.z, every.z.numpy()[rows], rtol=1e-5)
    others = [EmbeddingSpace.of_images(model, images.numpy(), 4, seed=seed).references.x for seed in range(2, 6)]
    assert not all(np.array_equal(some.x, other) for other in others)
    for wrong in (-1, B + 1):
        with pytest.raises(ValueError, match=rf"num_anchors must lie in 0, ..., {B}, .* got {wrong}"):
            EmbeddingSpace.of_images(model, images.numpy(), wrong)


def test_reference_points_of_images_with_missing_pixels(images, rng, monkeypatch):
    """What is missing plays no part: NaN there, or anything; in chunks, and for some of the images."""
    monkeypatch.setattr(embedding_space, "CHUNK_SIZE", 4)
    model, mask = build(), rng.uniform(size=images.shape) < 0.6
    broken = np.where(mask, images, np.nan)
    found = EmbeddingSpace.of_images(model, broken, mask=mask).references
    np.testing.assert_allclose(found.x, model.embed(np.where(mask, images, 0.0)), rtol=1e-5)
    np.testing.assert_array_equal(model.embed(broken, mask), model.embed(np.where(mask, images, 7.0), mask))
    np.testing.assert_allclose(
        found.z, model.encode_batch({"observations": broken, "mask": mask}).mean, rtol=1e-5, atol=1e-7
    )
    some = EmbeddingSpace.of_images(model, broken, 4, mask=mask, seed=1).references
    rows = [int(np.argmin(np.abs(found.x.numpy() - x).sum(axis=1))) for x in some.x.numpy()]
    assert rows == sorted(set(rows)) and len(rows) == 4
    with pytest.raises(ValueError, match="mask"):
        EmbeddingSpace.of_images(model, broken, mask=mask[:2])


@pytest.mark.parametrize("predictor", [lambda: KernelRegression(0.7), lambda: GaussianProcessRegression(**GP)])
def test_predictions_from_x(predictor, images, rng, monkeypatch):
    """In chunks as in one go; a training image without itself as in training; all images decoded."""
    model = build(predictor=predictor())
    space = EmbeddingSpace.of_images(model, images.numpy())
    x, exclude = space.references.x, np.array([0, -1, 2, -1, -1, 5], np.int32)
    whole = space.latents_at(x, exclude)
    training = model.predictor.leave_one_out(space.references).numpy()
    np.testing.assert_allclose(whole.numpy()[[0, 2, 5]], training[[0, 2, 5]], rtol=1e-4, atol=1e-5)
    plain = space.latents_at(x)
    np.testing.assert_allclose(whole.numpy()[[1, 3, 4]], plain.numpy()[[1, 3, 4]], rtol=1e-4, atol=1e-5)
    assert np.all(np.abs(plain - training).max(axis=1) > 1e-4)
    monkeypatch.setattr(embedding_space, "CHUNK_SIZE", 4)
    np.testing.assert_allclose(space.latents_at(x, exclude), whole, rtol=1e-5, atol=1e-6)
    new = tf.constant(rng.normal(size=(5, D)), tf.float32)
    np.testing.assert_allclose(space.images_at(new), model.decode(space.latents_at(new)), rtol=1e-6)
    np.testing.assert_allclose(space.images_at(x, exclude), model.decode(space.latents_at(x, exclude)), rtol=1e-5)
    with pytest.raises(ValueError, match="x has shape"):
        space.latents_at(tf.zeros([5, D + 1]))


def test_generation_and_interpolation(images):
    model = build()
    space = EmbeddingSpace.of_images(model, images.numpy())
    x, drawn = space.references.x, space.sample(4, SEED)
    expected = space.images_at(embedding_space.draws(x, 4, SEED))
    np.testing.assert_allclose(drawn, expected, rtol=1e-6)
    np.testing.assert_array_equal(space.sample(4, 7), space.sample(4, (7, 0)))
    of_references = space.sample(4, SEED, bandwidth=0.0).numpy()[:, np.newaxis] - space.images_at(x)
    assert np.all(np.abs(of_references).max(axis=(2, 3, 4)).min(axis=1) < 1e-6)
    in_x = space.interpolate(images[0], images[1], 5)
    in_z = model.interpolate(images[0], images[1], 5)
    assert in_x.shape == in_z.shape == (5, *SHAPE)
    np.testing.assert_allclose(in_z.numpy()[[0, -1]], model.reconstruct({"observations": images[:2]}), rtol=1e-5)
    np.testing.assert_allclose(in_x[0], space.images_at(x[:1])[0], rtol=1e-5)
    middle = 0.5 * (x[:1] + x[1:2])
    np.testing.assert_allclose(in_x[2], space.images_at(middle)[0], rtol=1e-4)


def test_one_image_is_refused_in_compiled_code_too(images):
    """Its bound would be NaN, and `fit` on arrays would skip that step without a word."""
    shape = tf.TensorSpec([None, *SHAPE], tf.float32)
    model = build()
    compiled = tf.function(lambda y: model.elbo({"observations": y}, SEED).elbo, input_signature=[shape])
    assert np.all(np.isfinite(compiled(images[:2])))
    with pytest.raises(tf.errors.InvalidArgumentError, match="a batch has one image, which cannot be predicted"):
        compiled(images[:1])


def test_refusals(images):
    for argument in ("match_weight", "decoded_weight", "location_weight"):
        with pytest.raises(ValueError, match=f"{argument} must be >= 0, got -1.0"):
            build(**{argument: -1.0})
    for argument in ("analytic_kl", "num_data", "num_samples"):
        with pytest.raises(TypeError, match=f"NonparametricVAE takes no {argument}, which would have no effect"):
            build(**{argument: 2})
    for predictor in (KernelRegression(0.7), GaussianProcessRegression(**GP)):
        with pytest.raises(tf.errors.InvalidArgumentError, match="a batch has one image, which cannot be predicted"):
            build(predictor=predictor).elbo({"observations": images[:1]}, SEED)
    with pytest.raises(ValueError, match="observations has shape"):
        build().elbo({"observations": images[:, :3]}, SEED)
    with pytest.raises(ValueError, match=r"kernel has batch shape \(2,\); expected \[\]"):
        GaussianProcessRegression(kernels.exponentiated_quadratic([0.5, 1.0]))
    with pytest.raises(TypeError, match="kernel must be"):
        GaussianProcessRegression("rbf")
