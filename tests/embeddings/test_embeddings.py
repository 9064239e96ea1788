"""Object vectors in the place of object ids: learned one by one, or made of an object's images."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.embeddings import (
    AmortizedObjects,
    AttentionAggregation,
    DeepSetAggregation,
    MeanAggregation,
    ObjectVectors,
)
from gpvae_tf.embeddings.object_vectors import MOST_GUESSES, guesses
from gpvae_tf.embeddings.objects import side_by_side
from tests.support.representations import MeanColours


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
    with pytest.raises(ValueError, match="inputs has 3 columns; expected 1 of the view and the object's id, or the 3"):
        table(tf.zeros([1, 1, 3]), tf.float32)
    with pytest.raises(ValueError, match="inputs has 4 columns; expected 1 of the view and the object's id"):
        table.check(np.zeros([1, 4]))
    with pytest.raises(ValueError, match="vectors of one number cannot be told from ids"):
        ObjectVectors(rng.normal(size=(2, 1))).inputs_at(tf.zeros([1, 1, 1]), tf.zeros([1, 1]))
    for number in (2.0, -1.0, -0.9, 0.5):
        with pytest.raises(tf.errors.InvalidArgumentError, match="inputs has an id outside 0, ..., 1, the rows of"):
            table(tf.constant([[[0.0, number]]]), tf.float32)


def test_an_id_may_be_off_by_a_rounding_error(rng):
    """Which a scaling makes: 0.9999999 was the object before."""
    table = ObjectVectors(rng.normal(size=(3, 2)))
    off, whole = (table(tf.constant([[[0.0, number]]], tf.float64), tf.float64) for number in (2.0 - 1e-9, 2.0))
    np.testing.assert_array_equal(off, whole)


@pytest.fixture
def amortized() -> AmortizedObjects:
    return AmortizedObjects(MeanColours(), 2)


def objects_of(rng, ids) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (angle, id) and images of 3 x 3 pixels of two channels."""
    inputs = np.stack([rng.uniform(size=len(ids)), ids], axis=-1)
    return inputs[np.newaxis].astype(np.float32), rng.normal(size=(1, len(ids), 3, 3, 2)).astype(np.float32)


def test_an_objects_vector_is_the_mean_over_its_images_in_the_batch(amortized, rng):
    inputs, images = objects_of(rng, [7, 2, 7, 7])
    features = amortized.of_batch(inputs, images, None, tf.float64)
    r = 2.0 * images.mean(axis=(2, 3))[0]
    seven = r[[0, 2, 3]].mean(axis=0)
    assert features.dtype == tf.float64
    np.testing.assert_allclose(features[0, :, 0], inputs[0, :, 0])
    np.testing.assert_allclose(features[0, :, 1:], [seven, r[1], seven, seven], rtol=1e-5)
    vectors = amortized.represent(images[:, [0, 2, 3]])
    np.testing.assert_allclose(vectors, seven[np.newaxis], rtol=1e-5)
    at = amortized.inputs_at(inputs[:, [0, 2, 3], :1], vectors)
    np.testing.assert_allclose(amortized(at, tf.float64), tf.gather(features, [0, 2, 3], axis=1), rtol=1e-5)


def test_order_and_padding_change_nothing(amortized, rng):
    """Any order of the images, and masked ones that hold anything, NaN included."""
    inputs, images = objects_of(rng, [1, 0, 1, 1, 0, 1])
    expected = amortized.of_batch(inputs, images, None, tf.float32)[0]
    order = rng.permutation(6)
    permuted = amortized.of_batch(inputs[:, order], images[:, order], None, tf.float32)[0]
    np.testing.assert_allclose(permuted, expected.numpy()[order], rtol=1e-5)
    mask = np.array([[True, True, False, True, True, False]])
    images[~mask] = np.nan
    masked = amortized.of_batch(inputs, images, tf.constant(mask), tf.float32)[0]
    removed = amortized.of_batch(inputs[:, mask[0]], images[:, mask[0]], None, tf.float32)[0]
    np.testing.assert_allclose(masked.numpy()[mask[0]], removed, rtol=1e-5)
    of_one = mask & (inputs[..., 1] == 1)
    np.testing.assert_allclose(amortized.represent(images, of_one)[0], removed[0, 1:], rtol=1e-5)
    np.testing.assert_array_equal(amortized.represent(images, tf.zeros([1, 6], tf.bool)), [[0.0, 0.0]])


def test_numbered_views_have_vectors_of_their_own(rng):
    poses = ObjectVectors(rng.normal(size=(4, 3)), view_columns=0, trainable=True)
    embedding = AmortizedObjects(MeanColours(), 2, views=poses)
    assert len(embedding.trainable_variables) == 2
    inputs, images = objects_of(rng, [0, 0])
    inputs = tf.constant([[[3.0, 0.0], [1.0, 0.0]]])
    features = embedding.of_batch(inputs, images, None, tf.float32)
    np.testing.assert_allclose(features[0, :, :3], poses.vectors.numpy()[[3, 1]])
    assert features.shape == (1, 2, 5)


@pytest.mark.parametrize("shape", [(5,), (4, 3)], ids=["vectors", "matrices"])
def test_observations_need_be_no_images(shape, rng):
    """Their mean over the masked ones of each object, whatever number of axes one has."""
    layers = [keras.layers.InputLayer(shape), keras.layers.Flatten(), keras.layers.Dense(2)]
    embedding = AmortizedObjects(keras.Sequential(layers), 2, event_ndims=len(shape))
    observations, mask = rng.normal(size=(3, 6, *shape)).astype(np.float32), rng.uniform(size=(3, 6)) < 0.6
    means = [embedding.network(rows[seen]).numpy().mean(axis=0) for rows, seen in zip(observations, mask)]
    observations[~mask] = np.nan
    np.testing.assert_allclose(embedding.represent(observations, tf.constant(mask)), means, rtol=1e-4, atol=1e-6)
    inputs = np.zeros((3, 6, 2), np.float32)
    features = embedding.of_batch(tf.constant(inputs), observations, tf.constant(mask), tf.float32)
    np.testing.assert_allclose(features[..., 1:], np.repeat(np.array(means)[:, None], 6, 1), rtol=1e-4, atol=1e-6)
    with pytest.raises(ValueError, match="images has 0 context images"):
        embedding.represent(observations[:, :0])


@pytest.mark.parametrize("dtype, expected", [("int64", "float64"), ("float64", "float64"), ("float32", "float32")])
def test_views_keep_their_digits_beside_vectors(dtype, expected, rng):
    """Seconds since 1970 have more than float32 holds."""
    views, vectors = np.array([[1_700_000_001]], dtype), rng.normal(size=(1, 2)).astype(np.float32)
    found = side_by_side(views, vectors)
    assert found.dtype == expected
    np.testing.assert_array_equal(found[:, :1], views)
    np.testing.assert_array_equal(found[:, 1:], vectors)


@pytest.mark.parametrize("num", [1, 3, MOST_GUESSES, 1000])
def test_guesses_are_spread_over_the_table(num, rng):
    """Rows at equal distances, first and last among them, and the same ones for every object."""
    table = np.arange(num)[:, None] + np.array([0.0, 0.5])
    found = guesses(tf.constant(table), 3).numpy()
    rows = found[:, 0, 0]
    assert len(rows) == min(num, MOST_GUESSES) and rows[0] == 0 and rows[-1] == num - 1
    assert num == 1 or (np.diff(rows).min() >= 1 and np.ptp(np.diff(rows)) <= 1)
    np.testing.assert_array_equal(found, np.repeat(table[rows.astype(int)][:, None], 3, axis=1))


def test_an_id_stands_behind_the_columns_of_the_view(rng):
    """Of two columns, neither of which says which object it is."""
    inputs, images = objects_of(rng, [7, 2, 7, 7])
    plain = AmortizedObjects(MeanColours(), 2).of_batch(inputs, images, None, tf.float32)
    embedding = AmortizedObjects(MeanColours(), 2, view_columns=2)
    longer = np.concatenate([rng.normal(size=(1, 4, 1)).astype(np.float32), inputs], axis=-1)
    features = embedding.of_batch(longer, images, None, tf.float32)
    np.testing.assert_array_equal(features, np.concatenate([longer[..., :1], plain], axis=-1))
    np.testing.assert_array_equal(embedding.queries_of_batch(longer, images, None), features)
    np.testing.assert_array_equal(embedding(features, tf.float32), features)


def test_views_without_a_vector_are_refused(rng):
    """By what makes vectors of objects too, whose ids may be any."""
    poses = ObjectVectors(rng.normal(size=(4, 3)), view_columns=0)
    embedding = AmortizedObjects(MeanColours(), 2, views=poses)
    embedding.check(np.array([[3.0, 99.5]]))
    with pytest.raises(ValueError, match="inputs has the object id 4; there are vectors of objects 0, ..., 3"):
        embedding.check(np.array([[4.0, 0.0]]))


def test_what_amortized_objects_refuse(amortized, rng):
    inputs, images = objects_of(rng, [0, 1])
    with pytest.raises(ValueError, match="has 2 columns; expected 1 of the view and the 2 of the object's vector"):
        amortized(inputs, tf.float32)
    with pytest.raises(ValueError, match="inputs has 3 columns; expected 1 of the view and the object's id"):
        amortized.of_batch(tf.zeros([1, 2, 3]), images, None, tf.float32)
    with pytest.raises(ValueError, match="images has 0 context images"):
        amortized.represent(images[:, :0])
    with pytest.raises(ValueError, match=r"the representation network's output has shape .*; expected \[..., 3\]"):
        AmortizedObjects(MeanColours(), 3).represent(images)
    with pytest.raises(TypeError, match="network must be a tf_keras layer or model"):
        AmortizedObjects(lambda images: images, 2)
    with pytest.raises(ValueError, match="mask has shape"):
        amortized.represent(images, np.ones([1, 3], bool))


@pytest.mark.parametrize("wrong", [2.9, -1.0, 4.0, np.nan])
def test_ids_without_a_vector_are_refused(wrong):
    vectors = ObjectVectors(np.zeros((4, 3)))
    vectors.check(np.array([[0.5, 3.0], [0.5, 0.0]]))
    with pytest.raises(ValueError, match=f"inputs has the object id {wrong:.10g}; there are vectors of obj"):
        vectors.check(np.array([[0.5, 0.0], [0.5, wrong]]))


@pytest.mark.parametrize("aggregation", [MeanAggregation, AttentionAggregation, DeepSetAggregation])
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_networks_that_end_in_half_precision_keep_the_vectors_digits(aggregation, policy, rng):
    """The mean over 300 images has those of float32, whatever every image's vector has."""
    layers = [keras.layers.InputLayer((2, 2, 1)), keras.layers.Flatten(), keras.layers.Dense(3, dtype=policy)]
    options = {} if aggregation is MeanAggregation else {"vector_dim": 3}
    objects = AmortizedObjects(keras.Sequential(layers), 3, aggregation=aggregation(**options))
    images = tf.constant(rng.normal(size=(1, 300, 2, 2, 1)), tf.float32)
    found = objects.represent(images)
    assert found.dtype == tf.float32
    of_each = tf.cast(objects.network(images[0]), tf.float32)
    if aggregation is MeanAggregation:
        np.testing.assert_allclose(found[0], np.mean(of_each, axis=0), rtol=1e-4, atol=1e-5)
