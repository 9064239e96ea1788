"""Object vectors in the place of object ids."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.embeddings import ObjectVectors


def test_features_are_the_view_and_the_objects_vector(rng):
    vectors = rng.normal(size=(4, 3))
    inputs = tf.constant([[[0.1, 2.0], [0.2, 0.0]]])
    features = ObjectVectors(vectors, dtype="float64")(inputs, tf.float64)
    assert features.dtype == tf.float64
    np.testing.assert_allclose(features[0], [[0.1, *vectors[2]], [0.2, *vectors[0]]], rtol=1e-6)


def test_gradients_reach_the_vectors_that_were_asked_for_only(rng):
    table = ObjectVectors(rng.normal(size=(4, 3)), trainable=True)
    assert table.vectors.dtype == tf.float32 and len(table.trainable_variables) == 1
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(table(tf.constant([[[0.0, 2.0], [0.0, 2.0]]]), tf.float64))
    gradient = tf.convert_to_tensor(tape.gradient(loss, table.vectors)).numpy()
    np.testing.assert_array_equal(gradient[2], [2.0, 2.0, 2.0])
    assert not gradient[[0, 1, 3]].any()


def test_several_view_columns(rng):
    features = ObjectVectors(rng.normal(size=(2, 3)), view_columns=2)(tf.constant([[[7.0, 8.0, 1.0]]]), tf.float32)
    assert features.shape == (1, 1, 5) and features[0, 0, :2].numpy().tolist() == [7.0, 8.0]


def test_bad_input(rng):
    with pytest.raises(ValueError, match=r"initial must be \[objects, M\], got shape \(3,\)"):
        ObjectVectors(rng.normal(size=3))
    with pytest.raises(ValueError, match="not finite"):
        ObjectVectors(np.full((2, 2), np.nan))
    table = ObjectVectors(rng.normal(size=(2, 3)))
    with pytest.raises(ValueError, match="inputs has 3 columns; expected 1 of the view and the object's id"):
        table(tf.zeros([1, 1, 3]), tf.float32)
    with pytest.raises(tf.errors.InvalidArgumentError):
        table(tf.constant([[[0.0, 2.0]]]), tf.float32)
