"""The bound against a computation by hand in float64 numpy, missing frames, and what goes in and out of a model."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.as_coded.ball_kl import AsCodedGP
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.latent_gps import Independent, TitsiasGP
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.models import GPVAE, SVGPVAE, LatentGPVAE, NeuralProcessGPVAE
from gpvae_tf.scaling import Scaling
from tests.support import oracles
from tests.support.tiny import IMAGE_SHAPE, LATENT_DIM, NUM_FRAMES, NUM_VIDEOS

B, N, L = NUM_VIDEOS, NUM_FRAMES, LATENT_DIM
POINTS = np.array([[1.5], [3.0], [6.5]])
SEED = tf.constant([3, 4])


def build(kind, networks, **options):
    options = dict(event_shape=IMAGE_SHAPE, latent_dim=L) | options
    kernel = kernels.exponentiated_quadratic(1.3)
    if kind == "exact":
        return GPVAE(*networks, kernel, **options)
    if kind == "neural process":
        return NeuralProcessGPVAE(*networks, kernel, **options)
    if kind == "independent":
        return LatentGPVAE(*networks, Independent(), **options)
    variant = {"titsias": TitsiasGP, "as coded": AsCodedGP}.get(kind)
    options |= {"sparse_gp": variant} if variant else {}
    return SVGPVAE(*networks, kernel, InducingPoints(POINTS, dtype="float64"), **options)


KINDS = ["exact", "neural process", "independent", "sparse", "titsias", "as coded"]


def mlp(network, inputs):
    """The two dense layers of a ball network, in numpy."""
    w0, b0, w1, b1 = (weight.numpy() for weight in network.weights)
    return np.tanh(inputs @ w0 + b0) @ w1 + b1


@pytest.mark.parametrize("policy", ["float32", "float64"])
@pytest.mark.parametrize("kind", KINDS)
def test_shapes_and_dtypes(kind, policy, tiny_networks, batch):
    """Images have the networks' dtype, latents and the bound that of the kernel algebra."""
    model, new = build(kind, tiny_networks(policy)), batch["inputs"][:, :4] + 0.5
    for encoded in (model.encode(batch["observations"]), model.latents(batch)):
        assert {(part.shape, part.dtype) for part in encoded} == {((B, N, L), tf.float64)}
    assert {(part.shape, part.dtype) for part in model.condition_on(batch).predict_f(new)} == {((B, 4, L), tf.float64)}
    for images, frames in (
        (model.reconstruct(batch), N),
        (model.condition_on(batch).generate(new), 4),
        (model.condition_on(batch).generate(new, SEED), 4),
        (model.sample(len(new), SEED, new), 4),
        (model.decode(tf.zeros([B, 5, L])), 5),
    ):
        assert images.shape == (B, frames, *IMAGE_SHAPE) and images.dtype == policy
        assert np.all((images >= 0.0) & (images <= 1.0))  # means of pixels, not logits
    bound = model.elbo(batch)
    assert tuple(bound.parts) == model.part_names
    for value in (bound.reconstruction, bound.regularizer, bound.elbo, *bound.parts.values()):
        assert value.shape == (B,) and value.dtype == tf.float64
    np.testing.assert_allclose(bound.elbo, bound.reconstruction + sum(bound.parts.values()), rtol=1e-12)


@pytest.mark.parametrize("kind", ["exact", "sparse"])
def test_elbo_by_hand(kind, tiny_networks, batch):
    """Encoder, posterior, one draw per latent from N(mean, variance), decoder, Bernoulli: all in numpy."""
    model = build(kind, tiny_networks("float64"), noise_clip=(0.9, 1.1), sample_clip=(0.05, 0.4))
    bound = model.elbo(batch, seed=SEED)
    images, times = batch["observations"].numpy().astype(np.float64), batch["inputs"][0].numpy().astype(np.float64)
    code = mlp(model.encoder, images.reshape(B, N, -1))
    y, s = code[..., :L], np.clip(np.exp(code[..., L:]), 0.9, 1.1)
    assert np.any(np.exp(code[..., L:]) < 0.9) and np.any(np.exp(code[..., L:]) > 1.1)  # both ends are in use
    k = lambda x1, x2: oracles.rbf(x1, x2, 1.3)
    mean, variance, regularizer = np.zeros((B, N, L)), np.zeros((B, N, L)), np.zeros(B)
    for b, c in np.ndindex(B, L):
        data = y[b, :, c], s[b, :, c]
        if kind == "exact":
            mean[b, :, c], covariance = oracles.exact_posterior(*[k(times, times)] * 3, *data)
            log_z = oracles.log_normal(data[0], np.zeros(N), k(times, times) + np.diag(data[1]))
            regularizer[b] += log_z - oracles.expected_log_density(mean[b, :, c], np.diag(covariance), *data)
        else:
            mu, cov = oracles.optimal_q(k(POINTS, POINTS), k(POINTS, times), *data)
            mean[b, :, c], covariance = oracles.sparse_posterior(
                k(POINTS, POINTS), k(POINTS, times), k(times, times), mu, cov
            )
            regularizer[b] -= oracles.kl_to_prior(mu, cov, k(POINTS, POINTS))
        variance[b, :, c] = np.clip(np.diag(covariance), 0.05, 0.4)
    assert np.any(variance == 0.4)
    z = mean + np.sqrt(variance) * tf.random.stateless_normal([B, N, L], SEED, dtype=tf.float64).numpy()
    logits = mlp(model.decoder, z).reshape(images.shape)
    log_prob = np.sum(images * logits - np.logaddexp(0.0, logits), axis=(1, 2, 3, 4))
    np.testing.assert_allclose(bound.reconstruction, log_prob, rtol=1e-7)  # 1e-9 is the relative jitter
    np.testing.assert_allclose(bound.regularizer, regularizer, rtol=1e-7)
    np.testing.assert_allclose(model.latents(batch).mean, mean, rtol=1e-6)
    pixels = 1.0 / (1.0 + np.exp(-mlp(model.decoder, mean).reshape(images.shape)))
    np.testing.assert_allclose(model.reconstruct(batch), pixels, rtol=1e-6)


def test_what_is_imputed_rests_on_a_batch_that_is_all_there_is(tiny_networks, batch):
    """Where the bound weighs a batch for the N that it is a sample of, by N/b, imputation takes it as it is."""
    model = build("sparse", tiny_networks("float64"), num_data=40)
    given, (y, s) = model.latents_given(batch), (part.numpy() for part in model.encode(batch["observations"]))
    times, k = batch["inputs"][0].numpy().astype(np.float64), lambda x1, x2: oracles.rbf(x1, x2, 1.3)
    for b, c in np.ndindex(B, L):
        mu, cov = oracles.optimal_q(k(POINTS, POINTS), k(POINTS, times), y[b, :, c], s[b, :, c])
        mean, cov = oracles.sparse_posterior(k(POINTS, POINTS), k(POINTS, times), k(times, times), mu, cov)
        np.testing.assert_allclose(given.mean[b, :, c], mean, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(given.variance[b, :, c], np.diag(cov), rtol=1e-6)


def test_a_data_set_has_no_more_points_than_there_are(tiny_networks, batch):
    """The number of series in the place of that of points made the noise of every point larger, in silence."""
    model = build("sparse", tiny_networks(), num_data=B)
    message = f"num_data is {B}, and a data set of the batch has {N} observed points: it counts points, not series"
    with pytest.raises(ValueError, match=message):
        model.check_training_batch(batch)
    model.check_training_batch(batch | {"mask": tf.range(N)[tf.newaxis] < [[B]] * B})
    model.check_batch(batch)  # data to validate on may have more
    build("sparse", tiny_networks(), num_data=N).check_training_batch(batch)


def test_latents_of_a_batch_are_what_is_predicted_given_it(tiny_networks, batch):
    """Whether the bound weighs it by N/b or not; in stage VAE they are the encoder's."""
    model = build("sparse", tiny_networks("float64"), num_data=40)
    expected, bounds = model.predict_f(batch, batch["inputs"]), model.posterior(batch).marginals().transposed()
    for found, part, other in zip(model.latents(batch), expected, bounds, strict=True):
        np.testing.assert_allclose(found, part, rtol=1e-9)
        assert np.abs(found - other).max() > 1e-3
    np.testing.assert_array_equal(model.reconstruct(batch), model.decode(model.latents(batch).mean))
    model.stage = "VAE"
    np.testing.assert_allclose(model.latents(batch).mean, model.encode(batch["observations"]).mean, rtol=1e-9)
    seen = np.arange(batch["inputs"].shape[1]) != 1
    holes = batch | {"mask": tf.constant(np.tile(seen, (batch["inputs"].shape[0], 1)))}
    for given, own, prior in zip(model.latents_given(holes), model.latents(batch), (0.0, 1.0), strict=True):
        np.testing.assert_allclose(given.numpy()[:, seen], own.numpy()[:, seen], rtol=1e-9)
        np.testing.assert_array_equal(given.numpy()[:, ~seen], prior)


def test_a_plain_model_tells_a_batch_from_the_data_it_stands_for(tiny_networks, batch):
    """`LatentGPVAE` with the sparse GP of an SVGP-VAE gives its latents and predictions."""
    model = build("sparse", tiny_networks("float64"), num_data=40)
    plain = LatentGPVAE(model.encoder, model.decoder, model.latent_gp, event_shape=IMAGE_SHAPE, latent_dim=L)
    for ask in (lambda m: m.latents(batch), lambda m: m.predict_f(batch, batch["inputs"] + 0.3)):
        for found, expected in zip(ask(plain), ask(model), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_what_missing_frames_hold_has_no_influence(kind, tiny_networks, batch):
    """On bound, gradients, reconstructions (of the missing frames too), predictions; and video 1 misses none."""
    keep = np.ones((B, N), bool)
    keep[0, [2, 4]] = keep[2, 0] = False
    model = build(kind, tiny_networks())

    def results(filler):
        images = tf.where(keep[..., None, None, None], batch["observations"], filler)
        context = {"observations": images, "inputs": batch["inputs"], "mask": tf.constant(keep)}
        with tf.GradientTape() as tape:
            bound = model.elbo(context, seed=SEED)
            loss = tf.reduce_sum(bound.elbo)
        gradients = tape.gradient(loss, model.trainable_variables)
        return [
            bound.elbo,
            model.condition_on(context).predict_f(batch["inputs"] + 0.5).mean,
            model.reconstruct(context),
            *gradients,
        ]

    for zeros, noise in zip(results(0.0), results(-1e3), strict=True):
        np.testing.assert_array_equal(zeros, noise)


@pytest.mark.parametrize(
    "name, change",
    [
        ("observations", lambda batch: batch | {"observations": batch["observations"][..., :5, :]}),
        ("observations", lambda batch: batch | {"observations": batch["observations"][..., 0]}),
        ("observations", lambda batch: batch | {"observations": batch["observations"][0, 0]}),
        ("inputs", lambda batch: batch | {"inputs": batch["inputs"][:, :6]}),
        ("inputs", lambda batch: batch | {"inputs": batch["inputs"][0, :, 0]}),
        ("inputs", lambda batch: batch | {"inputs": batch["inputs"][..., 0]}),
        (
            "inputs",
            lambda batch: {"observations": batch["observations"][:, :B], "inputs": batch["inputs"][:, :B, 0]},
        ),  # n = B
        ("mask", lambda batch: batch | {"mask": tf.ones([B, N, 1], tf.bool)}),
    ],
)
def test_wrong_shapes_are_refused(name, change, tiny_networks, batch):
    with pytest.raises(ValueError, match=f"^{name} has"):
        build("exact", tiny_networks()).elbo(change(batch))


def test_numpy_arrays_are_accepted(tiny_networks, batch):
    model, arrays = build("exact", tiny_networks()), {name: tensor.numpy() for name, tensor in batch.items()}
    np.testing.assert_array_equal(model.elbo(arrays).elbo, model.elbo(batch).elbo)
    np.testing.assert_array_equal(model.reconstruct(arrays), model.reconstruct(batch))
    np.testing.assert_array_equal(
        model.condition_on(arrays).generate(arrays["inputs"]), model.condition_on(batch).generate(batch["inputs"])
    )
    np.testing.assert_array_equal(
        model.sample(len(arrays["inputs"]), SEED, arrays["inputs"]),
        model.sample(len(batch["inputs"]), SEED, batch["inputs"]),
    )
    np.testing.assert_array_equal(model.decode(np.zeros([2, L])), model.decode(tf.zeros([2, L])))


def test_samples_with_noise_are_in_units(tiny_networks, batch):
    """Of variance 0.25 in scaled units, of which one is 100 of the data's, about the very functions without noise."""
    options = dict(likelihood=GaussianLikelihood(0.25), scaling=Scaling(offset=500.0, scale=100.0))
    model, inputs = build("exact", tiny_networks(), **options), batch["inputs"][0]
    expected, drawn = (model.sample(50, 3, inputs, noise=noise).numpy() for noise in (False, True))
    assert expected.shape == drawn.shape == (50, N, *IMAGE_SHAPE)
    errors = drawn - expected
    assert abs(errors.mean()) < 5 * 50.0 / np.sqrt(errors.size) and errors.std() == pytest.approx(50.0, rel=0.02)
    z = tf.random.stateless_normal([N, L], SEED)
    np.testing.assert_allclose(model.observe(z, 1) - model.observe(z, 2), 0.0, atol=8 * 50.0)
    assert np.all(model.observe(z, 1) != model.observe(z, 2))


def test_other_wrong_shapes_are_refused(tiny_networks, batch):
    model = build("exact", tiny_networks())
    with pytest.raises(ValueError, match=r"^latents has shape \(3, 3\); expected \[..., 2\]"):
        model.decode(tf.zeros([3, 3]))
    with pytest.raises(ValueError, match=r"^latents has shape \(3, 3\); expected \[..., 2\]"):
        model.observe(tf.zeros([3, 3]), 0)
    with pytest.raises(ValueError, match="^inputs has shape"):
        model.condition_on(batch).predict_f(tf.zeros([4]))
    with pytest.raises(ValueError, match="^the encoder's output has shape"):
        build("exact", tiny_networks(), latent_dim=3).encode(batch["observations"])
    with pytest.raises(ValueError, match="latent_dim must be >= 1, got 0"):
        build("exact", tiny_networks(), latent_dim=0)
    with pytest.raises(ValueError, match="batches is empty: there is nothing to condition on"):
        build("sparse", tiny_networks()).condition_on([])
