"""A decoder that sees the object's vector, and a context that says which images the vector is made of."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import data
from gpvae_tf.embeddings import ObjectVectors
from gpvae_tf.models import ObjectSVGPVAE
from gpvae_tf.scaling import Scaling
from gpvae_tf.serving.new_objects import ServableNewObjects
from tests.support import sequence_models
from tests.support.seeds import seed_networks
from tests.support.sequence_models import NUM_OBJECTS
from tests.support.tiny import LATENT_DIM

SEED = tf.constant([3, 4])


@pytest.fixture
def model():
    seed_networks()
    return sequence_models.object_svgp_vae("float64", sample_clip=(1e-30, 1e-30))


@pytest.fixture
def batch(rng):
    return {name: tf.cast(part, tf.float64) for name, part in sequence_models.objects(rng).items()}


def some_of(batch, hidden) -> dict[str, tf.Tensor]:
    """The batch with a context that lacks the images whose [object, image] are given."""
    context = np.ones(batch["inputs"].shape[:2], bool)
    context[tuple(np.transpose(hidden))] = False
    return batch | {"context": tf.constant(context)}


def test_it_decodes_latents_and_vector(model, batch):
    """In a batch, as its own images make the vector, and where it is asked for."""
    vectors = model.embedding.represent(batch["observations"])
    at = model.embedding.inputs_at(batch["inputs"][..., :1], vectors)

    def decoded(means):
        rows = tf.concat([means, tf.repeat(vectors[:, tf.newaxis], 5, axis=1)], axis=-1)
        return tf.sigmoid(tf.reshape(model.decoder(tf.reshape(rows, [15, -1])), batch["observations"].shape))

    means, of_bound = model.latents(batch).mean, model.posterior(batch).marginals().transposed().mean
    expected = decoded(means)
    np.testing.assert_allclose(model.reconstruct(batch), expected, rtol=1e-6)
    np.testing.assert_allclose(model.decode(means, at), expected, rtol=1e-6)
    y, p = batch["observations"].numpy(), decoded(of_bound).numpy()
    nats = np.sum(y * np.log(p) + (1.0 - y) * np.log1p(-p), axis=(1, 2, 3, 4))
    np.testing.assert_allclose(model.elbo(batch, SEED).reconstruction, nats, rtol=1e-6)
    assert np.abs(model.decode(means, at + 1.0) - expected).max() > 1e-3


def test_a_decoder_that_ignores_the_vector_is_svgp_vaes(batch):
    seed_networks()
    plain, seeing = sequence_models.amortized_svgp_vae("float64"), sequence_models.object_svgp_vae("float64")
    seeing.embedding.aggregation.gain.assign([0.0, 0.0])
    seeing.encoder.set_weights(plain.encoder.get_weights())
    seeing.embedding.network.set_weights(plain.embedding.network.get_weights())
    first, *others = plain.decoder.get_weights()
    seeing.decoder.set_weights([np.concatenate([first, np.zeros([2, first.shape[1]])]), *others])
    for name in ("reconstruction", "regularizer"):
        ours, theirs = (getattr(model.elbo(batch, SEED), name) for model in (seeing, plain))
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_images_outside_the_context_do_not_make_the_vector_but_their_latents(model, batch):
    """Kernel and decoder see the vector of the context; the GP sees what is encoded of all images."""
    given = some_of(batch, [(0, 1), (2, 4)])
    kept = [[0, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3]]
    images = batch["observations"].numpy()
    vectors = np.stack([model.embedding.represent(images[i : i + 1, rows])[0] for i, rows in enumerate(kept)])
    found, usual = model.latent_dataset(given), model.latent_dataset(batch)
    np.testing.assert_allclose(found.x[..., 1:], np.repeat(vectors[:, None], 5, axis=1), rtol=1e-6)
    np.testing.assert_array_equal(found.y, usual.y)
    moved = np.abs(found.x - usual.x)[..., 1:].max(axis=(1, 2))
    assert found.mask is None and moved[1] < 1e-12 and min(moved[[0, 2]]) > 1e-3
    np.testing.assert_allclose(model.decoder_inputs(given)[..., 1:], found.x[..., 1:], rtol=1e-6)
    np.testing.assert_allclose(model.decoder_inputs(batch)[1, :, 1:], found.x[1, :, 1:], rtol=1e-6)


def test_missing_images_of_the_context_do_not_make_the_vector(model, batch):
    """As if the context lacked them too."""
    context, mask = (some_of(batch, [hidden])["context"] for hidden in ((0, 1), (2, 4)))
    found = model.decoder_inputs(batch | {"context": context, "mask": mask})
    np.testing.assert_allclose(found, model.decoder_inputs(some_of(batch, [(0, 1), (2, 4)])), rtol=1e-6)


@pytest.mark.parametrize("hidden", ["images", "entries"])
def test_what_is_hidden_from_the_encoder_does_not_reach_the_decoder(hidden, model, batch):
    mask = np.ones([NUM_OBJECTS, 5] if hidden == "images" else batch["observations"].shape, bool)
    hole = () if hidden == "images" else (slice(3),)
    mask[(0, 1, *hole)] = mask[(2, 4, *hole)] = False
    context = batch | {"mask": tf.constant(mask)}
    bound = model.elbo_given(context, batch, SEED)
    latents = model.posterior(context).marginals().transposed().mean
    p = model.decode(latents, model.decoder_inputs(context)).numpy()
    y = batch["observations"].numpy()
    nats = np.sum(y * np.log(p) + (1.0 - y) * np.log1p(-p), axis=(1, 2, 3, 4))
    np.testing.assert_allclose(bound.reconstruction, nats, rtol=1e-6)
    usual = model.decode(latents, model.decoder_inputs(batch)).numpy()
    assert np.abs(usual - p).max() > 1e-3


def test_vectors_may_be_a_tables(rng, batch):
    table = ObjectVectors(rng.normal(size=(NUM_OBJECTS, 2)), dtype="float64")
    model = sequence_models.object_svgp_vae("float64", embedding=table)
    seen = model.decoder_input(tf.zeros([3, 5, LATENT_DIM], tf.float64), batch["inputs"])
    np.testing.assert_allclose(seen[..., LATENT_DIM:], np.repeat(table.vectors.numpy()[:, None], 5, axis=1))
    np.testing.assert_array_equal(model.decoder_inputs(batch), batch["inputs"])


def test_what_is_refused(model, batch):
    with pytest.raises(TypeError, match="embedding must be AmortizedObjects or ObjectVectors, .* got NoneType"):
        sequence_models.object_svgp_vae(embedding=None)
    with pytest.raises(ValueError, match="inputs is None: the decoder sees an object's vector"):
        model.decode(tf.zeros([1, LATENT_DIM]))
    with pytest.raises(ValueError, match=r"context has shape \(3, 4\); expected \[3, 5\]"):
        model.elbo(batch | {"context": tf.ones([3, 4], tf.bool)}, SEED)
    with pytest.raises(ValueError, match="context has dtype float32; expected bool"):
        model.elbo(batch | {"context": tf.ones([3, 5])}, SEED)
    series = data.from_arrays(np.zeros([2, 4, 3]), np.tile(np.arange(4.0), (2, 1)), batch_size=2)
    with pytest.raises(TypeError, match="ObjectSVGPVAE has no from_data"):
        ObjectSVGPVAE.from_data(series, 2, verbose=False)


SCALING = Scaling(input_offset=[0.5, 0.0], input_scale=[2.0, 1.0], offset=-0.5, scale=3.0)


@pytest.mark.parametrize("build", [sequence_models.amortized_svgp_vae, sequence_models.object_svgp_vae])
@pytest.mark.parametrize("scaling", [SCALING, Scaling(input_scale=2.0, offset=-0.5, scale=3.0)])
def test_a_scaling_takes_views_and_images_and_leaves_vectors(build, scaling, batch):
    """A model of scaled data without one says the same, and so do the functions of its SavedModel."""
    models = []
    for own in (scaling, Scaling()):
        seed_networks()
        models.append(build("float64", scaling=own))
    ids = batch["inputs"][..., 1:]
    views = scaling.inputs(batch["inputs"], 1)[..., :1]
    scaled = batch | {
        "inputs": tf.concat([views, ids], axis=-1),
        "observations": scaling.observations(batch["observations"], tf.float64),
    }
    found = []
    for model, objects, angles in zip(models, (batch, scaled), (batch["inputs"][..., :1], views)):
        one = {name: tf.reshape(part, [1, -1, *part.shape[2:]]) for name, part in objects.items()}
        at = model.inputs_of_new_objects(angles, objects["observations"])
        mean, variance = model.condition_on(one).predict_f(tf.reshape(at, [1, -1, at.shape[-1]]))
        np.testing.assert_allclose(mean, model.latents(one).mean, rtol=1e-6, atol=1e-9)
        asked = tf.cast(objects["observations"], tf.float32), tf.cast(angles, model.scaling.input_dtype)
        served = ServableNewObjects(model, model.statistics([one])).functions["predict"](*asked)
        found.append([mean, variance, served["latent_mean"], model.reconstruct(objects)])
    ours, expected = found
    for a, b in zip(ours[:2], expected[:2], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(ours[2], expected[2], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(ours[3], scaling.restore(expected[3]), rtol=1e-6)


def test_vectors_need_a_network_that_makes_them():
    with pytest.raises(TypeError, match="model.embedding must be AmortizedObjects, got NoneType"):
        sequence_models.svgp_vae("float64").represent(tf.zeros([1, 2, 4, 4, 1]))
