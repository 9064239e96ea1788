"""An object's vector is made of any number of its images in any order; with the mean first, bit for bit."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.embeddings import AmortizedObjects, AttentionAggregation, DeepSetAggregation, MeanAggregation
from tests.support.representations import MeanColours

IDS = np.array([[7.0, 2.0, 7.0, 7.0, 2.0, 7.0]])


def attention():
    return AttentionAggregation(2, num_heads=3, key_dim=4)


def deep_set():
    return DeepSetAggregation(2, units=5)


def with_gain(build):
    """One whose correction counts, with weights that are not small."""
    aggregation, rng = build(), np.random.default_rng(3)
    for variable in getattr(aggregation, "trainable_variables", ()):
        variable.assign(rng.normal(size=variable.shape))
    return aggregation


def images_of(rng, *lead):
    return rng.normal(size=(*lead, 3, 3, 2)).astype(np.float32)


def inputs_of(ids):
    return tf.constant(np.stack([np.zeros_like(ids), ids], axis=-1), tf.float32)


def vectors_in_batch(embedding, ids, images, mask=None):
    mask = None if mask is None else tf.constant(mask)
    return embedding.of_batch(inputs_of(ids), images, mask, tf.float32)[..., 1:].numpy()


@pytest.mark.parametrize("build", [MeanAggregation, attention, deep_set])
def test_order_and_padding_change_nothing(build, rng):
    embedding, images = AmortizedObjects(MeanColours(), 2, aggregation=with_gain(build)), images_of(rng, 1, 6)
    expected = vectors_in_batch(embedding, IDS, images)
    assert np.abs(expected[0, 0] - expected[0, 1]).max() > 0.05  # two objects
    np.testing.assert_allclose(expected[0, [0, 2, 3]], expected[0, [2, 3, 5]], rtol=1e-5)
    order = rng.permutation(6)
    permuted = vectors_in_batch(embedding, IDS[:, order], images[:, order])
    np.testing.assert_allclose(permuted, expected[:, order], rtol=1e-4, atol=1e-6)
    mask = np.array([[True, True, False, True, True, False]])
    padded = np.where(mask[..., None, None, None], images, np.nan)
    masked = vectors_in_batch(embedding, IDS, padded, mask)
    removed = vectors_in_batch(embedding, IDS[:, mask[0]], images[:, mask[0]])
    np.testing.assert_allclose(masked[mask], removed[0], rtol=1e-4, atol=1e-6)
    assert np.abs(removed[0, 0] - expected[0, 0]).max() > 0.01  # fewer images make another vector
    of_seven = mask & (IDS == 7.0)
    np.testing.assert_allclose(embedding.represent(padded, of_seven)[0], removed[0, 0], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("build", [MeanAggregation, attention, deep_set])
def test_any_number_of_objects_on_any_axes(build, rng):
    """Each as if it were alone; one without images has the vector 0, and gradients stay finite."""
    embedding, images = AmortizedObjects(MeanColours(), 2, aggregation=with_gain(build)), images_of(rng, 2, 3, 4)
    mask = rng.uniform(size=(2, 3, 4)) < 0.6
    mask[0, 1], mask[1, 2] = True, False
    with tf.GradientTape() as tape:
        vectors = embedding.represent(images, tf.constant(mask))
        loss = tf.reduce_sum(vectors**2)
    assert vectors.shape == (2, 3, 2)
    np.testing.assert_array_equal(vectors[1, 2], [0.0, 0.0])
    alone = embedding.represent(images[0, 1])
    np.testing.assert_allclose(vectors[0, 1], alone, rtol=1e-4, atol=1e-6)
    assert all(np.all(np.isfinite(g)) for g in tape.gradient(loss, embedding.trainable_variables))


@pytest.mark.parametrize("build", [attention, deep_set])
def test_training_starts_from_the_mean_and_reaches_every_weight(build, rng):
    images = tf.constant(images_of(rng, 1, 6))
    mean, other = (AmortizedObjects(MeanColours(), 2, aggregation=made) for made in (None, build()))
    np.testing.assert_array_equal(other.represent(images), mean.represent(images))
    names = {id(variable) for variable in other.trainable_variables}
    assert len(names) == 1 + len(other.aggregation.trainable_variables) and len(mean.trainable_variables) == 1
    other.aggregation.gain.assign([0.5, 0.5])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(other.represent(images) ** 3)
    gradients = tape.gradient(loss, other.trainable_variables)
    silent = {v.name for v, g in zip(other.trainable_variables, gradients) if not np.any(g)}
    assert silent <= {name for name in silent if "key/bias" in name}  # the same for all images: softmax forgets it


def test_the_mean_rounds_as_it_did(rng):
    """Sums of one object's images, products where a batch holds several; no aggregation is the mean."""
    images, mask = images_of(rng, 1, 6), tf.constant([[True, True, False, True, True, True]])
    embedding = AmortizedObjects(MeanColours(), 2)
    assert type(embedding.aggregation) is MeanAggregation
    seen = tf.where(mask[..., None, None, None], images, 0.0)
    r, weights = embedding.network(seen[0])[tf.newaxis], tf.cast(mask, tf.float32)[..., tf.newaxis]
    total = tf.reduce_sum(weights * r, axis=-2)
    expected = total / tf.maximum(tf.reduce_sum(weights, axis=-2), 1.0)
    np.testing.assert_array_equal(embedding.represent(images, mask), expected)
    same = tf.cast(IDS[:, :, None] == IDS[:, None, :], tf.float32) * weights[:, tf.newaxis, :, 0]
    expected = same @ r / tf.maximum(tf.reduce_sum(same, axis=-1, keepdims=True), 1.0)
    np.testing.assert_array_equal(vectors_in_batch(embedding, IDS, images, mask), expected)


def test_attention_is_that_of_numpy(rng):
    """A softmax over the images of query and key, head by head, and its linear map."""
    aggregation = with_gain(attention)
    vectors, layer = rng.normal(size=(5, 2)).astype(np.float32), aggregation.attention
    project = lambda dense, x: np.einsum("nm,mhd->nhd", x, dense.kernel) + dense.bias.numpy()
    query, key, value = (
        project(getattr(layer, f"_{name}_dense"), x)
        for name, x in (("query", aggregation.query.numpy()), ("key", vectors), ("value", vectors))
    )
    logits = np.einsum("qhd,nhd->hqn", query, key) / np.sqrt(4.0)
    weights = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    heads = np.einsum("hqn,nhd->qhd", weights, value)
    attended = np.einsum("qhd,hdm->qm", heads, layer._output_dense.kernel) + layer._output_dense.bias.numpy()
    expected = vectors.mean(axis=0) + aggregation.gain.numpy() * attended[0]
    np.testing.assert_allclose(aggregation(vectors, np.ones([1, 5], np.float32))[0], expected, rtol=1e-4)


@pytest.mark.parametrize("shift", [0.0, -9.0], ids=["any sign", "negative"])
def test_the_deep_set_is_that_of_numpy(shift, rng):
    """The maximum is that of members alone, also where all of them are below 0."""
    aggregation, vectors = with_gain(deep_set), (rng.normal(size=(5, 2)) + shift).astype(np.float32)
    w, b, v, c = aggregation.rho.get_weights()
    hidden = np.concatenate([vectors.mean(axis=0), vectors.max(axis=0)]) @ w + b
    correction = np.where(hidden > 0, hidden, np.expm1(hidden)) @ v + c
    expected = vectors.mean(axis=0) + aggregation.gain.numpy() * correction
    others = np.concatenate([vectors, vectors + 5.0])
    members = np.repeat([[1.0, 0.0]], 5, axis=1).astype(np.float32)
    np.testing.assert_allclose(aggregation(others, members)[0], expected, rtol=1e-4)
